/*
 * Frames as PNG files and as pages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "qr/carry/check.h"
#include "qr/carry/files.h"
#include "qr/draw/page.h"

#define NAME_MAX_TEXT 48

struct pictures {
	struct stream **stream;		/* of each item */
	size_t n;
	const struct files_how *how;
	const struct readback *reader;
	const char *dir;
	struct err *e;
};

/* Frames beyond the parts make up for any that are lost. */
static size_t
frames_of(const struct stream *s, const struct files_how *how)
{
	if (how->frames != 0)
		return how->frames;
	if (s->ur == NULL || s->parts == 1)
		return s->parts;
	return s->parts + s->parts / 4 + 1;
}

/* What was made, and the words that the other side asks for. */
static void
tell(const struct item *item, const struct stream *s,
    const struct files_how *how)
{
	if (item->kind == NULL)
		return;
	ui_say("made: %s, %zu bytes, in %zu parts; %zu codes%s", item->kind,
	    item->content.message.n, s->parts, frames_of(s, how),
	    item->rehearsal ? ", REHEARSAL" : "");
	ui_say("its words:");
	check_show(&item->words);
}

static int
write_frame(struct stream *s, uint32_t seq, const struct files_how *how,
    const struct readback *reader, const char *path, struct err *e)
{
	struct symbol *symbol = malloc(sizeof(*symbol));
	struct buf png = { 0 };
	int r = ERR_INTERNAL;

	if (symbol == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = stream_symbol(s, seq, reader, symbol, e)) == 0 &&
	    (r = raster_png(symbol, how->scale, &png, e)) == 0)
		r = file_write(path, buf_bytes(&png), FILE_MODE_PUBLIC,
		    how->replace, e);
	buf_free(&png);
	free(symbol);
	return r;
}

/* --- pictures */

/* Item i of n, frame k, both from 1. */
static void
frame_name(size_t i, size_t n, size_t k, char out[static NAME_MAX_TEXT])
{
	if (n == 1)
		snprintf(out, NAME_MAX_TEXT, "%04zu.png", k);
	else
		snprintf(out, NAME_MAX_TEXT, "%zu-%04zu.png", i, k);
}

static int
write_item(const struct pictures *p, size_t i, struct err *e)
{
	struct stream *s = p->stream[i];
	char name[NAME_MAX_TEXT];
	uint32_t seq = 1;
	int r = 0;

	for (size_t k = 1; r == 0 && k <= frames_of(s, p->how); k++) {
		char *path = NULL;

		frame_name(i + 1, p->n, k, name);
		if (asprintf(&path, "%s/%s", p->dir, name) < 0)
			r = err_set(e, ERR_SYSTEM, "out of memory");
		else
			r = write_frame(s, seq, p->how, p->reader, path, e);
		free(path);
		seq = stream_after(s, seq);
	}
	return r;
}

/* Is it the name of a frame that will be written? */
static bool
will_be(const struct pictures *p, const char *name)
{
	struct bytes t = bytes_str(name);
	char own[NAME_MAX_TEXT];
	uint64_t i = 1, k;

	if (p->n > 1) {
		if (!bytes_take_number(&t, p->n, &i) || i == 0 || t.n == 0)
			return false;
		t = bytes_of(t.p + 1, t.n - 1);
	}
	if (!bytes_take_number(&t, UINT32_MAX, &k) || k == 0 ||
	    k > frames_of(p->stream[i - 1], p->how))
		return false;
	frame_name((size_t)i, p->n, (size_t)k, own);
	return strcmp(name, own) == 0;
}

/* Who reads the folder reads all its pictures: of another record, too. */
static int
check_other(const char *name, void *ctx)
{
	const struct pictures *p = ctx;
	const char *dot = strrchr(name, '.');

	if (dot == NULL || strcmp(dot, ".png") != 0 || will_be(p, name))
		return 0;
	return err_set(p->e, ERR_EXISTS, "%s/%s is there and would be read "
	    "among these; take another folder", p->dir, name);
}

static int
write_items(struct pictures *p, const struct item *items,
    struct err *e)
{
	int r = file_list(p->dir, check_other, p, e);

	for (size_t i = 0; r == 0 && i < p->n; i++)
		if ((r = write_item(p, i, e)) == 0)
			tell(&items[i], p->stream[i], p->how);
	return r;
}

int
files_png(const struct item *items, size_t n, const struct files_how *how,
    const struct readback *reader, const char *dir, struct err *e)
{
	struct pictures p = { .how = how, .reader = reader, .dir = dir,
		.n = n, .e = e };
	int r = 0;

	if ((p.stream = calloc(n, sizeof(struct stream *))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = stream_new(&items[i].content, how->preset, how->fragment,
		    &p.stream[i], e);
	if (r == 0 && (r = file_mkdir(dir, 0755, e)) == 0)
		r = write_items(&p, items, e);
	for (size_t i = 0; i < n; i++)
		stream_free(p.stream[i]);
	free(p.stream);
	return r;
}

/* --- pages */

struct pages {
	struct stream *stream;
	const struct readback *reader;
	uint32_t seq;		/* of the frame made last */
};

static int
page_frame(void *ctx, size_t i, struct symbol *out,
    char label[static PAGE_LABEL_MAX], struct err *e)
{
	struct pages *p = ctx;
	struct stream *s = p->stream;

	if (i < s->parts)
		snprintf(label, PAGE_LABEL_MAX, "%zu of %zu", i + 1, s->parts);
	else if (s->ur != NULL && s->parts > 1)
		snprintf(label, PAGE_LABEL_MAX, "spare %zu, where one is "
		    "damaged", i + 1 - s->parts);
	else
		snprintf(label, PAGE_LABEL_MAX, "%zu again",
		    i % s->parts + 1);
	p->seq = i == 0 ? 1 : stream_after(s, p->seq);
	return stream_symbol(s, p->seq, p->reader, out, e);
}

static void
words_text(const struct item *item, char *out, size_t n)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; item->kind != NULL && i < WORDS_COUNT; i++)
		used += (size_t)snprintf(out + used, n - used, "%s%u %s",
		    i == 0 ? "" : "  ", i + 1, item->words.text[i]);
}

int
files_pdf(const struct item *item, const struct files_how *how,
    const struct readback *reader, const char *path, struct err *e)
{
	char words[WORDS_COUNT * 10], foot[128];
	struct page_text text = { .title = item->kind != NULL ? item->kind :
	    item->title, .line = foot };
	struct pages p = { .reader = reader };
	struct buf pdf = { 0 };
	int r = ERR_INTERNAL;

	words_text(item, words, sizeof(words));
	snprintf(foot, sizeof(foot), "%s%.48s", item->rehearsal ?
	    "REHEARSAL  " : "", item->title);
	text.mode = item->rehearsal ? "REHEARSAL" : NULL;
	text.words = item->kind != NULL ? words : NULL;
	if ((r = stream_new(&item->content, how->preset, how->fragment,
	    &p.stream, e)) == 0 &&
	    (r = page_pdf(&text, frames_of(p.stream, how), page_frame, &p,
	    &pdf, e)) == 0)
		r = file_write(path, buf_bytes(&pdf), FILE_MODE_PUBLIC,
		    how->replace, e);
	if (r == 0)
		tell(item, p.stream, how);
	buf_free(&pdf);
	stream_free(p.stream);
	return r;
}
