/*
 * Where frames go: the terminal, PNG files, or a PDF; and the options that
 * say so, the same for every command that sends.
 */
#ifndef QR_CARRY_OUTPUT_H
#define QR_CARRY_OUTPUT_H

#include "airgap/cli/cmd.h"
#include "qr/carry/play.h"

struct output_options {
	const char *preset;		/* NULL: normal, on paper print */
	const char *png, *pdf;
	uint64_t fps, fragment, frames, scale;	/* 0: not given */
	bool force;
};

#define OUTPUT_FRAME_OPTIONS(o) \
	TEXT("--preset", "NAME", &(o)->preset, \
	    "coarse, normal, dense; print for paper"), \
	NUMBER("--fps", "N", &(o)->fps, "frames a second, 1 to 15"), \
	TEXT("--png", "DIR", &(o)->png, "writes PNG files there instead"), \
	NUMBER("--scale", "N", &(o)->scale, \
	    "pixels a module of a PNG, 1 to 32 (8)"), \
	TEXT("--pdf", "FILE", &(o)->pdf, "writes pages to print instead"), \
	NUMBER("--frames", "N", &(o)->frames, \
	    "how many, in files (all, and a fourth more)"), \
	FLAG("--force", &(o)->force, "replace files that are there")

#define OUTPUT_FRAGMENT_OPTION(o) \
	NUMBER("--fragment", "BYTES", &(o)->fragment, \
	    "of the record in a frame, in place of the preset's")

/*
 * Puts n items, 1 or more, where the options say.  Returns 0, ERR_USAGE
 * (options), ERR_EXISTS, what show_run returns, or ERR_SYSTEM.
 */
int output_items(const struct output_options *o, const struct item *items,
    size_t n, struct err *e) MUST_CHECK;

#endif
