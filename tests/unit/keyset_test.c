/* Key sets, public keys and signatures (wire, sections 1.1 to 1.3, 1.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/p256.h"
#include "tests/unit/vectors.h"

#define PERSONAL "integration/mock/boot-e2e/all-personal-dir/"

static const char order_text[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

static void
unhex(const char *text, uint8_t *out, size_t n)
{
	assert_int_equal(hex_decode_exact(bytes_str(text), out, n, NULL), 0);
}

/* A key set of 32 equal seed bytes. */
static void
keyset_of(struct keyset *ks, uint8_t byte)
{
	uint8_t seed[SEED_LEN];

	memset(seed, byte, sizeof(seed));
	assert_int_equal(keyset_from_seed(ks, seed, NULL), 0);
}

static struct bytes
key_of(const struct keyset *ks)
{
	return bytes_of(ks->pub.b, PUBLIC_KEY_LEN);
}

static void
check_signature(const struct keyset *ks, const char *msg, const json_t *v,
    const char *field)
{
	struct signature sig;
	uint8_t want[SIGNATURE_LEN];

	assert_int_equal(vector_hex(v, field, want, 64), 64);
	assert_int_equal(keyset_sign(ks, bytes_str(msg), &sig, NULL), 0);
	assert_memory_equal(sig.b, want, 64);
	assert_int_equal(signature_verify(key_of(ks), bytes_str(msg),
	    bytes_of(want, 64)), 0);
}

static void
check_keyset(const json_t *v)
{
	struct keyset ks;
	uint8_t seed[SEED_LEN], want[PUBLIC_KEY_LEN];

	assert_int_equal(vector_hex(v, "seed", seed, 32), 32);
	assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
	vector_hex(v, "encrypt_secret", want, 32);
	assert_memory_equal(ks.scalars.b, want, 32);
	vector_hex(v, "sign_secret", want, 32);
	assert_memory_equal(ks.scalars.b + 32, want, 32);
	vector_hex(v, "aes_secret", want, 32);
	assert_memory_equal(ks.scalars.b + 64, want, 32);
	assert_int_equal(vector_hex(v, "public_key", want, 130), 130);
	assert_memory_equal(ks.pub.b, want, 130);
	check_signature(&ks, vector_text(v, "message_ascii"), v, "signature");
	check_signature(&ks, "", v, "empty_message_signature");
	keyset_free(&ks);
	assert_null(ks.scalars.b);
}

static void
every_recorded_seed_gives_its_keys_and_signatures(void **state)
{
	json_t *vectors = vectors_load("p256");
	size_t done = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);

		if (strncmp(vector_text(v, "name"), "key set", 7) != 0)
			continue;
		check_keyset(v);
		done++;
	}
	assert_int_equal(done, 3);
	json_decref(vectors);
	keyset_free(NULL);
}

static void
every_recorded_point_is_judged_as_recorded(void **state)
{
	json_t *vectors = vectors_load("p256");
	uint8_t key[PUBLIC_KEY_LEN], good[POINT_LEN];
	size_t done = 0;
	(void)state;

	vector_hex(vector_named(vectors, "point 65 bytes prefix 04"), "point",
	    good, 65);
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		int want;

		if (!vector_has(v, "point"))
			continue;
		want = json_is_true(json_object_get(v, "valid")) ? 0 :
		    ERR_KEY_POINT;
		for (size_t half = 0; half < 2; half++) {
			memcpy(key, good, 65);
			memcpy(key + 65, good, 65);
			vector_hex(v, "point", key + half * 65, 65);
			assert_int_equal(public_key_check(bytes_of(key, 130)),
			    want);
		}
		done++;
	}
	assert_int_equal(done, 2);
	json_decref(vectors);
}

