/*
 * Attestation: the entry points.  Read a document, verify its path to a
 * root, hold it against a manifest; each goes on in the same struct
 * attestation, whose verdict lists every rule.
 *
 *	attestation_read		document.h
 *	attestation_verify_chain	chain.h
 */
#ifndef ENCLAVE_ATTESTATION_VERIFY_H
#define ENCLAVE_ATTESTATION_VERIFY_H

#include "airgap/record/manifest.h"
#include "airgap/record/mode.h"
#include "enclave/attestation/chain.h"
#include "enclave/attestation/commitment.h"

/*
 * Rules RULE_MANIFEST_USER_DATA to RULE_PCR17 (one of PCR16 and 17 by kind;
 * RULE_NOT_DEBUG for production manifests alone) of a document whose chain
 * was verified.  Returns 0, ERR_REFUSED, ERR_INTERNAL (the chain was not
 * verified) or ERR_SYSTEM.
 */
int attestation_verify_manifest(enum attestation_kind kind,
    struct attestation *doc, const struct manifest *m,
    struct err *e) MUST_CHECK;

/*
 * The root by the mode rule.  test: a certificate in DER, p NULL if none is
 * named.  Production takes the pinned root and no other; a rehearsal takes
 * a named test root, which is not the pinned one.  0 or ERR_REFUSED.
 */
int attestation_root(enum mode mode, struct bytes test, struct bytes *out,
    struct err *e) MUST_CHECK;

/*
 * A certificate from a file in PEM (one block) or DER.  Free out with
 * buf_free.  Returns 0, ERR_INPUT (names the file) or ERR_SYSTEM.
 */
int attestation_root_read(const char *path, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * True if the document calls itself SIMULATED: its module_id, or the
 * subject of its leaf, first issuer or (unread otherwise) bundled root.
 */
bool attestation_simulated(const struct attestation *doc);

#endif
