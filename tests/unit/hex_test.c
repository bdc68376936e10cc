/* Hexadecimal text (wire, section 3) and hashes over the vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "tests/unit/vectors.h"

static int
decode(const char *text, uint8_t *out, size_t cap, size_t *n)
{
	return hex_decode(bytes_str(text), out, cap, n, NULL);
}

static void
every_hex_vector_decodes_or_is_refused_as_recorded(void **state)
{
	json_t *vectors = vectors_load("misc");
	uint8_t got[64], want[64];
	size_t n, done = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		const char *in;

		if (!vector_has(v, "input"))
			continue;
		in = vector_text(v, "input");
		done++;
		if (vector_has(v, "error") || strchr(in, '+') != NULL) {
			assert_int_equal(decode(in, got, 64, &n), ERR_INPUT);
			continue;
		}
		assert_int_equal(decode(in, got, 64, &n), 0);
		assert_int_equal(n, vector_hex(v, "output", want, 64));
		assert_memory_equal(got, want, n);
	}
	assert_true(done >= 9);
	json_decref(vectors);
}

static void
every_pair_of_characters_decodes_exactly_if_both_are_digits(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	(void)state;

	for (unsigned c = 0; c < 65536; c++) {
		uint8_t text[2] = { (uint8_t)(c >> 8), (uint8_t)c };
		char both[3] = { (char)text[0], (char)text[1], '\0' };
		bool valid = text[0] != 0 && text[1] != 0 &&
		    strspn(both, digits) == 2;
		uint8_t out = 0;
		size_t n;
		int r = hex_decode(bytes_of(text, 2), &out, 1, &n, NULL);

		/* "0x" is a prefix of nothing */
		if (strcmp(both, "0x") == 0) {
			assert_int_equal(r, 0);
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(r, valid ? 0 : ERR_INPUT);
		if (valid)
			assert_int_equal(out, strtoul(both, NULL, 16));
	}
}

/* Digits are read eight at a time: each character at each place of a text. */
static void
every_character_at_every_place_counts_as_it_does_in_a_pair(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	uint8_t text[20], out[10], pair[1];
	size_t n;
	(void)state;

	for (size_t len = 8; len <= sizeof(text); len += 2)
		for (unsigned c = 0; c < 256 * len; c++) {
			size_t at = c / 256, even = at / 2 * 2;
			int r;

			for (size_t i = 0; i < len; i++)
				text[i] = (uint8_t)digits[1 + (c + i) % 21];
			text[at] = (uint8_t)c;
			r = hex_decode(bytes_of(text + even, 2), pair, 1, &n,
			    NULL);
			/* "0x" is a prefix, here of one digit too few */
			if (n != 1)
				r = ERR_INPUT;
			if (even == 0 && n == 0 && text[1] == 'x')
				continue;
			assert_int_equal(hex_decode(bytes_of(text, len), out,
			    sizeof(out), &n, NULL), r);
			if (r == 0)
				assert_int_equal(out[at / 2], pair[0]);
		}
}

static void
encoding_is_lower_case_and_decodes_to_the_same_bytes(void **state)
{
	uint8_t all[256], back[256];
	char text[513];
	size_t n;
	(void)state;

	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_text(all, sizeof(all), text);
	assert_int_equal(strlen(text), 512);
	for (unsigned i = 0; i < 256; i++) {
		char want[3];

		snprintf(want, sizeof(want), "%02x", i);
		assert_memory_equal(text + 2 * (size_t)i, want, 2);
	}
	assert_int_equal(decode(text, back, sizeof(back), &n), 0);
	assert_int_equal(n, 256);
	assert_memory_equal(back, all, 256);
}

