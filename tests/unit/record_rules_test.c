/*
 * What each type of record holds its fields to, and its signature.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/form.h"
#include "airgap/seal/hash.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

static void
a_statement_verifies_and_any_other_field_does_not(void **state)
{
	struct genesis_statement s, t;
	struct err e;

	(void)state;
	sample_statement(&s, MODE_REHEARSAL);
	assert_int_equal(genesis_statement_verify(&s, &e), 0);
	for (int i = 0; i < 6; i++) {
		t = s;
		if (i == 0)
			t.mode = MODE_PRODUCTION;
		else if (i == 1)
			t.plan.b[0] ^= 1;
		else if (i == 2)
			t.output.b[31] ^= 1;
		else if (i == 3)
			t.spares.b[7] ^= 1;
		else if (i == 4)
			t.quorum = *sample_key(7);
		else
			t.signature.b[63] ^= 1;
		assert_int_equal(genesis_statement_verify(&t, &e),
		    ERR_SIG_WRONG);
		assert_sentence(&e, "genesis statement: signature");
	}
	memset(t.signature.b, 0, sizeof(t.signature.b));
	assert_int_equal(genesis_statement_verify(&t, &e), ERR_SIG_FORM);
}

static void
a_statement_speaks_of_one_plan_output_and_spares(void **state)
{
	struct bytes p = bytes_str("plan"), o = bytes_str("output"),
	    s = bytes_str("spares");
	struct genesis_statement x;
	struct buf msg;
	struct err e;

	(void)state;
	sample_statement(&x, MODE_PRODUCTION);
	x.plan = sha256(p);
	x.output = sha256(o);
	x.spares = sha256(s);
	assert_int_equal(genesis_statement_message(&x, &msg, &e), 0);
	assert_int_equal(keyset_sign(sample_keyset(6), buf_bytes(&msg),
	    &x.signature, &e), 0);
	buf_free(&msg);
	assert_int_equal(genesis_statement_check(&x, MODE_PRODUCTION, p, o, s,
	    &e), 0);
	assert_int_equal(genesis_statement_check(&x, MODE_REHEARSAL, p, o, s,
	    &e), ERR_REFUSED);
	assert_sentence(&e, "is of a production");
	assert_int_equal(genesis_statement_check(&x, MODE_PRODUCTION, o, o, s,
	    &e), ERR_REFUSED);
	assert_sentence(&e, "another plan");
	assert_int_equal(genesis_statement_check(&x, MODE_PRODUCTION, p, p, s,
	    &e), ERR_REFUSED);
	assert_sentence(&e, "another genesis output");
	assert_int_equal(genesis_statement_check(&x, MODE_PRODUCTION, p, o, p,
	    &e), ERR_REFUSED);
	assert_sentence(&e, "another spares record");
	x.signature.b[0] ^= 1;
	assert_int_equal(genesis_statement_check(&x, MODE_PRODUCTION, p, o, s,
	    &e), ERR_SIG_WRONG);
}

static void
a_receipt_verifies_and_any_other_field_does_not(void **state)
{
	struct receipt x, y;
	struct err e;

	(void)state;
	sample_receipt(&x, MODE_REHEARSAL);
	assert_int_equal(receipt_verify(&x, &e), 0);
	for (int i = 0; i < 8; i++) {
		y = x;
		if (i == 0)
			y.mode = MODE_PRODUCTION;
		else if (i == 1)
			y.plan.b[0] ^= 1;
		else if (i == 2)
			y.output.b[0] ^= 1;
		else if (i == 3)
			y.alias = bytes_str("rehearsal-alicf");
		else if (i == 4)
			y.key = *sample_key(1);
		else if (i == 5)
			y.share_hash.b[63] ^= 1;
		else if (i == 6)
			y.time++;
		else
			y.signature.b[40] ^= 1;
		assert_int_equal(receipt_verify(&y, &e), ERR_SIG_WRONG);
		assert_sentence(&e, "receipt: signature");
	}
}

static void
a_release_verifies_and_any_other_field_does_not(void **state)
{
	struct release x, y;
	struct err e;

	(void)state;
	sample_release(&x, MODE_PRODUCTION);
	assert_int_equal(release_verify(&x, &e), 0);
	for (int i = 0; i < 10; i++) {
		y = x;
		if (i == 0)
			y.mode = MODE_REHEARSAL;
		else if (i == 1)
			y.manifest.b[0] ^= 1;
		else if (i == 2)
			y.attestation.b[0] ^= 1;
		else if (i == 3)
			y.setup_key = *sample_key(2);
		else if (i == 4)
			y.share.b[0] ^= 1;
		else if (i == 5)
			y.alias = bytes_str("bab");
		else if (i == 6)
			y.key = *sample_key(2);
		else if (i == 7)
			y.time--;
		else if (i == 8)
			y.has_challenge = false;
		else
			y.challenge = bytes_str("sixteen bytes no");
		assert_int_equal(release_verify(&y, &e), ERR_SIG_WRONG);
		assert_sentence(&e, "release record: signature");
	}
}

static void
a_signature_of_one_record_is_none_of_another(void **state)
{
	struct genesis_statement s;
	struct receipt x;
	struct buf msg;

	(void)state;
	sample_statement(&s, MODE_PRODUCTION);
	sample_receipt(&x, MODE_PRODUCTION);
	assert_int_equal(genesis_statement_message(&s, &msg, NULL), 0);
	assert_int_equal(keyset_sign(sample_keyset(0), buf_bytes(&msg),
	    &x.signature, NULL), 0);
	assert_int_equal(receipt_verify(&x, NULL), ERR_SIG_WRONG);
	buf_free(&msg);
}

static void
the_bounds_of_time_and_challenge_hold(void **state)
{
	static const uint8_t long_challenge[65];
	struct release x;
	struct receipt y;
	struct buf b;
	struct err e;

	(void)state;
	sample_release(&x, MODE_PRODUCTION);
	x.challenge = bytes_of(long_challenge, 64);
	assert_int_equal(release_encode(&x, &b, &e), 0);
	buf_free(&b);
	x.challenge = bytes_of(long_challenge, 65);
	assert_int_equal(release_encode(&x, &b, &e), ERR_INPUT);
	assert_sentence(&e, "key 'challenge': 65 bytes, not 1 to 64");
	x.challenge.n = 0;
	assert_int_equal(release_encode(&x, &b, &e), ERR_INPUT);
	sample_receipt(&y, MODE_PRODUCTION);
	y.time = RECORD_TIME_MAX;
	assert_int_equal(receipt_encode(&y, &b, &e), 0);
	buf_free(&b);
	y.time++;
	assert_int_equal(receipt_encode(&y, &b, &e), ERR_INPUT);
	assert_sentence(&e, "key 'time'");
}

/* The record as bytes, one bit of that key another, as a stranger sends it. */
static void
refused_in_bytes(const char *type, const uint8_t *key, const char *words)
{
	const struct sample *x = samples;
	struct buf b, out = { 0 };
	struct err e = { 0 };
	uint8_t *p;

	while (strcmp(x->type, type) != 0)
		x++;
	b = x->make(MODE_PRODUCTION);
	p = memmem(b.p, b.n, key, PUBLIC_KEY_LEN);
	assert_non_null(p);
	p[64] ^= 1;
	assert_int_equal(x->again(buf_bytes(&b), &out, &e), ERR_INPUT);
	assert_sentence(&e, words);
	buf_free(&b);
}

