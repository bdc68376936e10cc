/*
 * The commit of a genesis: it reads back, and whatever does not belong
 * together is refused, even where the quorum key itself has signed it (the
 * test takes that key by the disaster-recovery key of the plan).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "ceremony/genesis_make.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

#define DR 5	/* sample_plan's disaster-recovery key */

struct made {
	struct buf plan, commit;
	struct genesis_commit c;
};

static void
make(struct made *m, enum mode mode)
{
	static const char *absent[3];
	static struct present here = { .absent = absent, .nabsent = 3 };
	char alias[3][64];
	struct genesis_report report;
	struct secret dice = { 0 };
	struct sample_plan s;
	struct err e = { 0 };

	sample_plan(&s, mode);
	for (size_t i = 0; i < 3; i++) {
		snprintf(alias[i], sizeof(alias[i]), "%.*s",
		    (int)s.persons[i].alias.n,
		    (const char *)s.persons[i].alias.p);
		absent[i] = alias[i];
	}
	assert_int_equal(plan_encode(&s.plan, &m->plan, NULL), 0);
	if (genesis_make(&s.plan, buf_bytes(&m->plan), &dice,
	    &here, &m->commit, &report, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(report.combinations, "3");
	assert_int_equal(report.sealed, 5);
	assert_int_equal(genesis_commit_decode(buf_bytes(&m->commit), &m->c,
	    NULL), 0);
}

static void
made_free(struct made *m)
{
	buf_free(&m->plan);
	buf_free(&m->commit);
}

static void
assert_refused(const struct genesis_commit *c, const char *sentence)
{
	struct genesis_parts p;
	struct err e = { 0 };

	assert_int_equal(genesis_parts_read(c, &p, &e), ERR_REFUSED);
	assert_sentence(&e, sentence);
	assert_null(p.spares.heap);
	genesis_parts_free(&p);
}

/* The quorum key, as the holder of the disaster-recovery key gets it. */
static void
take_key(const struct made *m, struct keyset *ks)
{
	struct genesis_parts p;
	struct secret seed;

	assert_int_equal(genesis_parts_read(&m->c, &p, NULL), 0);
	assert_int_equal(envelope_open(sample_keyset(DR),
	    p.output.dr_wrapped.v, &seed, NULL), 0);
	assert_int_equal(keyset_from_seed(ks, seed.b, NULL), 0);
	secret_free(&seed);
	genesis_parts_free(&p);
}

/* A statement over the parts of c as they are, by the quorum key itself. */
static void
sign_again(const struct made *m, struct genesis_commit *c, struct buf *out)
{
	struct genesis_statement s;
	struct buf message;
	struct keyset ks;

	take_key(m, &ks);
	assert_int_equal(genesis_statement_decode(m->c.statement, &s, NULL),
	    0);
	s.plan = sha256(c->plan);
	s.output = sha256(c->output);
	s.spares = sha256(c->spares);
	assert_int_equal(genesis_statement_message(&s, &message, NULL), 0);
	assert_int_equal(keyset_sign(&ks, buf_bytes(&message), &s.signature,
	    NULL), 0);
	assert_int_equal(genesis_statement_encode(&s, out, NULL), 0);
	c->statement = buf_bytes(out);
	buf_free(&message);
	keyset_free(&ks);
}

static void
a_commit_reads_back_as_it_was_made(void **state)
{
	struct genesis_parts p;
	struct made m;
	struct buf again;

	(void)state;
	for (enum mode mode = MODE_PRODUCTION; mode <= MODE_REHEARSAL;
	    mode++) {
		make(&m, mode);
		assert_int_equal(genesis_commit_encode(&m.c, &again, NULL),
		    0);
		assert_true(bytes_equal(buf_bytes(&again),
		    buf_bytes(&m.commit)));
		assert_true(bytes_equal(m.c.plan, buf_bytes(&m.plan)));
		assert_int_equal(genesis_parts_read(&m.c, &p, NULL), 0);
		assert_int_equal(p.plan.n, 3);
		assert_int_equal(p.spares.count, 2);
		assert_int_equal(p.output.set.threshold, 2);
		genesis_parts_free(&p);
		genesis_parts_free(&p);
		genesis_parts_free(NULL);
		buf_free(&again);
		made_free(&m);
	}
}

static void
a_part_of_another_genesis_of_the_plan_is_refused(void **state)
{
	struct genesis_commit c;
	struct made a, b;

	(void)state;
	make(&a, MODE_REHEARSAL);
	make(&b, MODE_REHEARSAL);
	c = a.c;
	c.output = b.c.output;
	assert_refused(&c, "its quorum key is not that of the genesis output");
	c = a.c;
	c.spares = b.c.spares;
	assert_refused(&c, "it speaks of another spares record");
	c = a.c;
	c.statement = b.c.statement;
	assert_refused(&c, "its quorum key is not that of the genesis output");
	made_free(&a);
	made_free(&b);
}

static void
a_commit_of_another_mode_is_refused(void **state)
{
	struct genesis_commit c;
	struct made a, b;

	(void)state;
	make(&a, MODE_REHEARSAL);
	make(&b, MODE_PRODUCTION);
	c = a.c;
	c.mode = MODE_PRODUCTION;
	assert_refused(&c, "the genesis commit is of a production");
	c = b.c;
	c.plan = a.c.plan;
	assert_refused(&c, "the genesis commit is of a production");
	made_free(&a);
	made_free(&b);
}

static void
assert_plan_refused(const struct made *m, const struct sample_plan *s,
    const char *sentence)
{
	struct genesis_commit c = m->c;
	struct buf plan, statement;

	assert_int_equal(plan_encode(&s->plan, &plan, NULL), 0);
	c.plan = buf_bytes(&plan);
	sign_again(m, &c, &statement);
	assert_refused(&c, sentence);
	buf_free(&plan);
	buf_free(&statement);
}

static void
an_output_that_is_not_the_plans_is_refused_though_signed(void **state)
{
	struct sample_plan s;
	struct made m;

	(void)state;
	make(&m, MODE_PRODUCTION);
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.k = 3;
	assert_plan_refused(&m, &s, "2 of 3, but the plan says 3 of 3");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.n = 2;
	assert_plan_refused(&m, &s, "2 of 3, but the plan says 2 of 2");
	sample_plan(&s, MODE_PRODUCTION);
	s.persons[2].alias = bytes_str("zoe");
	assert_plan_refused(&m, &s, "member 3 is not that of the plan");
	sample_plan(&s, MODE_PRODUCTION);
	s.persons[0].key = *sample_key(7);
	assert_plan_refused(&m, &s, "member 1 is not that of the plan");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.has_dr = false;
	assert_plan_refused(&m, &s, "recovery key is not that of the plan");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.dr = *sample_key(7);
	assert_plan_refused(&m, &s, "recovery key is not that of the plan");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.name = bytes_str("another");
	assert_plan_refused(&m, &s, "spares: made for another plan");
	made_free(&m);
}

/* The key signs the test message of a rehearsal, and the statement again. */
static void
an_output_with_the_other_modes_test_message_is_refused_though_signed(
    void **state)
{
	struct genesis_commit c;
	struct genesis_output g;
	struct buf output, statement;
	struct signature sig;
	struct keyset ks;
	struct made m;

	(void)state;
	for (enum mode mode = MODE_PRODUCTION; mode <= MODE_REHEARSAL;
	    mode++) {
		make(&m, mode);
		c = m.c;
		take_key(&m, &ks);
		assert_int_equal(genesis_output_read(c.output, &g, NULL), 0);
		g.test_message = mode_test_message(mode == MODE_REHEARSAL ?
		    MODE_PRODUCTION : MODE_REHEARSAL);
		assert_int_equal(keyset_sign(&ks, g.test_message, &sig, NULL),
		    0);
		g.test_signature = bytes_of(sig.b, SIGNATURE_LEN);
		assert_int_equal(genesis_output_write(&g, &output, NULL), 0);
		c.output = buf_bytes(&output);
		sign_again(&m, &c, &statement);
		assert_refused(&c, "the test message is not that of a");
		buf_free(&output);
		buf_free(&statement);
		keyset_free(&ks);
		made_free(&m);
	}
}

static void
assert_spares_refused(const struct made *m, const struct spares *s,
    const char *sentence)
{
	struct genesis_commit c = m->c;
	struct buf spares, statement;

	assert_int_equal(spares_encode(s, &spares, NULL), 0);
	c.spares = buf_bytes(&spares);
	sign_again(m, &c, &statement);
	assert_refused(&c, sentence);
	buf_free(&spares);
	buf_free(&statement);
}

static void
spares_that_are_not_the_plans_are_refused_though_signed(void **state)
{
	struct spare list[2], old[2];
	struct spares s;
	struct made m;

	(void)state;
	make(&m, MODE_PRODUCTION);
	assert_int_equal(spares_decode(m.c.spares, &s, NULL), 0);
	memcpy(old, s.list, sizeof(old));
	memcpy(list, old, sizeof(list));
	s.list = list;
	s.count = 1;
	assert_spares_refused(&m, &s, "spares: 1, but the plan has 2");
	s.count = 2;
	list[1].share.hash.b[0] ^= 1;
	assert_spares_refused(&m, &s, "is not the one in the genesis output");
	memcpy(list, old, sizeof(list));
	list[0].key = *sample_key(7);
	spares_sort(list, 2);
	assert_spares_refused(&m, &s, "sealed to a key that is no spare");
	memcpy(list, old, sizeof(list));
	s.plan.b[0] ^= 1;
	assert_spares_refused(&m, &s, "spares: made for another plan");
	spares_free(&s);
	made_free(&m);
}

static void
each_changed_byte_of_a_commit_is_refused(void **state)
{
	struct genesis_parts p;
	struct genesis_commit c;
	struct made m;
	int r;

	(void)state;
	make(&m, MODE_REHEARSAL);
	for (size_t i = 0; i < m.commit.n; i++) {
		/* keys are checked by point arithmetic: some bytes suffice */
		if (i > 64 && i + 64 < m.commit.n && i % 5 != 0)
			continue;
		m.commit.p[i] ^= 1;
		r = genesis_commit_decode(buf_bytes(&m.commit), &c, NULL);
		if (r == 0 && genesis_parts_read(&c, &p, NULL) == 0)
			fail_msg("byte %zu may be changed", i);
		m.commit.p[i] ^= 1;
	}
	made_free(&m);
}

static void
each_truncation_of_a_commit_is_refused(void **state)
{
	struct genesis_commit c;
	struct made m;

	(void)state;
	make(&m, MODE_REHEARSAL);
	for (size_t n = 0; n < m.commit.n; n++)
		assert_int_equal(genesis_commit_decode(bytes_of(m.commit.p,
		    n), &c, NULL), ERR_INPUT);
	made_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_reads_back_as_it_was_made),
		cmocka_unit_test(
		    a_part_of_another_genesis_of_the_plan_is_refused),
		cmocka_unit_test(a_commit_of_another_mode_is_refused),
		cmocka_unit_test(
		    an_output_that_is_not_the_plans_is_refused_though_signed),
		cmocka_unit_test(
		    an_output_with_the_other_modes_test_message_is_refused_though_signed),
		cmocka_unit_test(
		    spares_that_are_not_the_plans_are_refused_though_signed),
		cmocka_unit_test(each_changed_byte_of_a_commit_is_refused),
		cmocka_unit_test(each_truncation_of_a_commit_is_refused),
	};
	struct err e;

	if (secret_process_init(&e) != 0)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
