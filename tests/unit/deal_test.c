/* Deals: split, proven, sealed; and the deal of QOS's fixtures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "tests/unit/vectors.h"

#define PERSONAL "integration/mock/boot-e2e/all-personal-dir/"
#define PEOPLE 6

static struct keyset people[PEOPLE];
static struct public_key keys[255];
static uint8_t seed[SEED_LEN];

static void
open_share(const struct deal *d, size_t index, struct secret *out)
{
	assert_int_equal(envelope_open(&people[(index - 1) % PEOPLE],
	    bytes_of(d->out[index - 1].sealed, SEALED_SHARE_LEN), out, NULL),
	    0);
}

static void
each_person_opens_their_share_and_any_k_give_the_seed(void **state)
{
	struct secret s[5];
	struct deal d;
	uint8_t out[SEED_LEN];
	(void)state;

	assert_int_equal(deal_make(&d, seed, 3, 5, keys, NULL), 0);
	for (size_t i = 0; i < 5; i++) {
		struct digest512 h;

		open_share(&d, i + 1, &s[i]);
		assert_int_equal(s[i].len, SHARE_LEN);
		assert_int_equal(s[i].b[0], i + 1);
		h = sha512(bytes_of(s[i].b, SHARE_LEN));
		assert_true(digest512_equal(&h, &d.out[i].hash));
		assert_int_equal(deal_compare(&d, i + 1, &s[i], NULL), 0);
	}
	for (size_t i = 0; i < 5; i++) {
		const uint8_t *at[3] = { s[i].b, s[(i + 1) % 5].b,
		    s[(i + 3) % 5].b };
		const size_t len[3] = { SHARE_LEN, SHARE_LEN, SHARE_LEN };

		assert_int_equal(shamir_join(at, len, 3, out, NULL), 0);
		assert_memory_equal(out, seed, SEED_LEN);
	}
	for (size_t i = 0; i < 5; i++)
		secret_free(&s[i]);
	deal_free(&d);
	deal_free(NULL);
}

int __real_shamir_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e);
int __wrap_shamir_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e);

static size_t proofs;
static size_t share_to_change;		/* 1-based; 0: none */

/* What is proven is what was split, but for a byte where one is changed. */
int
__wrap_shamir_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e)
{
	static uint8_t changed[255 * SHARE_LEN];

	proofs++;
	assert_true(n * (len + 1) <= sizeof(changed));
	memcpy(changed, shares, n * (len + 1));
	if (share_to_change > 0)
		changed[share_to_change * (len + 1) - 1] ^= 1;
	return __real_shamir_prove(secret, len, k, n, changed, e);
}

static void
shares_that_fail_the_proof_make_no_deal(void **state)
{
	struct deal d;
	(void)state;

	for (share_to_change = 1; share_to_change <= 5; share_to_change++) {
		proofs = 0;
		assert_int_equal(deal_make(&d, seed, 3, 5, keys, NULL),
		    ERR_SHARE_PROOF);
		assert_int_equal(proofs, 1);
		assert_null(d.shares.b);
		assert_null(d.out);
	}
	share_to_change = 0;
	assert_int_equal(deal_make(&d, seed, 3, 5, keys, NULL), 0);
	assert_int_equal(proofs, 2);
	deal_free(&d);
}

static void
the_public_key_is_that_of_the_seed(void **state)
{
	struct keyset ks;
	struct deal d;
	(void)state;

	assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
	assert_int_equal(deal_make(&d, seed, 2, 2, keys, NULL), 0);
	assert_memory_equal(d.quorum.b, ks.pub.b, PUBLIC_KEY_LEN);
	deal_free(&d);
	keyset_free(&ks);
}

static void
comparison_refuses_another_share_and_every_changed_byte(void **state)
{
	struct secret s, cut;
	struct deal d;
	(void)state;

	assert_int_equal(deal_make(&d, seed, 2, 3, keys, NULL), 0);
	open_share(&d, 2, &s);
	assert_int_equal(deal_compare(&d, 1, &s, NULL), ERR_REFUSED);
	assert_int_equal(deal_compare(&d, 0, &s, NULL), ERR_INTERNAL);
	assert_int_equal(deal_compare(&d, 4, &s, NULL), ERR_INTERNAL);
	for (size_t i = 0; i < SHARE_LEN; i++) {
		s.b[i] ^= 1;
		assert_int_equal(deal_compare(&d, 2, &s, NULL), ERR_REFUSED);
		s.b[i] ^= 1;
	}
	cut = (struct secret){ s.b, SHARE_LEN - 1 };
	assert_int_equal(deal_compare(&d, 2, &cut, NULL), ERR_REFUSED);
	cut = (struct secret){ NULL, 0 };
	assert_int_equal(deal_compare(&d, 2, &cut, NULL), ERR_REFUSED);
	assert_int_equal(deal_compare(&d, 2, &s, NULL), 0);
	secret_free(&s);
	deal_free(&d);
}

