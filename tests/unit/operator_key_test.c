/*
 * Operator keys: what a key file gives, and that no way to sign but the
 * approval itself makes an approval.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "tests/unit/vectors.h"
#include "token/key_file.h"
#include "token/operator_ops.h"

static const enum purpose purposes[] = { PURPOSE_GENESIS, PURPOSE_PLAN,
	PURPOSE_RECEIPT, PURPOSE_RELEASE, PURPOSE_TOKEN, PURPOSE_KEY };
static const enum mode modes[] = { MODE_PRODUCTION, MODE_REHEARSAL };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char dir[] = "/tmp/quorate-operator-key-XXXXXX";
static char path[64];

/* Writes text to the file that the tests open. */
static void
put_file(const char *text)
{
	struct err e;

	assert_int_equal(file_write(path, bytes_str(text), FILE_MODE_SECRET,
	    true, &e), 0);
}

static struct operator_key *
open_seed(const char *text)
{
	struct operator_key *k = NULL;
	struct err e;

	put_file(text);
	assert_int_equal(operator_key_open_file(path, &k, &e), 0);
	assert_non_null(k);
	return k;
}

static const json_t *
key_vector(const json_t *vectors)
{
	return vector_named(vectors, "key set from seed 00..1f");
}

/* The hash of a manifest that QOS made. */
static struct digest256
manifest_hash(void)
{
	json_t *vectors = vectors_load("manifest");
	const json_t *v = vector_named(vectors,
	    "V2 from golden inputs, no dns, no env");
	struct digest256 h;

	assert_int_equal(vector_hex(v, "manifest_hash", h.b, SHA256_LEN),
	    SHA256_LEN);
	json_decref(vectors);
	return h;
}

/* As QOS verifies an approval (wire section 7). */
static int
approval_valid(const struct operator_key *k, const struct digest256 *hash,
    const struct signature *sig)
{
	const struct public_key *pub = operator_key_public(k);

	return signature_verify(bytes_of(pub->b, PUBLIC_KEY_LEN),
	    bytes_of(hash->b, SHA256_LEN), bytes_of(sig->b, SIGNATURE_LEN));
}

static void
a_key_file_gives_the_recorded_public_key_and_its_name(void **state)
{
	json_t *vectors = vectors_load("p256");
	const json_t *v = key_vector(vectors);
	struct operator_key *k = open_seed(vector_text(v, "seed"));
	struct public_key want;
	char name[80];
	(void)state;

	assert_int_equal(vector_hex(v, "public_key", want.b, PUBLIC_KEY_LEN),
	    PUBLIC_KEY_LEN);
	assert_memory_equal(operator_key_public(k)->b, want.b,
	    PUBLIC_KEY_LEN);
	snprintf(name, sizeof(name), "key file %s", path);
	assert_string_equal(operator_key_name(k), name);
	operator_key_free(k);
	operator_key_free(NULL);
	json_decref(vectors);
}

static void
an_approval_is_the_signature_of_the_hash_alone(void **state)
{
	json_t *vectors = vectors_load("p256");
	const char *seed = vector_text(key_vector(vectors), "seed");
	struct digest256 hash = manifest_hash();
	struct operator_key *k = open_seed(seed);
	struct signature got, want;
	struct keyset ks;
	(void)state;

	assert_int_equal(operator_key_approve(k, &hash, &got, NULL), 0);
	assert_int_equal(approval_valid(k, &hash, &got), 0);
	assert_int_equal(key_file_load(path, &ks, NULL), 0);
	assert_int_equal(keyset_sign(&ks, bytes_of(hash.b, SHA256_LEN),
	    &want, NULL), 0);
	assert_memory_equal(got.b, want.b, SIGNATURE_LEN);
	keyset_free(&ks);
	operator_key_free(k);
	json_decref(vectors);
}

static void
a_signature_is_over_prefix_mode_and_body(void **state)
{
	static const char message[] = "quorate/receipt/v1\0Ra long enough body";
	json_t *vectors = vectors_load("p256");
	struct operator_key *k = open_seed(vector_text(key_vector(vectors),
	    "seed"));
	const struct public_key *pub = operator_key_public(k);
	struct signature sig;
	(void)state;

	assert_int_equal(operator_key_sign(k, PURPOSE_RECEIPT, MODE_REHEARSAL,
	    bytes_str("a long enough body"), &sig, NULL), 0);
	assert_int_equal(signature_verify(bytes_of(pub->b, PUBLIC_KEY_LEN),
	    bytes_of(message, sizeof(message) - 1),
	    bytes_of(sig.b, SIGNATURE_LEN)), 0);
	operator_key_free(k);
	json_decref(vectors);
}

