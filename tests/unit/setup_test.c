/*
 * What is done to a token follows from what it shows, and both come back
 * from the wire as they were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "token/setup.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct token_setup wanted = { .now = 1700000000, .pin_tries = 5,
	.puk_tries = 5, .protect = true };

static void
set_point(uint8_t out[static POINT_LEN], uint8_t which)
{
	memset(out, which, POINT_LEN);
	out[0] = 4;
}

/* A key that the token made, as wanted; its certificate too. */
static struct slot_exam
good_slot(uint8_t which)
{
	static const uint8_t der[] = { 0x30, 0 };
	struct slot_exam s = { .object = true, .certificate = true,
	    .key = KEY_THERE, .pin_policy = 3, .touch_policy = 2, .origin = 1,
	    .attestation = bytes_of(der, sizeof(der)) };

	set_point(s.point, which);
	set_point(s.certified, which);
	return s;
}

/* Locked, with keys 1 in 9C and 2 in 9D. */
static struct token_exam
ready(void)
{
	return (struct token_exam){ .slot = { good_slot(1), good_slot(2) },
	    .management = MANAGEMENT_PROTECTED,
	    .algorithm = MANAGEMENT_AES192, .told = true, .pin_tries = 5,
	    .puk_tries = 5 };
}

static struct public_key
key_of(uint8_t encrypt, uint8_t sign)
{
	struct public_key k;

	set_point(k.b, encrypt);
	set_point(k.b + POINT_LEN, sign);
	return k;
}

static enum slot_step
step_of(const struct slot_exam *s, const struct token_setup *w)
{
	struct token_exam x = { .slot = { *s, { .key = KEY_NONE } } };
	struct token_steps p = { 0 };
	struct err e;

	return token_steps_of(&x, w, &p, &e) == ERR_REFUSED ? STEP_FOREIGN :
	    p.slot[SETUP_9C];
}

static void
a_good_key_stays_and_one_without_a_certificate_gets_it(void **state)
{
	struct slot_exam s = good_slot(1), none = { .key = KEY_NONE };
	struct slot_exam unknown = { .key = KEY_UNKNOWN };

	(void)state;
	assert_int_equal(step_of(&s, &wanted), STEP_KEEP);
	s.object = s.certificate = false;
	assert_int_equal(step_of(&s, &wanted), STEP_CERTIFY);
	assert_int_equal(step_of(&none, &wanted), STEP_MAKE);
	assert_int_equal(step_of(&unknown, &wanted), STEP_MAKE);
}

static void
whatever_else_is_there_is_somebodys(void **state)
{
	struct token_setup replace = wanted;
	static struct slot_exam s[8];

	(void)state;
	replace.replace = true;
	for (size_t i = 0; i < COUNT(s); i++)
		s[i] = good_slot(1);
	s[0].pin_policy = 2;
	s[1].touch_policy = 3;
	s[2].origin = 2;
	s[3].certificate = false;		/* not P-256, or no X.509 */
	set_point(s[4].certified, 9);
	s[5].key = KEY_UNKNOWN;
	s[6].object = s[6].certificate = false;
	s[6].pin_policy = 1;
	s[7].object = s[7].certificate = false;
	memset(s[7].point, 0, POINT_LEN);	/* a key of another kind */
	for (size_t i = 0; i < COUNT(s); i++) {
		assert_int_equal(step_of(&s[i], &wanted), STEP_FOREIGN);
		assert_int_equal(step_of(&s[i], &replace), STEP_MAKE);
	}
}

static void
an_import_meets_its_own_key_alone(void **state)
{
	struct token_setup w = wanted;
	struct slot_exam s = good_slot(1);

	(void)state;
	w.import = true;
	w.pub = key_of(2, 1);
	assert_int_equal(step_of(&s, &w), STEP_FOREIGN);	/* made here */
	s.origin = 2;
	assert_int_equal(step_of(&s, &w), STEP_KEEP);
	s.object = s.certificate = false;
	assert_int_equal(step_of(&s, &w), STEP_CERTIFY);
	set_point(s.point, 7);
	assert_int_equal(step_of(&s, &w), STEP_FOREIGN);
	s = good_slot(1);
	s.key = KEY_UNKNOWN;	/* put in once more, with its policies */
	assert_int_equal(step_of(&s, &w), STEP_MAKE);
	set_point(s.certified, 7);
	assert_int_equal(step_of(&s, &w), STEP_FOREIGN);
}

static void
a_locked_token_is_left_alone_or_refused(void **state)
{
	struct token_exam x = ready();
	struct token_setup w = wanted;
	struct token_steps p;
	struct err e;

	(void)state;
	assert_int_equal(token_steps_of(&x, &w, &p, &e), 0);
	assert_false(p.codes || p.lock);
	w.protect = false;	/* the copy goes, and the key with it */
	assert_int_equal(token_steps_of(&x, &w, &p, &e), 0);
	assert_true(p.lock);
	x.management = MANAGEMENT_OTHER;
	assert_int_equal(token_steps_of(&x, &w, &p, &e), 0);
	assert_false(p.codes || p.lock);
	x.slot[SETUP_9D] = (struct slot_exam){ .key = KEY_NONE };
	assert_int_equal(token_steps_of(&x, &w, &p, &e), ERR_TOKEN);
}

