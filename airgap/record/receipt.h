/*
 * The receipt: an operator's signed word that the share of this genesis is
 * theirs, was opened and has the hash of the genesis output.
 */
#ifndef AIRGAP_RECORD_RECEIPT_H
#define AIRGAP_RECORD_RECEIPT_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define RECEIPT_TYPE "quorate/receipt"

struct receipt {
	enum mode mode;
	struct digest256 plan;		/* fingerprint */
	struct digest256 output;	/* SHA-256 of genesis_output */
	struct bytes alias;
	struct public_key key;		/* the operator's, which signs */
	struct digest512 share_hash;
	uint64_t time;			/* Unix seconds */
	struct signature signature;
};

/*
 * Return 0, ERR_INPUT or ERR_REFUSED (mode).  The alias borrows from in;
 * free buf results with buf_free.
 */
int receipt_decode(struct bytes in, struct receipt *out,
    struct err *e) MUST_CHECK;
int receipt_encode(const struct receipt *x, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * The body that the operator's key signs as PURPOSE_RECEIPT (the signature
 * field is not used): operator_key_sign builds the message around it.
 */
int receipt_body(const struct receipt *x, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * The signature is of the key in the receipt; whose that is, the plan says.
 * Returns 0, ERR_SIG_FORM or ERR_SIG_WRONG.
 */
int receipt_verify(const struct receipt *x, struct err *e) MUST_CHECK;

#endif