static void
public_keys_of_another_length_prefix_or_curve_are_refused(void **state)
{
	static const uint8_t zero[PUBLIC_KEY_LEN + 1];
	static const uint8_t prefixes[] = { 0, 1, 2, 3, 5, 6, 7, 0x41, 0xff };
	struct keyset ks;
	struct public_key k;
	struct err e;
	(void)state;

	keyset_of(&ks, 1);
	assert_int_equal(public_key_check(key_of(&ks)), 0);
	for (size_t n = 0; n < PUBLIC_KEY_LEN; n++)
		assert_int_equal(public_key_check(bytes_of(ks.pub.b, n)),
		    ERR_KEY_SHORT);
	assert_int_equal(public_key_check(bytes_of(zero, 131)), ERR_KEY_LONG);
	assert_int_equal(public_key_check(bytes_of(zero, 130)),
	    ERR_KEY_POINT);
	for (size_t half = 0; half < 2; half++) {
		for (size_t i = 0; i < sizeof(prefixes); i++) {
			k = ks.pub;
			k.b[half * POINT_LEN] = prefixes[i];
			assert_int_equal(public_key_check(bytes_of(k.b, 130)),
			    ERR_KEY_POINT);
		}
		k = ks.pub;
		k.b[half * POINT_LEN + 64] ^= 1;
		assert_int_equal(public_key_read(bytes_of(k.b, 130), &k, &e),
		    ERR_KEY_POINT);
		assert_non_null(strstr(e.text, half == 0 ? "encryption" :
		    "signing"));
	}
	keyset_free(&ks);
}

/* y^2 = x^3 - 3x + b has x + p < 2^256 for small x: not a second encoding. */
static void
coordinates_at_or_over_the_field_prime_are_refused(void **state)
{
	static const char prime[] =
	    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	uint8_t point[POINT_LEN] = { 4 };
	(void)state;

	unhex(prime, point + 1, 32);
	assert_false(p256_point_valid(point));
	/* (0, sqrt b) lies on the curve; (p, sqrt b) must not pass for it */
	memset(point + 1, 0, 32);
	unhex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
	    point + 33, 32);
	assert_true(p256_point_valid(point));
	unhex(prime, point + 1, 32);
	assert_false(p256_point_valid(point));
}

static void
public_key_text_is_read_with_white_space_prefix_and_case(void **state)
{
	char text[PUBLIC_KEY_HEX_LEN + 8];
	struct public_key k;
	struct keyset ks;
	(void)state;

	keyset_of(&ks, 7);
	snprintf(text, sizeof(text), " 0x");
	hex_text(ks.pub.b, PUBLIC_KEY_LEN, text + 3);
	strcat(text, "\r\n");
	for (size_t i = 3; i < 100; i++)
		if (text[i] >= 'a' && text[i] <= 'f')
			text[i] = (char)(text[i] - 32);
	assert_int_equal(public_key_from_text(bytes_str(text), &k, NULL), 0);
	assert_memory_equal(k.b, ks.pub.b, PUBLIC_KEY_LEN);
	assert_int_equal(public_key_from_text(bytes_of(text, 201), &k, NULL),
	    ERR_KEY_SHORT);
	assert_int_equal(public_key_from_text(bytes_of(text, 202), &k, NULL),
	    ERR_INPUT);
	memmove(text + 5, text + 3, strlen(text + 3) + 1);
	assert_int_equal(public_key_from_text(bytes_str(text), &k, NULL),
	    ERR_KEY_LONG);
	keyset_free(&ks);
}

static void
seed_text_is_read_with_white_space_prefix_and_case(void **state)
{
	static const char good[] = "\n0x00112233445566778899aABbCcddeeff"
	    "000102030405060708090a0b0c0d0e0f \xe2\x80\xa8";
	static const char *const bad[] = {
		"", "00", "zz112233445566778899aabbccddeeff00010203040506070809"
		"0a0b0c0d0e0f", "00112233445566778899aabbccddeeff00010203040506"
		"0708090a0b0c0d0e0f00", "00112233445566778899aabbccddeeff000102"
		"030405060708090a0b0c0d0e 0f",
	};
	struct secret s;
	(void)state;

	assert_int_equal(seed_from_text(bytes_str(good), &s, NULL), 0);
	assert_int_equal(s.len, SEED_LEN);
	assert_int_equal(s.b[10], 0xaa);
	assert_int_equal(s.b[31], 0x0f);
	secret_free(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(seed_from_text(bytes_str(bad[i]), &s, NULL),
		    ERR_SEED);
		assert_null(s.b);
	}
}

