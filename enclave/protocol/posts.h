/*
 * The shares that were posted and not yet proven, and the search for those
 * that fit together (DESIGN, "Provisioning in the enclave"); private to
 * enclave/protocol.  Only the public key judges a share: a host can post
 * junk under anybody's approval.
 */
#ifndef ENCLAVE_PROTOCOL_POSTS_H
#define ENCLAVE_PROTOCOL_POSTS_H

#include "airgap/record/approval.h"
#include "airgap/seal/deal.h"

#define POSTS_MAX SHAMIR_MAX
#define CANDIDATES_MAX 4096	/* reconstructions tried for one post */

struct post {
	struct member member;		/* borrowed from the manifest */
	struct signature signature;	/* of the approval */
	size_t slot;			/* where the share lies */
};

struct posts {
	struct post *list;		/* in the order of first posts */
	size_t count, cap;
	struct secret shares;		/* cap + 1 slots of SHARE_LEN */
	bool busy[POSTS_MAX + 1];	/* by slot */
};

/* What a put changed, until posts_keep or posts_undo. */
struct posts_change {
	size_t at;
	bool replaced;
	struct post old;
};

/* Room for cap posts; returns 0 or ERR_SYSTEM.  Free with posts_free. */
int posts_new(struct posts *p, size_t cap) MUST_CHECK;
void posts_free(struct posts *p);

/* The SHARE_LEN bytes of post i, secret; until the next put. */
const uint8_t *posts_share(const struct posts *p, size_t i);

/* The post of another member with the same share; false if none. */
bool posts_same_elsewhere(const struct posts *p, const struct member *m,
    const uint8_t share[static SHARE_LEN], struct member *whose);

/*
 * Puts a share in the place of its member's earlier one (with by_x: of the
 * one with the same index), or at the end.  ERR_REFUSED where it is full.
 */
int posts_put(struct posts *p, const struct approval *a,
    const uint8_t share[static SHARE_LEN], bool by_x,
    struct posts_change *change) MUST_CHECK;
void posts_keep(struct posts *p, const struct posts_change *change);
void posts_undo(struct posts *p, const struct posts_change *change);

/* Distinct indices among the posts. */
size_t posts_distinct(const struct posts *p);

/*
 * Looks for shares that give the key: all indices first, then all subsets
 * with one less, never below threshold (>= 2); posts of equal index are
 * alternatives.  On success seed holds the key's seed and used says which
 * posts fit.  Returns 0, ERR_REFUSED (none fits; *tried says how many
 * candidates that was) or ERR_SYSTEM.
 */
int posts_search(const struct posts *p, size_t threshold,
    const struct public_key *key, struct secret *seed,
    bool used[static POSTS_MAX], size_t *tried) MUST_CHECK;

#endif