static void
odd_long_upper_prefix_and_wrong_length_are_refused(void **state)
{
	uint8_t out[4];
	size_t n;
	(void)state;

	assert_int_equal(decode("0", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode("0xabc", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode("0X00", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode("0x0x00", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode(" 00", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode("0011223344", out, 4, &n), ERR_INPUT);
	assert_int_equal(decode("\xc3\xa9", out, 4, &n), ERR_INPUT);
	assert_int_equal(hex_decode_exact(bytes_str("001122"), out, 4, NULL),
	    ERR_INPUT);
	assert_int_equal(hex_decode_exact(bytes_str("00112233"), out, 4,
	    NULL), 0);
}

/* UTF-8 of a code point below 0x10000. */
static size_t
utf8(unsigned c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 63));
	out[2] = (char)(0x80 | (c & 63));
	return 3;
}

static bool
is_space(unsigned c)
{
	return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 ||
	    c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static void
every_code_point_is_trimmed_exactly_if_it_is_white_space(void **state)
{
	(void)state;

	for (unsigned c = 0; c < 0x10000; c++) {
		char text[16];
		size_t n = utf8(c, text);
		struct bytes t;

		memcpy(text + n, "ab", 2);
		memcpy(text + n + 2, text, n);
		t = hex_trim(bytes_of(text, 2 * n + 2));
		assert_int_equal(t.n, is_space(c) ? 2 : 2 * n + 2);
		if (is_space(c))
			assert_memory_equal(t.p, "ab", 2);
	}
}

static void
trimming_takes_runs_and_leaves_the_middle(void **state)
{
	struct bytes t = hex_trim(bytes_str(" \t\r\n\xc2\xa0 a b\xe3\x80\x80\n"));
	(void)state;

	assert_int_equal(t.n, 3);
	assert_memory_equal(t.p, "a b", 3);
	assert_int_equal(hex_trim(bytes_str(" \n ")).n, 0);
	assert_int_equal(hex_trim(bytes_str("")).n, 0);
}

static void
digests_are_those_of_the_vectors(void **state)
{
	json_t *vectors = vectors_load("digest_pcr");
	const json_t *v = vector_named(vectors, "sha512 test-msg");
	struct digest512 h = sha512(bytes_str(vector_text(v, "input_ascii")));
	static const uint8_t zero[SHA384_LEN];
	struct digest384 pcr;
	uint8_t want[SHA512_LEN];
	(void)state;

	assert_int_equal(vector_hex(v, "sha512", want, 64), 64);
	assert_memory_equal(h.b, want, 64);
	v = vector_named(vectors, "pcr3 from role arn");
	pcr = sha384_two(bytes_of(zero, 48),
	    bytes_str(vector_text(v, "role_arn")));
	assert_int_equal(vector_hex(v, "pcr3", want, 64), 48);
	assert_memory_equal(pcr.b, want, 48);
	json_decref(vectors);
}

static void
hash_of_two_parts_is_the_hash_of_their_concatenation(void **state)
{
	struct digest256 a = sha256_two(bytes_str("ab"), bytes_str("c"));
	struct digest256 b = sha256(bytes_str("abc"));
	uint8_t want[32];
	(void)state;

	/* FIPS 180-4 example */
	assert_int_equal(hex_decode_exact(bytes_str("ba7816bf8f01cfea414140de"
	    "5dae2223b00361a396177a9cb410ff61f20015ad"), want, 32, NULL), 0);
	assert_memory_equal(a.b, want, 32);
	assert_true(digest256_equal(&a, &b));
	b.b[31] ^= 1;
	assert_false(digest256_equal(&a, &b));
}

/* RFC 4231, test case 2. */
static void
hmac_gives_the_values_of_rfc_4231(void **state)
{
	uint8_t out[64], want[64];
	(void)state;

	hmac_sha512(bytes_str("Jefe"),
	    bytes_str("what do ya want for nothing?"), out);
	assert_int_equal(hex_decode_exact(bytes_str(
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
	    ), want, 64, NULL), 0);
	assert_memory_equal(out, want, 64);
	hmac_sha256(bytes_str("Jefe"),
	    bytes_str("what do ya want for nothing?"), out);
	assert_int_equal(hex_decode_exact(bytes_str(
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	    ), want, 32, NULL), 0);
	assert_memory_equal(out, want, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_hex_vector_decodes_or_is_refused_as_recorded),
		cmocka_unit_test(
		    every_pair_of_characters_decodes_exactly_if_both_are_digits),
		cmocka_unit_test(
		    encoding_is_lower_case_and_decodes_to_the_same_bytes),
		cmocka_unit_test(
		    odd_long_upper_prefix_and_wrong_length_are_refused),
		cmocka_unit_test(
		    every_code_point_is_trimmed_exactly_if_it_is_white_space),
		cmocka_unit_test(
		    every_character_at_every_place_counts_as_it_does_in_a_pair),
		cmocka_unit_test(trimming_takes_runs_and_leaves_the_middle),
		cmocka_unit_test(digests_are_those_of_the_vectors),
		cmocka_unit_test(
		    hash_of_two_parts_is_the_hash_of_their_concatenation),
		cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
