/*
 * Fingerprints in words.
 */
#include <ctype.h>
#include <sodium.h>

#include "airgap/seal/hash.h"
#include "airgap/ur/ur.h"
#include "airgap/ur/words.h"

#define DOMAIN "qk-ur-v1"	/* with its NUL */

struct digest256
ur_fingerprint(const char *type, struct bytes message)
{
	uint8_t prefix[sizeof(DOMAIN) + UR_TYPE_MAX + 1];
	size_t n = strnlen(type, UR_TYPE_MAX);

	memset(prefix, 0, sizeof(prefix));
	memcpy(prefix, DOMAIN, sizeof(DOMAIN));
	memcpy(prefix + sizeof(DOMAIN), type, n);
	return sha256_two(bytes_of(prefix, sizeof(DOMAIN) + n + 1), message);
}

struct words
words_of(const struct digest256 *fingerprint)
{
	struct words w;

	memcpy(w.byte, fingerprint->b, sizeof(w.byte));
	for (size_t i = 0; i < WORDS_COUNT; i++) {
		byteword(w.byte[i], w.text[i]);
		for (char *p = w.text[i]; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
	}
	return w;
}

/* Knuth's selection sampling: each set is as likely, in ascending order. */
void
words_draw(unsigned out[static WORDS_ASKED])
{
	unsigned taken = 0;

	for (unsigned i = 0; taken < WORDS_ASKED; i++)
		if (randombytes_uniform(WORDS_COUNT - i) <
		    WORDS_ASKED - taken)
			out[taken++] = i + 1;
}

bool
words_match(const struct words *w, unsigned n, struct bytes typed)
{
	uint8_t byte;

	while (typed.n > 0 && isspace(typed.p[0]))
		typed = bytes_of(typed.p + 1, typed.n - 1);
	while (typed.n > 0 && isspace(typed.p[typed.n - 1]))
		typed.n--;
	return n >= 1 && n <= WORDS_COUNT && byteword_read(typed, &byte) &&
	    byte == w->byte[n - 1];
}
