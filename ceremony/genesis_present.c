/*
 * Who is here, checked before dice are typed and before anything is made:
 * what can be refused early costs nobody a second ceremony.
 */
#include <stdlib.h>

#include "ceremony/genesis_present.h"
#include "token/operator_key.h"

const struct plan_person *
present_holder(const struct plan *plan, const struct public_key *key,
    size_t *spare)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_person *who = &plan->persons[i];

		*spare = 0;
		if (memcmp(who->key.b, key->b, PUBLIC_KEY_LEN) == 0)
			return who;
		while (*spare < who->spare_count)
			if (memcmp(who->spares[(*spare)++].b, key->b,
			    PUBLIC_KEY_LEN) == 0)
				return who;
	}
	return NULL;
}

static int
check_absent(const struct plan *plan, const struct present *here,
    bool *excused, struct err *e)
{
	const struct plan_person *who;

	for (size_t i = 0; i < here->nabsent; i++) {
		who = plan_person(plan, bytes_str(here->absent[i]));
		if (who == NULL)
			return err_set(e, ERR_USAGE, "--absent %s: no person "
			    "of that alias in the plan", here->absent[i]);
		if (excused[who - plan->persons])
			return err_set(e, ERR_USAGE, "--absent %s: given "
			    "twice", here->absent[i]);
		excused[who - plan->persons] = true;
	}
	return 0;
}

/* Is key number i, whose public key is pub, one of those before it? */
static bool
given_before(const struct public_key *seen, size_t i,
    const struct public_key *pub)
{
	for (size_t j = 0; j < i; j++)
		if (memcmp(seen[j].b, pub->b, PUBLIC_KEY_LEN) == 0)
			return true;
	return false;
}

static int
check_key(const struct plan *plan, const char *path, struct public_key *seen,
    size_t i, bool *here, struct err *e)
{
	const struct plan_person *who;
	struct operator_key *key;
	size_t spare;
	int r;

	if ((r = operator_key_open_file(path, &key, e)) != 0)
		return r;
	seen[i] = *operator_key_public(key);
	operator_key_free(key);
	if (given_before(seen, i, &seen[i]))
		return err_set(e, ERR_USAGE, "--key %s: this key is given "
		    "twice", path);
	if ((who = present_holder(plan, &seen[i], &spare)) == NULL)
		return err_set(e, ERR_REFUSED, "--key %s: nobody in the plan "
		    "has this key", path);
	here[who - plan->persons] = true;
	return 0;
}

static int
check_keys(const struct plan *plan, const struct present *here, bool *seen,
    struct err *e)
{
	struct public_key *pubs = calloc(here->nkeys + 1, sizeof(*pubs));
	int r = 0;

	if (pubs == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; r == 0 && i < here->nkeys; i++)
		r = check_key(plan, here->keys[i], pubs, i, seen, e);
	free(pubs);
	return r;
}

int
present_check(const struct plan *plan, const struct present *here,
    struct err *e)
{
	bool excused[SHAMIR_MAX] = { false }, seen[SHAMIR_MAX] = { false };
	int r;

	if ((r = check_absent(plan, here, excused, e)) != 0 ||
	    (r = check_keys(plan, here, seen, e)) != 0)
		return r;
	for (size_t i = 0; i < plan->n; i++) {
		const struct bytes a = plan->persons[i].alias;

		if (seen[i] && excused[i])
			return err_set(e, ERR_USAGE, "--absent %.*s: but a "
			    "key of theirs is here", (int)a.n,
			    (const char *)a.p);
		if (!seen[i] && !excused[i])
			return err_set(e, ERR_REFUSED, "no key of %.*s is "
			    "here: give --key FILE, or --absent %.*s",
			    (int)a.n, (const char *)a.p, (int)a.n,
			    (const char *)a.p);
	}
	return 0;
}
