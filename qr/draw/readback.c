/*
 * Reading a symbol back.
 */
#include "qr/draw/readback.h"
#include "qr/scanner.h"

static const struct {
	unsigned scale, offset;
} looks[] = { { 3, 0 }, { 4, 1 }, { 5, 2 }, { 3, 1 } };

#define LOOKS (sizeof(looks) / sizeof(looks[0]))

static int
read_scanner(void *ctx, const struct raster *g,
    char text[static SYMBOL_TEXT_MAX], size_t *n, struct err *e)
{
	uint32_t side = (uint32_t)g->side;
	struct grey grey = { g->p, side, side, side };
	const struct sight *s = NULL;
	int r = scanner_read(ctx, &grey, &s, e);

	*n = 0;
	if (r == 0 && s->n == 1 && s->codes[0].len <= SYMBOL_TEXT_MAX) {
		*n = s->codes[0].len;
		memcpy(text, s->codes[0].text, *n);
	}
	return r;
}

int
readback_open(struct readback *out, struct err *e)
{
	struct scanner *s = NULL;
	int r = scanner_start(&s, e);

	*out = (struct readback){ read_scanner, s };
	return r;
}

void
readback_close(struct readback *r)
{
	scanner_close(r->ctx);
	*r = (struct readback){ 0 };
}

int
readback_check(const struct readback *r, const struct symbol *s,
    struct bytes text, struct err *e)
{
	char got[SYMBOL_TEXT_MAX];
	struct raster g;

	for (size_t i = 0; i < LOOKS; i++) {
		size_t n = 0;
		int rc = raster_grey(s, looks[i].scale, looks[i].offset, &g,
		    e);

		if (rc != 0)
			return rc;
		rc = r->read(r->ctx, &g, got, &n, e);
		raster_free(&g);
		if (rc != 0)
			return rc;
		if (n == 0)
			continue;
		if (bytes_equal(bytes_of(got, n), text))
			return 0;
		return err_set(e, ERR_INTERNAL, "a code was drawn that reads "
		    "as another text; it is not shown");
	}
	(void)err_set(e, ERR_INTERNAL, "a code was drawn that our scanner "
	    "does not read; it is not shown");
	return READBACK_UNREAD;
}