static void
scalars_are_valid_from_1_to_the_order_minus_1(void **state)
{
	uint8_t k[SCALAR_LEN] = { 0 };
	(void)state;

	assert_false(p256_scalar_valid(k));
	k[31] = 1;
	assert_true(p256_scalar_valid(k));
	unhex(order_text, k, 32);
	assert_false(p256_scalar_valid(k));
	k[31]--;
	assert_true(p256_scalar_valid(k));
	k[31] += 2;
	assert_false(p256_scalar_valid(k));
	memset(k, 0xff, 32);
	assert_false(p256_scalar_valid(k));
	memset(k, 0, 32);
	k[0] = 0x80;
	assert_true(p256_scalar_valid(k));
}

/* RFC 6979, A.2.5: P-256 with SHA-256, message "sample". */
static void
signing_gives_the_example_of_rfc_6979(void **state)
{
	struct digest256 h = sha256(bytes_str("sample"));
	uint8_t d[32], want[64];
	struct signature sig;
	(void)state;

	unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	    d, 32);
	unhex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
	    want, 64);
	assert_int_equal(p256_sign(d, &h, &sig, NULL), 0);
	assert_memory_equal(sig.b, want, 64);
}

/* Value made by an independent program; the reduced seed gives 1f2adbc5... */
static void
a_digest_over_the_order_seeds_the_nonce_unreduced(void **state)
{
	struct digest256 h;
	uint8_t d[32], want[64], point[POINT_LEN];
	struct signature sig;
	(void)state;

	memset(h.b, 0xff, sizeof(h.b));
	unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	    d, 32);
	unhex("a38b4bf5013627c24aadc72c653ac4d1afadf8a570960b1c4d066c5cfc609584"
	    "16a2094352198c79ebcb9e52de2fd3b02ab5667ac88ea519d45aecd1d8864e42",
	    want, 64);
	assert_int_equal(p256_sign(d, &h, &sig, NULL), 0);
	assert_memory_equal(sig.b, want, 64);
	assert_int_equal(p256_public(d, point, NULL), 0);
	assert_int_equal(p256_verify(point, &h, &sig), 0);
}

/* out = n - in, for in below n. */
static void
negate(const uint8_t in[static 32], uint8_t out[static 32])
{
	uint8_t n[32];
	int borrow = 0;

	unhex(order_text, n, 32);
	for (size_t i = 32; i-- > 0;) {
		int v = n[i] - in[i] - borrow;

		borrow = v < 0;
		out[i] = (uint8_t)(v & 0xff);
	}
}

static void
both_s_and_its_negative_verify(void **state)
{
	struct keyset ks;
	struct signature sig, other;
	size_t high = 0;
	(void)state;

	keyset_of(&ks, 1);
	for (uint8_t i = 0; i < 16; i++) {
		struct bytes msg = bytes_of(&i, 1);

		assert_int_equal(keyset_sign(&ks, msg, &sig, NULL), 0);
		high += sig.b[32] >= 0x80;
		other = sig;
		negate(sig.b + 32, other.b + 32);
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(sig.b, 64)), 0);
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(other.b, 64)), 0);
	}
	/* not normalised: some are high, some low */
	assert_in_range(high, 1, 15);
	keyset_free(&ks);
}

static void
r_and_s_of_0_and_the_order_are_malformed_and_order_minus_1_is_wrong(
    void **state)
{
	struct keyset ks;
	struct bytes msg = bytes_str("m");
	struct signature good, bad;
	(void)state;

	keyset_of(&ks, 1);
	assert_int_equal(keyset_sign(&ks, msg, &good, NULL), 0);
	for (size_t half = 0; half < 64; half += 32) {
		bad = good;
		memset(bad.b + half, 0, 32);
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(bad.b, 64)), ERR_SIG_FORM);
		unhex(order_text, bad.b + half, 32);
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(bad.b, 64)), ERR_SIG_FORM);
		bad.b[half + 31]--;
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(bad.b, 64)), ERR_SIG_WRONG);
		memset(bad.b + half, 0xff, 32);
		assert_int_equal(signature_verify(key_of(&ks), msg,
		    bytes_of(bad.b, 64)), ERR_SIG_FORM);
	}
	keyset_free(&ks);
}

