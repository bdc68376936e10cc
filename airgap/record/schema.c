/*
 * Whole records in and out, the arena, basic types and sentences.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/schema.h"

const struct type type_str = { .kind = K_STR, .size = sizeof(struct bytes) };
const struct type type_bytes = { .kind = K_BYTES,
	.size = sizeof(struct bytes) };
const struct type type_hash32 = { .kind = K_FIXED, .size = 32, .arg = 32 };
const struct type type_hash64 = { .kind = K_FIXED, .size = 64, .arg = 64 };
const struct type type_u16 = { .kind = K_U16, .size = sizeof(uint16_t) };
const struct type type_u32 = { .kind = K_U32, .size = sizeof(uint32_t) };
const struct type type_bool = { .kind = K_BOOL, .size = sizeof(bool) };
const struct type type_list_str = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_str };
const struct type type_opt_bytes = { .kind = K_OPT,
	.size = sizeof(struct opt_bytes), .arg = offsetof(struct opt_bytes, v),
	.item = &type_bytes };

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free(a->p);
	*a = (struct arena){ 0 };
}

/*
 * Borsh of a JSON text is at most 4/3 of it (the worst case is an array of
 * empty strings: 3 bytes of text, 4 of Borsh), so this bound never binds.
 */
static int
arena_init(struct arena *a, size_t text, struct err *e)
{
	a->n = 0;
	a->cap = text + text / 2 + 64;
	a->p = malloc(a->cap);
	if (a->p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	return 0;
}

int
arena_put(struct decoder *d, const void *p, size_t n)
{
	struct arena *a = d->arena;

	if (n > a->cap - a->n)
		return decoder_fail(d, ERR_INPUT, "too large for its text");
	if (n > 0)
		memcpy(a->p + a->n, p, n);
	a->n += n;
	return 0;
}

int
arena_put_u32(struct decoder *d, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8),
	    (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	return arena_put(d, b, sizeof(b));
}

int
decoder_fail(struct decoder *d, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	size_t n = 0;
	va_list ap;

	if (d->code != 0)
		return d->code;
	d->code = code;
	text[0] = '\0';
	for (size_t i = 0; i < d->depth && i < SCHEMA_PATH_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.40s",
		    i == 0 ? "" : ".", d->path[i]);
	if (n > 0)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ": ");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	return err_set(d->e, code, "%s", text);
}

int
schema_read_whole(struct decoder *d, const struct type *t, struct bytes in,
    void *out)
{
	struct rd r = rd_of(in);
	int err;

	if ((err = borsh_read(d, t, &r, out)) != 0)
		return err;
	if (rd_end(&r) != 0)
		return decoder_fail(d, ERR_INPUT, "%zu bytes too many after "
		    "the end", r.left);
	return 0;
}

int
schema_from_borsh(const struct type *t, struct bytes in, void *out,
    struct err *e)
{
	struct decoder d = { .e = e, .borsh_version = 1 };

	return schema_read_whole(&d, t, in, out);
}

int
schema_from_json_value(const struct type *t, struct bytes value,
    struct arena *arena, void *out, struct err *e)
{
	struct decoder d = { .e = e, .arena = arena, .from_json = true };
	int r;

	*arena = (struct arena){ 0 };
	if ((r = arena_init(arena, value.n, e)) != 0)
		return r;
	if ((r = json_read(&d, t, value)) == 0)
		r = schema_read_whole(&d, t, bytes_of(arena->p, arena->n),
		    out);
	if (r != 0)
		arena_free(arena);
	return r;
}

int
schema_from_json(const struct type *t, struct bytes in, struct arena *arena,
    void *out, struct err *e)
{
	struct bytes value;
	int r;

	*arena = (struct arena){ 0 };
	if ((r = json_check(in, &value, e)) != 0)
		return r;
	return schema_from_json_value(t, value, arena, out, e);
}

struct job {
	const struct type *t;
	const void *in;
	enum encoding form;
};

static int
encode(struct sink *s, const void *ctx)
{
	const struct job *j = ctx;

	if (j->form == FORM_BORSH)
		return borsh_write(s, j->t, j->in);
	return json_write(s, j->t, j->in, j->form == FORM_JSON_CANONICAL);
}

int
schema_encode(const struct type *t, const void *in, enum encoding form,
    struct buf *out, struct err *e)
{
	const struct job j = { t, in, form };

	return sink_collect(encode, &j, out, e);
}

int
schema_sha256(const struct type *t, const void *in, enum encoding form,
    struct digest256 *out, struct err *e)
{
	const struct job j = { t, in, form };

	return sink_sha256(encode, &j, out, e);
}

bool
list_next(struct rd *r, const struct type *item, void *out)
{
	struct decoder d = { .borsh_version = 1, .again = true };

	return r->left > 0 && borsh_read(&d, item, r, out) == 0;
}

struct pack {
	const struct type *t;
	const uint8_t *items;
	size_t n;
};

static int
put_items(struct sink *s, const void *ctx)
{
	const struct pack *p = ctx;
	int r = 0;

	for (size_t i = 0; i < p->n && r == 0; i++)
		r = borsh_write(s, p->t, p->items + i * p->t->size);
	return r;
}

int
list_pack(const struct type *t, const void *items, size_t n, struct list *out,
    struct buf *own, struct err *e)
{
	const struct pack p = { t, items, n };
	int r;

	*out = (struct list){ 0 };
	if ((r = sink_collect(put_items, &p, own, e)) != 0)
		return r;
	*out = (struct list){ buf_bytes(own), (uint32_t)n };
	return 0;
}

bool
json_has_member(struct bytes object, const char *name)
{
	struct json_walk w;
	struct bytes key, value;

	if (json_kind(object) != JK_OBJECT)
		return false;
	for (w = json_walk(object); json_next_member(&w, &key, &value);)
		if (json_string_is(key, name))
			return true;
	return false;
}
