/*
 * The certificate that QOS expects in a slot (private to quorate-token):
 * X.509 v3, self-signed, ECDSA with SHA-256, subject and issuer
 * CN=QuorumOS, ten years, no extensions (wire section 20).  Put together in
 * DER here, because it is signed by a card and not by libcrypto.
 */
#ifndef TOKEN_PIV_CERTIFICATE_H
#define TOKEN_PIV_CERTIFICATE_H

#include "airgap/seal/keyset.h"

#define CERTIFICATE_MAX 512

struct certificate {
	size_t n;
	uint8_t b[CERTIFICATE_MAX];
};

/* What is signed.  now: Unix seconds.  0 or ERR_SYSTEM. */
int certificate_body(const uint8_t point[static POINT_LEN], uint64_t now,
    struct certificate *out, struct err *e) MUST_CHECK;

/* The whole of it; checked with libcrypto.  0 or ERR_INTERNAL. */
int certificate_finish(const struct certificate *body,
    const struct signature *sig, struct certificate *out,
    struct err *e) MUST_CHECK;

/* As PIV objects hold it: 70 certificate, 71 01 00, FE 00. */
void certificate_object(const struct certificate *x,
    struct certificate *out);

#endif
