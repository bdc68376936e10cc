/*
 * The fingerprint of a message, as twelve numbered words that people read to
 * each other.
 *
 * Twelve bytewords are 96 bits: enough where somebody searches a second
 * message with the words of a given one.  They bind the type too.  Read them
 * from where the message began (a printout, the paper with the plan), never
 * from the machine that plays it.
 */
#ifndef AIRGAP_UR_WORDS_H
#define AIRGAP_UR_WORDS_H

#include "airgap/ur/bytewords.h"

#define WORDS_COUNT 12
#define WORDS_ASKED 4		/* all are shown, these are typed */

struct words {
	uint8_t byte[WORDS_COUNT];
	char text[WORDS_COUNT][BYTEWORD_LEN + 1];	/* upper case */
};

/* SHA-256("qk-ur-v1" || 0 || type || 0 || message). */
struct digest256 ur_fingerprint(const char *type, struct bytes message);

/* Its first WORDS_COUNT bytes. */
struct words words_of(const struct digest256 *fingerprint);

/* Which to ask for: distinct, ascending, from 1, drawn at random. */
void words_draw(unsigned out[static WORDS_ASKED]);

/* Is typed (any case, blanks around) word number n, from 1? */
bool words_match(const struct words *w, unsigned n, struct bytes typed);

#endif
