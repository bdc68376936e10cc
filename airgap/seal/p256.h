/*
 * P-256 over libcrypto (private to airgap/seal): scalars, points, ECDH,
 * ECDSA.  Scalars are 32 bytes big-endian, points 65 bytes SEC1 uncompressed.
 * Callers wipe the stack below them (wipe_stack) when they are done.
 * Not for several threads at once.
 */
#ifndef AIRGAP_SEAL_P256_H
#define AIRGAP_SEAL_P256_H

#include "airgap/seal/envelope.h"

/* True if 1 <= k < n, the order; only the answer becomes public. */
bool p256_scalar_valid(const uint8_t k[static SCALAR_LEN]);

/* True if p starts with 04 and lies on the curve. */
bool p256_point_valid(const uint8_t p[static POINT_LEN]);

/* point = k * G; k must be valid.  Returns 0 or ERR_SYSTEM. */
int p256_public(const uint8_t k[static SCALAR_LEN],
    uint8_t point[static POINT_LEN], struct err *e) MUST_CHECK;

/*
 * z = X coordinate of k * peer; the peer is checked first.
 * Returns 0, ERR_KEY_POINT or ERR_SYSTEM.
 */
int p256_ecdh(const uint8_t k[static SCALAR_LEN],
    const uint8_t peer[static POINT_LEN], uint8_t z[static ECDH_LEN],
    struct err *e) MUST_CHECK;

/*
 * ECDSA with the RFC 6979 nonce over HMAC-SHA256.  The generator is seeded
 * with the digest as it is, not reduced modulo n (as QOS does; it differs
 * from the RFC for one digest in 2^32).  s is not normalised.
 */
int p256_sign(const uint8_t d[static SCALAR_LEN],
    const struct digest256 *digest, struct signature *out,
    struct err *e) MUST_CHECK;

/* Returns 0, ERR_KEY_POINT, ERR_SIG_FORM, ERR_SIG_WRONG or ERR_SYSTEM. */
int p256_verify(const uint8_t point[static POINT_LEN],
    const struct digest256 *digest, const struct signature *sig) MUST_CHECK;

#endif
