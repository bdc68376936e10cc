/*
 * The codecs of the messages between quorate and quorate-token (wire.h).
 */
#include <stdio.h>

#include "airgap/record/cbor.h"
#include "token/wire.h"

#define NUMBER_MAX UINT32_MAX
#define INFO_ITEMS 16		/* of a token in a list */

static int
put_key(struct sink *s, const char *key)
{
	return cbor_put_text(s, bytes_str(key));
}

static int
put_number(struct sink *s, const char *key, uint64_t v)
{
	int r = put_key(s, key);

	return r != 0 ? r : cbor_put_uint(s, v);
}

static int
put_request(struct sink *s, const void *ctx)
{
	const struct token_request *q = ctx;
	int r = ERR_INTERNAL;

	if ((r = cbor_put_map(s, 6)) != 0 ||
	    (r = put_number(s, "op", (uint64_t)q->op)) != 0 ||
	    (r = put_key(s, "body")) != 0 ||
	    (r = cbor_put_bytes(s, q->body)) != 0 ||
	    (r = put_number(s, "mode", (uint64_t)q->mode)) != 0 ||
	    (r = put_key(s, "reader")) != 0 ||
	    (r = cbor_put_bytes(s, q->reader)) != 0 ||
	    (r = put_number(s, "serial", q->serial)) != 0)
		return r;
	return put_number(s, "purpose", (uint64_t)q->purpose);
}

static int
put_reply(struct sink *s, const void *ctx)
{
	const struct token_reply *p = ctx;
	int r = ERR_INTERNAL;

	if ((r = cbor_put_map(s, 5)) != 0 ||
	    (r = put_number(s, "code", (uint64_t)-p->code)) != 0 ||
	    (r = put_key(s, "data")) != 0 ||
	    (r = cbor_put_bytes(s, p->data)) != 0 ||
	    (r = put_number(s, "kind", (uint64_t)p->kind)) != 0 ||
	    (r = put_key(s, "text")) != 0 ||
	    (r = cbor_put_bytes(s, p->text)) != 0)
		return r;
	return put_number(s, "plain", p->plain);
}

static int
put_slot(struct sink *s, const struct token_slot *t)
{
	int r = ERR_INTERNAL;

	if ((r = cbor_put_uint(s, (uint64_t)t->state)) != 0 ||
	    (r = cbor_put_bytes(s, bytes_of(t->point, POINT_LEN))) != 0 ||
	    (r = cbor_put_uint(s, t->pin_policy)) != 0 ||
	    (r = cbor_put_uint(s, t->touch_policy)) != 0)
		return r;
	return cbor_put_uint(s, t->origin);
}

/* Fields in a fixed order, no keys. */
static int
put_list(struct sink *s, const void *ctx)
{
	const struct token_list *l = ctx;
	int r = cbor_put_array(s, l->count * INFO_ITEMS);

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		const struct token_info *t = &l->tokens[i];

		if ((r = cbor_put_bytes(s, bytes_str(t->reader))) != 0 ||
		    (r = cbor_put_uint(s, (uint64_t)t->busy)) != 0 ||
		    (r = cbor_put_uint(s, t->serial)) != 0 ||
		    (r = cbor_put_bytes(s, bytes_of(t->version, 3))) != 0 ||
		    (r = cbor_put_uint(s, t->tries)) != 0 ||
		    (r = cbor_put_uint(s, t->puk_tries)) != 0 ||
		    (r = put_slot(s, &t->encrypt)) != 0)
			return r;
		r = put_slot(s, &t->sign);
	}
	return r;
}

int
wire_request(const struct token_request *q, struct buf *out, struct err *e)
{
	return sink_collect(put_request, q, out, e);
}

int
wire_reply(const struct token_reply *p, struct buf *out, struct err *e)
{
	return sink_collect(put_reply, p, out, e);
}

int
wire_list(const struct token_list *l, struct buf *out, struct err *e)
{
	return sink_collect(put_list, l, out, e);
}

