/*
 * Codes on paper: a PDF of A4 pages, nine codes a page, numbered, with the
 * fingerprint words and a line of text under each, so that a page that was
 * cut or shuffled still says what it is.
 *
 * A module is 2 pt (0.7 mm) with square corners, drawn as one filled path:
 * no picture that a viewer would smooth.  The same input gives the same
 * bytes: no time, no name of a user or a machine is in the file.
 */
#ifndef QR_DRAW_PAGE_H
#define QR_DRAW_PAGE_H

#include "airgap/file.h"
#include "qr/draw/symbol.h"

#define PAGE_CODES 9
#define PAGE_VERSION_MAX 15	/* the symbol that fills its place */
#define PAGE_LABEL_MAX 64

struct page_text {
	const char *title;	/* "operator keys" */
	const char *mode;	/* "REHEARSAL", large; NULL: nothing */
	const char *words;	/* "1 JUGS  2 DELI ..."; NULL: none */
	const char *line;	/* under each code */
};

/* Code i of a document, in order of i: its symbol and number, "4 of 24". */
typedef int page_code(void *ctx, size_t i, struct symbol *out,
    char label[static PAGE_LABEL_MAX], struct err *e);

/*
 * The PDF of n codes, 1 or more; free with buf_free.  Characters outside
 * ASCII are printed as '?'.  Returns 0, ERR_INPUT (a version above
 * PAGE_VERSION_MAX), what code returned, or ERR_SYSTEM.
 */
int page_pdf(const struct page_text *text, size_t n, page_code *code,
    void *ctx, struct buf *out, struct err *e) MUST_CHECK;

#endif
