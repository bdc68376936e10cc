/*
 * The release record: an operator's signed word which sealed share went to
 * which setup key, for which manifest, after which attestation document.
 */
#ifndef AIRGAP_RECORD_RELEASE_H
#define AIRGAP_RECORD_RELEASE_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define RELEASE_TYPE "quorate/release"
#define RELEASE_CHALLENGE_MAX 64	/* bytes */

struct release {
	enum mode mode;
	bool has_challenge;
	struct digest256 manifest;	/* manifest hash */
	struct digest256 attestation;	/* SHA-256 of the document */
	struct public_key setup_key;	/* the enclave's */
	struct digest256 share;		/* SHA-256 of the share sealed to it */
	struct bytes alias;
	struct public_key key;		/* the operator's, which signs */
	uint64_t time;			/* Unix seconds */
	struct bytes challenge;		/* the verifier's own, if any */
	struct signature signature;
};

/*
 * Return 0, ERR_INPUT or ERR_REFUSED (mode).  Alias and challenge borrow
 * from in; free buf results with buf_free.
 */
int release_decode(struct bytes in, struct release *out,
    struct err *e) MUST_CHECK;
int release_encode(const struct release *x, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * The body that the operator's key signs as PURPOSE_RELEASE (the signature
 * field is not used): operator_key_sign builds the message around it.
 */
int release_body(const struct release *x, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * The signature is of the key in the record; whose that is, the manifest
 * says.  Returns 0, ERR_SIG_FORM or ERR_SIG_WRONG.
 */
int release_verify(const struct release *x, struct err *e) MUST_CHECK;

#endif
