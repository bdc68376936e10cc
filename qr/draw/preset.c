/*
 * The presets, coarse to dense, then paper.
 */
#include "qr/draw/preset.h"

const struct preset presets[PRESETS] = {
	{ "coarse", 10, LEVEL_M, 120, 4,
	    "small displays, poor webcams, 480 lines" },
	{ "normal", 18, LEVEL_M, 350, 5,
	    "the camera of a laptop or a phone, 720 lines" },
	{ "dense", 25, LEVEL_M, 690, 6,
	    "a camera of 1080 lines that stands still" },
	{ "print", 15, LEVEL_Q, 180, 0, "paper" },
};

int
preset_find(const char *name, const struct preset **out, struct err *e)
{
	for (size_t i = 0; i < PRESETS; i++)
		if (strcmp(presets[i].name, name) == 0) {
			*out = &presets[i];
			return 0;
		}
	return err_set(e, ERR_USAGE, "there is no preset '%.40s'; there are "
	    "coarse, normal, dense and print", name);
}

/* those of the screen have a rate */
static const struct preset *
step(const struct preset *p, int by)
{
	ptrdiff_t i = p - presets + by;

	if (p->fps == 0 || i < 0 || i >= PRESETS || presets[i].fps == 0)
		return p;
	return &presets[i];
}

const struct preset *
preset_coarser(const struct preset *p)
{
	return step(p, -1);
}

const struct preset *
preset_denser(const struct preset *p)
{
	return step(p, 1);
}

unsigned
preset_pixels(const struct preset *p, unsigned lines)
{
	return 10 * lines / (SYMBOL_WIDTH(p->version) + 2 * SYMBOL_QUIET);
}

bool
preset_serves(const struct preset *p, unsigned most, unsigned lines)
{
	return p->fps != 0 && p->version <= most &&
	    preset_pixels(p, lines) >= PIXELS_JUST;
}
