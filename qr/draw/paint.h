/*
 * What is written to a terminal, collected so that a frame is one write: a
 * symbol in half blocks, and text beside it.
 *
 * Two modules share a cell (U+2580, U+2584); a dark cell is a space on dark.
 * Every colour is set, none is the terminal's own, and the quiet zone has the
 * light of the symbol.
 */
#ifndef QR_DRAW_PAINT_H
#define QR_DRAW_PAINT_H

#include <stdbool.h>

#include "qr/draw/preset.h"

/* Version 25 in 24-bit colours that change at every cell, and text. */
#define PAINT_MAX ((size_t)192 << 10)

struct paint {
	char p[PAINT_MAX];
	size_t n;
	bool full;		/* something did not fit: a bug */
};

enum colours {
	COLOURS_CONSOLE,	/* Linux console: entry 7 of its palette */
	COLOURS_16, COLOURS_256, COLOURS_TRUE
};

#define LIGHT_MAX 0xff
#define LIGHT_MIN 0x40		/* still read, section 7 of ISO 18004's 4:1 */

struct ink {
	enum colours colours;
	uint8_t light;		/* LIGHT_MIN to LIGHT_MAX */
	bool invert;		/* light modules on dark, for a display that
				   shows colours reversed */
};

/* By the variables TERM and COLORTERM; either may be NULL. */
enum colours colours_of(const char *term, const char *colorterm);

void paint_text(struct paint *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Text from here on; row and column from 1. */
void paint_at(struct paint *p, unsigned row, unsigned column);
#define PAINT_LINE_MAX 200	/* columns of text, whatever the screen */

/*
 * A line of text of others at row and column: at most width columns, '?' for
 * what is not printable ASCII; the rest of the row becomes empty.
 */
void paint_line(struct paint *p, unsigned row, unsigned column,
    unsigned width, const char *text);
/* Colours of text: grey on black, or reversed (a mark). */
void paint_plain(struct paint *p, const struct ink *ink);
void paint_mark(struct paint *p, const struct ink *ink);

/* The next cell: two greys, one above the other. */
void paint_half(struct paint *p, const struct ink *ink, uint8_t top,
    uint8_t low);

/* Cells of a symbol with its quiet zone. */
unsigned paint_columns(unsigned version);
unsigned paint_rows(unsigned version);

/* The symbol with its quiet zone, its corner at row, column. */
void paint_symbol(struct paint *p, const struct symbol *s, unsigned row,
    unsigned column, const struct ink *ink);

/* The largest version that a screen of this size holds; 0 if none. */
unsigned paint_largest(unsigned rows, unsigned columns);

/*
 * Does the version fit?  ERR_REFUSED with the sizes and what would help:
 * the preset that fits, a fragment of so many bytes (0: none would), or
 * another font, on the Linux console or elsewhere.
 */
int paint_fits(unsigned version, unsigned rows, unsigned columns,
    size_t fragment, bool console, struct err *e) MUST_CHECK;

#endif
