/*
 * How dense and how fast: the four presets, and how long a fragment of a
 * message each holds.  Measured (docs/gap.md): readers fail at finding the
 * grid, not at bit errors, so what counts is camera pixels per module.
 */
#ifndef QR_DRAW_PRESET_H
#define QR_DRAW_PRESET_H

#include "qr/draw/symbol.h"

struct preset {
	const char *name;	/* coarse normal dense print */
	unsigned version;	/* the largest symbol of the stream */
	enum symbol_level level;
	size_t fragment;	/* bytes of the message in one frame */
	unsigned fps;		/* frames a second; 0 on paper */
	const char *use;	/* what it is for */
};

#define PRESETS 4
extern const struct preset presets[PRESETS];	/* coarse first, print last */

/* ERR_USAGE naming the presets there are. */
int preset_find(const char *name, const struct preset **out,
    struct err *e) MUST_CHECK;

/* The next one on the screen, or p itself at the end; print has none. */
const struct preset *preset_coarser(const struct preset *p);
const struct preset *preset_denser(const struct preset *p);

#endif