static void
pin_and_puk_are_set_unless_they_are_known_to_be(void **state)
{
	struct token_exam x = ready();
	struct token_steps p;
	struct err e;

	(void)state;
	x.puk_default = true;
	assert_int_equal(token_steps_of(&x, &wanted, &p, &e), 0);
	assert_true(p.codes);
	x.puk_default = false;
	x.pin_tries = 3;
	assert_int_equal(token_steps_of(&x, &wanted, &p, &e), 0);
	assert_true(p.codes);
	x = ready();
	x.management = MANAGEMENT_DEFAULT;	/* the last step is to come */
	assert_int_equal(token_steps_of(&x, &wanted, &p, &e), 0);
	assert_true(p.codes && p.lock);
}

static void
ready_is_what_was_made_and_nothing_of_the_factory(void **state)
{
	struct public_key k = key_of(2, 1), other = key_of(1, 2);
	struct token_exam x = ready();
	struct err e;

	(void)state;
	assert_int_equal(token_exam_ready(&x, &wanted, &k, &e), 0);
	assert_int_equal(token_exam_ready(&x, &wanted, &other, &e), ERR_TOKEN);
	x.pin_default = true;
	assert_int_equal(token_exam_ready(&x, &wanted, &k, &e), ERR_TOKEN);
	x = ready();
	x.management = MANAGEMENT_DEFAULT;
	assert_int_equal(token_exam_ready(&x, &wanted, &k, &e), ERR_TOKEN);
	x = ready();
	x.slot[SETUP_9D].attestation.n = 0;
	assert_int_equal(token_exam_ready(&x, &wanted, &k, &e), ERR_TOKEN);
	x = ready();
	x.slot[SETUP_9C].touch_policy = 1;
	assert_int_equal(token_exam_ready(&x, &wanted, &k, &e), ERR_TOKEN);
}

static void
an_examination_and_a_setup_come_back_as_they_were(void **state)
{
	struct token_exam x = ready(), got;
	struct token_setup w = wanted, back;
	struct buf a, b;

	(void)state;
	w.import = true;
	w.pub = key_of(2, 1);
	x.f9 = bytes_str("f9");
	x.slot[SETUP_9D] = (struct slot_exam){ .key = KEY_UNKNOWN };
	assert_int_equal(exam_encode(&x, &a, NULL), 0);
	assert_int_equal(exam_decode(buf_bytes(&a), &got, NULL), 0);
	assert_memory_equal(got.slot[0].point, x.slot[0].point, POINT_LEN);
	assert_memory_equal(got.slot[0].certified, x.slot[0].certified,
	    POINT_LEN);
	assert_true(got.slot[0].certificate && !got.slot[1].certificate);
	assert_int_equal(got.slot[1].key, KEY_UNKNOWN);
	assert_true(bytes_equal(got.f9, x.f9));
	assert_int_equal(got.management, x.management);
	assert_int_equal(got.algorithm, x.algorithm);
	assert_int_equal(setup_encode(&w, &b, NULL), 0);
	assert_int_equal(setup_decode(buf_bytes(&b), &back, NULL), 0);
	assert_memory_equal(back.pub.b, w.pub.b, PUBLIC_KEY_LEN);
	assert_int_equal(back.now, w.now);
	assert_true(back.import && back.protect && !back.replace);
	buf_free(&a);
	buf_free(&b);
}

static void
a_cut_one_is_refused_at_every_length(void **state)
{
	struct token_exam x = ready(), got;
	struct token_setup back;
	struct buf a, b;

	(void)state;
	assert_int_equal(exam_encode(&x, &a, NULL), 0);
	assert_int_equal(setup_encode(&wanted, &b, NULL), 0);
	for (size_t n = 0; n < a.n; n++)
		assert_int_equal(exam_decode(bytes_of(a.p, n), &got, NULL),
		    ERR_INPUT);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(setup_decode(bytes_of(b.p, n), &back, NULL),
		    ERR_INPUT);
	buf_free(&a);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_good_key_stays_and_one_without_a_certificate_gets_it),
		cmocka_unit_test(whatever_else_is_there_is_somebodys),
		cmocka_unit_test(an_import_meets_its_own_key_alone),
		cmocka_unit_test(a_locked_token_is_left_alone_or_refused),
		cmocka_unit_test(
		    pin_and_puk_are_set_unless_they_are_known_to_be),
		cmocka_unit_test(
		    ready_is_what_was_made_and_nothing_of_the_factory),
		cmocka_unit_test(
		    an_examination_and_a_setup_come_back_as_they_were),
		cmocka_unit_test(a_cut_one_is_refused_at_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
