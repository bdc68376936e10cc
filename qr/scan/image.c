/*
 * PNG through libpng's simplified interface, PGM (netpbm's pgm(5), "P5") by
 * hand.
 */
#include <png.h>
#include <stdlib.h>

#include "qr/scan/image.h"

#define PNG_SIGNATURE_LEN 8

static enum scan_problem
size_check(uint32_t w, uint32_t h)
{
	if (w == 0 || h == 0 || w > SCAN_SIDE_MAX || h > SCAN_SIDE_MAX ||
	    (size_t)w * h > SCAN_AREA_MAX)
		return SCAN_SIZE;
	return SCAN_OK;
}

static enum scan_problem
decode_png(struct bytes in, uint8_t **pixels, struct grey *out)
{
	const png_color white = { 255, 255, 255 };
	png_image img = { .version = PNG_IMAGE_VERSION };
	enum scan_problem r = SCAN_BROKEN;

	if (!png_image_begin_read_from_memory(&img, in.p, in.n))
		goto out;
	if ((r = size_check(img.width, img.height)) != SCAN_OK)
		goto out;
	r = SCAN_MEMORY;
	img.format = PNG_FORMAT_GRAY;
	if ((*pixels = malloc((size_t)img.width * img.height)) == NULL)
		goto out;
	r = SCAN_BROKEN;
	if (!png_image_finish_read(&img, &white, *pixels, 0, NULL))
		goto out;
	*out = (struct grey){ *pixels, img.width, img.height, img.width };
	r = SCAN_OK;
out:
	png_image_free(&img);
	return r;
}

/* White space and "#" comments, then a number of at most five digits. */
static enum scan_problem
pgm_number(struct bytes in, size_t *at, uint32_t *out)
{
	size_t digits = 0;

	for (; *at < in.n; (*at)++) {
		if (in.p[*at] == '#')
			while (*at + 1 < in.n && in.p[*at] != '\n')
				(*at)++;
		else if (strchr(" \t\r\n\v\f", in.p[*at]) == NULL ||
		    in.p[*at] == '\0')
			break;
	}
	*out = 0;
	for (; *at < in.n && in.p[*at] >= '0' && in.p[*at] <= '9'; (*at)++) {
		if (++digits > 5)
			return SCAN_SIZE;
		*out = *out * 10 + (uint32_t)(in.p[*at] - '0');
	}
	return digits == 0 ? SCAN_BROKEN : SCAN_OK;
}

static enum scan_problem
decode_pgm(struct bytes in, uint8_t **pixels, struct grey *out)
{
	uint32_t w, h, top;
	enum scan_problem r;
	size_t at = 2, n;

	if ((r = pgm_number(in, &at, &w)) != SCAN_OK ||
	    (r = pgm_number(in, &at, &h)) != SCAN_OK ||
	    (r = pgm_number(in, &at, &top)) != SCAN_OK ||
	    (r = size_check(w, h)) != SCAN_OK)
		return r;
	if (top == 0)
		return SCAN_BROKEN;
	if (top > 255)
		return SCAN_DEPTH;
	n = (size_t)w * h;
	/* one white space, then pixels */
	if (in.n <= at || in.n - at - 1 < n)
		return SCAN_BROKEN;
	if ((*pixels = malloc(n)) == NULL)
		return SCAN_MEMORY;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = in.p[at + 1 + i];

		(*pixels)[i] = (uint8_t)(v >= top ? 255 : v * 255 / top);
	}
	*out = (struct grey){ *pixels, w, h, w };
	return SCAN_OK;
}

enum scan_problem
image_decode(struct bytes in, uint8_t **pixels, struct grey *out)
{
	enum scan_problem r = SCAN_NO_IMAGE;

	*pixels = NULL;
	if (in.n > PNG_SIGNATURE_LEN &&
	    png_sig_cmp(in.p, 0, PNG_SIGNATURE_LEN) == 0)
		r = decode_png(in, pixels, out);
	else if (in.n > 2 && in.p[0] == 'P' && in.p[1] == '5')
		r = decode_pgm(in, pixels, out);
	if (r != SCAN_OK) {
		free(*pixels);
		*pixels = NULL;
	}
	return r;
}
