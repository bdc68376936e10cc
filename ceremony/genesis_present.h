/*
 * Who is here: the key files and tokens that will open their share before
 * the commit, and the persons who are named as absent.
 */
#ifndef CEREMONY_GENESIS_PRESENT_H
#define CEREMONY_GENESIS_PRESENT_H

#include "airgap/record/plan.h"
#include "airgap/seal/shamir.h"
#include "ceremony/room.h"

struct present {
	const char *const *keys;	/* key files */
	size_t nkeys;
	const char *const *absent;	/* aliases */
	size_t nabsent;
	struct room *room;		/* tokens; NULL: none */
	bool by_file[SHAMIR_MAX];	/* set by present_check */
};

/*
 * Before any secret exists: each key file reads, is somebody's in the plan
 * and is there once; each absent person is in the plan, is named once and
 * has no key here; every other person has a key file or a token.  A token
 * must be plugged in already only where nobody can be asked for it.
 * Returns 0, ERR_USAGE, ERR_REFUSED, ERR_TOKEN, or the error of a key file.
 */
int present_check(const struct plan *plan, struct present *here,
    struct err *e) MUST_CHECK;

/* Is the person named as absent? */
bool present_excused(const struct present *here,
    const struct plan_person *who);

/* The person's token that is plugged in as of the last look, or NULL. */
const struct token_info *present_token(const struct present *here,
    const struct plan_person *who);

/*
 * The person of the plan whose first key (*spare 0) or spare key (*spare 1
 * and up) it is, or NULL.
 */
const struct plan_person *present_holder(const struct plan *plan,
    const struct public_key *key, size_t *spare);

#endif
