/*
 * The screen of a receiver: what the camera sees, with the code marked, how
 * far each stream is, and what would help.
 */
#ifndef QR_CARRY_LOOK_H
#define QR_CARRY_LOOK_H

#include "qr/carry/collect.h"
#include "qr/draw/paint.h"

struct look {
	const char *title;	/* the source and how it is set */
	const struct sight *sight;	/* NULL: none yet */
	const struct collect *collect;
	const char *note;	/* in place of a hint, or NULL */
	const char *keys;	/* the last line */
	int64_t now;
	bool mirrored;
	unsigned rows, columns;
	struct ink ink;
};

/* One whole screen of rows and columns, added to out. */
void look_paint(const struct look *l, struct paint *out);

/* "the plan of a ceremony: 3 of 12 parts". */
void look_progress(const struct ur_stream *s, char *out, size_t n);

#endif
