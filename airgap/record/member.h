/*
 * Quorum members and sets (QOS wire 6.1, 7).  Values borrow; see schema.h.
 * Borsh of a manifest or share set is threshold then members; of a genesis
 * set members then threshold (TRAP 9).
 */
#ifndef AIRGAP_RECORD_MEMBER_H
#define AIRGAP_RECORD_MEMBER_H

#include "airgap/record/schema.h"
#include "airgap/seal/keyset.h"

/* No honest set is near this; it bounds the pairwise work on hostile ones. */
#define SET_MEMBERS_MAX 1024

struct member {
	struct bytes alias;		/* UTF-8 */
	struct bytes pub_key;		/* 130 bytes once checked */
};

struct set {
	uint32_t threshold;
	struct list members;		/* of struct member */
};

extern const struct type type_member, type_set, type_genesis_set;

/* Why a set or an approval is refused, in QOS's words (wire 8.3, 7). */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_DUPLICATE_MEMBER,	/* DuplicateQuorumMember */
	REFUSAL_BAD_KEY,		/* P256Error(..) */
	REFUSAL_BAD_APPROVAL,		/* InvalidManifestApproval */
	REFUSAL_NOT_MEMBER,		/* NotManifestSetMember */
	REFUSAL_DUPLICATE_APPROVAL,	/* DuplicateApproval */
	REFUSAL_NOT_ENOUGH,		/* NotEnoughApprovals */
	REFUSAL_THRESHOLD,		/* ours: threshold out of bounds */
};

/* The same alias AND the same key. */
bool member_equal(const struct member *a, const struct member *b);

/* Is there a member with that alias AND key? */
bool set_has(const struct set *s, const struct member *m);

/* The member with that key; false if there is none. */
bool set_find_key(const struct set *s, struct bytes key, struct member *out);

/*
 * Keys valid; aliases, signing halves and encryption halves distinct (7).
 * Returns 0, or ERR_INPUT / ERR_REFUSED with *why set.
 */
int set_check_unique(const struct set *s, const char *name,
    enum refusal *why, struct err *e) MUST_CHECK;

/* set_check_unique, and min <= threshold <= members. */
int set_check(const struct set *s, const char *name, uint32_t min,
    enum refusal *why, struct err *e) MUST_CHECK;

/* Same threshold and, after sorting by (alias, key), the same members. */
int set_same(const struct set *a, const struct set *b, bool *same,
    struct err *e) MUST_CHECK;

/*
 * Members in the order (alias bytes, key bytes), which QOS writes.
 * out: heap array of s->members.count, the caller's to free.
 */
int set_sorted(const struct set *s, struct member **out,
    struct err *e) MUST_CHECK;

#endif