static void
a_spare_key_gets_the_same_share_sealed_again(void **state)
{
	struct sealed_share again;
	struct secret s;
	struct deal d;
	(void)state;

	assert_int_equal(deal_make(&d, seed, 2, 3, keys, NULL), 0);
	assert_int_equal(deal_seal_again(&d, 3, &people[5].pub, &again,
	    NULL), 0);
	assert_true(digest512_equal(&again.hash, &d.out[2].hash));
	assert_memory_not_equal(again.sealed, d.out[2].sealed, 12);
	assert_int_equal(envelope_open(&people[5], bytes_of(again.sealed,
	    SEALED_SHARE_LEN), &s, NULL), 0);
	assert_int_equal(deal_compare(&d, 3, &s, NULL), 0);
	secret_free(&s);
	deal_free(&d);
}

static void
after_the_wipe_only_sealed_shares_are_left(void **state)
{
	struct sealed_share again;
	struct secret s;
	struct deal d;
	(void)state;

	assert_int_equal(deal_make(&d, seed, 2, 3, keys, NULL), 0);
	deal_wipe(&d);
	deal_wipe(&d);
	deal_wipe(NULL);
	assert_null(d.shares.b);
	open_share(&d, 1, &s);
	assert_int_equal(deal_compare(&d, 1, &s, NULL), ERR_INTERNAL);
	assert_int_equal(deal_seal_again(&d, 1, &keys[0], &again, NULL),
	    ERR_INTERNAL);
	secret_free(&s);
	deal_free(&d);
}

static void
impossible_sizes_and_bad_keys_leave_the_deal_empty(void **state)
{
	static const struct {
		size_t k, n;
		int code;
	} bad[] = {
		{ 2, 256, ERR_SHARE_SIZE }, { 2, 0, ERR_SHARE_SIZE },
		{ 1, 3, ERR_SHARE_MIN }, { 0, 3, ERR_SHARE_MIN },
		{ 4, 3, ERR_SHARE_LIMIT },
	};
	struct public_key damaged[3] = { keys[0], keys[1], keys[2] };
	struct deal d;
	struct err e;
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(deal_make(&d, seed, bad[i].k, bad[i].n,
		    keys, NULL), bad[i].code);
		assert_null(d.out);
		assert_null(d.shares.b);
	}
	damaged[2].b[129] ^= 1;
	assert_int_equal(deal_make(&d, seed, 2, 3, damaged, &e),
	    ERR_KEY_POINT);
	assert_non_null(strstr(e.text, "share 3"));
	assert_null(d.out);
	assert_null(d.shares.b);
}

static void
the_largest_deal_is_made_and_its_last_share_opens(void **state)
{
	struct secret s;
	struct deal d;
	(void)state;

	assert_int_equal(deal_make(&d, seed, 128, 255, keys, NULL), 0);
	open_share(&d, 255, &s);
	assert_int_equal(deal_compare(&d, 255, &s, NULL), 0);
	secret_free(&s);
	deal_free(&d);
}

/* Opened shares of the three operators; false where the fixtures are not. */
static bool
fixture_shares(struct secret s[static 3])
{
	for (int i = 1; i <= 3; i++) {
		struct buf text, env;
		struct secret master;
		struct keyset ks;
		char rel[128];

		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.secret",
		    i, i);
		if (!fixture_read(rel, &text))
			return false;
		assert_int_equal(seed_from_text(buf_bytes(&text), &master,
		    NULL), 0);
		assert_int_equal(keyset_from_seed(&ks, master.b, NULL), 0);
		snprintf(rel, sizeof(rel), PERSONAL "user%d-dir/user%d.share",
		    i, i);
		assert_true(fixture_read(rel, &env));
		assert_int_equal(envelope_open(&ks, buf_bytes(&env),
		    &s[i - 1], NULL), 0);
		buf_free(&text);
		buf_free(&env);
		secret_free(&master);
		keyset_free(&ks);
	}
	return true;
}

static void
join_fixture(const struct secret s[static 3], const size_t *order, size_t m)
{
	static const char recorded[] = "79922ba19779d7a54380ac1c7d3e1f28"
	    "a0290207d187b7ed49762e431e4e85fc";
	const uint8_t *at[3];
	size_t len[3];
	uint8_t got[SEED_LEN], want[SEED_LEN];

	for (size_t i = 0; i < m; i++) {
		at[i] = s[order[i]].b;
		len[i] = s[order[i]].len;
	}
	assert_int_equal(hex_decode_exact(bytes_str(recorded), want, 32,
	    NULL), 0);
	assert_int_equal(shamir_join(at, len, m, got, NULL), 0);
	assert_memory_equal(got, want, SEED_LEN);
}

