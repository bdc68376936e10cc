/*
 * The signature section of an image, as AWS's tools write it:
 *
 *	[ { "signing_certificate": [bytes of a PEM text, one integer each],
 *	    "signature": [bytes of an untagged COSE_Sign1] } ]
 *
 * whose payload is { "register_index": 0, "register_value": [48 bytes] },
 * PCR0.  Nitro refuses to start an image whose signature does not hold, and
 * puts the certificate's hash into PCR8.
 */
#ifndef ENCLAVE_IMAGE_SIGNATURE_H
#define ENCLAVE_IMAGE_SIGNATURE_H

#include "enclave/image/eif.h"

enum signature_state {
	SIGNATURE_NONE,		/* no such section */
	SIGNATURE_OK,		/* ES384, over this image's PCR0 */
	SIGNATURE_UNCHECKED,	/* an algorithm that is not checked here */
};

struct eif_signature {
	enum signature_state state;
	struct digest384 pcr8;		/* zero if there is none */
	struct digest256 certificate;	/* SHA-256 of its DER */
};

/*
 * Reads and verifies the section of x, if there is one.  Returns 0,
 * ERR_INPUT (not of that form), ERR_REFUSED (it is not over pcr0, or not by
 * the certificate's key) or ERR_SYSTEM.
 */
int eif_signature_read(const struct source *s, const struct eif *x,
    const struct digest384 *pcr0, struct eif_signature *out,
    struct err *e) MUST_CHECK;

#endif
