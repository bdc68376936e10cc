/*
 * Answers.  Everything is a number or a character of the alphabet.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "qr/scan/reply.h"

#define LIGHT_ROWS 64		/* rows looked at for light and contrast */

static char text[(SCAN_CODES_MAX + 3) * SCAN_LINE_MAX];
static size_t used;

static void
add(const char *s, size_t n)
{
	if (n > sizeof(text) - used)
		n = sizeof(text) - used;	/* cannot be: see its size */
	memcpy(text + used, s, n);
	used += n;
}

static void
add_number(char before, uint32_t v)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%c%u", before, v);

	add(digits, (size_t)n);
}

static bool
put_out(int fd)
{
	bool ok = fd_write_all(fd, text, used) == 0;

	used = 0;
	return ok;
}

/* The mean of the cell's pixels (at most 8 by 8 of them), as a grey of 45. */
static char
cell(const struct grey *g, uint32_t cx, uint32_t cy, uint32_t w, uint32_t h)
{
	uint32_t x0 = g->w * cx / w, x1 = g->w * (cx + 1) / w;
	uint32_t y0 = g->h * cy / h, y1 = g->h * (cy + 1) / h;
	uint32_t dx = (x1 - x0) / 8 + 1, dy = (y1 - y0) / 8 + 1;
	uint32_t sum = 0, n = 0;

	for (uint32_t y = y0; y < y1; y += dy)
		for (uint32_t x = x0; x < x1; x += dx, n++)
			sum += g->p[y * g->stride + x];
	return SCAN_ALPHABET[n == 0 ? 0 : sum * SCAN_GREYS / (n * 256)];
}

/* As large as fits the bounds with the picture's shape. */
static void
add_preview(const struct grey *g)
{
	uint32_t w = SCAN_PREVIEW_W, h = SCAN_PREVIEW_H;

	if ((uint64_t)g->w * h > (uint64_t)g->h * w)
		h = g->h * w / g->w;
	else
		w = g->w * h / g->h;
	w = w == 0 ? 1 : w > g->w ? g->w : w;
	h = h == 0 ? 1 : h > g->h ? g->h : h;
	add("P", 1);
	add_number(' ', w);
	add_number(' ', h);
	add(" ", 1);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			add(&(char){ cell(g, x, y, w, h) }, 1);
	add("\n", 1);
}

/* Mean grey, and the distance from the 5th to the 95th percentile. */
static void
light(const struct grey *g, uint32_t *mean, uint32_t *contrast)
{
	uint32_t counts[256] = { 0 }, n = 0, below = 0, low = 0, high = 255;
	uint32_t step = g->h / LIGHT_ROWS + 1;
	uint64_t sum = 0;

	for (uint32_t y = 0; y < g->h; y += step)
		for (uint32_t x = 0; x < g->w; x++, n++) {
			counts[g->p[y * g->stride + x]]++;
			sum += g->p[y * g->stride + x];
		}
	for (uint32_t v = 0; v < 256; v++) {
		if (below <= n / 20)
			low = v;
		if (below <= n - n / 20)
			high = v;
		below += counts[v];
	}
	*mean = (uint32_t)(sum / n);
	*contrast = high > low ? high - low : 0;
}

void
reply_numbers(char kind, const uint32_t *v, size_t n)
{
	add(&kind, 1);
	for (size_t i = 0; i < n; i++)
		add_number(' ', v[i]);
	add("\n", 1);
}

void
reply_name(const char *name)
{
	add("V ", 2);
	add(name, strlen(name));
	add("\n", 1);
}

bool
reply_done(int fd)
{
	add("K\n", 2);
	return put_out(fd);
}

bool
reply_frame(int fd, const struct grey *g, const struct found *f, uint32_t seq,
    bool preview)
{
	uint32_t mean, contrast;

	for (size_t i = 0; i < f->n; i++) {
		add("T", 1);
		for (size_t k = 0; k < 8; k++)
			add_number(' ', f->codes[i].at.xy[k]);
		add(" ", 1);
		add(f->codes[i].text, f->codes[i].len);
		add("\n", 1);
	}
	if (preview)
		add_preview(g);
	light(g, &mean, &contrast);
	reply_numbers('F', (const uint32_t[]){ seq, g->w, g->h, mean, contrast,
	    f->foreign }, 6);
	return put_out(fd);
}

bool
reply_problem(int fd, enum scan_problem problem, uint32_t number)
{
	used = 0;
	reply_numbers('E', (const uint32_t[]){ (uint32_t)problem, number }, 2);
	return put_out(fd);
}
