/*
 * The screen of a sender.
 *
 * Beside the code, below it, or neither, by what is left of the rows and
 * columns; text keeps off the quiet zone by a cell at least.  The page of
 * words comes first, so that it can be read on any screen.
 */
#include <stdio.h>

#include "qr/carry/play.h"

#define SIDE_ROWS 20		/* of text beside the code */
#define GAP 2
#define MARK_LEN 13		/* " REHEARSAL " and a gap */

/* A place for lines of text. */
struct area {
	struct paint *out;
	const struct ink *ink;
	unsigned row, column, width;
	unsigned last;		/* row; what is below it is left out */
};

static void
line(struct area *a, const char *text)
{
	if (a->row > a->last)
		return;
	paint_line(a->out, a->row++, a->column, a->width, text);
}

/* REHEARSAL reversed; text goes on behind it. */
static void
mark_rehearsal(struct area *a)
{
	paint_at(a->out, a->row, a->column);
	paint_mark(a->out, a->ink);
	paint_text(a->out, " REHEARSAL ");
	paint_plain(a->out, a->ink);
	paint_text(a->out, "\033[K");
}

static void
title(const struct play *p, struct area *a)
{
	const struct item *it = &p->items[p->at];
	char text[256];

	if (it->rehearsal) {
		mark_rehearsal(a);
		a->row++;
	}
	if (p->count > 1) {
		snprintf(text, sizeof(text), "%zu of %zu: %s", p->at + 1,
		    p->count, it->title);
		line(a, text);
	} else {
		line(a, it->title);
	}
	if (it->kind != NULL)
		line(a, it->kind);
}

/* Over as many lines as it takes, cut anywhere: text of others. */
static void
long_line(struct area *a, const char *text)
{
	while (text != NULL && *text != '\0') {
		line(a, text);
		text += strnlen(text, a->width < PAINT_LINE_MAX ? a->width :
		    PAINT_LINE_MAX);
	}
}

/* The words, numbered, so many in a row. */
static void
words(const struct play *p, struct area *a, unsigned columns)
{
	const struct words *w = &p->items[p->at].words;

	if (p->items[p->at].kind == NULL)
		return;
	for (unsigned i = 0; i < WORDS_COUNT; i += columns) {
		char text[96] = "";
		size_t n = 0;

		for (unsigned c = i; c < i + columns; c++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%2u %s   ", c + 1, w->text[c]);
		line(a, text);
	}
}

static void
rate_line(const struct play *p, char *text, size_t n)
{
	unsigned rate = play_rate(p);
	char own[24];

	snprintf(own, sizeof(own), "%zu B", p->fragment);
	snprintf(text, n, "%s, version %u, %u.%u frames/s",
	    p->fragment == 0 ? p->preset->name : own, p->stream->version,
	    rate / 10, rate % 10);
}

/* Why a key has changed nothing; or empty. */
static const char *
note(const struct play *p)
{
	return p->too_many ? "too large for coarser codes" : "";
}

static void
place_line(const struct play *p, char *text, size_t n)
{
	const struct stream *s = p->stream;
	const char *paused = p->paused ? "  PAUSED" : "";

	if (s->parts == 1)
		snprintf(text, n, "one code, all of it%s", paused);
	else if (p->seq <= s->parts)
		snprintf(text, n, "part %u of %zu%s", p->seq, s->parts,
		    paused);
	else
		snprintf(text, n, "part %u: a mixture of the %zu%s", p->seq,
		    s->parts, paused);
}

static const char *const keys[] = {
	"space pause     r restart",
	"+ faster        - slower",
	"c coarser       d denser",
	"b darker        B brighter",
	"i invert        f full screen",
	"w words         n next   q quit",
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))
static const char keys_line[] = "space pause  r restart  +- speed  c d "
    "density  bB light  i invert  f full  w words  n next  q quit";
static const char keys_short[] = "space r + - c d b B i f w n q: w explains";

