/*
 * Bounded reader of foreign CBOR (RFC 8949, section 3).
 *
 * Every item takes at least a byte, so a count above the bytes that are left
 * is refused at its head: neither time nor memory follows what a document
 * announces.  Recursion is at most CBOR_DOC_DEPTH deep.
 */
#include "enclave/attestation/cbor_doc.h"

#define INFO_INDEFINITE 31
#define BREAK 0xff
#define NULL_ITEM 0xf6

static int
fail(struct cbor_doc *r, const char *why)
{
	r->why = why;
	return ERR_INPUT;
}

struct cbor_doc
cbor_doc_of(struct bytes in)
{
	return (struct cbor_doc){ .start = in.p, .p = in.p,
	    .end = in.n == 0 ? in.p : in.p + in.n };
}

static size_t
left(const struct cbor_doc *r)
{
	return (size_t)(r->end - r->p);
}

enum cbor_doc_kind
cbor_doc_kind(const struct cbor_doc *r)
{
	if (r->p == r->end)
		return CBOR_DOC_NOTHING;
	return (enum cbor_doc_kind)(*r->p >> 5);
}

/* Head of an item: its argument, in 0, 1, 2, 4 or 8 bytes behind it. */
static int
head(struct cbor_doc *r, uint8_t *info, uint64_t *value)
{
	size_t n;

	if (r->p == r->end)
		return fail(r, "the document ends within an item");
	*info = *r->p & 0x1f;
	*value = *info;
	if (*info < 24 || *info == INFO_INDEFINITE) {
		r->p++;
		return 0;
	}
	if (*info > 27)
		return fail(r, "a head that CBOR does not have");
	n = (size_t)1 << (*info - 24);
	if (left(r) < n + 1)
		return fail(r, "the document ends within a head");
	*value = 0;
	for (size_t i = 1; i <= n; i++)
		*value = *value << 8 | r->p[i];
	r->p += n + 1;
	return 0;
}

/* The head of an item of one kind, of definite length. */
static int
head_of(struct cbor_doc *r, enum cbor_doc_kind kind, uint64_t *value)
{
	uint8_t info;

	if (cbor_doc_kind(r) != kind)
		return fail(r, "an item of another kind");
	if ((*r->p & 0x1f) == INFO_INDEFINITE)
		return fail(r, "an integer, tag or string in pieces");
	return head(r, &info, value);
}

int
cbor_doc_uint(struct cbor_doc *r, uint64_t *out)
{
	return head_of(r, CBOR_DOC_UINT, out);
}

int
cbor_doc_tag(struct cbor_doc *r, uint64_t *out)
{
	return head_of(r, CBOR_DOC_TAG, out);
}

static int
string(struct cbor_doc *r, enum cbor_doc_kind kind, struct bytes *out)
{
	uint64_t n;
	int e;

	if ((e = head_of(r, kind, &n)) != 0)
		return e;
	if (n > left(r))
		return fail(r, "a string runs past the end");
	*out = bytes_of(r->p, (size_t)n);
	r->p += n;
	return 0;
}

int
cbor_doc_bytes(struct cbor_doc *r, struct bytes *out)
{
	return string(r, CBOR_DOC_BYTES, out);
}

int
cbor_doc_text(struct cbor_doc *r, struct bytes *out)
{
	return string(r, CBOR_DOC_TEXT, out);
}

bool
cbor_doc_null(struct cbor_doc *r)
{
	if (r->p == r->end || *r->p != NULL_ITEM)
		return false;
	r->p++;
	return true;
}

static int
begin(struct cbor_doc *r, enum cbor_doc_kind kind, struct cbor_doc_items *a)
{
	uint8_t info;
	int e;

	if (cbor_doc_kind(r) != kind)
		return fail(r, "an item of another kind");
	if ((e = head(r, &info, &a->left)) != 0)
		return e;
	a->indefinite = info == INFO_INDEFINITE;
	if (!a->indefinite &&
	    a->left > left(r) / (kind == CBOR_DOC_MAP ? 2 : 1))
		return fail(r, "more items are announced than bytes follow");
	return 0;
}

int
cbor_doc_array(struct cbor_doc *r, struct cbor_doc_items *a)
{
	return begin(r, CBOR_DOC_ARRAY, a);
}

int
cbor_doc_map(struct cbor_doc *r, struct cbor_doc_items *m)
{
	return begin(r, CBOR_DOC_MAP, m);
}

int
cbor_doc_more(struct cbor_doc *r, struct cbor_doc_items *a, bool *more)
{
	if (!a->indefinite) {
		*more = a->left > 0;
		a->left -= *more;
		return 0;
	}
	if (r->p == r->end)
		return fail(r, "the document ends before the break");
	*more = *r->p != BREAK;
	r->p += !*more;
	return 0;
}

static int skip(struct cbor_doc *r, unsigned depth);

static int
skip_items(struct cbor_doc *r, unsigned depth)
{
	bool map = cbor_doc_kind(r) == CBOR_DOC_MAP, more;
	struct cbor_doc_items a;
	int e;

	if (depth == CBOR_DOC_DEPTH)
		return fail(r, "nested too deeply");
	e = begin(r, map ? CBOR_DOC_MAP : CBOR_DOC_ARRAY, &a);
	while (e == 0 && (e = cbor_doc_more(r, &a, &more)) == 0 && more) {
		e = skip(r, depth + 1);
		if (e == 0 && map)
			e = skip(r, depth + 1);
	}
	return e;
}

/* false, true, null, undefined, floats; a break stands in no item's place */
static int
skip_simple(struct cbor_doc *r)
{
	const uint8_t *at = r->p;
	uint64_t value;
	uint8_t info;
	int e;

	if ((e = head(r, &info, &value)) != 0)
		return e;
	if (info == INFO_INDEFINITE || (info == 24 && value < 32)) {
		r->p = at;
		return fail(r, "a break or simple value out of place");
	}
	return 0;
}

static int
skip(struct cbor_doc *r, unsigned depth)
{
	struct bytes text;
	uint64_t value;

	switch (cbor_doc_kind(r)) {
	case CBOR_DOC_UINT:
	case CBOR_DOC_NEGATIVE:
		return head_of(r, cbor_doc_kind(r), &value);
	case CBOR_DOC_BYTES:
	case CBOR_DOC_TEXT:
		return string(r, cbor_doc_kind(r), &text);
	case CBOR_DOC_ARRAY:
	case CBOR_DOC_MAP:
		return skip_items(r, depth);
	case CBOR_DOC_TAG:
		return fail(r, "a tag");
	case CBOR_DOC_SIMPLE:
		return skip_simple(r);
	case CBOR_DOC_NOTHING:
		break;
	}
	return fail(r, "the document ends before an item");
}

int
cbor_doc_item(struct cbor_doc *r, struct bytes *out)
{
	const uint8_t *from = r->p;
	int e;

	if ((e = skip(r, 0)) != 0)
		return e;
	*out = bytes_of(from, (size_t)(r->p - from));
	return 0;
}

int
cbor_doc_end(struct cbor_doc *r)
{
	return r->p == r->end ? 0 : fail(r, "bytes after the end");
}
