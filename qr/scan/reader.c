/*
 * ZBar's image scanner, and what is tried when it finds nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "qr/scan/reader.h"

#define Y800 0x30303859UL	/* "Y800", little-endian: grey, 8 bits */
#define MISSES_PLAIN 8		/* frames before inverted ones are tried */
#define FOLLOWED_MAX 7		/* then all of it: there may be another */
#define LARGE ((size_t)2 << 20)	/* pixels; more are also tried halved */
#define SMALL ((size_t)1 << 20)	/* pixels; fewer are also tried doubled */

struct reader {
	zbar_image_scanner_t *scanner;
	zbar_image_t *image;
	uint8_t *pixels;
	size_t size;
	uint32_t w, h;		/* of the last frame */
	struct corners last;
	bool seen;		/* the last frame had a code, at last */
	unsigned misses, followed;
};

/* How pixels of a copy lie in the picture: picture = from + copy * num/den. */
struct view {
	uint32_t x, y, w, h;
	uint32_t num, den;
	bool inverted;
};

struct reader *
reader_new(void)
{
	struct reader *r = calloc(1, sizeof(*r));
	unsigned major = 0, minor = 0, patch = 0;

	if (r == NULL)
		return NULL;
	(void)zbar_version(&major, &minor, &patch);
	if (major == 0 && (minor < 23 || (minor == 23 && patch < 92)))
		goto fail;
	if ((r->scanner = zbar_image_scanner_create()) == NULL ||
	    (r->image = zbar_image_create()) == NULL)
		goto fail;
	zbar_image_set_format(r->image, Y800);
	zbar_image_scanner_enable_cache(r->scanner, 0);
	(void)zbar_image_scanner_set_config(r->scanner, ZBAR_NONE,
	    ZBAR_CFG_ENABLE, 0);
	(void)zbar_image_scanner_set_config(r->scanner, ZBAR_QRCODE,
	    ZBAR_CFG_ENABLE, 1);
	(void)zbar_image_scanner_set_config(r->scanner, ZBAR_NONE,
	    ZBAR_CFG_X_DENSITY, 1);
	(void)zbar_image_scanner_set_config(r->scanner, ZBAR_NONE,
	    ZBAR_CFG_Y_DENSITY, 1);
	return r;
fail:
	reader_free(r);
	return NULL;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->image != NULL)
		zbar_image_destroy(r->image);
	if (r->scanner != NULL)
		zbar_image_scanner_destroy(r->scanner);
	free(r->pixels);
	free(r);
}

static uint8_t
sample(const struct grey *g, const struct view *v, uint32_t x, uint32_t y)
{
	const uint8_t *p = g->p + (v->y + (size_t)y * v->num / v->den) *
	    g->stride + v->x + (size_t)x * v->num / v->den;

	if (v->num > v->den)	/* halved: the mean of four */
		return (uint8_t)((p[0] + p[1] + p[g->stride] +
		    p[g->stride + 1]) / 4);
	return *p;
}

/* The picture through v, as ZBar wants it: no gaps between rows. */
static enum scan_problem
copy(struct reader *r, const struct grey *g, const struct view *v)
{
	uint32_t w = v->w * v->den / v->num, h = v->h * v->den / v->num;
	size_t n = (size_t)w * h;

	if (n == 0)
		return SCAN_SIZE;
	if (n > r->size) {
		uint8_t *p = realloc(r->pixels, n);

		if (p == NULL)
			return SCAN_MEMORY;
		r->pixels = p;
		r->size = n;
	}
	for (uint32_t y = 0; y < h; y++) {
		uint8_t *row = r->pixels + (size_t)y * w;

		if (v->num == v->den)
			memcpy(row, g->p + (v->y + y) * g->stride + v->x, w);
		else
			for (uint32_t x = 0; x < w; x++)
				row[x] = sample(g, v, x, y);
	}
	if (v->inverted)
		for (size_t i = 0; i < n; i++)
			r->pixels[i] = (uint8_t)~r->pixels[i];
	zbar_image_set_size(r->image, w, h);
	zbar_image_set_data(r->image, r->pixels, n, NULL);
	return SCAN_OK;
}

static uint32_t
place(int at, uint32_t from, const struct view *v, uint32_t side)
{
	uint64_t there = from;

	if (at > 0)
		there += (uint64_t)(unsigned)at * v->num / v->den;
	return (uint32_t)(there >= side ? side - 1 : there);
}

