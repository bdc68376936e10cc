/*
 * Shamir secret sharing over GF(2^8), x^8+x^4+x^3+x+1 (QOS wire 5).
 *
 * A share is index(1 byte, 1..n) || y (as long as the secret); n shares lie
 * one after another in one buffer.  Coefficients are uniform over all 256
 * values, zero included.  x coordinates are public: branches and tables on
 * x are allowed; secret bytes go through straight-line code only.
 */
#ifndef AIRGAP_SEAL_SHAMIR_H
#define AIRGAP_SEAL_SHAMIR_H

#include "airgap/err.h"
#include "airgap/seal/secret.h"

#define SHAMIR_MAX 255
#define SHAMIR_SECRET_MAX (1 << 20)	/* bytes */

/*
 * Splits secret (len bytes) into n shares with threshold k, into out
 * (n * (1 + len) bytes, guarded memory of the caller).
 * Returns 0, ERR_SHARE_SIZE, ERR_SHARE_SECRET, ERR_SHARE_LIMIT,
 * ERR_SHARE_MIN (checked in that order) or ERR_SYSTEM.
 */
int shamir_split(const uint8_t *secret, size_t len, size_t k, size_t n,
    uint8_t *out, struct err *e) MUST_CHECK;

/*
 * As shamir_split with given coefficients: (k - 1) * len bytes, those of
 * x^1 for all secret bytes first, then x^2 ...  For tests and re-proofs.
 */
int shamir_split_with(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *coefficients, uint8_t *out, struct err *e) MUST_CHECK;

/*
 * Lagrange at 0 over all m given shares; shares[i] has share_len[i] bytes.
 * out has share_len[0] - 1 bytes.  Too few shares give a wrong secret, not
 * an error: compare public keys.  Returns 0, ERR_SHARE_MIN, ERR_SHARE_FORM,
 * ERR_SHARE_ZERO, ERR_SHARE_TWICE (in that order) or ERR_SYSTEM.
 */
int shamir_join(const uint8_t *const *shares, const size_t *share_len,
    size_t m, uint8_t *out, struct err *e) MUST_CHECK;

/*
 * The every-combination proof.  Claims: the n shares (indices 1..n, each
 * 1 + len bytes, one after another) lie on polynomials of degree < k whose
 * value at 0 is secret; so each k-subset reconstructs it.  Checked by a
 * second multiplication routine that shares no code with split and join:
 * the first k predict the other n - k and the secret.  O(nk).
 * Returns 0 or ERR_SHARE_PROOF (e names the first share that does not fit).
 */
int shamir_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e) MUST_CHECK;

/*
 * The exact number of k-subsets of n in decimal (at most 77 digits and a
 * NUL): what the proof covers.
 */
#define COMBINATIONS_TEXT 80
void shamir_combinations(size_t k, size_t n,
    char out[static COMBINATIONS_TEXT]);

#endif
