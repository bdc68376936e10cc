/* Sealed messages (wire, sections 1.4 and 1.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/p256.h"
#include "tests/unit/vectors.h"

#define PERSONAL "integration/mock/boot-e2e/all-personal-dir/"
#define MESSAGE "a share of the quorum key"
#define MESSAGE_LEN (sizeof(MESSAGE) - 1)
#define SEALED_LEN (MESSAGE_LEN + ENVELOPE_OVERHEAD)

static struct keyset receiver;
static uint8_t sealed[SEALED_LEN];

static int
open_bytes(const uint8_t *p, size_t n)
{
	struct secret out;
	int r = envelope_open(&receiver, bytes_of(p, n), &out, NULL);

	if (r != 0)
		assert_null(out.b);
	secret_free(&out);
	return r;
}

static void
check_envelope(const json_t *v)
{
	struct keyset ks;
	struct buf want = vector_buf(v, "envelope");
	struct buf plain = vector_buf(v, "plaintext");
	uint8_t seed[32], ephemeral[32], nonce[12], out[256];
	struct secret opened;

	vector_hex(v, "receiver_seed", seed, 32);
	vector_hex(v, "ephemeral_secret", ephemeral, 32);
	vector_hex(v, "nonce", nonce, 12);
	assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
	assert_int_equal(want.n, plain.n + ENVELOPE_OVERHEAD);
	assert_int_equal(envelope_seal_with(bytes_of(ks.pub.b, 130),
	    buf_bytes(&plain), ephemeral, nonce, out, NULL), 0);
	assert_memory_equal(out, want.p, want.n);
	assert_int_equal(envelope_open(&ks, buf_bytes(&want), &opened, NULL),
	    0);
	assert_int_equal(opened.len, plain.n);
	if (plain.n > 0)
		assert_memory_equal(opened.b, plain.p, plain.n);
	secret_free(&opened);
	keyset_free(&ks);
	buf_free(&want);
	buf_free(&plain);
}

static void
check_symmetric(const json_t *v)
{
	struct keyset ks;
	struct buf want = vector_buf(v, "envelope");
	struct buf plain = vector_buf(v, "plaintext");
	uint8_t seed[32], nonce[12], out[256];
	struct secret opened;

	vector_hex(v, "seed", seed, 32);
	vector_hex(v, "nonce", nonce, 12);
	assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
	assert_int_equal(want.n, plain.n + SYM_ENVELOPE_OVERHEAD);
	assert_int_equal(sym_envelope_seal_with(&ks, buf_bytes(&plain),
	    nonce, out, NULL), 0);
	assert_memory_equal(out, want.p, want.n);
	assert_int_equal(sym_envelope_open(&ks, buf_bytes(&want), &opened,
	    NULL), 0);
	assert_int_equal(opened.len, plain.n);
	if (plain.n > 0)
		assert_memory_equal(opened.b, plain.p, plain.n);
	secret_free(&opened);
	for (size_t n = 0; n < want.n; n++)
		assert_int_not_equal(sym_envelope_open(&ks,
		    bytes_of(want.p, n), &opened, NULL), 0);
	want.p[want.n - 1] ^= 1;
	assert_int_equal(sym_envelope_open(&ks, buf_bytes(&want), &opened,
	    NULL), ERR_ENV_TAG);
	assert_null(opened.b);
	keyset_free(&ks);
	buf_free(&want);
	buf_free(&plain);
}

static void
every_recorded_envelope_is_sealed_and_opened_bit_for_bit(void **state)
{
	json_t *vectors = vectors_load("p256");
	size_t done = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		const char *name = vector_text(v, "name");

		if (strncmp(name, "envelope", 8) == 0)
			check_envelope(v);
		else if (strncmp(name, "symmetric", 9) == 0)
			check_symmetric(v);
		else
			continue;
		done++;
	}
	assert_int_equal(done, 4);
	json_decref(vectors);
}

static void
what_is_sealed_opens_at_every_length_and_is_never_the_same_twice(
    void **state)
{
	uint8_t plain[70], one[70 + ENVELOPE_OVERHEAD];
	uint8_t two[70 + ENVELOPE_OVERHEAD];
	struct bytes key = bytes_of(receiver.pub.b, PUBLIC_KEY_LEN);
	struct secret out;
	(void)state;

	random_bytes(plain, sizeof(plain));
	for (size_t n = 0; n <= sizeof(plain); n++) {
		assert_int_equal(envelope_seal(key, bytes_of(plain, n), one,
		    NULL), 0);
		assert_int_equal(envelope_seal(key, bytes_of(plain, n), two,
		    NULL), 0);
		assert_memory_not_equal(one, two, NONCE_LEN);
		assert_memory_not_equal(one + 12, two + 12, POINT_LEN);
		assert_int_equal(envelope_open(&receiver, bytes_of(one,
		    n + ENVELOPE_OVERHEAD), &out, NULL), 0);
		assert_int_equal(out.len, n);
		assert_true(n == 0 ? out.b == NULL :
		    memcmp(out.b, plain, n) == 0);
		secret_free(&out);
	}
}

static void
the_symmetric_form_opens_under_its_own_key_only(void **state)
{
	uint8_t out[5 + SYM_ENVELOPE_OVERHEAD], seed[32] = { 9 };
	struct keyset other;
	struct secret opened;
	(void)state;

	assert_int_equal(keyset_from_seed(&other, seed, NULL), 0);
	assert_int_equal(sym_envelope_seal(&receiver, bytes_str("12345"),
	    out, NULL), 0);
	assert_int_equal(sym_envelope_open(&receiver, bytes_of(out,
	    sizeof(out)), &opened, NULL), 0);
	assert_memory_equal(opened.b, "12345", 5);
	secret_free(&opened);
	assert_int_equal(sym_envelope_open(&other, bytes_of(out,
	    sizeof(out)), &opened, NULL), ERR_ENV_TAG);
	keyset_free(&other);
}

static void
every_truncation_is_malformed(void **state)
{
	uint8_t cut[SEALED_LEN];
	(void)state;

	for (size_t n = 0; n < SEALED_LEN; n++) {
		memcpy(cut, sealed, SEALED_LEN);
		assert_int_equal(open_bytes(cut, n), ERR_ENV_FORM);
		if (n < 97)
			continue;
		/* with a length that agrees it is the tag that fails */
		cut[77] = (uint8_t)(n - 81);
		assert_int_equal(open_bytes(cut, n), ERR_ENV_TAG);
	}
}

