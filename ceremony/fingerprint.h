/*
 * A key on a screen, the same everywhere, for people to compare aloud.
 */
#ifndef CEREMONY_FINGERPRINT_H
#define CEREMONY_FINGERPRINT_H

#include "airgap/seal/keyset.h"

struct fingerprint {
	char text[40];
};

/*
 * "ab12cd34 ...": four groups, the first 16 bytes of the key's SHA-256.  Of
 * a key that exists nobody makes a second one with the same 128 bits; and
 * four groups are read to their end, which eight are not.  Any bytes may be
 * a key here: a manifest can hold what is none.
 */
struct fingerprint key_fingerprint(struct bytes key);

/* The label, and below it all of a digest: 71 columns. */
void digest_show(const char *label, const struct digest256 *d);

#endif
