/*
 * quorate doctor: does this machine do what a ceremony needs of it?
 */
#include <stdio.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "airgap/cli/ui.h"
#include "airgap/record/payload.h"
#include "ceremony/commands.h"
#include "qr/carry/live.h"
#include "qr/carry/output.h"
#include "qr/draw/screen.h"

#define CAMERAS 64
#define SECONDS 10
#define FILL 80			/* of the picture's height, in percent */

static const char *
verdict(unsigned pixels)
{
	return pixels >= PIXELS_GOOD ? "yes" : pixels >= PIXELS_JUST ?
	    "just, in good light" : "no";
}

/* --- what there is */

/* The largest version that it shows; 0: there is no screen. */
static unsigned
print_screen(void)
{
	unsigned rows, columns, most;

	if (!isatty(STDOUT_FILENO) || screen_size(&rows, &columns, NULL) != 0)
		return 0;
	most = paint_largest(rows, columns);
	printf("this screen: %u columns, %u rows; codes up to version %u\n",
	    columns, rows, most);
	for (size_t i = 0; i < PRESETS; i++)
		if (presets[i].fps != 0)
			printf("  %-7s %s\n", presets[i].name,
			    presets[i].version <= most ? "yes" :
			    "no: a larger window, or a smaller font");
	if (most >= presets[0].version && most < presets[1].version)
		printf("  without --preset send takes codes that fit\n");
	return most;
}

/* What serves both ways between two machines like this one. */
static void
print_both(unsigned most, unsigned lines)
{
	bool any = false;

	printf("  this screen and this camera:");
	for (size_t i = 0; i < PRESETS; i++)
		if (preset_serves(&presets[i], most, lines)) {
			printf(" %s", presets[i].name);
			any = true;
		}
	puts(any ? "" : " no preset; a larger window, or a camera of more "
	    "lines");
}

static void
print_sizes(const struct sight_camera *c)
{
	static const char *const formats[FORMATS] = { "GREY", "NV12", "YUYV",
	    "MJPEG" };

	for (size_t i = 0; i < c->n; i++) {
		const struct sight_size *s = &c->sizes[i];

		printf("  %4ux%-4u %-5s", s->w, s->h, formats[s->format]);
		if (s->fps == 0)
			printf(" (frames a second not told)\n");
		else
			printf(" %u frames a second\n", s->fps);
	}
}

static void
print_control(const char *name, const struct sight_control *v,
    const char *unit)
{
	if (v->there)
		printf("  %-14s %u to %u%s, now %u\n", name, v->min, v->max,
		    unit, v->value);
	else
		printf("  %-14s cannot be set\n", name);
}

static void
print_controls(const struct sight_camera *c)
{
	const struct sight_control *k = c->controls;

	printf("  exposure       %s\n", !k[CONTROL_AUTO_EXPOSURE].there ?
	    "by the camera alone" : k[CONTROL_AUTO_EXPOSURE].value == 1 ?
	    "by hand" : "by the camera, or by hand");
	print_control("exposure time", &k[CONTROL_EXPOSURE], " (0.1 ms)");
	printf("  focus          %s\n", !k[CONTROL_AUTO_FOCUS].there ?
	    "no autofocus" : k[CONTROL_AUTO_FOCUS].value != 0 ?
	    "by the camera" : "by hand");
	print_control("focus distance", &k[CONTROL_FOCUS], "");
}

/* By the lines of the largest size that is fast enough, or of any. */
static void
print_presets(const struct sight_camera *c, unsigned most)
{
	uint32_t h = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->sizes[i].h > h && c->sizes[i].h <= 1080)
			h = c->sizes[i].h;
	printf("  with %u lines, and the code over %d %% of them:\n", h, FILL);
	for (size_t i = 0; i < PRESETS; i++) {
		unsigned pixels = preset_pixels(&presets[i], h * FILL / 100);

		printf("    %-7s %2u.%u pixels a module: %s\n",
		    presets[i].name, pixels / 10, pixels % 10,
		    verdict(pixels));
	}
	if (most > 0)
		print_both(most, h * FILL / 100);
}

/* One device; false if it is no camera. */
static bool
print_device(unsigned n, unsigned most, struct err *e)
{
	const struct sight_camera *c = NULL;
	struct scanner *s;
	bool found = false;
	char path[32];

	snprintf(path, sizeof(path), "/dev/video%u", n);
	if (access(path, F_OK) != 0)
		return false;
	if (scanner_device(n, &s, e) != 0 || scanner_camera(s, &c, e) != 0) {
		/* the second device of a camera is no news */
		if (e->code != ERR_INPUT)
			ui_error(e->text);
	} else if (c->n > 0) {
		printf("%s: %s\n", path, c->name);
		print_sizes(c);
		print_controls(c);
		print_presets(c, most);
		found = true;
	}
	scanner_close(s);
	return found;
}

