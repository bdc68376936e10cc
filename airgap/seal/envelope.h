/*
 * Sealed messages (QOS wire 1.4; home-made there, not RFC 9180):
 *
 *   nonce(12) || ephemeral point(65) || u32 LE length || ciphertext || tag(16)
 *
 * so ENVELOPE_OVERHEAD (97) bytes more than the plaintext, and the symmetric
 * form (1.5): nonce(12) || u32 LE length || ciphertext || tag(16).
 * Every peer point is checked (curve, not infinity) before it is used.
 */
#ifndef AIRGAP_SEAL_ENVELOPE_H
#define AIRGAP_SEAL_ENVELOPE_H

#include "airgap/seal/keyset.h"

#define NONCE_LEN 12
#define TAG_LEN 16
#define ECDH_LEN 32
#define ENVELOPE_OVERHEAD (NONCE_LEN + POINT_LEN + 4 + TAG_LEN)
#define SYM_ENVELOPE_OVERHEAD (NONCE_LEN + 4 + TAG_LEN)

/*
 * Seals plain (0 bytes allowed) to the encryption half of the 130-byte key.
 * Writes plain.n + ENVELOPE_OVERHEAD bytes.  Returns 0, ERR_KEY_* or
 * ERR_SYSTEM.
 */
int envelope_seal(struct bytes key, struct bytes plain, uint8_t *out,
    struct err *e) MUST_CHECK;

/* As envelope_seal with a given ephemeral scalar and nonce: vectors only. */
int envelope_seal_with(struct bytes key, struct bytes plain,
    const uint8_t ephemeral[static SCALAR_LEN],
    const uint8_t nonce[static NONCE_LEN], uint8_t *out,
    struct err *e) MUST_CHECK;

/*
 * Opens into a new secret (an empty plaintext gives len 0 and b NULL).
 * Returns 0, ERR_ENV_FORM, ERR_ENV_POINT, ERR_ENV_TAG or ERR_SYSTEM.
 */
int envelope_open(const struct keyset *ks, struct bytes env,
    struct secret *out, struct err *e) MUST_CHECK;

/* The 65-byte ephemeral point inside env, checked (for a token's ECDH). */
int envelope_point(struct bytes env, struct bytes *point,
    struct err *e) MUST_CHECK;

/*
 * Opens with an ECDH result made elsewhere (a PIV token): z is the
 * X coordinate, recv the receiver's 65-byte encryption point.
 */
int envelope_open_shared(const uint8_t z[static ECDH_LEN],
    const uint8_t recv[static POINT_LEN], struct bytes env,
    struct secret *out, struct err *e) MUST_CHECK;

/* Symmetric form under the key set's AES key. */
int sym_envelope_seal(const struct keyset *ks, struct bytes plain,
    uint8_t *out, struct err *e) MUST_CHECK;
int sym_envelope_seal_with(const struct keyset *ks, struct bytes plain,
    const uint8_t nonce[static NONCE_LEN], uint8_t *out,
    struct err *e) MUST_CHECK;
int sym_envelope_open(const struct keyset *ks, struct bytes env,
    struct secret *out, struct err *e) MUST_CHECK;

#endif