/* All that a caller can make of a hash: alone, cut, doubled, padded, hex. */
static size_t
bodies_of(const struct digest256 *hash, struct bytes out[static 6])
{
	static uint8_t padded[3 * SHA256_LEN];
	static char hex[2 * SHA256_LEN + 1];

	memcpy(padded + SHA256_LEN, hash->b, SHA256_LEN);
	memcpy(padded + 2 * SHA256_LEN, hash->b, SHA256_LEN);
	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash->b[i]);
	out[0] = bytes_of(hash->b, SHA256_LEN);
	out[1] = bytes_of(hash->b, SHA256_LEN - 1);
	out[2] = bytes_of(padded, SHA256_LEN * 2);
	out[3] = bytes_of(padded + SHA256_LEN, SHA256_LEN * 2);
	out[4] = bytes_of(hex, SHA256_LEN * 2);
	out[5] = bytes_of(NULL, 0);
	return 6;
}

static void
a_manifest_hash_offered_to_every_path_yields_no_approval(void **state)
{
	json_t *vectors = vectors_load("p256");
	struct operator_key *k = open_seed(vector_text(key_vector(vectors),
	    "seed"));
	struct digest256 hash = manifest_hash();
	struct bytes body[6];
	size_t n = bodies_of(&hash, body), made = 0;
	struct signature sig;
	(void)state;

	for (size_t p = 0; p < COUNT(purposes); p++)
		for (size_t m = 0; m < COUNT(modes); m++)
			for (size_t i = 0; i < n; i++) {
				int r = operator_key_sign(k, purposes[p],
				    modes[m], body[i], &sig, NULL);

				if (r == ERR_REFUSED)
					continue;
				assert_int_equal(r, 0);
				assert_int_equal(approval_valid(k, &hash,
				    &sig), ERR_SIG_WRONG);
				made++;
			}
	assert_true(made >= COUNT(purposes) * COUNT(modes) * 5);
	/* the control: only this is one */
	assert_int_equal(operator_key_approve(k, &hash, &sig, NULL), 0);
	assert_int_equal(approval_valid(k, &hash, &sig), 0);
	operator_key_free(k);
	json_decref(vectors);
}

static void
what_was_sealed_to_a_key_opens_with_it_and_with_no_other(void **state)
{
	static const uint8_t plain[] = "thirty-three bytes of one share..";
	uint8_t env[sizeof(plain) + ENVELOPE_OVERHEAD];
	json_t *vectors = vectors_load("p256");
	struct operator_key *k = open_seed(vector_text(key_vector(vectors),
	    "seed"));
	struct operator_key *other = open_seed(vector_text(vector_named(
	    vectors, "key set from seed 00..00"), "seed"));
	const struct public_key *pub = operator_key_public(k);
	struct secret s = { 0 };
	struct err e;
	(void)state;

	assert_int_equal(envelope_seal(bytes_of(pub->b, PUBLIC_KEY_LEN),
	    bytes_of(plain, sizeof(plain)), env, &e), 0);
	assert_int_equal(operator_key_open(other, bytes_of(env, sizeof(env)),
	    &s, &e), ERR_ENV_TAG);
	assert_null(s.b);
	assert_int_equal(operator_key_open(k, bytes_of(env, sizeof(env)), &s,
	    &e), 0);
	assert_int_equal(s.len, sizeof(plain));
	assert_memory_equal(s.b, plain, sizeof(plain));
	secret_free(&s);
	operator_key_free(k);
	operator_key_free(other);
	json_decref(vectors);
}

static void
what_is_no_seed_file_gives_a_sentence_without_its_bytes(void **state)
{
	static const char *const bad[] = { "", "deadbeef", "deadbeefdeadbeef"
	    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeeg", "deadbeefdead"
	    "beefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef00" };
	struct operator_key *k;
	struct err e;
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		put_file(bad[i]);
		k = (struct operator_key *)&e;
		assert_int_equal(operator_key_open_file(path, &k, &e),
		    ERR_SEED);
		assert_null(k);
		assert_non_null(strstr(e.text, path));
		assert_null(strstr(e.text, "deadbeef"));
	}
	assert_int_equal(operator_key_open_file("/nonexistent/seed", &k, &e),
	    ERR_INPUT);
	assert_null(k);
}