static void
a_signature_is_of_one_message_one_key_and_64_bytes(void **state)
{
	struct keyset a, b;
	struct bytes msg = bytes_str("message");
	struct signature sig;
	uint8_t longer[65] = { 0 };
	(void)state;

	keyset_of(&a, 1);
	keyset_of(&b, 2);
	assert_int_equal(keyset_sign(&a, msg, &sig, NULL), 0);
	assert_int_equal(signature_verify(key_of(&a), bytes_str("massage"),
	    bytes_of(sig.b, 64)), ERR_SIG_WRONG);
	assert_int_equal(signature_verify(key_of(&b), msg,
	    bytes_of(sig.b, 64)), ERR_SIG_WRONG);
	assert_int_equal(signature_verify(bytes_of(a.pub.b, 129), msg,
	    bytes_of(sig.b, 64)), ERR_KEY_SHORT);
	memcpy(longer, sig.b, 64);
	for (size_t n = 0; n < 66; n++)
		if (n != 64)
			assert_int_equal(signature_verify(key_of(&a), msg,
			    bytes_of(longer, n)), ERR_SIG_FORM);
	for (size_t bit = 0; bit < 512; bit++) {
		longer[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(signature_verify(key_of(&a), msg,
		    bytes_of(longer, 64)), 0);
		longer[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	keyset_free(&a);
	keyset_free(&b);
}

static void
the_seed_files_of_all_operators_give_their_public_keys(void **state)
{
	struct buf text;
	struct secret seed;
	struct keyset ks;
	struct public_key pub;
	char rel[128];
	(void)state;

	for (int i = 1; i <= 3; i++) {
		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.secret",
		    i, i);
		if (!fixture_read(rel, &text))
			skip();
		/* user 1's file ends with a newline */
		assert_int_equal(text.n, i == 1 ? 65 : 64);
		assert_int_equal(seed_from_text(buf_bytes(&text), &seed,
		    NULL), 0);
		buf_free(&text);
		assert_int_equal(keyset_from_seed(&ks, seed.b, NULL), 0);
		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.pub",
		    i, i);
		assert_true(fixture_read(rel, &text));
		assert_int_equal(public_key_from_text(buf_bytes(&text), &pub,
		    NULL), 0);
		assert_memory_equal(pub.b, ks.pub.b, PUBLIC_KEY_LEN);
		buf_free(&text);
		secret_free(&seed);
		keyset_free(&ks);
	}
}

static int
process_begin(void **state)
{
	(void)state;
	return secret_process_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_recorded_seed_gives_its_keys_and_signatures),
		cmocka_unit_test(every_recorded_point_is_judged_as_recorded),
		cmocka_unit_test(
		    public_keys_of_another_length_prefix_or_curve_are_refused),
		cmocka_unit_test(
		    coordinates_at_or_over_the_field_prime_are_refused),
		cmocka_unit_test(
		    public_key_text_is_read_with_white_space_prefix_and_case),
		cmocka_unit_test(
		    seed_text_is_read_with_white_space_prefix_and_case),
		cmocka_unit_test(scalars_are_valid_from_1_to_the_order_minus_1),
		cmocka_unit_test(signing_gives_the_example_of_rfc_6979),
		cmocka_unit_test(
		    a_digest_over_the_order_seeds_the_nonce_unreduced),
		cmocka_unit_test(both_s_and_its_negative_verify),
		cmocka_unit_test(
		    r_and_s_of_0_and_the_order_are_malformed_and_order_minus_1_is_wrong),
		cmocka_unit_test(
		    a_signature_is_of_one_message_one_key_and_64_bytes),
		cmocka_unit_test(
		    the_seed_files_of_all_operators_give_their_public_keys),
	};

	return cmocka_run_group_tests(tests, process_begin, NULL);
}