/* --- reading */

static int
take_key(struct cbor_rd *r, struct cbor_items *m, const char *want)
{
	struct bytes key;
	int rc = cbor_map_next(r, m, &key);

	if (rc == 0 && (key.p == NULL || !bytes_equal(key, bytes_str(want))))
		rc = cbor_fail(r, "no key \"%s\"", want);
	return rc;
}

static int
take_number(struct cbor_rd *r, uint64_t min, uint64_t max, uint64_t *out)
{
	int rc = cbor_uint(r, out);

	if (rc == 0 && (*out < min || *out > max))
		rc = cbor_fail(r, "a number out of range");
	return rc;
}

static int
take_entry(struct cbor_rd *r, struct cbor_items *m, const char *key,
    uint64_t min, uint64_t max, uint64_t *out)
{
	int rc = take_key(r, m, key);

	return rc != 0 ? rc : take_number(r, min, max, out);
}

static int
take_bytes(struct cbor_rd *r, struct cbor_items *m, const char *key,
    struct bytes *out)
{
	int rc = take_key(r, m, key);

	return rc != 0 ? rc : cbor_bytes(r, out);
}

static int
finish(struct cbor_rd *r, struct cbor_items *m)
{
	struct bytes key;
	int rc = cbor_map_next(r, m, &key);

	if (rc == 0 && key.p != NULL)
		rc = cbor_fail(r, "an unknown key");
	return rc != 0 ? rc : cbor_end(r);
}

int
wire_read_request(struct bytes in, struct token_request *q, struct err *e)
{
	struct cbor_rd rd = cbor_rd_of(in, e);
	uint64_t op, mode, serial, purpose;
	struct cbor_items m;
	int r = ERR_INTERNAL;

	if ((r = cbor_map_begin(&rd, &m)) != 0 ||
	    (r = take_entry(&rd, &m, "op", TOKEN_LIST, TOKEN_OP_END - 1,
	    &op)) != 0 ||
	    (r = take_bytes(&rd, &m, "body", &q->body)) != 0 ||
	    (r = take_entry(&rd, &m, "mode", 0, MODE_REHEARSAL, &mode)) != 0 ||
	    (r = take_bytes(&rd, &m, "reader", &q->reader)) != 0 ||
	    (r = take_entry(&rd, &m, "serial", 0, NUMBER_MAX, &serial)) != 0 ||
	    (r = take_entry(&rd, &m, "purpose", 0, PURPOSE_KEY,
	    &purpose)) != 0 || (r = finish(&rd, &m)) != 0)
		return r;
	if (q->reader.n >= READER_MAX)
		return err_set(e, ERR_INPUT, "the name of a reader is long");
	q->op = (enum token_op)op;
	q->mode = (enum mode)mode;
	q->serial = (uint32_t)serial;
	q->purpose = (enum purpose)purpose;
	q->scalars = NULL;
	return 0;
}

int
wire_read_reply(struct bytes in, struct token_reply *p, struct err *e)
{
	struct cbor_rd rd = cbor_rd_of(in, e);
	uint64_t code, kind, plain;
	struct cbor_items m;
	int r = ERR_INTERNAL;

	if ((r = cbor_map_begin(&rd, &m)) != 0 ||
	    (r = take_entry(&rd, &m, "code", 0, 99, &code)) != 0 ||
	    (r = take_bytes(&rd, &m, "data", &p->data)) != 0 ||
	    (r = take_entry(&rd, &m, "kind", 0, REPLY_WORKING, &kind)) != 0 ||
	    (r = take_bytes(&rd, &m, "text", &p->text)) != 0 ||
	    (r = take_entry(&rd, &m, "plain", 0, WIRE_PLAIN_MAX,
	    &plain)) != 0 || (r = finish(&rd, &m)) != 0)
		return r;
	p->code = -(int)code;
	p->kind = (enum reply_kind)kind;
	p->plain = (size_t)plain;
	return 0;
}