static void
trailing_bytes_and_every_wrong_length_are_malformed(void **state)
{
	uint8_t more[SEALED_LEN + 1] = { 0 };
	(void)state;

	memcpy(more, sealed, SEALED_LEN);
	assert_int_equal(open_bytes(more, SEALED_LEN + 1), ERR_ENV_FORM);
	for (size_t at = 77; at < 81; at++)
		for (unsigned change = 1; change < 256; change++) {
			more[at] ^= (uint8_t)change;
			assert_int_equal(open_bytes(more, SEALED_LEN),
			    ERR_ENV_FORM);
			more[at] ^= (uint8_t)change;
		}
	/* a length of less than a tag */
	memset(more + 77, 0, 4);
	more[77] = 15;
	assert_int_equal(open_bytes(more, 96), ERR_ENV_FORM);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	(void)state;

	for (size_t bit = 0; bit < 8 * SEALED_LEN; bit++) {
		int r;

		sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		r = open_bytes(sealed, SEALED_LEN);
		if (bit / 8 >= 77 && bit / 8 < 81)
			assert_int_equal(r, ERR_ENV_FORM);
		else if (bit / 8 >= 12 && bit / 8 < 77)
			assert_int_equal(r, ERR_ENV_POINT);
		else
			assert_int_equal(r, ERR_ENV_TAG);
		sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(open_bytes(sealed, SEALED_LEN), 0);
}

static void
points_that_are_none_are_refused_before_any_use(void **state)
{
	static const uint8_t prefixes[] = { 0, 2, 3, 5, 6, 7 };
	static const uint8_t infinity[POINT_LEN];
	uint8_t bad[SEALED_LEN], key[PUBLIC_KEY_LEN];
	uint8_t z[ECDH_LEN] = { 0 }, scalar[SCALAR_LEN] = { 1 };
	struct secret out;
	struct bytes point;
	(void)state;

	memcpy(bad, sealed, SEALED_LEN);
	for (size_t i = 0; i < sizeof(prefixes); i++) {
		bad[12] = prefixes[i];
		assert_int_equal(open_bytes(bad, SEALED_LEN), ERR_ENV_POINT);
		assert_int_equal(envelope_point(bytes_of(bad, SEALED_LEN),
		    &point, NULL), ERR_ENV_POINT);
		assert_int_equal(envelope_open_shared(z, receiver.pub.b,
		    bytes_of(bad, SEALED_LEN), &out, NULL), ERR_ENV_POINT);
	}
	memcpy(bad + 12, infinity, POINT_LEN);
	assert_int_equal(open_bytes(bad, SEALED_LEN), ERR_ENV_POINT);
	bad[12] = 4;	/* 04 and zeros: the other way to write it */
	assert_int_equal(open_bytes(bad, SEALED_LEN), ERR_ENV_POINT);
	assert_int_equal(p256_ecdh(scalar, infinity, z, NULL),
	    ERR_KEY_POINT);
	assert_int_equal(p256_ecdh(scalar, bad + 12, z, NULL),
	    ERR_KEY_POINT);
	memcpy(key, receiver.pub.b, sizeof(key));
	key[64] ^= 1;
	assert_int_equal(envelope_seal(bytes_of(key, 130), bytes_str(""),
	    bad, NULL), ERR_KEY_POINT);
	assert_int_equal(envelope_seal(bytes_of(key, 65), bytes_str(""),
	    bad, NULL), ERR_KEY_SHORT);
}

/* Both ends of ECDH agree, and z is not merely any constant. */
static void
a_shared_secret_made_elsewhere_opens_the_envelope(void **state)
{
	struct bytes env = bytes_of(sealed, SEALED_LEN), point;
	uint8_t z[ECDH_LEN];
	struct secret out;
	(void)state;

	assert_int_equal(envelope_point(env, &point, NULL), 0);
	assert_int_equal(point.n, POINT_LEN);
	assert_ptr_equal(point.p, sealed + NONCE_LEN);
	assert_int_equal(p256_ecdh(receiver.scalars.b, point.p, z, NULL), 0);
	assert_int_equal(envelope_open_shared(z, receiver.pub.b, env, &out,
	    NULL), 0);
	assert_int_equal(out.len, MESSAGE_LEN);
	assert_memory_equal(out.b, MESSAGE, MESSAGE_LEN);
	secret_free(&out);
	z[31] ^= 1;
	assert_int_equal(envelope_open_shared(z, receiver.pub.b, env, &out,
	    NULL), ERR_ENV_TAG);
	assert_null(out.b);
}

static void
another_key_does_not_open(void **state)
{
	struct keyset other;
	uint8_t seed[SEED_LEN] = { 2 };
	struct secret out;
	struct err e;
	(void)state;

	assert_int_equal(keyset_from_seed(&other, seed, NULL), 0);
	assert_int_equal(envelope_open(&other, bytes_of(sealed, SEALED_LEN),
	    &out, &e), ERR_ENV_TAG);
	assert_int_equal(e.code, ERR_ENV_TAG);
	assert_null(out.b);
	keyset_free(&other);
}

static int
fixture_keyset(const char *rel, struct keyset *ks)
{
	struct buf text;
	struct secret seed;

	if (!fixture_read(rel, &text))
		return -1;
	assert_int_equal(seed_from_text(buf_bytes(&text), &seed, NULL), 0);
	assert_int_equal(keyset_from_seed(ks, seed.b, NULL), 0);
	secret_free(&seed);
	buf_free(&text);
	return 0;
}

static void
every_operator_opens_the_sealed_share_of_qos(void **state)
{
	struct keyset ks;
	struct buf env, output;
	struct secret out;
	char rel[128];
	(void)state;

	for (int i = 1; i <= 3; i++) {
		struct digest512 h;

		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.secret",
		    i, i);
		if (fixture_keyset(rel, &ks) != 0)
			skip();
		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.share",
		    i, i);
		assert_true(fixture_read(rel, &env));
		assert_int_equal(env.n, 130);
		assert_int_equal(envelope_open(&ks, buf_bytes(&env), &out,
		    NULL), 0);
		assert_int_equal(out.len, 33);
		assert_int_equal(out.b[0], i);
		/* the genesis output records the share's hash */
		h = sha512(bytes_of(out.b, out.len));
		assert_true(fixture_read("integration/mock/boot-e2e/"
		    "genesis-dir/genesis_output", &output));
		assert_non_null(memmem(output.p, output.n, h.b, SHA512_LEN));
		buf_free(&output);
		buf_free(&env);
		secret_free(&out);
		keyset_free(&ks);
	}
}

