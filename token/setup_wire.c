/*
 * The codecs of setup.h: arrays in a fixed order, between quorate and its
 * helper.
 */
#include "airgap/record/cbor.h"
#include "token/setup.h"

#define SLOT_ITEMS 8
#define EXAM_ITEMS (SETUP_SLOTS * SLOT_ITEMS + 8)
#define SETUP_ITEMS 8

static int
put_slot(struct sink *o, const struct slot_exam *s)
{
	int r = ERR_INTERNAL;

	if ((r = cbor_put_bool(o, s->object)) != 0 ||
	    (r = cbor_put_bytes(o, bytes_of(s->certified, s->certificate ?
	    POINT_LEN : 0))) != 0 ||
	    (r = cbor_put_uint(o, (uint64_t)s->key)) != 0 ||
	    (r = cbor_put_bytes(o, bytes_of(s->point, POINT_LEN))) != 0 ||
	    (r = cbor_put_uint(o, s->pin_policy)) != 0 ||
	    (r = cbor_put_uint(o, s->touch_policy)) != 0 ||
	    (r = cbor_put_uint(o, s->origin)) != 0)
		return r;
	return cbor_put_bytes(o, s->attestation);
}

static int
put_exam(struct sink *o, const void *ctx)
{
	const struct token_exam *x = ctx;
	int r = cbor_put_array(o, EXAM_ITEMS);

	for (size_t i = 0; r == 0 && i < SETUP_SLOTS; i++)
		r = put_slot(o, &x->slot[i]);
	if (r != 0 || (r = cbor_put_bytes(o, x->f9)) != 0 ||
	    (r = cbor_put_uint(o, (uint64_t)x->management)) != 0 ||
	    (r = cbor_put_uint(o, x->algorithm)) != 0 ||
	    (r = cbor_put_bool(o, x->told)) != 0 ||
	    (r = cbor_put_bool(o, x->pin_default)) != 0 ||
	    (r = cbor_put_bool(o, x->puk_default)) != 0 ||
	    (r = cbor_put_uint(o, x->pin_tries)) != 0)
		return r;
	return cbor_put_uint(o, x->puk_tries);
}

static int
put_setup(struct sink *o, const void *ctx)
{
	const struct token_setup *s = ctx;
	int r = ERR_INTERNAL;

	if ((r = cbor_put_array(o, SETUP_ITEMS)) != 0 ||
	    (r = cbor_put_uint(o, (uint64_t)s->mode)) != 0 ||
	    (r = cbor_put_uint(o, s->now)) != 0 ||
	    (r = cbor_put_uint(o, s->pin_tries)) != 0 ||
	    (r = cbor_put_uint(o, s->puk_tries)) != 0 ||
	    (r = cbor_put_bool(o, s->protect)) != 0 ||
	    (r = cbor_put_bool(o, s->replace)) != 0 ||
	    (r = cbor_put_bool(o, s->import)) != 0)
		return r;
	return cbor_put_bytes(o, bytes_of(s->pub.b, PUBLIC_KEY_LEN));
}

int
exam_encode(const struct token_exam *x, struct buf *out, struct err *e)
{
	return sink_collect(put_exam, x, out, e);
}

int
setup_encode(const struct token_setup *s, struct buf *out, struct err *e)
{
	return sink_collect(put_setup, s, out, e);
}

/* --- reading; an array that ends early is refused by its next item */

struct items {
	struct cbor_rd rd;
	struct cbor_items a;
	int r;			/* the first error stays */
};

static bool
next(struct items *i)
{
	bool more = false;

	if (i->r == 0)
		i->r = cbor_array_next(&i->rd, &i->a, &more);
	if (i->r == 0 && !more)
		i->r = cbor_fail(&i->rd, "too few items");
	return i->r == 0;
}

/* 0 after an error. */
static uint64_t
number(struct items *i, uint64_t max)
{
	uint64_t v = 0;

	if (next(i) && (i->r = cbor_uint(&i->rd, &v)) == 0 && v > max)
		i->r = cbor_fail(&i->rd, "a number out of range");
	return i->r == 0 ? v : 0;
}

