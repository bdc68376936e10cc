/*
 * Borsh by schema (QOS wire section 2): little-endian, u32 counts, one tag
 * byte for enums and options.  Reading borrows; an announced count is only
 * believed as far as the bytes are there.
 */
#include <stdalign.h>

#include "airgap/record/schema.h"

static int
short_input(struct decoder *d)
{
	return decoder_fail(d, ERR_INPUT, "ends too early");
}

static int
read_bytes(struct decoder *d, struct rd *r, bool text, struct bytes *out)
{
	uint32_t n;

	if (rd_u32(r, &n) != 0 || rd_bytes(r, n, out) != 0)
		return short_input(d);
	if (text && !d->again && !utf8_valid(*out))
		return decoder_fail(d, ERR_INPUT, "text is not UTF-8");
	return 0;
}

static int
read_fields(struct decoder *d, const struct type *t, struct rd *r,
    uint8_t *out)
{
	int err;

	for (size_t i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[i];

		if (d->depth < SCHEMA_PATH_MAX)
			d->path[d->depth] = f->name;
		d->depth++;
		if ((err = borsh_read(d, f->type, r, out + f->at)) != 0)
			return err;
		d->depth--;
	}
	return 0;
}

/* Ascending lists hold u16 items. */
static int
u16_of(struct bytes item)
{
	return item.p[1] << 8 | item.p[0];
}

static int
read_list(struct decoder *d, const struct type *t, struct rd *r,
    struct list *out)
{
	alignas(max_align_t) uint8_t item[SCHEMA_ITEM_MAX];
	struct bytes last = { 0 }, this;
	const uint8_t *start;
	uint32_t n;
	int err;

	if (rd_u32(r, &n) != 0)
		return short_input(d);
	start = r->p;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *from = r->p;

		if ((err = borsh_read(d, t->item, r, item)) != 0)
			return err;
		this = bytes_of(from, (size_t)(r->p - from));
		if ((t->flags & TYPE_ASCENDING) != 0 && i > 0 &&
		    u16_of(last) >= u16_of(this))
			return decoder_fail(d, ERR_INPUT, "not ascending");
		last = this;
	}
	out->count = n;
	out->packed = bytes_of(start, n == 0 ? 0 : (size_t)(r->p - start));
	return 0;
}

static int
read_flag(struct decoder *d, struct rd *r, bool *out)
{
	uint8_t v;

	if (rd_u8(r, &v) != 0)
		return short_input(d);
	if (v > 1)
		return decoder_fail(d, ERR_INPUT, "flag is %u, not 0 or 1", v);
	*out = v == 1;
	return 0;
}

static int
read_enum(struct decoder *d, const struct type *t, struct rd *r, uint8_t *out)
{
	const struct variant *v;

	if (rd_u8(r, out) != 0)
		return short_input(d);
	if (*out >= t->count)
		return decoder_fail(d, ERR_INPUT, "unknown tag %u", *out);
	v = &t->variants[*out];
	if ((v->flags & VARIANT_NO_BORSH) != 0 && !d->from_json)
		return decoder_fail(d, ERR_LEGACY, "%s has no Borsh form",
		    v->name);
	if (v->payload == NULL)
		return 0;
	return borsh_read(d, v->payload, r, out + t->arg);
}

int
borsh_read(struct decoder *d, const struct type *t, struct rd *r, void *out)
{
	uint8_t *o = out;
	struct bytes raw;
	bool present;
	int err;

	switch (t->kind) {
	case K_STR:
	case K_BYTES:
		return read_bytes(d, r, t->kind == K_STR, out);
	case K_FIXED:
		if (rd_bytes(r, t->arg, &raw) != 0)
			return short_input(d);
		memcpy(out, raw.p, raw.n);
		return 0;
	case K_U16:
		return rd_u16(r, out) == 0 ? 0 : short_input(d);
	case K_U32:
		return rd_u32(r, out) == 0 ? 0 : short_input(d);
	case K_BOOL:
		return read_flag(d, r, out);
	case K_STRUCT:
	case K_TUPLE:
		return read_fields(d, t, r, out);
	case K_LIST:
		return read_list(d, t, r, out);
	case K_OPT:
		if ((err = read_flag(d, r, &present)) != 0)
			return err;
		memcpy(out, &present, sizeof(present));
		return present ? borsh_read(d, t->item, r, o + t->arg) : 0;
	case K_ENUM:
		return read_enum(d, t, r, out);
	case K_CUSTOM:
		return t->hooks->borsh_read(d, r, out);
	}
	return ERR_INTERNAL;
}

static int
write_bytes(struct sink *s, const struct bytes *b)
{
	int r;

	if (b->n > UINT32_MAX)
		return ERR_INPUT;
	if ((r = sink_u32(s, (uint32_t)b->n)) != 0)
		return r;
	return sink_put(s, b->p, b->n);
}

static int
write_enum(struct sink *s, const struct type *t, const uint8_t *in)
{
	const struct variant *v;
	int r;

	if (*in >= t->count)
		return ERR_INTERNAL;
	v = &t->variants[*in];
	if ((v->flags & VARIANT_NO_BORSH) != 0)
		return ERR_LEGACY;
	if ((r = sink_u8(s, *in)) != 0 || v->payload == NULL)
		return r;
	return borsh_write(s, v->payload, in + t->arg);
}

static int
write_fields(struct sink *s, const struct type *t, const uint8_t *in)
{
	int r = 0;

	for (size_t i = 0; i < t->count && r == 0; i++)
		r = borsh_write(s, t->fields[i].type, in + t->fields[i].at);
	return r;
}

static int
write_list(struct sink *s, const struct list *l)
{
	int r = sink_u32(s, l->count);

	return r != 0 ? r : sink_put(s, l->packed.p, l->packed.n);
}

int
borsh_write(struct sink *s, const struct type *t, const void *in)
{
	const uint8_t *i = in;
	bool flag;
	int r;

	switch (t->kind) {
	case K_STR:
	case K_BYTES:
		return write_bytes(s, in);
	case K_FIXED:
		return sink_put(s, in, t->arg);
	case K_U16:
		return sink_u16(s, *(const uint16_t *)in);
	case K_U32:
		return sink_u32(s, *(const uint32_t *)in);
	case K_BOOL:
	case K_OPT:
		memcpy(&flag, in, sizeof(flag));
		if ((r = sink_u8(s, flag)) != 0 || t->kind == K_BOOL || !flag)
			return r;
		return borsh_write(s, t->item, i + t->arg);
	case K_STRUCT:
	case K_TUPLE:
		return write_fields(s, t, in);
	case K_LIST:
		return write_list(s, in);
	case K_ENUM:
		return write_enum(s, t, in);
	case K_CUSTOM:
		return t->hooks->borsh_write(s, in);
	}
	return ERR_INTERNAL;
}
