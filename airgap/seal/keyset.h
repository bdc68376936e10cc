/*
 * The key set (QOS wire 1.1 to 1.3, 1.6): one 32-byte master seed gives an
 * encryption scalar, a signing scalar and an AES key by HKDF-SHA512.
 *
 * Public keys are 130 bytes: encryption point, then signing point, both SEC1
 * uncompressed.  Signatures are 64 bytes r || s, ECDSA P-256 over SHA-256
 * with the RFC 6979 nonce, without low-S normalisation; any s in [1, n-1]
 * verifies.  Signatures are malleable: never use one as an identity.
 */
#ifndef AIRGAP_SEAL_KEYSET_H
#define AIRGAP_SEAL_KEYSET_H

#include "airgap/bytes.h"
#include "airgap/err.h"
#include "airgap/seal/secret.h"

#define SEED_LEN 32
#define SEED_HEX_LEN 64
#define SCALAR_LEN 32
#define POINT_LEN 65
#define PUBLIC_KEY_LEN 130
#define PUBLIC_KEY_HEX_LEN 260
#define SIGNATURE_LEN 64
#define AES_KEY_LEN 32

/* encrypt point (65) || sign point (65) */
struct public_key { uint8_t b[PUBLIC_KEY_LEN]; };
struct signature { uint8_t b[SIGNATURE_LEN]; };

/* Private half: encryption scalar, signing scalar, AES key, 32 bytes each. */
struct keyset {
	struct secret scalars;
	struct public_key pub;
};

/*
 * Derives a key set; the seed stays the caller's to wipe.  Free with
 * keyset_free.  Returns 0, ERR_SEED (a scalar is 0 or >= n) or ERR_SYSTEM.
 */
int keyset_from_seed(struct keyset *ks, const uint8_t seed[static SEED_LEN],
    struct err *e) MUST_CHECK;

/* Wipes and releases; NULL and an all-zero keyset are fine. */
void keyset_free(struct keyset *ks);

/*
 * Length, prefix and curve membership of both halves.
 * Returns 0, ERR_KEY_LONG, ERR_KEY_SHORT or ERR_KEY_POINT.
 */
int public_key_check(struct bytes key) MUST_CHECK;

/* As public_key_check, and copies into *out. */
int public_key_read(struct bytes key, struct public_key *out,
    struct err *e) MUST_CHECK;

/* Reads 260 hex digits of a .pub file (trimmed, optional 0x, any case). */
int public_key_from_text(struct bytes text, struct public_key *out,
    struct err *e) MUST_CHECK;

/*
 * Reads 64 hex digits of a seed file (trimmed, optional 0x, any case) into
 * a new secret of SEED_LEN.  Returns 0, ERR_SEED or ERR_SYSTEM.
 */
int seed_from_text(struct bytes text, struct secret *seed,
    struct err *e) MUST_CHECK;

/* Deterministic signature of msg.  Returns 0 or ERR_SYSTEM. */
int keyset_sign(const struct keyset *ks, struct bytes msg,
    struct signature *out, struct err *e) MUST_CHECK;

/*
 * Verifies sig (must be 64 bytes) of msg by the signing half of key.
 * Returns 0, ERR_KEY_*, ERR_SIG_FORM or ERR_SIG_WRONG.
 */
int signature_verify(struct bytes key, struct bytes msg, struct bytes sig)
    MUST_CHECK;

#endif
