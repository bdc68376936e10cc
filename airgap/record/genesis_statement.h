/*
 * The genesis statement: signed by the quorum key while it exists, over what
 * its genesis was made from and what it made.  It stands where QOS has an
 * attestation document, which a genesis without an enclave cannot have.
 */
#ifndef AIRGAP_RECORD_GENESIS_STATEMENT_H
#define AIRGAP_RECORD_GENESIS_STATEMENT_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define GENESIS_STATEMENT_TYPE "quorate/genesis-statement"

struct genesis_statement {
	enum mode mode;
	struct digest256 plan;		/* fingerprint */
	struct digest256 output;	/* SHA-256 of genesis_output */
	struct digest256 spares;	/* SHA-256 of the spares record */
	struct public_key quorum;
	struct signature signature;
};

/* Return 0 or ERR_INPUT.  Free buf results with buf_free. */
int genesis_statement_decode(struct bytes in, struct genesis_statement *out,
    struct err *e) MUST_CHECK;
int genesis_statement_encode(const struct genesis_statement *s,
    struct buf *out, struct err *e) MUST_CHECK;

/* What the quorum key signs (the signature field is not used). */
int genesis_statement_message(const struct genesis_statement *s,
    struct buf *out, struct err *e) MUST_CHECK;

/* The signature is the quorum key's.  0, ERR_SIG_FORM or ERR_SIG_WRONG. */
int genesis_statement_verify(const struct genesis_statement *s,
    struct err *e) MUST_CHECK;

/*
 * As verify, and it speaks of this plan, output and spares record (bytes of
 * the three files) in this mode.  ERR_REFUSED names which one differs.
 */
int genesis_statement_check(const struct genesis_statement *s,
    enum mode mode, struct bytes plan, struct bytes output,
    struct bytes spares, struct err *e) MUST_CHECK;

#endif
