/*
 * Deterministic CBOR: RFC 8949, sections 3 and 4.2.1.
 *
 * A data item begins with a head: three bits of major type, five bits of
 * information that are the argument itself (0..23) or say in how many bytes
 * it follows (24..27: 1, 2, 4, 8).  4.2.1 wants the shortest.
 */
#include <stdarg.h>
#include <stdio.h>

#include "airgap/record/cbor.h"
#include "airgap/record/reader.h"

enum major { M_UINT, M_NEGATIVE, M_BYTES, M_TEXT, M_ARRAY, M_MAP, M_TAG,
    M_SIMPLE };

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21

static const char *const major_names[] = { "a number", "a negative number",
    "a byte string", "text", "an array", "a map", "a tag",
    "a simple value or float" };

int
cbor_fail(struct cbor_rd *r, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_INPUT, "byte %zu: %s",
	    (size_t)(r->p - r->start), text);
}

static size_t
left(const struct cbor_rd *r)
{
	return (size_t)(r->end - r->p);
}

/* The head at r->p without moving: its major type, argument and size. */
static int
peek(struct cbor_rd *r, enum major *major, uint64_t *v, size_t *size)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	unsigned info;

	if (left(r) == 0)
		return cbor_fail(r, "the input ends where a value must begin");
	*major = r->p[0] >> 5;
	info = r->p[0] & 31;
	*v = info;
	*size = 1;
	if (info < 24)
		return 0;
	if (info > 27)
		return cbor_fail(r, "indefinite or reserved length");
	*size += (size_t)1 << (info - 24);
	if (left(r) < *size)
		return cbor_fail(r, "the input ends inside a length");
	*v = 0;
	for (size_t i = 1; i < *size; i++)
		*v = *v << 8 | r->p[i];
	if (*major != M_SIMPLE && *v < least[info - 24])
		return cbor_fail(r, "a number is not in its shortest form");
	return 0;
}

static int
take(struct cbor_rd *r, enum major want, uint64_t *v)
{
	enum major major;
	size_t size;
	int e = peek(r, &major, v, &size);

	if (e != 0)
		return e;
	if (major != want)
		return cbor_fail(r, "%s stands where %s must be",
		    major_names[major], major_names[want]);
	/* each byte of a string and each item takes a byte that is there */
	if (want != M_UINT && want != M_SIMPLE &&
	    *v > (left(r) - size) / (want == M_MAP ? 2 : 1))
		return cbor_fail(r, "%s is announced longer than the input",
		    major_names[want]);
	r->p += size;
	return 0;
}

int
cbor_uint(struct cbor_rd *r, uint64_t *out)
{
	return take(r, M_UINT, out);
}

int
cbor_bool(struct cbor_rd *r, bool *out)
{
	uint64_t v;

	if (left(r) > 0 && r->p[0] >> 5 == M_SIMPLE &&
	    r->p[0] != (M_SIMPLE << 5 | SIMPLE_FALSE) &&
	    r->p[0] != (M_SIMPLE << 5 | SIMPLE_TRUE))
		return cbor_fail(r, "neither true nor false");
	if (take(r, M_SIMPLE, &v) != 0)
		return ERR_INPUT;
	*out = v == SIMPLE_TRUE;
	return 0;
}

static int
string(struct cbor_rd *r, enum major major, struct bytes *out)
{
	uint64_t n;
	int e = take(r, major, &n);

	if (e != 0)
		return e;
	*out = bytes_of(r->p, (size_t)n);
	r->p += n;
	return 0;
}

int
cbor_bytes(struct cbor_rd *r, struct bytes *out)
{
	return string(r, M_BYTES, out);
}

int
cbor_text(struct cbor_rd *r, struct bytes *out)
{
	struct cbor_rd at = *r;

	if (string(r, M_TEXT, out) != 0)
		return ERR_INPUT;
	if (!utf8_valid(*out))
		return cbor_fail(&at, "text that is not UTF-8");
	return 0;
}

static int
items_begin(struct cbor_rd *r, enum major major, struct cbor_items *items)
{
	items->last = bytes_of(NULL, 0);
	if (r->depth == CBOR_DEPTH_MAX)
		return cbor_fail(r, "nested deeper than %d", CBOR_DEPTH_MAX);
	r->depth++;
	return take(r, major, &items->left);
}

int
cbor_map_begin(struct cbor_rd *r, struct cbor_items *m)
{
	return items_begin(r, M_MAP, m);
}