static void
keys_that_are_no_points_are_not_read(void **state)
{
	struct genesis_statement s;
	struct receipt x;
	struct release y;

	(void)state;
	sample_statement(&s, MODE_PRODUCTION);
	refused_in_bytes(GENESIS_STATEMENT_TYPE, s.quorum.b,
	    "key 'quorumKey': public key is not a point");
	sample_receipt(&x, MODE_PRODUCTION);
	refused_in_bytes(RECEIPT_TYPE, x.key.b,
	    "key 'key': public key is not a point");
	sample_release(&y, MODE_PRODUCTION);
	refused_in_bytes(RELEASE_TYPE, y.setup_key.b,
	    "key 'setupKey': public key is not a point");
}

static void
keys_that_are_no_points_are_refused(void **state)
{
	struct genesis_statement s;
	struct receipt x;
	struct release y;
	struct buf b;
	struct err e;

	(void)state;
	sample_statement(&s, MODE_PRODUCTION);
	s.quorum.b[64] ^= 1;
	assert_int_equal(genesis_statement_encode(&s, &b, &e), ERR_INPUT);
	assert_sentence(&e, "key 'quorumKey': public key is not a point");
	sample_receipt(&x, MODE_PRODUCTION);
	x.key.b[65] = 2;
	assert_int_equal(receipt_encode(&x, &b, &e), ERR_INPUT);
	assert_sentence(&e, "key 'key': public key is not a point");
	sample_release(&y, MODE_PRODUCTION);
	y.setup_key.b[129] ^= 1;
	assert_int_equal(release_encode(&y, &b, &e), ERR_INPUT);
	assert_sentence(&e, "key 'setupKey': public key is not a point");
}

static void
spares_are_in_order_and_never_twice(void **state)
{
	struct spare list[2], swap;
	struct spares s, back;
	struct buf b;
	struct err e;

	(void)state;
	sample_spares(&s, list, MODE_REHEARSAL);
	assert_int_equal(spares_encode(&s, &b, &e), 0);
	assert_int_equal(spares_decode(buf_bytes(&b), &back, &e), 0);
	assert_int_equal(back.count, 2);
	assert_true(malloc_usable_size(back.heap) <= 2 * b.n);
	for (size_t i = 0; i < 2; i++) {
		assert_true(bytes_equal(back.list[i].alias, list[i].alias));
		assert_memory_equal(&back.list[i].key, &list[i].key,
		    PUBLIC_KEY_LEN);
		assert_memory_equal(&back.list[i].share, &list[i].share,
		    sizeof(list[i].share));
	}
	spares_free(&back);
	buf_free(&b);
	swap = list[0];
	list[0] = list[1];
	list[1] = swap;
	assert_int_equal(spares_encode(&s, &b, &e), ERR_INPUT);
	assert_sentence(&e, "spare 2 is there twice or not in order");
	list[1] = list[0];
	assert_int_equal(spares_encode(&s, &b, &e), ERR_INPUT);
	s.count = 0;
	assert_int_equal(spares_encode(&s, &b, &e), 0);
	assert_int_equal(spares_decode(buf_bytes(&b), &back, &e), 0);
	assert_int_equal(back.count, 0);
	spares_free(&back);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_verifies_and_any_other_field_does_not),
		cmocka_unit_test(a_statement_speaks_of_one_plan_output_and_spares),
		cmocka_unit_test(a_receipt_verifies_and_any_other_field_does_not),
		cmocka_unit_test(a_release_verifies_and_any_other_field_does_not),
		cmocka_unit_test(a_signature_of_one_record_is_none_of_another),
		cmocka_unit_test(the_bounds_of_time_and_challenge_hold),
		cmocka_unit_test(keys_that_are_no_points_are_refused),
		cmocka_unit_test(keys_that_are_no_points_are_not_read),
		cmocka_unit_test(spares_are_in_order_and_never_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
