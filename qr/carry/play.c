/*
 * Which frame is next, and what a key does.
 */
#include <sodium.h>

#include "qr/carry/play.h"
#include "qr/draw/screen.h"

#define LIGHT_STEP 0x30

/* Rates that + and - step through, in tenths of a frame a second. */
static const unsigned rates[] = { 5, 10, 20, 30, 40, 50, 60, 80, 100, 120,
    RATE_MAX };
#define RATES (sizeof(rates) / sizeof(rates[0]))

unsigned
play_rate(const struct play *p)
{
	return p->rate != 0 ? p->rate : p->preset->fps * 10;
}

/*
 * A camera that runs at a multiple of the rate would miss the same frames
 * for ever; a jitter breaks the lock.
 */
unsigned
play_ms(const struct play *p)
{
	unsigned ms = 10000 / play_rate(p);

	return ms * (90 + randombytes_uniform(21)) / 100;
}

static int
frame(struct play *p, uint32_t seq, struct err *e)
{
	p->seq = seq;
	return stream_symbol(p->stream, seq, p->reader, &p->symbol, e);
}

/* The largest version that leaves room for text, if it is not too small. */
static unsigned
roomy(const struct play *p)
{
	unsigned beside = p->columns < TEXT_COLUMNS ? 0 :
	    paint_largest(p->rows, p->columns - TEXT_COLUMNS);
	unsigned below = p->rows < TEXT_ROWS ? 0 :
	    paint_largest(p->rows - TEXT_ROWS, p->columns);
	unsigned most = beside > below ? beside : below;

	return most >= presets[0].version ? most :
	    paint_largest(p->rows, p->columns);
}

/* Bytes in a frame: what the preset has, less on a small screen. */
static size_t
fragment_now(const struct play *p)
{
	const struct content *c = &p->items[p->at].content;
	unsigned most = roomy(p);

	if (p->fragment != 0 || !p->fit || c->type == NULL ||
	    most >= p->preset->version || most < presets[0].version)
		return p->fragment;
	return stream_fragment_for(c->type, most, p->preset->level);
}

/*
 * The item from its first part, at the density of now; where there can be no
 * such stream, the one before goes on.
 */
static int
open_item(struct play *p, struct err *e)
{
	struct stream *s = NULL;
	int r = stream_new(&p->items[p->at].content, p->preset,
	    fragment_now(p), &s, e);

	if (r != 0)
		return r;
	stream_free(p->stream);
	p->stream = s;
	p->fresh = true;
	p->too_many = false;
	return frame(p, 1, e);
}

/* A record waits on its page of words until the receiver is ready. */
static int
begin_item(struct play *p, struct err *e)
{
	p->text_page = p->items[p->at].kind != NULL;
	p->paused = p->text_page;
	return open_item(p, e);
}

int
play_begin(struct play *p, struct err *e)
{
	p->at = p->shown = 0;
	return begin_item(p, e);
}

void
play_end(struct play *p)
{
	stream_free(p->stream);
	p->stream = NULL;
}

int
play_step(struct play *p, struct err *e)
{
	/* the parts of a stream come in order: the last one ends the item */
	if (p->seq >= p->stream->parts && p->shown == p->at)
		p->shown++;
	return frame(p, stream_after(p->stream, p->seq), e);
}

static void
change_rate(struct play *p, int by)
{
	unsigned now = play_rate(p);

	if (by > 0) {
		for (size_t i = 0; i < RATES; i++)
			if (rates[i] > now) {
				p->rate = rates[i];
				break;
			}
	} else {
		for (size_t i = RATES; i-- > 0;)
			if (rates[i] < now) {
				p->rate = rates[i];
				break;
			}
	}
}

static void
change_light(struct play *p, int by)
{
	int light = p->ink.light + by * LIGHT_STEP;

	if (light < LIGHT_MIN)
		light = LIGHT_MIN;
	p->ink.light = (uint8_t)(light > LIGHT_MAX ? LIGHT_MAX : light);
}

/*
 * Another density is another stream: the receiver begins anew with it.  A
 * record too large for it stays as it is.
 */
static int
change_density(struct play *p, const struct preset *to,
    enum play_next *next, struct err *e)
{
	const struct preset *preset = p->preset;
	size_t fragment = p->fragment;
	bool fit = p->fit;
	int r;

	if (to == p->preset && p->fragment == 0)
		return 0;
	p->preset = to;
	p->fragment = 0;
	p->fit = true;
	*next = PLAY_FRAME;
	if ((r = open_item(p, e)) != ERR_INPUT)
		return r;
	p->preset = preset;
	p->fragment = fragment;
	p->fit = fit;
	p->too_many = true;
	*next = PLAY_PAINT;
	return 0;
}

static int
next_item(struct play *p, enum play_next *next, struct err *e)
{
	if (p->at + 1 == p->count) {
		*next = PLAY_END;
		return 0;
	}
	p->at++;
	*next = PLAY_FRAME;
	return begin_item(p, e);
}

/* Keys that change what is played. */
static int
stream_key(struct play *p, int key, enum play_next *next, struct err *e)
{
	switch (key) {
	case 'c':
	case '<':
		return change_density(p, preset_coarser(p->preset), next, e);
	case 'd':
	case '>':
		return change_density(p, preset_denser(p->preset), next, e);
	case 'r':
		p->text_page = p->paused = false;
		p->fresh = true;
		*next = PLAY_FRAME;
		return frame(p, 1, e);
	case 'n':
		return next_item(p, next, e);
	case 'q':
	case KEY_END:
		*next = PLAY_END;
		return 0;
	}
	*next = PLAY_ON;
	return 0;
}

/* The space bar: from the page of words to the code, then stop and go. */
static void
toggle(struct play *p)
{
	p->paused = !p->text_page && !p->paused;
	p->fresh = p->fresh || p->text_page;
	p->text_page = false;
}

int
play_key(struct play *p, int key, enum play_next *next, struct err *e)
{
	*next = PLAY_PAINT;
	switch (key) {
	case ' ':
	case '\n':
	case '\r':
		toggle(p);
		break;
	case '+':
	case '=':
		change_rate(p, 1);
		break;
	case '-':
		change_rate(p, -1);
		break;
	case 'i':
		p->ink.invert = !p->ink.invert;
		break;
	case 'b':
		change_light(p, -1);
		break;
	case 'B':
		change_light(p, 1);
		break;
	case 'f':
		p->full = !p->full;
		p->paused = p->paused && !p->text_page;
		p->text_page = false;
		p->fresh = true;
		break;
	case 'w':
		p->text_page = p->paused = true;
		p->fresh = true;
		break;
	default:
		return stream_key(p, key, next, e);
	}
	return 0;
}

int
play_fits(const struct play *p, bool console, struct err *e)
{
	const struct content *c = &p->items[p->at].content;
	unsigned most = paint_largest(p->rows, p->columns);

	size_t fragment = c->type == NULL || most == 0 ? 0 :
	    stream_fragment_for(c->type, most, p->preset->level);

	return paint_fits(p->stream->version, p->rows, p->columns,
	    fragment < STREAM_FRAGMENT_MIN ? 0 : fragment, console, e);
}
