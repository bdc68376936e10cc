/*
 * Who is here: the key files that will open their share before the commit,
 * and the persons who are named as absent.
 */
#ifndef CEREMONY_GENESIS_PRESENT_H
#define CEREMONY_GENESIS_PRESENT_H

#include "airgap/record/plan.h"
#include "airgap/seal/shamir.h"

struct present {
	const char *const *keys;	/* key files */
	size_t nkeys;
	const char *const *absent;	/* aliases */
	size_t nabsent;
};

/*
 * Before any secret exists: each key file reads, is somebody's in the plan
 * and is there once; each absent person is in the plan, is named once and
 * has no key here; every other person has a key.
 * Returns 0, ERR_USAGE, ERR_REFUSED, or the error of a key file.
 */
int present_check(const struct plan *plan, const struct present *here,
    struct err *e) MUST_CHECK;

/*
 * The person of the plan whose first key (*spare 0) or spare key (*spare 1
 * and up) it is, or NULL.
 */
const struct plan_person *present_holder(const struct plan *plan,
    const struct public_key *key, size_t *spare);

#endif
