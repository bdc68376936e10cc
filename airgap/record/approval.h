/*
 * Approvals and the checks of an envelope (QOS wire section 7).
 *
 * An approval signs the 32-byte manifest hash; the same bytes are signed by
 * manifest-set and share-set members (TRAP 26: no domain separation).
 */
#ifndef AIRGAP_RECORD_APPROVAL_H
#define AIRGAP_RECORD_APPROVAL_H

#include "airgap/record/manifest.h"

/* Where a check stopped, in terms of the wire's errors. */
struct check_result {
	enum refusal why;
	struct approval approval;	/* for REFUSAL_BAD_APPROVAL */
	int key_error;			/* for REFUSAL_BAD_KEY: ERR_KEY_* */
};

/* One approval against a hash and a set: key, signature, membership. */
int approval_check(const struct approval *a, const struct digest256 *hash,
    const struct set *set, struct check_result *res,
    struct err *e) MUST_CHECK;

/*
 * check_approvals of section 7, in its order: unique members of the manifest
 * set; each approval's key, signature, membership, no repeat; distinct
 * approvers >= threshold.  res may be NULL.  Returns 0 or ERR_REFUSED /
 * ERR_INPUT.
 */
int envelope_check_approvals(const struct envelope *env,
    struct check_result *res, struct err *e) MUST_CHECK;

/*
 * The stricter rules of this tool on top, for making and reviewing:
 * 1 <= t <= n in the manifest set, 2 <= k <= n and unique members in the
 * share set, valid quorum key, PCRs of 48 bytes, distinct bridge ports.
 */
int manifest_check(const struct manifest *m, struct err *e) MUST_CHECK;

/* Reads an approval file (plain JSON); arena outlives it. */
int approval_read(struct bytes in, struct approval *a, struct arena *arena,
    struct err *e) MUST_CHECK;
int approval_write(const struct approval *a, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
