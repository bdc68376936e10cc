/*
 * Keys and tokens of a plan: each mutant of a good plan is refused by its
 * own rule and by no other, so that leaving out that rule lets it pass, and
 * only it.  The rules are compiled in: they are static.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "airgap/record/plan.c"
#include "samples.h"

#define PROOFS_MAX 16

struct bench {
	struct sample_plan s;
	struct plan_proof proofs[PROOFS_MAX];
};

static void
prove(struct bench *x, const struct public_key *key)
{
	size_t n = x->s.plan.proof_count++;

	assert_true(n < PROOFS_MAX);
	x->proofs[n] = (struct plan_proof){ .key = *key,
	    .serial = 100 + n, .firmware = 0x050403 };
}

/* A production plan without a reason, each key made in its own token. */
static void
prove_all(struct bench *x)
{
	struct plan *p = &x->s.plan;

	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j <= p->persons[i].spare_count; j++)
			prove(x, plan_person_key(&p->persons[i], j));
	prove(x, &p->dr);
	plan_sort_proofs(x->proofs, p->proof_count);
	p->proofs = x->proofs;
	p->has_proofs = true;
	p->has_unattested = false;
}

static struct plan_proof *
proof_of(struct bench *x, const struct public_key *key)
{
	for (size_t i = 0; i < x->s.plan.proof_count; i++)
		if (memcmp(x->proofs[i].key.b, key->b, PUBLIC_KEY_LEN) == 0)
			return &x->proofs[i];
	fail();
	return NULL;
}

static void
same_key(struct bench *x)
{
	x->s.persons[2].key = x->s.persons[0].key;
}

static void
same_half(struct bench *x)
{
	memcpy(x->s.persons[2].key.b + POINT_LEN,
	    x->s.persons[0].key.b + POINT_LEN, POINT_LEN);
}

static void
spare_of_another(struct bench *x)
{
	x->s.spares[1] = x->s.persons[0].key;
}

static void
dr_of_a_person(struct bench *x)
{
	x->s.plan.dr = x->s.persons[0].key;
}

static void
same_serial(struct bench *x)
{
	proof_of(x, &x->s.persons[2].key)->serial =
	    proof_of(x, &x->s.persons[0].key)->serial;
}

static void
serial_of_a_spare(struct bench *x)
{
	proof_of(x, &x->s.spares[0])->serial =
	    proof_of(x, &x->s.persons[1].key)->serial;
}

static void
one_unproven(struct bench *x)
{
	struct plan_proof *gone = proof_of(x, &x->s.persons[1].key);

	*gone = x->proofs[--x->s.plan.proof_count];
	plan_sort_proofs(x->proofs, x->s.plan.proof_count);
}

static void
proof_of_a_stranger(struct bench *x)
{
	prove(x, sample_key(SAMPLE_KEYS - 1));
	plan_sort_proofs(x->proofs, x->s.plan.proof_count);
}

static const struct mutant {
	const char *what;
	bool proven;			/* else the plan says why not */
	void (*make)(struct bench *);
	int (*rule)(const struct plan *, struct err *);	/* NULL: none */
} mutants[] = {
	{ "honest, with a reason", false, NULL, NULL },
	{ "honest, proven", true, NULL, NULL },
	{ "one key for two persons", false, same_key, check_keys },
	{ "one half for two persons", false, same_half, check_keys },
	{ "a spare is another's key", false, spare_of_another, check_keys },
	{ "dr is a person's key", false, dr_of_a_person, check_keys },
	{ "one token for two persons", true, same_serial,
	    check_one_token_each },
	{ "one token for a key and its spare", true, serial_of_a_spare,
	    check_one_token_each },
	{ "no proof and no reason", true, one_unproven, check_proofs },
	{ "a stranger's proof", true, proof_of_a_stranger, check_proofs },
};

static void
each_mutant_falls_to_its_own_rule_and_to_no_other(void **state)
{
	static struct bench x;

	(void)state;
	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		const struct mutant *m = &mutants[i];
		int r;

		x = (struct bench){ 0 };
		sample_plan(&x.s, MODE_PRODUCTION);
		if (m->proven)
			prove_all(&x);
		if (m->make != NULL)
			m->make(&x);
		r = plan_check(&x.s.plan, NULL);
		if ((r == 0) != (m->rule == NULL))
			fail_msg("%s: %d", m->what, r);
		for (size_t j = 0; j < RULES; j++)
			if ((rules[j](&x.s.plan, NULL) != 0) !=
			    (rules[j] == m->rule))
				fail_msg("%s: rule %zu", m->what, j);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_mutant_falls_to_its_own_rule_and_to_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
