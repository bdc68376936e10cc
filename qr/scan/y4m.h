/*
 * Raw video, YUV4MPEG2 (mjpegtools, yuv4mpeg(5)): one line of text, then
 * frames, each a line and its planes.  The grey plane is all that is kept;
 * forms of colour: mono, and 4:2:0 of 8 bits in all its sitings.
 */
#ifndef QR_SCAN_Y4M_H
#define QR_SCAN_Y4M_H

#include "qr/scan/grey.h"
#include "qr/scan/wire.h"

/* Reads at most n bytes; the number read, 0 at the end. */
typedef size_t y4m_read(void *ctx, void *p, size_t n);

struct y4m {
	y4m_read *read;
	void *ctx;
	uint32_t w, h;		/* 0 until the header is read */
	size_t n;		/* bytes of a frame, its grey plane first */
	uint8_t *pixels;
};

/*
 * The next frame, in memory of v that the next call overwrites: SCAN_OK,
 * SCAN_END, or SCAN_NO_VIDEO, SCAN_COLOUR, SCAN_SIZE, SCAN_CUT, SCAN_MEMORY.
 */
enum scan_problem y4m_next(struct y4m *v, struct grey *out);

void y4m_free(struct y4m *v);

#endif
