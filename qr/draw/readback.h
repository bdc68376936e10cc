/*
 * Every symbol is read by our own scanner before it is shown or written: one
 * that our scanner cannot read, or reads as anything else, never leaves.
 */
#ifndef QR_DRAW_READBACK_H
#define QR_DRAW_READBACK_H

#include "qr/draw/raster.h"

/* The scanner: grey pixels in, the text of the one code on them out. */
struct readback {
	/*
	 * 0 and text (n of at most SYMBOL_TEXT_MAX characters; n 0: not one
	 * code was found), or an ERR_*: the scanner does not run.
	 */
	int (*read)(void *ctx, const struct raster *g,
	    char text[static SYMBOL_TEXT_MAX], size_t *n, struct err *e);
	void *ctx;
};

/* Starts quorate-scan; end with readback_close.  Returns 0 or ERR_SYSTEM. */
int readback_open(struct readback *out, struct err *e) MUST_CHECK;
void readback_close(struct readback *r);

#define READBACK_UNREAD 1

/*
 * Reads the symbol, at another scale and some pixels aside where the first
 * look finds nothing (ZBar misses a clean code now and then).  Returns 0,
 * READBACK_UNREAD (the sentence is in e), ERR_INTERNAL: it reads as another
 * text; or read's code.
 */
int readback_check(const struct readback *r, const struct symbol *s,
    struct bytes text, struct err *e) MUST_CHECK;

#endif
