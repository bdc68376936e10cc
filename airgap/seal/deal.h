/*
 * Deal: split a seed, prove that every combination works, seal each share.
 * No I/O.  The plaintext shares stay in d->shares until deal_wipe.
 */
#ifndef AIRGAP_SEAL_DEAL_H
#define AIRGAP_SEAL_DEAL_H

#include "airgap/seal/envelope.h"
#include "airgap/seal/shamir.h"

#define SHARE_LEN (1 + SEED_LEN)			/* 33 */
#define SEALED_SHARE_LEN (SHARE_LEN + ENVELOPE_OVERHEAD)	/* 130 */

struct sealed_share {
	uint8_t sealed[SEALED_SHARE_LEN];
	struct digest512 hash;		/* SHA-512 of the 33-byte share */
};

struct deal {
	size_t k, n;
	struct secret shares;		/* n * SHARE_LEN, index order */
	struct public_key quorum;	/* derived again from the seed */
	struct sealed_share *out;	/* n, heap, owned */
};

/*
 * Splits, proves (ERR_SHARE_PROOF if not), derives the public key and seals
 * share i to keys[i].  On failure d is left empty.  Free with deal_free.
 */
int deal_make(struct deal *d, const uint8_t seed[static SEED_LEN], size_t k,
    size_t n, const struct public_key *keys, struct err *e) MUST_CHECK;

/* Seals share index (1-based) once more, to a spare key of its person. */
int deal_seal_again(const struct deal *d, size_t index,
    const struct public_key *key, struct sealed_share *out,
    struct err *e) MUST_CHECK;

/* Compares an opened share with share index; 0 or ERR_REFUSED. */
int deal_compare(const struct deal *d, size_t index,
    const struct secret *opened, struct err *e) MUST_CHECK;

/* Wipes the plaintext shares; the sealed ones stay. */
void deal_wipe(struct deal *d);
void deal_free(struct deal *d);

#endif