/* --- what it sees */

static void
print_seen(const struct collect *c, int64_t first_ms)
{
	unsigned share = c->frames == 0 ? 0 :
	    (unsigned)(100 * c->read / c->frames);

	printf("frames         %llu, of which %llu with a code (%u %%)\n",
	    (unsigned long long)c->frames, (unsigned long long)c->read,
	    share);
	printf("light          mean %u, contrast %u, of 255\n", c->mean,
	    c->contrast);
	if (c->read == 0)
		return;
	printf("first code     after %lld.%lld s\n",
	    (long long)first_ms / 1000, (long long)first_ms / 100 % 10);
	printf("code           version %u, %u.%u pixels a module\n",
	    c->version, c->pixels / 10, c->pixels % 10);
	for (size_t i = 0; i < PRESETS; i++) {
		unsigned p = c->pixels * SYMBOL_WIDTH(c->version) /
		    SYMBOL_WIDTH(presets[i].version);

		printf("  %-7s at this distance %2u.%u pixels a module: %s\n",
		    presets[i].name, p / 10, p % 10, verdict(p));
	}
}

static int
look(const char *source, struct err *e)
{
	static struct collect collect;	/* large; one command a process */
	struct scanner *s = NULL;
	int64_t began = clock_ms();
	int r = ERR_INTERNAL;

	if ((r = collect_new(&collect, began, e)) != 0 ||
	    (r = scanner_open(source, &s, e)) != 0)
		goto out;
	r = live_watch(source, &s, &collect, SECONDS, e);
	if (r != 0 && r != LIVE_ENDED)
		goto out;
	print_seen(&collect, collect.first_ms - began);
	r = collect.read > 0 ? 0 : err_set(e, ERR_REFUSED, "no code was "
	    "read; show the test card with: quorate doctor camera --card");
out:
	scanner_close(s);
	collect_free(&collect);
	return r;
}

static int
show_card(const struct output_options *o, struct err *e)
{
	struct payload p = { 0 };
	struct item item = { .title = "test card", .rehearsal = true };
	int r;

	if ((r = payload_test_card(&p, e)) == 0) {
		item.content.type = p.kind->ur;
		item.content.message = buf_bytes(&p.message);
		r = output_items(o, &item, 1, e);
	}
	payload_free(&p);
	return r;
}

static bool
for_card(const struct output_options *o)
{
	return o->preset != NULL || o->png != NULL || o->pdf != NULL ||
	    o->fps + o->fragment + o->frames + o->scale > 0 || o->force;
}

static int
camera(struct cmd *c)
{
	struct output_options o = { 0 };
	bool card = false;
	const struct opt opts[] = {
		FLAG("--card", &card, "shows a test card for another camera, "
		    "as send does"),
		OUTPUT_FRAME_OPTIONS(&o), OUTPUT_FRAGMENT_OPTION(&o), END };
	size_t found = 0;
	unsigned most;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	if (card && c->nargs > 0)
		return err_set(&c->e, ERR_USAGE, "--card shows, SOURCE "
		    "looks: give one of them");
	if (card)
		return show_card(&o, &c->e);
	if (for_card(&o))
		return err_set(&c->e, ERR_USAGE, "the other options are those "
		    "of --card");
	if (c->nargs > 0)
		return look(c->args[0], &c->e);
	most = print_screen();
	for (unsigned i = 0; i < CAMERAS; i++)
		found += print_device(i, most, &c->e);
	if (found == 0)
		return err_set(&c->e, ERR_INPUT, "no camera is found; plug "
		    "one in, or read pictures and films with png:, dir:, "
		    "y4m:");
	printf("to try: 'quorate doctor camera --card' on the other screen, "
	    "here\n'quorate doctor camera v4l2:/dev/video0'\n");
	return 0;
}

const struct command commands_doctor[] = {
	{ "camera", "[SOURCE]", "cameras, what they offer, which presets do",
	    "Without SOURCE it lists cameras and says which presets this "
	    "screen and they\nmanage.  With one (v4l2:/dev/video0, y4m:FILE "
	    "...) it looks for ten seconds at\nwhatever code it is shown, "
	    "and says how well that went.  --card shows one: a\ntest card, "
	    "worth nothing.", camera, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