int
cbor_map_next(struct cbor_rd *r, struct cbor_items *m, struct bytes *key)
{
	struct cbor_rd at = *r;
	struct bytes whole;
	int c;

	*key = bytes_of(NULL, 0);
	if (m->left == 0) {
		r->depth--;
		return 0;
	}
	m->left--;
	if (cbor_text(r, key) != 0)
		return ERR_INPUT;
	if (key->n == 0 || key->n > CBOR_KEY_MAX)
		return cbor_fail(&at, "a key is not 1 to %d bytes",
		    CBOR_KEY_MAX);
	whole = bytes_of(at.p, (size_t)(r->p - at.p));
	c = m->last.p == NULL ? -1 : bytes_compare(m->last, whole);
	if (c >= 0)
		return cbor_fail(&at, c == 0 ? "a key is there twice" :
		    "the keys are not in order");
	m->last = whole;
	return 0;
}

int
cbor_array_begin(struct cbor_rd *r, struct cbor_items *a)
{
	return items_begin(r, M_ARRAY, a);
}

int
cbor_array_next(struct cbor_rd *r, struct cbor_items *a, bool *more)
{
	*more = a->left > 0;
	if (*more)
		a->left--;
	else
		r->depth--;
	/* the items before may have used up what the count was held against */
	if (*more && left(r) == 0)
		return cbor_fail(r, "the input ends inside an array");
	return 0;
}

static int
skip_map(struct cbor_rd *r)
{
	struct cbor_items m;
	struct bytes key;
	int e = cbor_map_begin(r, &m);

	while (e == 0 && (e = cbor_map_next(r, &m, &key)) == 0 &&
	    key.p != NULL)
		e = cbor_skip(r);
	return e;
}

static int
skip_array(struct cbor_rd *r)
{
	struct cbor_items a;
	bool more;
	int e = cbor_array_begin(r, &a);

	while (e == 0 && (e = cbor_array_next(r, &a, &more)) == 0 && more)
		e = cbor_skip(r);
	return e;
}

int
cbor_skip(struct cbor_rd *r)
{
	enum major major;
	struct bytes b;
	uint64_t v;
	size_t size;
	bool flag;

	if (peek(r, &major, &v, &size) != 0)
		return ERR_INPUT;
	switch (major) {
	case M_UINT:
		return cbor_uint(r, &v);
	case M_BYTES:
		return cbor_bytes(r, &b);
	case M_TEXT:
		return cbor_text(r, &b);
	case M_ARRAY:
		return skip_array(r);
	case M_MAP:
		return skip_map(r);
	case M_SIMPLE:
		return cbor_bool(r, &flag);
	case M_NEGATIVE:
	case M_TAG:
		break;
	}
	return cbor_fail(r, "%s has no place in a record",
	    major_names[major]);
}

int
cbor_end(struct cbor_rd *r)
{
	if (left(r) == 0)
		return 0;
	return cbor_fail(r, "%zu bytes follow the end of the record", left(r));
}

/* --- writing */

static int
put_head(struct sink *s, enum major major, uint64_t v)
{
	uint8_t head[9];
	unsigned info;
	size_t n;

	if (v < 24)
		return sink_u8(s, (uint8_t)((unsigned)major << 5 | v));
	info = v <= 0xff ? 24 : v <= 0xffff ? 25 : v <= 0xffffffff ? 26 : 27;
	n = (size_t)1 << (info - 24);
	head[0] = (uint8_t)((unsigned)major << 5 | info);
	for (size_t i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return sink_put(s, head, 1 + n);
}

static int
put_string(struct sink *s, enum major major, struct bytes b)
{
	int e = put_head(s, major, b.n);

	return e != 0 || b.n == 0 ? e : sink_put(s, b.p, b.n);
}

int
cbor_put_uint(struct sink *s, uint64_t v)
{
	return put_head(s, M_UINT, v);
}

int
cbor_put_bool(struct sink *s, bool v)
{
	return put_head(s, M_SIMPLE, v ? SIMPLE_TRUE : SIMPLE_FALSE);
}

int
cbor_put_bytes(struct sink *s, struct bytes b)
{
	return put_string(s, M_BYTES, b);
}

int
cbor_put_text(struct sink *s, struct bytes text)
{
	return put_string(s, M_TEXT, text);
}

int
cbor_put_map(struct sink *s, uint64_t count)
{
	return put_head(s, M_MAP, count);
}

int
cbor_put_array(struct sink *s, uint64_t count)
{
	return put_head(s, M_ARRAY, count);
}
