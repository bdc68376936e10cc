/*
 * One QR code: text in the alphanumeric set -> modules (ISO/IEC 18004).
 *
 * The version is the caller's and stays the same for a whole stream: a symbol
 * that changes its size between frames upsets trackers and autofocus.  At
 * most version 25: above it readers fail more than the bytes are worth.
 */
#ifndef QR_DRAW_SYMBOL_H
#define QR_DRAW_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#include "airgap/bytes.h"
#include "airgap/err.h"

#define SYMBOL_VERSION_MAX 25
#define SYMBOL_WIDTH(version) (17 + 4 * (version))	/* modules a side */
#define SYMBOL_WIDTH_MAX SYMBOL_WIDTH(SYMBOL_VERSION_MAX)
#define SYMBOL_QUIET 4		/* modules of light around it, section 9.1 */
#define SYMBOL_TEXT_MAX 1853	/* characters: version 25, level L */

enum symbol_level { LEVEL_L, LEVEL_M, LEVEL_Q };

struct symbol {
	unsigned version;
	unsigned width;		/* SYMBOL_WIDTH(version) */
	uint8_t dark[SYMBOL_WIDTH_MAX * SYMBOL_WIDTH_MAX];	/* 0 or 1 */
};

/* Is the module at column x, row y dark?  Light anywhere around it. */
static inline int
symbol_dark(const struct symbol *s, int x, int y)
{
	if (x < 0 || y < 0 || x >= (int)s->width || y >= (int)s->width)
		return 0;
	return s->dark[(size_t)y * s->width + (size_t)x];
}

/* Alphanumeric characters that fit; 0 where there is no such version. */
size_t symbol_capacity(unsigned version, enum symbol_level level);

/* The smallest version that holds so many characters; 0 if none does. */
unsigned symbol_version(size_t chars, enum symbol_level level);

/*
 * Draws text (0-9 A-Z space $%*+-./: only) as exactly that version.
 * Returns 0, ERR_INPUT (empty, another character, too long) or ERR_SYSTEM.
 */
int symbol_make(struct bytes text, unsigned version, enum symbol_level level,
    struct symbol *out, struct err *e) MUST_CHECK;

#endif