static void
a_seed_file_may_have_white_space_a_prefix_and_upper_case(void **state)
{
	json_t *vectors = vectors_load("p256");
	const char *seed = vector_text(key_vector(vectors), "seed");
	struct operator_key *plain = open_seed(seed), *k;
	char text[128], upper[65];
	(void)state;

	for (size_t i = 0; i <= 64; i++)
		upper[i] = seed[i] >= 'a' && seed[i] <= 'f' ?
		    (char)(seed[i] - 'a' + 'A') : seed[i];
	snprintf(text, sizeof(text), " \t0x%s\r\n\n", upper);
	k = open_seed(text);
	assert_memory_equal(operator_key_public(k), operator_key_public(plain),
	    PUBLIC_KEY_LEN);
	operator_key_free(k);
	operator_key_free(plain);
	json_decref(vectors);
}

/* --- another kind of key */

struct seen {
	int approved, signed_, opened, freed;
};

static int
fake_approve(void *state, const struct digest256 *hash,
    struct signature *out, struct err *e)
{
	(void)hash;
	(void)out;
	((struct seen *)state)->approved++;
	return err_set(e, ERR_TOKEN, "approve");
}

static int
fake_sign(void *state, enum purpose purpose, enum mode mode,
    struct bytes body, struct signature *out, struct err *e)
{
	(void)out;
	((struct seen *)state)->signed_++;
	assert_int_equal(purpose, PURPOSE_RELEASE);
	assert_int_equal(mode, MODE_REHEARSAL);
	assert_int_equal(body.n, 4);
	return err_set(e, ERR_TOKEN, "sign");
}

static int
fake_open(void *state, struct bytes envelope, struct secret *out,
    struct err *e)
{
	(void)out;
	((struct seen *)state)->opened++;
	assert_int_equal(envelope.n, 5);
	return err_set(e, ERR_TOKEN, "open");
}

static void
fake_free(void *state)
{
	((struct seen *)state)->freed++;
}

static void
each_operation_reaches_the_kind_of_the_key_as_it_was_asked(void **state)
{
	static const struct operator_ops ops = {
		fake_approve, fake_sign, fake_open, fake_free
	};
	struct public_key pub = { { 4, 5, 6 } };
	struct digest256 hash = { { 0 } };
	struct seen seen = { 0 };
	struct operator_key *k;
	struct signature sig;
	struct secret s;
	struct err e;
	(void)state;

	assert_int_equal(operator_key_make(&ops, &seen, &pub, "token 15413828",
	    &k, &e), 0);
	assert_memory_equal(operator_key_public(k), &pub, sizeof(pub));
	assert_string_equal(operator_key_name(k), "token 15413828");
	assert_int_equal(operator_key_approve(k, &hash, &sig, &e), ERR_TOKEN);
	assert_string_equal(e.text, "approve");
	assert_int_equal(operator_key_sign(k, PURPOSE_RELEASE, MODE_REHEARSAL,
	    bytes_str("body"), &sig, &e), ERR_TOKEN);
	assert_string_equal(e.text, "sign");
	assert_int_equal(operator_key_open(k, bytes_str("12345"), &s, &e),
	    ERR_TOKEN);
	assert_string_equal(e.text, "open");
	operator_key_free(k);
	assert_int_equal(seen.approved, 1);
	assert_int_equal(seen.signed_, 1);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(seen.freed, 1);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/seed", dir);
	return secret_process_init(NULL);
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_key_file_gives_the_recorded_public_key_and_its_name),
		cmocka_unit_test(
		    an_approval_is_the_signature_of_the_hash_alone),
		cmocka_unit_test(a_signature_is_over_prefix_mode_and_body),
		cmocka_unit_test(
		    a_manifest_hash_offered_to_every_path_yields_no_approval),
		cmocka_unit_test(
		    what_was_sealed_to_a_key_opens_with_it_and_with_no_other),
		cmocka_unit_test(
		    what_is_no_seed_file_gives_a_sentence_without_its_bytes),
		cmocka_unit_test(
		    a_seed_file_may_have_white_space_a_prefix_and_upper_case),
		cmocka_unit_test(
		    each_operation_reaches_the_kind_of_the_key_as_it_was_asked),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
