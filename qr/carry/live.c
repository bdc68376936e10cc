/*
 * The receiver's screen at work.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "qr/carry/live.h"
#include "qr/draw/screen.h"

#define WAIT_MS 50
#define PAINT_MS 80
#define AGAIN_MS 2000		/* between tries to open a camera */
#define SHORT_EXPOSURE 100	/* 10 ms: screen frames do not blend */
#define FOCUS_STEPS 20
#define BLIND_TIMES 6		/* as long where no code is seen */
#define ENDED 2			/* beside 1, complete */
#define FILM_KEYS "q quit   s start again   m mirror"
#define CAMERA_KEYS FILM_KEYS "   e exposure   f focus   < > focus by hand"

struct live {
	const char *source;
	struct scanner **scanner;
	struct collect *collect;
	struct look look;
	const struct sight_camera *camera;	/* NULL: a film */
	struct sight last;	/* the picture on the screen */
	char title[192], note[ERR_TEXT_MAX];
	int64_t painted, note_ms;
	int64_t watch_ms;	/* only looking, for so long; or 0 */
	bool screen;
};

static struct paint paint;	/* large; one screen a process */

static int
repaint(struct live *l, struct err *e)
{
	unsigned rows, columns;
	int r;

	if ((r = screen_size(&rows, &columns, e)) != 0)
		return r;
	screen_begin(&paint, &l->look.ink);
	if (rows != l->look.rows || columns != l->look.columns) {
		paint_plain(&paint, &l->look.ink);
		paint_text(&paint, "\033[2J");
	}
	l->look.rows = rows;
	l->look.columns = columns;
	l->look.now = clock_ms();
	l->painted = l->look.now;
	look_paint(&l->look, &paint);
	return screen_show(&paint, e);
}

static void
note(struct live *l, const char *text)
{
	snprintf(l->note, sizeof(l->note), "%s", text);
	l->look.note = l->note;
	l->note_ms = clock_ms();
}

/* What the camera is set to; a film says nothing about itself. */
static void
describe(struct live *l)
{
	static const char *const formats[FORMATS] = { "GREY", "NV12", "YUYV",
	    "MJPEG" };
	const struct sight_camera *c = NULL;
	const struct collect *k = l->collect;
	char of[48] = "";

	if (k->wanted > 1)
		snprintf(of, sizeof(of), "record %zu of %zu ", k->taken + 1,
		    k->wanted);
	if (*l->scanner == NULL ||
	    scanner_camera(*l->scanner, &c, NULL) != 0)
		c = NULL;
	l->camera = c;
	l->look.keys = c == NULL ? FILM_KEYS : CAMERA_KEYS;
	if (c == NULL)
		snprintf(l->title, sizeof(l->title), "receiving %sfrom %.70s",
		    of, l->source);
	else
		snprintf(l->title, sizeof(l->title), "receiving %sfrom "
		    "%.30s: %s, %ux%u %s, %u a second", of, l->source, c->name,
		    c->set.w, c->set.h, formats[c->set.format], c->set.fps);
}

/* Sets a control and tells how it went. */
static void
set(struct live *l, enum scan_control which, uint32_t value, const char *what)
{
	struct err e = { 0 };

	if (scanner_control(*l->scanner, which, value, &e) != 0)
		note(l, e.text);
	else
		note(l, what);
	describe(l);
}

static void
toggle_exposure(struct live *l)
{
	const struct sight_control *a =
	    &l->camera->controls[CONTROL_AUTO_EXPOSURE];
	uint32_t usual = a->standard != 1 ? a->standard : 3;

	if (!a->there) {
		note(l, "this camera does not let exposure be set");
	} else if (a->value != 1) {
		set(l, CONTROL_AUTO_EXPOSURE, 1, "exposure by hand");
		set(l, CONTROL_EXPOSURE, SHORT_EXPOSURE,
		    "exposure by hand: 10 ms");
	} else {
		set(l, CONTROL_AUTO_EXPOSURE, usual, "exposure by the camera");
	}
}

static void
move_focus(struct live *l, int by)
{
	struct sight_control f = l->camera->controls[CONTROL_FOCUS];
	uint32_t step = (f.max - f.min) / FOCUS_STEPS + 1;
	uint32_t value = f.value;

	if (!f.there) {
		note(l, "this camera has no focus that can be set");
		return;
	}
	if (by < 0)
		value = value > f.min + step ? value - step : f.min;
	else
		value = f.max - value > step ? value + step : f.max;
	if (l->camera->controls[CONTROL_AUTO_FOCUS].there)
		set(l, CONTROL_AUTO_FOCUS, 0, "");
	set(l, CONTROL_FOCUS, value, by < 0 ? "focus: farther" :
	    "focus: nearer");
}

static void
toggle_focus(struct live *l)
{
	const struct sight_control *a =
	    &l->camera->controls[CONTROL_AUTO_FOCUS];

	if (!a->there)
		note(l, "this camera has no autofocus");
	else
		set(l, CONTROL_AUTO_FOCUS, a->value == 0, a->value == 0 ?
		    "focus by the camera" : "focus stays as it is");
}

