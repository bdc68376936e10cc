/*
 * Playing records on a screen: which frame is next, what a key does, what
 * the screen shows.  No terminal is touched here: qr/carry/show.c does that.
 */
#ifndef QR_CARRY_PLAY_H
#define QR_CARRY_PLAY_H

#include "airgap/ur/words.h"
#include "qr/carry/stream.h"
#include "qr/draw/paint.h"

/* One record, or lines, with what people are told about it. */
struct item {
	struct content content;
	const char *title;	/* the names of its files */
	const char *kind;	/* "the plan of a ceremony"; NULL: lines */
	const char *summary;	/* one line of it, text of others; or NULL */
	bool rehearsal;
	struct words words;	/* where kind is not NULL */
};

/* Columns and rows that text takes, beside the code or below it. */
#define TEXT_COLUMNS 32
#define TEXT_ROWS 3

/* Frames a second in tenths; the preset's unless one was asked for. */
#define RATE_MAX 150		/* above 10 a second frames are lost */

struct play {
	const struct item *items;
	size_t count, at;	/* items; the one that is played */
	size_t shown;		/* how many were played from end to end */
	const struct preset *preset;
	size_t fragment;	/* 0: the preset's */
	bool fit;		/* smaller codes where the screen wants them */
	unsigned rate;		/* in tenths; 0: the preset's */
	struct ink ink;
	const struct readback *reader;
	/* the stream, and the frame that is on the screen */
	struct stream *stream;
	uint32_t seq;
	struct symbol symbol;
	/* the screen */
	unsigned rows, columns;
	bool text_page;		/* words and keys instead of the code */
	bool paused, full;	/* full: nothing but the code */
	bool fresh;		/* the whole screen must be cleared */
	bool too_many;		/* parts, for the density asked for last */
};

/* What the caller does after a key. */
enum play_next {
	PLAY_ON,		/* nothing has changed */
	PLAY_PAINT,		/* the screen has; the frame's time goes on */
	PLAY_FRAME,		/* another frame is there; its time begins */
	PLAY_END,
};

/*
 * Begins with item 0, waiting for a key; lines begin at once.  Set items,
 * count, preset, fragment, fit, rate, ink, reader, rows and columns before;
 * end with play_end.  Returns as stream_new and stream_symbol do.
 */
int play_begin(struct play *p, struct err *e) MUST_CHECK;
void play_end(struct play *p);

/* One key of screen.h; *next says what follows. */
int play_key(struct play *p, int key, enum play_next *next,
    struct err *e) MUST_CHECK;

/* The time of the frame is over: the next one. */
int play_step(struct play *p, struct err *e) MUST_CHECK;

/* How long a frame stays, in ms, give or take 10 % at random. */
unsigned play_ms(const struct play *p);

/* The rate in tenths of a frame a second. */
unsigned play_rate(const struct play *p);

/* Paints the screen as it is now, for its rows and columns. */
void play_paint(const struct play *p, struct paint *out);

/*
 * Does the stream fit the screen?  ERR_REFUSED with what would help;
 * console: the Linux console.
 */
int play_fits(const struct play *p, bool console, struct err *e) MUST_CHECK;

#endif
