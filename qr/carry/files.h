/*
 * Frames as files: PNG pictures in a folder, or the pages of a PDF.
 */
#ifndef QR_CARRY_FILES_H
#define QR_CARRY_FILES_H

#include "qr/carry/play.h"

#define FILES_FRAMES_MAX 9999

struct files_how {
	const struct preset *preset;
	size_t fragment;	/* 0: the preset's */
	size_t frames;		/* 0: all parts, and a fourth more mixed */
	unsigned scale;		/* of PNG files */
	bool replace;
};

/*
 * dir/0001.png and on; of several items dir/1-0001.png and on.  The folder
 * is made where it is missing, and may hold no other PNG file.  Each record
 * and its words are told on standard error.  Returns 0, ERR_EXISTS, or what
 * stream_new, stream_symbol, raster_png and file_write return.
 */
int files_png(const struct item *items, size_t n, const struct files_how *how,
    const struct readback *reader, const char *dir, struct err *e) MUST_CHECK;

/* One item on paper, to path. */
int files_pdf(const struct item *item, const struct files_how *how,
    const struct readback *reader, const char *path, struct err *e) MUST_CHECK;

#endif
