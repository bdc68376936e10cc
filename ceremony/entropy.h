/*
 * Entropy of a genesis: the system's generator, mixed with dice if wished.
 */
#ifndef CEREMONY_ENTROPY_H
#define CEREMONY_ENTROPY_H

#include "airgap/seal/keyset.h"

#define DICE_MIN 50		/* rolls: 129 bits on their own */
#define DICE_MAX 1024		/* rolls */

/*
 * Reads dice rolls (digits 1 to 6, blanks allowed) from standard input into
 * guarded memory until an empty line; nothing is echoed to any file.
 * *dice is one byte a roll.  Returns 0, ERR_INPUT or ERR_SYSTEM.
 */
int entropy_read_dice(struct secret *dice, struct err *e) MUST_CHECK;

/*
 * A fresh seed: HKDF-SHA512(salt = "quorate/genesis-seed/v1", ikm = 64
 * random bytes || dice, info = plan fingerprint), and its key set; draws
 * again in the 2^-31 case that the seed gives no valid scalar.  dice may be
 * empty.  Free seed with secret_free, ks with keyset_free.
 */
int entropy_seed(const struct secret *dice,
    const struct digest256 *fingerprint, struct secret *seed,
    struct keyset *ks, struct err *e) MUST_CHECK;

#endif
