/*
 * The terminal's side of playing.
 */
#include "airgap/fd.h"
#include "qr/carry/show.h"
#include "qr/draw/screen.h"

static struct paint paint;	/* large; one screen a process */

static int
repaint(struct play *p, struct err *e)
{
	int r = ERR_INTERNAL;
	unsigned rows, columns;

	if ((r = screen_size(&rows, &columns, e)) != 0)
		return r;
	if (rows != p->rows || columns != p->columns)
		p->fresh = true;
	p->rows = rows;
	p->columns = columns;
	screen_begin(&paint, &p->ink);
	play_paint(p, &paint);
	p->fresh = false;
	return screen_show(&paint, e);
}

/* Keys until the frame's time is over or another frame is there. */
static int
wait_keys(struct play *p, enum play_next *next, struct err *e)
{
	int64_t end = clock_ms() + play_ms(p);
	int r = ERR_INTERNAL;

	for (;;) {
		int64_t left = end - clock_ms();
		int key;

		if (left <= 0 && !p->paused)
			return play_step(p, e);
		key = screen_key(p->paused ? -1 : (int)left);
		if (key == KEY_NONE)
			continue;
		*next = PLAY_PAINT;
		if (key != KEY_RESIZED &&
		    (r = play_key(p, key, next, e)) != 0)
			return r;
		if (*next == PLAY_FRAME || *next == PLAY_END)
			return 0;
		if (*next == PLAY_PAINT && (r = repaint(p, e)) != 0)
			return r;
	}
}

static int
loop(struct play *p, struct err *e)
{
	enum play_next next = PLAY_FRAME;
	int r = ERR_INTERNAL;

	while (next != PLAY_END)
		if ((r = repaint(p, e)) != 0 ||
		    (r = wait_keys(p, &next, e)) != 0)
			return r;
	if (p->shown < p->count)
		return err_set(e, ERR_REFUSED, "ended before all was shown: "
		    "%zu of %zu records were", p->shown, p->count);
	return 0;
}

int
show_run(struct play *p, struct err *e)
{
	int r = ERR_INTERNAL;

	p->ink = (struct ink){ screen_colours(), LIGHT_MAX, false };
	if ((r = screen_size(&p->rows, &p->columns, e)) != 0 ||
	    (r = play_begin(p, e)) != 0 ||
	    (r = play_fits(p, p->ink.colours == COLOURS_CONSOLE, e)) != 0 ||
	    (r = screen_open(e)) != 0)
		goto out;
	r = loop(p, e);
out:
	screen_close();
	play_end(p);
	return r;
}
