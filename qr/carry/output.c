/*
 * Options to frames.
 */
#include "qr/carry/files.h"
#include "qr/carry/output.h"
#include "qr/carry/show.h"

#define SCALE 8

static int
check(const struct output_options *o, const struct preset *p, size_t n,
    struct err *e)
{
	bool files = o->png != NULL || o->pdf != NULL;

	if (o->png != NULL && o->pdf != NULL)
		return err_set(e, ERR_USAGE, "--png and --pdf exclude each "
		    "other");
	if (o->pdf != NULL && n > 1)
		return err_set(e, ERR_USAGE, "--pdf takes one record; make a "
		    "PDF of each");
	if (files && o->fps != 0)
		return err_set(e, ERR_USAGE, "--fps is for the terminal");
	if (!files && (o->frames != 0 || o->scale != 0 || o->force))
		return err_set(e, ERR_USAGE, "--frames, --scale and --force "
		    "are for --png and --pdf");
	if (o->fps > RATE_MAX / 10)
		return err_set(e, ERR_USAGE, "--fps is 1 to %d",
		    RATE_MAX / 10);
	if (o->frames > FILES_FRAMES_MAX)
		return err_set(e, ERR_USAGE, "--frames is 1 to %d",
		    FILES_FRAMES_MAX);
	if (o->scale > RASTER_SCALE_MAX)
		return err_set(e, ERR_USAGE, "--scale is 1 to %d",
		    RASTER_SCALE_MAX);
	if (!files && p->fps == 0)
		return err_set(e, ERR_USAGE, "the preset print is for paper; "
		    "give --pdf or --png too");
	return 0;
}

int
output_items(const struct output_options *o, const struct item *items,
    size_t n, struct err *e)
{
	const char *usual = o->pdf != NULL ? "print" : "normal";
	static struct play play;	/* large; one command a process */
	struct files_how how = { .fragment = o->fragment,
	    .frames = o->frames, .replace = o->force,
	    .scale = o->scale == 0 ? SCALE : (unsigned)o->scale };
	struct readback reader = { 0 };
	int r = ERR_INTERNAL;

	if ((r = preset_find(o->preset != NULL ? o->preset : usual,
	    &how.preset, e)) != 0 ||
	    (r = check(o, how.preset, n, e)) != 0 ||
	    (r = readback_open(&reader, e)) != 0)
		return r;
	play.items = items;
	play.count = n;
	play.preset = how.preset;
	play.fragment = o->fragment;
	play.fit = o->preset == NULL;
	play.rate = (unsigned)o->fps * 10;
	play.reader = &reader;
	if (o->png != NULL)
		r = files_png(items, n, &how, &reader, o->png, e);
	else if (o->pdf != NULL)
		r = files_pdf(items, &how, &reader, o->pdf, e);
	else
		r = show_run(&play, e);
	readback_close(&reader);
	return r;
}
