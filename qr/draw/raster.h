/*
 * A symbol as a picture: grey pixels for the scanner, a PNG file for people
 * and programs.  A module is a whole number of pixels; the quiet zone is part
 * of the picture.
 */
#ifndef QR_DRAW_RASTER_H
#define QR_DRAW_RASTER_H

#include "airgap/file.h"
#include "qr/draw/symbol.h"

#define RASTER_SCALE_MAX 32	/* pixels a module */

/* A square of grey, a byte a pixel, 0 black; free with raster_free. */
struct raster {
	uint8_t *p;
	size_t side;		/* pixels; rows have no gaps */
};
void raster_free(struct raster *g);

/*
 * scale pixels a module, moved right and down by offset pixels of more
 * light.  Returns 0 or ERR_SYSTEM.
 */
int raster_grey(const struct symbol *s, unsigned scale, unsigned offset,
    struct raster *out, struct err *e) MUST_CHECK;

/*
 * A PNG file, one bit a pixel; the same symbol gives the same bytes.  Free
 * with buf_free.  Returns 0 or ERR_SYSTEM.
 */
int raster_png(const struct symbol *s, unsigned scale, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
