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
	const struct plan_proof *proof;
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
	if ((proof = plan_proof(plan, &seen[i])) != NULL)
		return err_set(e, ERR_REFUSED, "--key %s: by the plan token %u "
		    "made this key and it cannot be in a file: the plan is "
		    "not to be trusted; do not go on", path,
		    (unsigned)proof->serial);
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

bool
present_excused(const struct present *here, const struct plan_person *who)
{
	for (size_t i = 0; i < here->nabsent; i++)
		if (bytes_equal(who->alias, bytes_str(here->absent[i])))
			return true;
	return false;
}

const struct token_info *
present_token(const struct present *here, const struct plan_person *who)
{
	const struct token_info *t = NULL;

	for (size_t j = 0; here->room != NULL && t == NULL &&
	    j <= who->spare_count; j++)
		t = room_find(here->room, plan_person_key(who, j));
	return t;
}

/* Someone without a key file. */
static int
check_token(const struct plan *plan, const struct present *here,
    const struct plan_person *who, struct err *e)
{
	char whose[ROOM_WHOSE_MAX], plugged[160];

	if (present_token(here, who) != NULL)
		return 0;
	if (here->room == NULL || !here->room->tokens)
		return err_set(e, ERR_REFUSED, "no key of %.*s is here: give "
		    "--key FILE, --token, or --absent %.*s",
		    (int)who->alias.n, (const char *)who->alias.p,
		    (int)who->alias.n, (const char *)who->alias.p);
	if (here->room->terminal)
		return 0;
	room_whose(plan, who, whose);
	token_list_text(&here->room->list, plugged, sizeof(plugged));
	return err_set(e, ERR_TOKEN, "%s is not here; plugged in: %s; put it "
	    "in and run this again, or give --absent %.*s", whose, plugged,
	    (int)who->alias.n, (const char *)who->alias.p);
}

/* Keys in tokens are proven, or the plan says in words why not. */
static int
check_from(const struct plan *plan, const struct present *here,
    struct err *e)
{
	if (here->room == NULL || !here->room->tokens || !plan_all_files(plan))
		return 0;
	return err_set(e, ERR_REFUSED, "--token: this plan says of no key that "
	    "a token made it, nor why that is not proven; make it anew with "
	    "--attestation, or with --unattested and the reason");
}

int
present_check(const struct plan *plan, struct present *here, struct err *e)
{
	bool excused[SHAMIR_MAX] = { false }, *seen = here->by_file;
	int r;

	if ((r = check_from(plan, here, e)) != 0 ||
	    (r = check_absent(plan, here, excused, e)) != 0 ||
	    (r = check_keys(plan, here, seen, e)) != 0 ||
	    (here->room != NULL &&
	    (r = room_look(here->room, plan, e)) != 0))
		return r;
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_person *who = &plan->persons[i];

		if (excused[i] && (seen[i] ||
		    present_token(here, who) != NULL))
			return err_set(e, ERR_USAGE, "--absent %.*s: but a "
			    "key of theirs is here", (int)who->alias.n,
			    (const char *)who->alias.p);
		if (!seen[i] && !excused[i] &&
		    (r = check_token(plan, here, who, e)) != 0)
			return r;
	}
	return 0;
}
