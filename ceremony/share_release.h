/*
 * Releasing a share: what is decided before the key is touched.
 */
#ifndef CEREMONY_SHARE_RELEASE_H
#define CEREMONY_SHARE_RELEASE_H

#include "airgap/record/trust.h"
#include "ceremony/manifest_flow.h"

#define TRUST_FILE_MAX 4096		/* bytes */

/*
 * What the operator is about to trust: namespace, quorum key, manifest set,
 * PCR3, nonce of m; the share hash is filled in once the share is open.
 */
int trust_of_manifest(const struct manifest *m, enum mode mode,
    struct trust *out, struct err *e) MUST_CHECK;

/*
 * The trust file at path: *known false where there is none yet.  in owns
 * what out borrows.
 */
int trust_load(const char *path, bool *known, struct buf *in,
    struct trust *out, struct err *e) MUST_CHECK;

/* Writes it anew (0600), the nonce never lower than before. */
int trust_store(const char *path, const struct trust *t,
    struct err *e) MUST_CHECK;

#endif
