/*
 * GREY and NV12 have their grey first, row by row; YUYV in every other byte;
 * of a JPEG only the grey is decoded (libjpeg-turbo).
 */
#include <turbojpeg.h>

#include "qr/scan/pixels.h"

void *
pixels_jpeg_new(void)
{
	return tjInitDecompress();
}

void
pixels_jpeg_free(void *jpeg)
{
	if (jpeg != NULL)
		(void)tjDestroy(jpeg);
}

/*
 * Warnings pass: webcams put stray bytes behind their frames, and a code that
 * is damaged is not read.
 */
static bool
jpeg_grey(struct camera *c, struct bytes in)
{
	int w, h, sampling, colours;

	if (tjDecompressHeader3(c->jpeg, in.p, in.n, &w, &h, &sampling,
	    &colours) != 0 || w != (int)c->w || h != (int)c->h)
		return false;
	return tjDecompress2(c->jpeg, in.p, in.n, c->pixels, w, w, h,
	    TJPF_GRAY, 0) == 0 || tjGetErrorCode(c->jpeg) == TJERR_WARNING;
}

bool
pixels_grey(struct camera *c, struct bytes in)
{
	uint8_t *out = c->pixels;

	if (c->format == FORMAT_MJPEG)
		return jpeg_grey(c, in);
	for (uint32_t y = 0; y < c->h; y++, out += c->w) {
		const uint8_t *row = in.p + y * c->stride;

		if (c->format == FORMAT_YUYV)
			for (uint32_t x = 0; x < c->w; x++)
				out[x] = row[2 * (size_t)x];
		else
			memcpy(out, row, c->w);
	}
	return true;
}
