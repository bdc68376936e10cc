/*
 * ECDSA P-384 verification over libcrypto (FIPS 186-4): the one signature
 * algorithm of Nitro's certificates and documents.  Public values only.
 * Not for several threads at once.
 */
#ifndef ENCLAVE_ATTESTATION_P384_H
#define ENCLAVE_ATTESTATION_P384_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define P384_POINT_LEN 97		/* 04 || x || y */
#define P384_SCALAR_LEN 48
#define P384_SIGNATURE_LEN 96		/* r || s, as COSE has it */

/* 0, ERR_KEY_POINT (not 04..., not on the curve) or ERR_SYSTEM. */
int p384_point_check(struct bytes point) MUST_CHECK;

/* True if r and s are from 1 to n - 1, n the order of the curve. */
bool p384_signature_valid(const uint8_t sig[static P384_SIGNATURE_LEN]);

/*
 * Verifies sig, DER ECDSA-Sig-Value or (raw) r || s, over digest.  Returns
 * 0, ERR_KEY_POINT, ERR_SIG_WRONG or ERR_SYSTEM.
 */
int p384_verify(struct bytes point, const struct digest384 *digest,
    struct bytes sig) MUST_CHECK;
int p384_verify_raw(struct bytes point, const struct digest384 *digest,
    const uint8_t sig[static P384_SIGNATURE_LEN]) MUST_CHECK;

#endif
