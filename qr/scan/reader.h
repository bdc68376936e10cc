/*
 * Finding and reading QR codes in grey pictures: ZBar, QR only, every row
 * and column looked at, no memory from one picture to the next.
 *
 * Debian's libzbar0 0.23.92-7+deb12u1 is the oldest to use: it mends
 * CVE-2023-40889 and CVE-2023-40890, memory errors in this very path.
 */
#ifndef QR_SCAN_READER_H
#define QR_SCAN_READER_H

#include <stdbool.h>

#include "qr/scan/grey.h"
#include "qr/scan/wire.h"

struct reader;

/* Corners x, y in pixels of the picture, in ZBar's order around the code. */
struct corners {
	uint32_t xy[8];
};

/* What a picture shows; text borrows until the next picture. */
struct found {
	size_t n;
	uint32_t foreign;	/* codes whose text is not ours */
	struct {
		const char *text;
		size_t len;
		struct corners at;
	} codes[SCAN_CODES_MAX];
};

/* Free with reader_free.  NULL where memory is short or ZBar too old. */
struct reader *reader_new(void);
void reader_free(struct reader *r);

/*
 * One picture by itself: what fails is tried again a pixel aside, twice and
 * half as large, and with black and white exchanged.
 */
enum scan_problem reader_still(struct reader *r, const struct grey *g,
    struct found *out);

/*
 * One frame of a film: where the last frame had a code is tried first, but
 * all of every eighth frame is; after some frames without any code, every
 * other one is tried inverted.
 */
enum scan_problem reader_frame(struct reader *r, const struct grey *g,
    struct found *out);

#endif
