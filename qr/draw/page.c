/*
 * Pages by libharu.  It was chosen over cairo because it needs zlib and
 * libpng only: cairo brings the X11 client libraries into a program that must
 * open no socket.
 *
 *	+--------------------------------+
 *	| title            page 1 of 3   |
 *	| REHEARSAL                      |
 *	| words                          |
 *	| [code] [code] [code]           |
 *	|  4 of 24, words, line          |
 */
#include <hpdf.h>
#include <stdio.h>
#include <stdlib.h>

#include "qr/draw/page.h"

#define PAGE_WIDTH 595		/* A4 in pt, and all sizes below */
#define PAGE_HEIGHT 842
#define MODULE 2
#define COLUMNS 3
#define CODE_SIDE ((SYMBOL_WIDTH(PAGE_VERSION_MAX) + 2 * SYMBOL_QUIET) * MODULE)
#define LEFT ((PAGE_WIDTH - COLUMNS * CODE_SIDE) / 2)
#define TOP 122			/* from the top to the first codes */
#define ROW_HEIGHT 222		/* a code and its text */
#define WORDS_SIZE 6
#define LINE_LEN 160

struct page {
	HPDF_Doc pdf;
	HPDF_Page at;
	HPDF_Font plain, bold, fixed;
	const struct page_text *text;
	size_t pages;
	struct symbol symbol;
};

/* y from the top, the line's foot there */
static void
print(struct page *p, HPDF_Font font, int size, int x, int y, const char *text)
{
	char line[LINE_LEN];

	snprintf(line, sizeof(line), "%s", text);
	for (char *c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	HPDF_Page_BeginText(p->at);
	HPDF_Page_SetFontAndSize(p->at, font, (HPDF_REAL)size);
	HPDF_Page_TextOut(p->at, (HPDF_REAL)x, (HPDF_REAL)(PAGE_HEIGHT - y),
	    line);
	HPDF_Page_EndText(p->at);
}

/* words broken at spaces into lines of at most columns; the next y */
static int
print_wrapped(struct page *p, int size, int x, int y, size_t columns,
    const char *text)
{
	while (*text != '\0') {
		char line[LINE_LEN];
		size_t n = strlen(text);

		if (n > columns)
			for (n = columns; n > 1 && (text[n] != ' ' ||
			    !(text[n + 1] >= '0' && text[n + 1] <= '9')); n--)
				;
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		print(p, p->fixed, size, x, y, line);
		y += size + 2;
		text += n;
		while (*text == ' ')
			text++;
	}
	return y;
}

static void
head(struct page *p, size_t number)
{
	char place[48];

	p->at = HPDF_AddPage(p->pdf);
	HPDF_Page_SetWidth(p->at, PAGE_WIDTH);
	HPDF_Page_SetHeight(p->at, PAGE_HEIGHT);
	snprintf(place, sizeof(place), "page %zu of %zu", number, p->pages);
	print(p, p->bold, 14, LEFT, 44, p->text->title);
	print(p, p->plain, 10, PAGE_WIDTH - LEFT - 80, 44, place);
	if (p->text->mode != NULL)
		print(p, p->bold, 18, LEFT, 68, p->text->mode);
	if (p->text->words != NULL)
		(void)print_wrapped(p, 9, LEFT, 86, 92, p->text->words);
	print(p, p->plain, 8, LEFT, PAGE_HEIGHT - 20, "Print at 100 %, black "
	    "on white. Codes may be scanned in any order; the words are those "
	    "of the whole record.");
}

/* Runs of dark modules as rectangles of one path, filled at once. */
static void
draw(struct page *p, int left, int top)
{
	const struct symbol *s = &p->symbol;
	int w = (int)s->width, x0, dark = 0;
	int quiet = (CODE_SIDE - w * MODULE) / 2;

	for (int y = 0; y < w; y++)
		for (int x = 0; x < w; x = x0) {
			for (x0 = x; x0 < w && symbol_dark(s, x0, y); x0++)
				;
			if (x0 == x) {
				x0++;
				continue;
			}
			HPDF_Page_Rectangle(p->at,
			    (HPDF_REAL)(left + quiet + x * MODULE),
			    (HPDF_REAL)(PAGE_HEIGHT - top - quiet -
			    (y + 1) * MODULE),
			    (HPDF_REAL)((x0 - x) * MODULE), MODULE);
			dark++;
		}
	if (dark > 0)
		HPDF_Page_Fill(p->at);
}

static int
place(struct page *p, size_t i, const char *label, struct err *e)
{
	int column = (int)(i % COLUMNS), row = (int)(i % PAGE_CODES / COLUMNS);
	int x = LEFT + column * CODE_SIDE, y = TOP + row * ROW_HEIGHT;
	int quiet = SYMBOL_QUIET * MODULE;

	if (p->symbol.version > PAGE_VERSION_MAX)
		return err_set(e, ERR_INPUT, "a code of version %u does not "
		    "fit its place on paper; version %d is the largest: use "
		    "--preset print", p->symbol.version, PAGE_VERSION_MAX);
	draw(p, x, y);
	y += CODE_SIDE + 8;
	print(p, p->bold, 9, x + quiet, y, label);
	y += 9;
	if (p->text->words != NULL)
		y = print_wrapped(p, WORDS_SIZE, x + quiet, y, 42,
		    p->text->words);
	print(p, p->plain, 7, x + quiet, y + 1, p->text->line);
	return 0;
}

static int
save(struct page *p, struct buf *out, struct err *e)
{
	HPDF_UINT32 n;

	if (HPDF_GetError(p->pdf) != HPDF_OK ||
	    HPDF_SaveToStream(p->pdf) != HPDF_OK)
		goto fail;
	n = HPDF_GetStreamSize(p->pdf);
	if (n == 0 || (out->p = malloc(n)) == NULL)
		goto fail;
	out->n = n;
	HPDF_ResetStream(p->pdf);
	if (HPDF_ReadFromStream(p->pdf, out->p, &n) != HPDF_OK || n != out->n)
		goto fail;
	return 0;
fail:
	buf_free(out);
	return err_set(e, ERR_SYSTEM, "libharu: the PDF was not made (error "
	    "0x%04lx)", (unsigned long)HPDF_GetError(p->pdf));
}

int
page_pdf(const struct page_text *text, size_t n, page_code *code, void *ctx,
    struct buf *out, struct err *e)
{
	char label[PAGE_LABEL_MAX];
	struct page *p = NULL;
	int r = ERR_SYSTEM;

	*out = (struct buf){ 0 };
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->pdf = HPDF_New(NULL, NULL)) == NULL) {
		err_set(e, r, "out of memory");
		goto out;
	}
	p->text = text;
	p->pages = (n + PAGE_CODES - 1) / PAGE_CODES;
	HPDF_SetCompressionMode(p->pdf, HPDF_COMP_ALL);
	p->plain = HPDF_GetFont(p->pdf, "Helvetica", NULL);
	p->bold = HPDF_GetFont(p->pdf, "Helvetica-Bold", NULL);
	p->fixed = HPDF_GetFont(p->pdf, "Courier", NULL);
	for (size_t i = 0; i < n; i++) {
		if (i % PAGE_CODES == 0)
			head(p, i / PAGE_CODES + 1);
		if ((r = code(ctx, i, &p->symbol, label, e)) != 0 ||
		    (r = place(p, i, label, e)) != 0)
			goto out;
	}
	r = save(p, out, e);
out:
	if (p != NULL && p->pdf != NULL)
		HPDF_Free(p->pdf);
	free(p);
	return r;
}
