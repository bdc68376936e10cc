/*
 * Grey pixels and PNG files of a symbol.
 */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "qr/draw/raster.h"

#define LIGHT 0xff

void
raster_free(struct raster *g)
{
	free(g->p);
	*g = (struct raster){ 0 };
}

/* Is the pixel dark?  x, y from the corner of the quiet zone. */
static int
pixel(const struct symbol *s, unsigned scale, size_t x, size_t y)
{
	return symbol_dark(s, (int)(x / scale) - SYMBOL_QUIET,
	    (int)(y / scale) - SYMBOL_QUIET);
}

static size_t
side(const struct symbol *s, unsigned scale)
{
	return (size_t)(s->width + 2 * SYMBOL_QUIET) * scale;
}

int
raster_grey(const struct symbol *s, unsigned scale, unsigned offset,
    struct raster *out, struct err *e)
{
	size_t n = side(s, scale), w = n + offset;

	*out = (struct raster){ NULL, w };
	if ((out->p = malloc(w * w)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	memset(out->p, LIGHT, w * w);
	for (size_t y = 0; y < n; y++) {
		uint8_t *row = out->p + (y + offset) * w + offset;

		for (size_t x = 0; x < n; x++)
			if (pixel(s, scale, x, y))
				row[x] = 0;
	}
	return 0;
}

/* --- PNG: libpng leaves by longjmp; what it touches lives in a struct */

struct writer {
	png_structp png;
	png_infop info;
	struct buf *out;
	size_t cap;
	uint8_t row[(SYMBOL_WIDTH_MAX + 2 * SYMBOL_QUIET) * RASTER_SCALE_MAX /
	    8 + 1];
};

static void
append(png_structp png, png_bytep p, png_size_t n)
{
	struct writer *w = png_get_io_ptr(png);
	uint8_t *more;

	if (w->out->n + n > w->cap) {
		size_t cap = 2 * (w->out->n + n);

		if ((more = realloc(w->out->p, cap)) == NULL)
			png_error(png, "out of memory");
		w->out->p = more;
		w->cap = cap;
	}
	memcpy(w->out->p + w->out->n, p, n);
	w->out->n += n;
}

static void
no_flush(png_structp png)
{
	(void)png;
}

static void
write_rows(struct writer *w, const struct symbol *s, unsigned scale)
{
	size_t n = side(s, scale);

	for (size_t y = 0; y < n; y++) {
		memset(w->row, LIGHT, sizeof(w->row));
		for (size_t x = 0; x < n; x++)
			if (pixel(s, scale, x, y))
				w->row[x / 8] &= (uint8_t)~(0x80u >> x % 8);
		png_write_row(w->png, w->row);
	}
}

/* setjmp's frame holds nothing that changes after it. */
static int
write_png(struct writer *w, const struct symbol *s, unsigned scale)
{
	if (setjmp(png_jmpbuf(w->png)) != 0)
		return ERR_SYSTEM;
	png_set_write_fn(w->png, w, append, no_flush);
	png_set_IHDR(w->png, w->info, (png_uint_32)side(s, scale),
	    (png_uint_32)side(s, scale), 1, PNG_COLOR_TYPE_GRAY,
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	    PNG_FILTER_TYPE_DEFAULT);
	png_write_info(w->png, w->info);
	write_rows(w, s, scale);
	png_write_end(w->png, NULL);
	return 0;
}

int
raster_png(const struct symbol *s, unsigned scale, struct buf *out,
    struct err *e)
{
	struct writer *w = NULL;
	int r = ERR_SYSTEM;

	*out = (struct buf){ 0 };
	if (scale < 1 || scale > RASTER_SCALE_MAX)
		return err_set(e, ERR_USAGE, "a module of a PNG has 1 to %d "
		    "pixels", RASTER_SCALE_MAX);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		goto out;
	w->out = out;
	w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL,
	    NULL);
	if (w->png != NULL && (w->info = png_create_info_struct(w->png)) !=
	    NULL)
		r = write_png(w, s, scale);
	png_destroy_write_struct(&w->png, &w->info);
out:
	free(w);
	if (r != 0) {
		buf_free(out);
		err_set(e, r, "no PNG was made: out of memory");
	}
	return r;
}
