/*
 * An operator's trust file: what they have once looked at and said yes to,
 * for one namespace.  The next release is compared with it; a lower nonce is
 * a rollback and is refused, as is another manifest with the same nonce (the
 * rule of QOS's exportKey, wire 14).  It is the operator's own and not
 * signed: who can write it can also write their screen.
 */
#ifndef AIRGAP_RECORD_TRUST_H
#define AIRGAP_RECORD_TRUST_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define TRUST_TYPE "quorate/trust"

struct trust {
	enum mode mode;
	struct bytes name;		/* namespace */
	struct public_key quorum;
	struct digest256 manifest_set;	/* SHA-256 of the sorted set in Borsh */
	struct digest384 pcr3;		/* of the role ARN */
	struct digest512 share_hash;	/* of the operator's own share */
	uint64_t nonce;			/* highest that was released to */
	bool has_manifest;		/* not in the first files made */
	struct digest256 manifest;	/* hash of the one with that nonce */
};

/* Return as form_decode and form_encode; name borrows from in. */
int trust_decode(struct bytes in, struct trust *out, struct err *e) MUST_CHECK;
int trust_encode(const struct trust *t, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * Holds what is about to be released against what is remembered.  Returns 0
 * or ERR_REFUSED naming the first difference (a lower nonce among them).
 */
int trust_compare(const struct trust *old, const struct trust *now,
    struct err *e) MUST_CHECK;

#endif
