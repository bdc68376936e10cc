/*
 * Releasing a share: what is decided before the key is touched.
 */
#ifndef CEREMONY_SHARE_RELEASE_H
#define CEREMONY_SHARE_RELEASE_H

#include "airgap/record/trust.h"
#include "airgap/seal/deal.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/operator_options.h"
#include "ceremony/sources.h"
#include "enclave/attestation/verify.h"

#define TRUST_FILE_MAX 4096		/* bytes */
#define RELEASE_PATH_MAX 960
#define RELEASE_NO_TIME UINT64_MAX	/* --at was not given */
#define RELEASE_MINUTES_FEW 15		/* fewer are warned of */

struct release_job {
	const char *envelope, *document, *share, *alias, *trust;
	const char *root, *dir;
	uint64_t at;
	bool force;
	struct source_paths paths;
	struct operator_options k;

	struct loaded l;
	struct buf doc_file, share_file, root_file, trust_file;
	struct attestation doc;
	struct operator_key *key;
	struct comparison cmp;
	struct trust known, now;	/* known: if has_trust */
	bool has_trust;
	int64_t time, good_until;	/* judged at; the chain's end */
	enum { HASH_UNKNOWN, HASH_REMEMBERED, HASH_IN_MANIFEST } hash_from;
	struct digest512 hash;		/* the share must have, if known */
	uint8_t sealed[SEALED_SHARE_LEN];
	char path[RELEASE_PATH_MAX];	/* of the file at hand */
};

/* Was --at given? */
static inline bool
release_as_of(const struct release_job *j)
{
	return j->at != RELEASE_NO_TIME;
}

/*
 * The manifest, then what the decision is about, the most important last;
 * then one question for each source that nobody compared, and the last one.
 * 0 or ERR_REFUSED.
 */
void release_show(const struct release_job *j);
int release_ask(const struct release_job *j, struct err *e) MUST_CHECK;

/*
 * A receipt beside the share, signed by the operator's key, must be of the
 * manifest's mode; where there is none, nothing is checked.  0, ERR_REFUSED,
 * ERR_INPUT (unreadable) or ERR_SYSTEM.
 */
int release_check_receipt(const struct release_job *j,
    struct err *e) MUST_CHECK;

/*
 * What the operator is about to trust: namespace, quorum key, manifest set,
 * PCR3, nonce and hash of m; the share hash is filled in once the share is
 * open.
 */
int trust_of_manifest(const struct manifest *m, enum mode mode,
    struct trust *out, struct err *e) MUST_CHECK;

/*
 * The trust file at path: *known false where there is none yet.  in owns
 * what out borrows.
 */
int trust_load(const char *path, bool *known, struct buf *in,
    struct trust *out, struct err *e) MUST_CHECK;

/* Writes it anew, 0600; the caller has compared it with the old one. */
int trust_store(const char *path, const struct trust *t,
    struct err *e) MUST_CHECK;

#endif