/* False: the person gives up. */
static bool
key(struct live *l, int k)
{
	switch (k) {
	case 'q':
	case KEY_END:
		return false;
	case 's':
		collect_reset(l->collect, clock_ms());
		note(l, "all that had arrived is forgotten");
		return true;
	case 'm':
		l->look.mirrored = !l->look.mirrored;
		return true;
	}
	if (l->camera == NULL || *l->scanner == NULL)
		return true;
	if (k == 'e')
		toggle_exposure(l);
	else if (k == 'f')
		toggle_focus(l);
	else if (k == '<' || k == '>')
		move_focus(l, k == '<' ? -1 : 1);
	return true;
}

/*
 * A camera that fails is opened again.  A helper that failed is not started
 * again on what made it fail: that would be one more try for whoever did it.
 */
static int
again(struct live *l, struct err *e)
{
	int r = scanner_open(l->source, l->scanner, e);

	if (r == ERR_HELPER)
		return r;
	if (r == 0)
		describe(l);
	note(l, r == 0 ? "the camera is back" : e->text);
	return 0;
}

/* One picture: 0 go on, 1 complete, ENDED, or an error. */
static int
look_once(struct live *l, struct err *e)
{
	const struct sight *s;
	int r = scanner_next(*l->scanner, WAIT_MS, true, &s, e);

	if (r != 0 && r != ERR_HELPER &&
	    strncmp(l->source, "v4l2:", 5) == 0) {
		note(l, e->text);
		scanner_close(*l->scanner);
		*l->scanner = NULL;
		l->look.sight = NULL;
		return 0;
	}
	if (r != 0)
		return r;
	if (s->state == SIGHT_END)
		return ENDED;
	if (s->state == SIGHT_WAIT)
		return 0;
	l->last = *s;
	l->look.sight = &l->last;
	r = collect_sight(l->collect, s, clock_ms(), e);
	return r == 1 && l->watch_ms != 0 ? 0 : r;
}

/* Has it been looked at long enough? */
static bool
seen(const struct live *l)
{
	const struct collect *c = l->collect;
	int64_t now = clock_ms();

	return l->watch_ms != 0 && (c->read > 0 ?
	    now - c->first_ms > l->watch_ms :
	    now - c->begun_ms > BLIND_TIMES * l->watch_ms);
}

/* Keys, where there is a screen: false where the person gives up. */
static bool
keys(struct live *l, int *k)
{
	int ms = *l->scanner == NULL ? WAIT_MS : 0;

	*k = KEY_NONE;
	if (l->screen)
		*k = screen_key(ms);
	else
		(void)poll(NULL, 0, ms);
	return (*k <= 0 && *k != KEY_END) || key(l, *k);
}

static int
loop(struct live *l, struct err *e)
{
	int64_t tried = clock_ms();
	int r = 0;

	for (;;) {
		int k;

		if (!keys(l, &k))
			return l->watch_ms != 0 ? ENDED : err_set(e,
			    ERR_REFUSED, l->collect->taken == 0 ? "you quit: "
			    "nothing was written" : "you quit; what had "
			    "arrived whole is written");
		if (seen(l))
			return ENDED;
		if (*l->scanner == NULL && clock_ms() - tried > AGAIN_MS) {
			if ((r = again(l, e)) != 0)
				return r;
			tried = clock_ms();
		}
		if (*l->scanner != NULL && (r = look_once(l, e)) != 0)
			return r;
		if (*l->scanner != NULL && l->look.note != NULL &&
		    clock_ms() - l->note_ms > AGAIN_MS)
			l->look.note = NULL;
		if (l->screen && (k != KEY_NONE ||
		    clock_ms() - l->painted > PAINT_MS) &&
		    (r = repaint(l, e)) != 0)
			return r;
	}
}

/* LIVE_ENDED, 0 complete, or an error. */
static int
run(const char *source, struct scanner **scanner, struct collect *collect,
    int seconds, struct err *e)
{
	static struct live l;		/* large; one screen a process */
	int r;

	l = (struct live){ .source = source, .scanner = scanner,
	    .collect = collect, .watch_ms = seconds * 1000,
	    .screen = seconds == 0 || isatty(STDOUT_FILENO) };
	l.look = (struct look){ .title = l.title, .collect = collect,
	    .ink = { screen_colours(), LIGHT_MAX, false } };
	describe(&l);
	if (l.screen && (r = screen_open(e)) != 0)
		return r;
	r = loop(&l, e);
	while (l.screen && screen_key(0) > 0)
		;	/* what was typed here is no answer to what follows */
	screen_close();
	return r == 1 ? 0 : r == ENDED ? LIVE_ENDED : r;
}

int
live_run(const char *source, struct scanner **scanner,
    struct collect *collect, struct err *e)
{
	int r = run(source, scanner, collect, 0, e);

	if (r == 0)
		fputc('\a', stderr);	/* a beep */
	return r;
}

int
live_watch(const char *source, struct scanner **scanner,
    struct collect *collect, int seconds, struct err *e)
{
	return run(source, scanner, collect, seconds, e);
}