static bool
truth(struct items *i)
{
	bool v = false;

	if (next(i))
		i->r = cbor_bool(&i->rd, &v);
	return i->r == 0 && v;
}

static struct bytes
some_bytes(struct items *i, size_t max)
{
	struct bytes b = { 0 };

	if (next(i) && (i->r = cbor_bytes(&i->rd, &b)) == 0 && b.n > max)
		i->r = cbor_fail(&i->rd, "bytes of another length");
	return i->r == 0 ? b : (struct bytes){ 0 };
}

/* n bytes; or, where none may be there, none: false. */
static bool
fixed(struct items *i, bool may_be_empty, uint8_t *out, size_t n)
{
	struct bytes b = some_bytes(i, n);

	if (i->r == 0 && b.n != n && (b.n != 0 || !may_be_empty))
		i->r = cbor_fail(&i->rd, "bytes of another length");
	if (i->r != 0 || b.n == 0)
		return false;
	memcpy(out, b.p, n);
	return true;
}

static struct items
begin(struct bytes in, uint64_t count, struct err *e)
{
	struct items i = { .rd = cbor_rd_of(in, e) };

	if ((i.r = cbor_array_begin(&i.rd, &i.a)) == 0 && i.a.left != count)
		i.r = cbor_fail(&i.rd, "not %llu items",
		    (unsigned long long)count);
	return i;
}

static int
finish(struct items *i)
{
	bool more = false;

	if (i->r == 0)
		i->r = cbor_array_next(&i->rd, &i->a, &more);
	return i->r != 0 ? i->r : cbor_end(&i->rd);
}

static void
take_slot(struct items *i, struct slot_exam *s)
{
	uint64_t key;

	s->object = truth(i);
	s->certificate = fixed(i, true, s->certified, POINT_LEN);
	key = number(i, KEY_THERE);
	s->key = (enum key_seen)key;
	(void)fixed(i, false, s->point, POINT_LEN);
	s->pin_policy = (uint8_t)number(i, UINT8_MAX);
	s->touch_policy = (uint8_t)number(i, UINT8_MAX);
	s->origin = (uint8_t)number(i, UINT8_MAX);
	s->attestation = some_bytes(i, SETUP_CERT_MAX);
}

int
exam_decode(struct bytes in, struct token_exam *x, struct err *e)
{
	struct items i = begin(in, EXAM_ITEMS, e);
	uint64_t management;

	*x = (struct token_exam){ 0 };
	for (size_t n = 0; n < SETUP_SLOTS; n++)
		take_slot(&i, &x->slot[n]);
	x->f9 = some_bytes(&i, SETUP_CERT_MAX);
	management = number(&i, MANAGEMENT_OTHER);
	x->management = (enum management_state)management;
	x->algorithm = (uint8_t)number(&i, UINT8_MAX);
	x->told = truth(&i);
	x->pin_default = truth(&i);
	x->puk_default = truth(&i);
	x->pin_tries = (uint8_t)number(&i, UINT8_MAX);
	x->puk_tries = (uint8_t)number(&i, UINT8_MAX);
	return finish(&i);
}

static uint8_t
take_tries(struct items *i)
{
	uint64_t n = number(i, PIN_TRIES_MAX);

	if (i->r == 0 && n < PIN_TRIES_MIN)
		i->r = cbor_fail(&i->rd, "a number out of range");
	return (uint8_t)n;
}

int
setup_decode(struct bytes in, struct token_setup *s, struct err *e)
{
	struct items i = begin(in, SETUP_ITEMS, e);
	uint64_t mode;

	*s = (struct token_setup){ 0 };
	mode = number(&i, MODE_REHEARSAL);
	s->mode = (enum mode)mode;
	s->now = number(&i, UINT32_MAX);
	s->pin_tries = take_tries(&i);
	s->puk_tries = take_tries(&i);
	s->protect = truth(&i);
	s->replace = truth(&i);
	s->import = truth(&i);
	(void)fixed(&i, false, s->pub.b, PUBLIC_KEY_LEN);
	return finish(&i);
}