static struct corners
corners_of(const zbar_symbol_t *s, const struct view *v, const struct grey *g)
{
	struct corners c = { { 0 } };

	for (unsigned i = 0; i < 4 && i < zbar_symbol_get_loc_size(s); i++) {
		c.xy[2 * i] = place(zbar_symbol_get_loc_x(s, i), v->x, v,
		    g->w);
		c.xy[2 * i + 1] = place(zbar_symbol_get_loc_y(s, i), v->y, v,
		    g->h);
	}
	return c;
}

static enum scan_problem
scan(struct reader *r, const struct grey *g, const struct view *v,
    struct found *out)
{
	enum scan_problem problem;

	*out = (struct found){ 0 };
	if ((problem = copy(r, g, v)) != SCAN_OK)
		return problem;
	if (zbar_scan_image(r->scanner, r->image) < 0)
		return SCAN_MEMORY;
	for (const zbar_symbol_t *s = zbar_image_first_symbol(r->image);
	    s != NULL; s = zbar_symbol_next(s)) {
		const char *text = zbar_symbol_get_data(s);
		size_t len = zbar_symbol_get_data_length(s);

		if (zbar_symbol_get_type(s) != ZBAR_QRCODE || text == NULL ||
		    !scan_text_valid(text, len)) {
			out->foreign++;
			continue;
		}
		if (out->n == SCAN_CODES_MAX)
			break;
		out->codes[out->n].text = text;
		out->codes[out->n].len = len;
		out->codes[out->n].at = corners_of(s, v, g);
		out->n++;
	}
	return SCAN_OK;
}

static bool
nothing(const struct found *f)
{
	return f->n == 0 && f->foreign == 0;
}

enum scan_problem
reader_still(struct reader *r, const struct grey *g, struct found *out)
{
	size_t area = (size_t)g->w * g->h;
	struct view views[] = {
		{ 0, 0, g->w, g->h, 1, 1, false },
		{ 1, 1, g->w - 1, g->h - 1, 1, 1, false },
		{ 0, 0, area <= SMALL ? g->w : 0, g->h, 1, 2, false },
		{ 0, 0, area > LARGE ? g->w & ~1U : 0, g->h & ~1U, 2, 1,
		    false },
		{ 0, 0, g->w, g->h, 1, 1, true },
	};
	enum scan_problem problem = SCAN_OK;

	r->seen = false;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		if (views[i].w == 0 || views[i].h == 0)
			continue;
		if ((problem = scan(r, g, &views[i], out)) != SCAN_OK ||
		    !nothing(out))
			break;
	}
	return problem;
}

/* The last code with an eighth of its size around it. */
static struct view
around(const struct corners *c, const struct grey *g)
{
	uint32_t x0 = g->w, y0 = g->h, x1 = 0, y1 = 0, mx, my;

	for (size_t i = 0; i < 8; i += 2) {
		x0 = c->xy[i] < x0 ? c->xy[i] : x0;
		x1 = c->xy[i] > x1 ? c->xy[i] : x1;
		y0 = c->xy[i + 1] < y0 ? c->xy[i + 1] : y0;
		y1 = c->xy[i + 1] > y1 ? c->xy[i + 1] : y1;
	}
	mx = (x1 - x0) / 8 + 16;
	my = (y1 - y0) / 8 + 16;
	x0 = x0 > mx ? x0 - mx : 0;
	y0 = y0 > my ? y0 - my : 0;
	x1 = x1 + mx < g->w ? x1 + mx : g->w;
	y1 = y1 + my < g->h ? y1 + my : g->h;
	return (struct view){ x0, y0, x1 - x0, y1 - y0, 1, 1, false };
}

static void
remember(struct reader *r, const struct grey *g, const struct found *f)
{
	r->w = g->w;
	r->h = g->h;
	r->seen = f->n == 1;
	if (r->seen)
		r->last = f->codes[0].at;
	r->misses = nothing(f) ? r->misses + 1 : 0;
}

enum scan_problem
reader_frame(struct reader *r, const struct grey *g, struct found *out)
{
	struct view all = { 0, 0, g->w, g->h, 1, 1, false };
	enum scan_problem problem = SCAN_OK;

	*out = (struct found){ 0 };
	if (r->seen && r->w == g->w && r->h == g->h &&
	    r->followed < FOLLOWED_MAX) {
		struct view v = around(&r->last, g);

		r->followed++;
		problem = scan(r, g, &v, out);
	}
	if (problem == SCAN_OK && nothing(out)) {
		r->followed = 0;
		all.inverted = r->misses >= MISSES_PLAIN && r->misses % 2 == 1;
		problem = scan(r, g, &all, out);
	}
	if (problem == SCAN_OK)
		remember(r, g, out);
	return problem;
}
