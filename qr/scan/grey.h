/*
 * A grey picture, a byte a pixel, 0 black.  Borrowed, as struct bytes is.
 */
#ifndef QR_SCAN_GREY_H
#define QR_SCAN_GREY_H

#include <stddef.h>
#include <stdint.h>

struct grey {
	const uint8_t *p;
	uint32_t w, h;
	size_t stride;		/* bytes from a row to the next, >= w */
};

#endif