static int
process_begin(void **state)
{
	uint8_t seed[SEED_LEN] = { 1 };

	(void)state;
	return secret_process_init(NULL) != 0 ||
	    keyset_from_seed(&receiver, seed, NULL) != 0 ||
	    envelope_seal(bytes_of(receiver.pub.b, PUBLIC_KEY_LEN),
	    bytes_of(MESSAGE, MESSAGE_LEN), sealed, NULL) != 0;
}

static int
process_end(void **state)
{
	(void)state;
	keyset_free(&receiver);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_recorded_envelope_is_sealed_and_opened_bit_for_bit),
		cmocka_unit_test(
		    what_is_sealed_opens_at_every_length_and_is_never_the_same_twice),
		cmocka_unit_test(the_symmetric_form_opens_under_its_own_key_only),
		cmocka_unit_test(every_truncation_is_malformed),
		cmocka_unit_test(
		    trailing_bytes_and_every_wrong_length_are_malformed),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(points_that_are_none_are_refused_before_any_use),
		cmocka_unit_test(
		    a_shared_secret_made_elsewhere_opens_the_envelope),
		cmocka_unit_test(another_key_does_not_open),
		cmocka_unit_test(every_operator_opens_the_sealed_share_of_qos),
	};

	return cmocka_run_group_tests(tests, process_begin, process_end);
}
