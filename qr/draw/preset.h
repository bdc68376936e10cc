/*
 * How dense and how fast: the four presets, and how long a fragment of a
 * message each holds.  Measured (docs/gap.md): readers fail at finding the
 * grid, not at bit errors, so what counts is camera pixels per module.
 */
#ifndef QR_DRAW_PRESET_H
#define QR_DRAW_PRESET_H

#include <stdbool.h>

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

/*
 * Camera pixels a module gets, in tenths, where a symbol of the preset with
 * its quiet zone covers so many lines of the picture.
 */
#define PIXELS_GOOD 30
#define PIXELS_JUST 25		/* in good light; below it readers fail */
unsigned preset_pixels(const struct preset *p, unsigned lines);

/*
 * Does it fit a screen that holds symbols of version most, and does a camera
 * that sees it over so many lines read it?
 */
bool preset_serves(const struct preset *p, unsigned most, unsigned lines);

/* The next one on the screen, or p itself at the end; print has none. */
const struct preset *preset_coarser(const struct preset *p);
const struct preset *preset_denser(const struct preset *p);

#endif