static int
next_number(struct cbor_rd *r, struct cbor_items *a, uint64_t max,
    uint64_t *out)
{
	bool more;
	int rc = cbor_array_next(r, a, &more);

	return rc != 0 ? rc : take_number(r, 0, max, out);
}

static int
next_bytes(struct cbor_rd *r, struct cbor_items *a, size_t min, size_t max,
    struct bytes *out)
{
	bool more;
	int rc = cbor_array_next(r, a, &more);

	if (rc == 0 && (rc = cbor_bytes(r, out)) == 0 &&
	    (out->n < min || out->n > max))
		rc = cbor_fail(r, "bytes of another length");
	return rc;
}

static int
read_slot(struct cbor_rd *rd, struct cbor_items *a, struct token_slot *t)
{
	uint64_t state, pin, touch, origin;
	struct bytes point;
	int r = ERR_INTERNAL;

	if ((r = next_number(rd, a, SLOT_UNREADABLE, &state)) != 0 ||
	    (r = next_bytes(rd, a, POINT_LEN, POINT_LEN, &point)) != 0 ||
	    (r = next_number(rd, a, 255, &pin)) != 0 ||
	    (r = next_number(rd, a, 255, &touch)) != 0 ||
	    (r = next_number(rd, a, 255, &origin)) != 0)
		return r;
	t->state = (enum slot_state)state;
	memcpy(t->point, point.p, POINT_LEN);
	t->pin_policy = (uint8_t)pin;
	t->touch_policy = (uint8_t)touch;
	t->origin = (uint8_t)origin;
	return 0;
}

static int
read_info(struct cbor_rd *rd, struct cbor_items *a, struct token_info *t)
{
	struct bytes reader, version;
	uint64_t busy, serial, tries, puk_tries;
	int r = ERR_INTERNAL;

	if ((r = next_bytes(rd, a, 1, READER_MAX - 1, &reader)) != 0 ||
	    (r = next_number(rd, a, BUSY_PROGRAM, &busy)) != 0 ||
	    (r = next_number(rd, a, NUMBER_MAX, &serial)) != 0 ||
	    (r = next_bytes(rd, a, 3, 3, &version)) != 0 ||
	    (r = next_number(rd, a, 255, &tries)) != 0 ||
	    (r = next_number(rd, a, 255, &puk_tries)) != 0 ||
	    (r = read_slot(rd, a, &t->encrypt)) != 0 ||
	    (r = read_slot(rd, a, &t->sign)) != 0)
		return r;
	if (memchr(reader.p, 0, reader.n) != NULL)
		return cbor_fail(rd, "a NUL in the name of a reader");
	snprintf(t->reader, READER_MAX, "%.*s", (int)reader.n,
	    (const char *)reader.p);
	memcpy(t->version, version.p, 3);
	t->serial = (uint32_t)serial;
	t->busy = (enum token_busy)busy;
	t->tries = (uint8_t)tries;
	t->puk_tries = (uint8_t)puk_tries;
	return 0;
}

int
wire_read_list(struct bytes in, struct token_list *l, struct err *e)
{
	struct cbor_rd rd = cbor_rd_of(in, e);
	struct cbor_items a;
	bool more;
	int r = ERR_INTERNAL;

	memset(l, 0, sizeof(*l));
	if ((r = cbor_array_begin(&rd, &a)) != 0)
		return r;
	if (a.left % INFO_ITEMS != 0 || a.left / INFO_ITEMS > TOKENS_MAX)
		return cbor_fail(&rd, "not a list of tokens");
	l->count = (size_t)(a.left / INFO_ITEMS);
	for (size_t i = 0; i < l->count; i++)
		if ((r = read_info(&rd, &a, &l->tokens[i])) != 0)
			return r;
	if ((r = cbor_array_next(&rd, &a, &more)) != 0)
		return r;
	return cbor_end(&rd);
}
