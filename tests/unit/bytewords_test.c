/*
 * Bytewords, their check sum, and fingerprints in words.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "airgap/seal/hash.h"
#include "airgap/ur/words.h"
#include "tests/unit/vectors.h"

static json_t *root;

static const json_t *
published(const char *name)
{
	const json_t *v = json_object_get(json_object_get(root, "published"),
	    name);

	assert_non_null(v);
	return v;
}

static void
assert_minimal(const char *hex, const char *letters)
{
	struct buf in = vector_unhex(hex);
	char text[256] = { 0 };
	uint8_t back[128];
	size_t n;

	bytewords_encode(buf_bytes(&in), text);
	assert_string_equal(text, letters);
	assert_int_equal(bytewords_decode(bytes_str(letters), back, &n, NULL),
	    0);
	assert_true(bytes_equal(bytes_of(back, n), buf_bytes(&in)));
	buf_free(&in);
}

static void
the_published_bytewords_come_out_and_read_back(void **state)
{
	const json_t *v = published("bytewords");

	(void)state;
	assert_minimal("00010280ff", vector_text(v, "000102 80ff"));
	for (const char *const *name = (const char *const[]){ "doc_seed_cbor",
	    "brutal", NULL }; *name != NULL; name++) {
		const json_t *pair = json_object_get(v, *name);

		assert_minimal(json_string_value(json_array_get(pair, 0)),
		    json_string_value(json_array_get(pair, 1)));
	}
}

static void
the_published_full_words_come_out(void **state)
{
	const uint8_t in[] = { 0x00, 0x01, 0x02, 0x80, 0xff };
	const char *want = vector_text(published("bytewords"),
	    "standard_00010280ff");
	char text[BYTEWORD_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++) {
		byteword(in[i], text);
		assert_memory_equal(text, want + 5 * i, BYTEWORD_LEN);
	}
}

static void
every_byte_has_a_word_of_its_own_that_reads_in_any_case(void **state)
{
	char text[BYTEWORD_LEN + 1], before[BYTEWORD_LEN + 1] = "";
	uint8_t b;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		byteword((uint8_t)i, text);
		assert_true(strcmp(before, text) < 0);
		memcpy(before, text, sizeof(text));
		text[i % BYTEWORD_LEN] = (char)toupper((unsigned char)
		    text[i % BYTEWORD_LEN]);
		assert_true(byteword_read(bytes_str(text), &b));
		assert_int_equal(b, i);
		text[1] = '1';
		assert_false(byteword_read(bytes_str(text), &b));
	}
	assert_false(byteword_read(bytes_str("able "), &b));
	assert_false(byteword_read(bytes_str(""), &b));
}

static void
the_check_sum_is_that_of_zlib(void **state)
{
	const json_t *v = published("crc32");
	uint8_t in[1000];
	char hex[9];

	(void)state;
	assert_int_equal(json_array_size(v), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *pair = json_array_get(v, i);

		snprintf(hex, sizeof(hex), "%08x", crc32_of(bytes_str(
		    json_string_value(json_array_get(pair, 0)))));
		assert_string_equal(hex,
		    json_string_value(json_array_get(pair, 1)));
	}
	for (size_t n = 0; n <= sizeof(in); n++) {
		if (n > 0)
			in[n - 1] = (uint8_t)(n * n >> 3);
		assert_int_equal(crc32_of(bytes_of(in, n)),
		    crc32(0, in, (unsigned)n));
	}
}

static void
a_changed_missing_or_added_letter_is_refused(void **state)
{
	const char *good = vector_text(published("bytewords"), "000102 80ff");
	uint8_t out[64];
	char text[64];
	struct err e;
	size_t n, refused = 0;

	(void)state;
	for (size_t i = 0; i < strlen(good); i++)
		for (int c = 1; c < 128; c++) {
			snprintf(text, sizeof(text), "%s", good);
			if (text[i] == (char)c)
				continue;
			text[i] = (char)c;
			e.text[0] = '\0';
			assert_int_equal(bytewords_decode(bytes_str(text),
			    out, &n, &e), ERR_INPUT);
			assert_true(strlen(e.text) > 0);
			refused++;
		}
	assert_int_equal(refused, strlen(good) * 126);
	for (size_t i = 0; i < strlen(good); i++)
		assert_int_equal(bytewords_decode(bytes_of(good, i), out, &n,
		    NULL), ERR_INPUT);
	snprintf(text, sizeof(text), "%sae", good);
	assert_int_equal(bytewords_decode(bytes_str(text), out, &n, NULL),
	    ERR_INPUT);
}

static void
the_words_of_a_message_are_of_its_type_and_bytes(void **state)
{
	static const char joined[] = "qk-ur-v1\0x-qk-plan\0abc";
	struct digest256 want = sha256(bytes_of(joined, sizeof(joined) - 1));
	struct digest256 got = ur_fingerprint("x-qk-plan", bytes_str("abc"));
	struct words w = words_of(&got);

	(void)state;
	assert_memory_equal(got.b, want.b, SHA256_LEN);
	for (unsigned i = 0; i < WORDS_COUNT; i++) {
		uint8_t b;

		assert_true(byteword_read(bytes_str(w.text[i]), &b));
		assert_int_equal(b, want.b[i]);
		for (const char *p = w.text[i]; *p != '\0'; p++)
			assert_true(isupper((unsigned char)*p));
	}
	got = ur_fingerprint("x-qk-plan", bytes_str("abd"));
	assert_false(digest256_equal(&got, &want));
	got = ur_fingerprint("x-qk-pla", bytes_str("nabc"));
	assert_false(digest256_equal(&got, &want));
}

static void
only_the_word_of_that_number_matches(void **state)
{
	struct digest256 d = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 } };
	struct words w = words_of(&d);

	(void)state;
	assert_true(words_match(&w, 1, bytes_str("ABLE")));
	assert_true(words_match(&w, 1, bytes_str(" able \n")));
	assert_true(words_match(&w, 12, bytes_str("Bald")));
	assert_false(words_match(&w, 2, bytes_str("ABLE")));
	assert_false(words_match(&w, 1, bytes_str("ABL")));
	assert_false(words_match(&w, 1, bytes_str("")));
	assert_false(words_match(&w, 0, bytes_str("ABLE")));
	assert_false(words_match(&w, 13, bytes_str("ABLE")));
}

static void
each_word_is_asked_for_as_often(void **state)
{
	enum { ROUNDS = 12000 };
	unsigned asked[WORDS_ASKED], count[WORDS_COUNT + 1] = { 0 };

	(void)state;
	for (unsigned r = 0; r < ROUNDS; r++) {
		words_draw(asked);
		for (size_t i = 0; i < WORDS_ASKED; i++) {
			assert_in_range(asked[i], 1, WORDS_COUNT);
			if (i > 0)
				assert_true(asked[i] > asked[i - 1]);
			count[asked[i]]++;
		}
	}
	/* mean 4000, deviation 52: seven of them on either side */
	for (size_t i = 1; i <= WORDS_COUNT; i++)
		assert_in_range(count[i], 3640, 4360);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_bytewords_come_out_and_read_back),
		cmocka_unit_test(the_published_full_words_come_out),
		cmocka_unit_test(every_byte_has_a_word_of_its_own_that_reads_in_any_case),
		cmocka_unit_test(the_check_sum_is_that_of_zlib),
		cmocka_unit_test(a_changed_missing_or_added_letter_is_refused),
		cmocka_unit_test(the_words_of_a_message_are_of_its_type_and_bytes),
		cmocka_unit_test(only_the_word_of_that_number_matches),
		cmocka_unit_test(each_word_is_asked_for_as_often),
	};
	int r;

	root = json_load_file("tests/data/ur.json", JSON_REJECT_DUPLICATES,
	    NULL);
	if (root == NULL)
		abort();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(root);
	return r;
}
