/*
 * Painting the receiver's screen.
 */
#include <stdio.h>

#include "qr/carry/look.h"

#define BAR 24			/* cells of a full bar */
#define LINES_BESIDE 3		/* title, hint, keys */
#define LINE_LEN 200

/* Grey cells, two pictures' rows a row of the screen. */
struct canvas {
	uint32_t w, h;
	uint8_t grey[SCAN_PREVIEW_W * SCAN_PREVIEW_H];
};

static void
dot(struct canvas *c, int64_t x, int64_t y, uint8_t grey)
{
	if (x >= 0 && y >= 0 && x < c->w && y < c->h)
		c->grey[y * c->w + x] = grey;
}

/* A line of dots, white and black in turn: seen on any ground. */
static void
edge(struct canvas *c, const int64_t from[2], const int64_t to[2])
{
	int64_t dx = to[0] - from[0], dy = to[1] - from[1];
	int64_t ax = dx < 0 ? -dx : dx, ay = dy < 0 ? -dy : dy;
	int64_t n = ax > ay ? ax : ay;

	for (int64_t i = 0; i <= n; i++)
		dot(c, from[0] + (n == 0 ? 0 : dx * i / n),
		    from[1] + (n == 0 ? 0 : dy * i / n),
		    i % 2 == 0 ? 255 : 0);
}

static void
mark_code(struct canvas *c, const struct sight *s, const struct sight_code *k)
{
	int64_t at[4][2];

	for (size_t i = 0; i < 4; i++) {
		at[i][0] = (int64_t)k->corners[2 * i] * c->w / s->w;
		at[i][1] = (int64_t)k->corners[2 * i + 1] * c->h / s->h;
	}
	for (size_t i = 0; i < 4; i++)
		edge(c, at[i], at[(i + 1) % 4]);
}

static void
paint_canvas(const struct canvas *c, const struct look *l, unsigned rows,
    struct paint *out)
{
	unsigned left = l->columns > c->w ? (l->columns - c->w) / 2 : 0;

	for (unsigned y = 0; y < (c->h + 1) / 2 && y < rows; y++) {
		const uint8_t *top = c->grey + 2 * (size_t)y * c->w;
		const uint8_t *low = 2 * y + 1 < c->h ? top + c->w : top;

		paint_plain(out, &l->ink);
		paint_at(out, 2 + y, 1);
		paint_text(out, "\033[K");
		paint_at(out, 2 + y, left + 1);
		for (uint32_t i = 0; i < c->w && i < l->columns; i++) {
			uint32_t x = l->mirrored ? c->w - 1 - i : i;

			paint_half(out, &l->ink, top[x], low[x]);
		}
	}
}

static unsigned
preview(const struct look *l, unsigned rows, struct paint *out)
{
	static struct canvas c;		/* one screen a process */
	const struct sight *s = l->sight;

	if (s == NULL || s->preview.w == 0)
		return 0;
	c.w = s->preview.w;
	c.h = s->preview.h;
	memcpy(c.grey, s->preview.grey, (size_t)c.w * c.h);
	for (size_t i = 0; i < s->n; i++)
		mark_code(&c, s, &s->codes[i]);
	paint_canvas(&c, l, rows, out);
	return (c.h + 1) / 2 < rows ? (c.h + 1) / 2 : rows;
}

static void
line(const struct look *l, struct paint *out, unsigned row, const char *text)
{
	if (row <= l->rows)
		paint_line(out, row, 1, l->columns, text);
}

void
look_progress(const struct ur_stream *s, char *out, size_t n)
{
	const char *kind = collect_kind(s->type);

	snprintf(out, n, "%s: %zu of %zu parts%s", kind == NULL ? s->type :
	    kind, s->rank, s->parts, s->complete ? ", whole" : "");
}

/* filling: the last code was of this one */
static void
stream_line(const struct ur_stream *s, bool filling, char *out, size_t n)
{
	char bar[BAR + 1], text[100];
	size_t full = s->parts == 0 ? 0 : BAR * s->rank / s->parts;

	for (size_t i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '-';
	bar[BAR] = '\0';
	look_progress(s, text, sizeof(text));
	snprintf(out, n, "%s%s  %s", filling ? "> " : "  ", bar, text);
}

/* Each stream has its line and keeps it while others come and go. */
static unsigned
stream_lines(const struct look *l, unsigned row, struct paint *out)
{
	const struct collect *c = l->collect;
	char text[LINE_LEN];

	for (unsigned slot = 0; slot < UR_STREAMS; slot++)
		for (size_t i = 0; i < c->n; i++)
			if (c->streams[i].slot == slot) {
				stream_line(&c->streams[i], i == 0, text,
				    sizeof(text));
				line(l, out, row++, text);
			}
	if (c->n == 0)
		line(l, out, row++, "waiting for the first part");
	return row;
}

void
look_paint(const struct look *l, struct paint *out)
{
	const struct collect *c = l->collect;
	const char *hint = l->note != NULL ? l->note :
	    collect_hint(c, l->now);
	size_t lines = c->n == 0 ? 1 : c->n;
	unsigned used = LINES_BESIDE + (unsigned)lines;
	unsigned row, rows = l->rows > used ? l->rows - used : 0;

	paint_plain(out, &l->ink);
	line(l, out, 1, l->title);
	row = 2 + preview(l, rows, out);
	paint_plain(out, &l->ink);
	row = stream_lines(l, row, out);
	line(l, out, row++, hint == NULL ? "" : hint);
	while (row < l->rows)
		line(l, out, row++, "");
	line(l, out, l->rows, l->keys);
}