static void
all_orders_of_the_genesis_shares_give_the_recorded_key(void **state)
{
	static const size_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 },
	};
	struct secret s[3];
	(void)state;

	if (!fixture_shares(s))
		skip();
	for (size_t i = 0; i < 6; i++) {
		join_fixture(s, orders[i], 3);
		join_fixture(s, orders[i], 2);
	}
	for (size_t i = 0; i < 3; i++)
		secret_free(&s[i]);
}

static void
the_recorded_seed_has_the_recorded_public_key(void **state)
{
	struct public_key pub;
	struct secret s[3];
	struct keyset ks;
	struct buf text;
	uint8_t got[SEED_LEN];
	const size_t len[2] = { SHARE_LEN, SHARE_LEN };
	(void)state;

	if (!fixture_shares(s))
		skip();
	const uint8_t *at[2] = { s[2].b, s[0].b };
	assert_int_equal(shamir_join(at, len, 2, got, NULL), 0);
	assert_int_equal(keyset_from_seed(&ks, got, NULL), 0);
	assert_true(fixture_read("integration/mock/namespaces/"
	    "quit-coding-to-vape/quorum_key.pub", &text));
	assert_int_equal(public_key_from_text(buf_bytes(&text), &pub, NULL),
	    0);
	assert_memory_equal(pub.b, ks.pub.b, PUBLIC_KEY_LEN);
	buf_free(&text);
	keyset_free(&ks);
	for (size_t i = 0; i < 3; i++)
		secret_free(&s[i]);
}

/* "name hex" lines of the recorded artifacts. */
static struct buf
artifact(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	char hex[600];
	size_t n;

	assert_non_null(at);
	at += strlen(name) + 1;
	n = strcspn(at, "\n");
	assert_true(n < sizeof(hex));
	memcpy(hex, at, n);
	hex[n] = '\0';
	return vector_unhex(hex);
}

static void
the_recorded_seed_signs_and_opens_the_test_message_bit_for_bit(void **state)
{
	json_t *vectors = vectors_load("genesis");
	const char *text = vector_text(vector_named(vectors,
	    "genesis_dr_artifacts file for that output"), "text");
	struct buf sig = artifact(text, "test_message_signature");
	struct buf env = artifact(text, "test_message_ciphertext");
	struct buf msg = vector_unhex("716f732d746573742d6d657373616765");
	struct secret quorum, opened;
	struct signature ours;
	struct keyset ks;
	(void)state;

	assert_int_equal(seed_from_text(bytes_str("79922ba19779d7a54380ac1c"
	    "7d3e1f28a0290207d187b7ed49762e431e4e85fc"), &quorum, NULL), 0);
	assert_int_equal(keyset_from_seed(&ks, quorum.b, NULL), 0);
	assert_int_equal(keyset_sign(&ks, buf_bytes(&msg), &ours, NULL), 0);
	assert_int_equal(sig.n, SIGNATURE_LEN);
	assert_memory_equal(ours.b, sig.p, SIGNATURE_LEN);
	assert_int_equal(envelope_open(&ks, buf_bytes(&env), &opened, NULL),
	    0);
	assert_int_equal(opened.len, msg.n);
	assert_memory_equal(opened.b, msg.p, msg.n);
	secret_free(&opened);
	secret_free(&quorum);
	keyset_free(&ks);
	buf_free(&sig);
	buf_free(&env);
	buf_free(&msg);
	json_decref(vectors);
}

static int
process_begin(void **state)
{
	(void)state;
	if (secret_process_init(NULL) != 0)
		return -1;
	random_bytes(seed, sizeof(seed));
	for (size_t i = 0; i < PEOPLE; i++) {
		uint8_t s[SEED_LEN] = { (uint8_t)(i + 1) };

		if (keyset_from_seed(&people[i], s, NULL) != 0)
			return -1;
	}
	for (size_t i = 0; i < 255; i++)
		keys[i] = people[i % PEOPLE].pub;
	return 0;
}

static int
process_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEOPLE; i++)
		keyset_free(&people[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_that_fail_the_proof_make_no_deal),
		cmocka_unit_test(
		    each_person_opens_their_share_and_any_k_give_the_seed),
		cmocka_unit_test(the_public_key_is_that_of_the_seed),
		cmocka_unit_test(
		    comparison_refuses_another_share_and_every_changed_byte),
		cmocka_unit_test(a_spare_key_gets_the_same_share_sealed_again),
		cmocka_unit_test(after_the_wipe_only_sealed_shares_are_left),
		cmocka_unit_test(
		    impossible_sizes_and_bad_keys_leave_the_deal_empty),
		cmocka_unit_test(
		    the_largest_deal_is_made_and_its_last_share_opens),
		cmocka_unit_test(
		    all_orders_of_the_genesis_shares_give_the_recorded_key),
		cmocka_unit_test(the_recorded_seed_has_the_recorded_public_key),
		cmocka_unit_test(
		    the_recorded_seed_signs_and_opens_the_test_message_bit_for_bit),
	};

	return cmocka_run_group_tests(tests, process_begin, process_end);
}