static void
beside(const struct play *p, struct area *a, unsigned rows)
{
	char text[128];

	title(p, a);
	place_line(p, text, sizeof(text));
	line(a, text);
	rate_line(p, text, sizeof(text));
	line(a, text);
	line(a, note(p));
	words(p, a, 2);
	a->row = rows - (unsigned)KEYS + 1;
	for (size_t i = 0; i < KEYS; i++)
		line(a, keys[i]);
}

static void
below(const struct play *p, struct area *a, unsigned rows)
{
	char place[64], rate[64], text[256];
	const struct item *it = &p->items[p->at];

	place_line(p, place, sizeof(place));
	rate_line(p, rate, sizeof(rate));
	snprintf(text, sizeof(text), "%s  %s", place, it->title);
	if (it->rehearsal) {
		mark_rehearsal(a);
		a->column += MARK_LEN;
		a->width -= MARK_LEN;
	}
	line(a, text);
	a->column = 1;
	if (a->row < rows)
		line(a, p->too_many ? note(p) : rate);
	if (a->row + 3 < rows)
		words(p, a, 4);
	a->row = rows;
	line(a, a->width >= sizeof(keys_line) ? keys_line : keys_short);
}

static void
words_page(const struct play *p, struct area *a)
{
	char text[128];

	title(p, a);
	long_line(a, p->items[p->at].summary);
	line(a, "");
	if (p->items[p->at].kind != NULL) {
		line(a, "The twelve words of this record. The receiver "
		    "compares them with those on");
		line(a, "paper, from where it was made, not with this "
		    "screen.");
		line(a, "");
		words(p, a, 4);
		line(a, "");
	}
	rate_line(p, text, sizeof(text));
	line(a, text);
	if (p->fragment == 0) {
		snprintf(text, sizeof(text), "for %s", p->preset->use);
		line(a, text);
	}
	place_line(p, text, sizeof(text));
	line(a, text);
	line(a, note(p));
	line(a, "Start when the camera stands: press space.");
	line(a, "");
	for (size_t i = 0; i < KEYS; i++)
		line(a, keys[i]);
}

/* A screen too small for the code says so; no key is lost by it. */
static void
too_small(const struct play *p, struct area *a)
{
	struct err e;

	if (play_fits(p, p->ink.colours == COLOURS_CONSOLE, &e) != 0)
		long_line(a, e.text);
	line(a, "c coarser   q quit");
}

static void
code(const struct play *p, struct paint *out)
{
	unsigned w = paint_columns(p->stream->version);
	unsigned h = paint_rows(p->stream->version);
	unsigned right = p->columns - w, under = p->rows - h;
	struct area a = { out, &p->ink, 1, w + GAP + 1, right - GAP, p->rows };

	if (!p->full && right >= TEXT_COLUMNS && p->rows >= SIDE_ROWS) {
		paint_symbol(out, &p->symbol, 1 + under / 2, 1, &p->ink);
		paint_plain(out, &p->ink);
		beside(p, &a, p->rows);
		return;
	}
	if (!p->full && under >= TEXT_ROWS) {
		paint_symbol(out, &p->symbol, 1, 1 + right / 2, &p->ink);
		paint_plain(out, &p->ink);
		/* one row stays empty under the quiet zone */
		a = (struct area){ out, &p->ink, h + 2, 1, p->columns,
		    p->rows };
		below(p, &a, p->rows);
		return;
	}
	paint_symbol(out, &p->symbol, 1 + under / 2, 1 + right / 2, &p->ink);
}

void
play_paint(const struct play *p, struct paint *out)
{
	struct area a = { out, &p->ink, 1, 1, p->columns, p->rows };

	paint_plain(out, &p->ink);
	if (p->fresh)
		paint_text(out, "\033[2J");
	if (p->text_page)
		words_page(p, &a);
	else if (paint_columns(p->stream->version) > p->columns ||
	    paint_rows(p->stream->version) > p->rows)
		too_small(p, &a);
	else
		code(p, out);
	paint_plain(out, &p->ink);
}
