/*
 * JSON to Borsh by schema (QOS wire section 4, "input" flavour): members in
 * any order, numbers or decimal strings, unknown members ignored or refused
 * as the type says, null the same as absent.
 */
#include "airgap/record/schema.h"
#include "airgap/seal/hex.h"

static int
wrong_kind(struct decoder *d, const char *wanted)
{
	return decoder_fail(d, ERR_INPUT, "%s was expected", wanted);
}

/* Unescapes straight into the arena behind a length that is set after. */
static int
read_str(struct decoder *d, struct bytes v)
{
	struct arena *a = d->arena;
	size_t at = a->n;
	size_t n;
	int r;

	if (json_kind(v) != JK_STRING)
		return wrong_kind(d, "a string");
	if ((r = arena_put_u32(d, 0)) != 0)
		return r;
	if (v.n > a->cap - a->n || v.n > UINT32_MAX)
		return decoder_fail(d, ERR_INPUT, "too large for its text");
	n = json_unescape(v, a->p + a->n);
	a->n = at;
	if ((r = arena_put_u32(d, (uint32_t)n)) != 0)
		return r;
	a->n += n;
	return 0;
}

/* exact: 0 for any length (length is written), else that many raw bytes. */
static int
read_hex(struct decoder *d, struct bytes v, size_t exact)
{
	struct arena *a = d->arena;
	struct bytes text;
	size_t at, n = 0;
	struct err e;
	int r;

	if (json_kind(v) != JK_STRING)
		return wrong_kind(d, "a string of hex digits");
	text = bytes_of(v.p + 1, v.n - 2);
	if (exact == 0 && (r = arena_put_u32(d, 0)) != 0)
		return r;
	if (hex_decode(text, a->p + a->n, a->cap - a->n, &n, &e) != 0)
		return decoder_fail(d, ERR_INPUT, "%s", e.text);
	if (exact != 0) {
		if (n != exact)
			return decoder_fail(d, ERR_INPUT, "%zu bytes, not %zu",
			    n, exact);
		a->n += n;
		return 0;
	}
	at = a->n - 4;
	a->n = at;
	if ((r = arena_put_u32(d, (uint32_t)n)) != 0)
		return r;
	a->n += n;
	return 0;
}

/* A number or a decimal string: "7", "007", "+7"; nothing else. */
static int
read_number(struct decoder *d, struct bytes v, uint32_t max)
{
	struct bytes t = v;
	uint64_t n = 0;

	if (json_kind(v) == JK_STRING) {
		t = bytes_of(v.p + 1, v.n - 2);
		if (t.n > 1 && t.p[0] == '+')
			t = bytes_of(t.p + 1, t.n - 1);
	} else if (json_kind(v) != JK_NUMBER) {
		return wrong_kind(d, "a number");
	}
	if (t.n == 0)
		return wrong_kind(d, "a number");
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return wrong_kind(d, "a whole number from 0");
		n = n * 10 + (uint64_t)(t.p[i] - '0');
		if (n > max)
			return decoder_fail(d, ERR_INPUT, "number over %u",
			    max);
	}
	if (max == UINT16_MAX) {
		const uint8_t b[2] = { (uint8_t)n, (uint8_t)(n >> 8) };

		return arena_put(d, b, sizeof(b));
	}
	return arena_put_u32(d, (uint32_t)n);
}

static int
put_tag(struct decoder *d, size_t tag)
{
	const uint8_t b = (uint8_t)tag;

	return arena_put(d, &b, 1);
}

static int
read_bool(struct decoder *d, struct bytes v)
{
	enum json_kind k = json_kind(v);

	if (k != JK_TRUE && k != JK_FALSE)
		return wrong_kind(d, "true or false");
	return put_tag(d, k == JK_TRUE);
}

static size_t
field_index(const struct type *t, struct bytes name)
{
	size_t i = 0;

	while (i < t->count && !json_string_is(name, t->fields[i].name))
		i++;
	return i;
}

/* Collects the values of known members; values[i].n is 0 where absent. */
static int
collect_members(struct decoder *d, const struct type *t, struct bytes v,
    struct bytes values[static SCHEMA_FIELDS_MAX])
{
	struct json_walk w = json_walk(v);
	struct bytes name, value;

	while (json_next_member(&w, &name, &value)) {
		size_t i = field_index(t, name);

		if (i == t->count) {
			if ((t->flags & TYPE_DENY_UNKNOWN) != 0)
				return decoder_fail(d, ERR_INPUT, "unknown "
				    "field %.*s", (int)(name.n < 60 ? name.n :
				    60), (const char *)name.p);
			continue;
		}
		if (values[i].n != 0)
			return decoder_fail(d, ERR_INPUT, "field \"%s\" is "
			    "there twice", t->fields[i].name);
		values[i] = value;
	}
	return 0;
}

static bool
is_absent(struct bytes v)
{
	return v.n == 0 || json_kind(v) == JK_NULL;
}

static int
read_field(struct decoder *d, const struct field *f, struct bytes v)
{
	int r;

	if (d->depth < SCHEMA_PATH_MAX)
		d->path[d->depth] = f->name;
	d->depth++;
	if (is_absent(v)) {
		if (f->type->kind == K_OPT)
			r = put_tag(d, 0);
		else if ((f->flags & FIELD_OMIT_EMPTY) != 0 && v.n == 0)
			r = arena_put_u32(d, 0);
		else
			r = decoder_fail(d, ERR_INPUT, "missing");
	} else {
		r = json_read(d, f->type, v);
	}
	if (r == 0)
		d->depth--;
	return r;
}

static int
read_struct(struct decoder *d, const struct type *t, struct bytes v)
{
	struct bytes values[SCHEMA_FIELDS_MAX] = { { 0 } };
	int r;

	if (json_kind(v) != JK_OBJECT)
		return wrong_kind(d, t->what != NULL ? t->what : "an object");
	if ((r = collect_members(d, t, v, values)) != 0)
		return r;
	for (size_t i = 0; i < t->count; i++)
		if ((r = read_field(d, &t->fields[i], values[i])) != 0)
			return r;
	return 0;
}

static int
read_tuple(struct decoder *d, const struct type *t, struct bytes v)
{
	struct json_walk w;
	struct bytes item;
	size_t i = 0;
	int r;

	if (json_kind(v) != JK_ARRAY)
		return wrong_kind(d, "an array");
	for (w = json_walk(v); json_next_item(&w, &item); i++) {
		if (i == t->count)
			return wrong_kind(d, "a shorter array");
		if ((r = json_read(d, t->fields[i].type, item)) != 0)
			return r;
	}
	return i == t->count ? 0 : wrong_kind(d, "a longer array");
}

static int
read_list(struct decoder *d, const struct type *t, struct bytes v)
{
	size_t at = d->arena->n, end;
	struct json_walk w;
	struct bytes item;
	uint32_t n = 0;
	int r;

	if (json_kind(v) != JK_ARRAY)
		return wrong_kind(d, "an array");
	if ((r = arena_put_u32(d, 0)) != 0)
		return r;
	for (w = json_walk(v); json_next_item(&w, &item); n++)
		if ((r = json_read(d, t->item, item)) != 0)
			return r;
	end = d->arena->n;
	d->arena->n = at;
	if ((r = arena_put_u32(d, n)) != 0)
		return r;
	d->arena->n = end;
	return 0;
}

/* lower: the text's first letter may be lower case (phases, 8.2). */
static bool
variant_is(struct bytes name, const char *want, bool lower)
{
	char text[64];

	if (json_string_is(name, want))
		return true;
	if (!lower || strlen(want) >= sizeof(text))
		return false;
	strcpy(text, want);
	text[0] |= 0x20;
	return json_string_is(name, text);
}

static size_t
variant_index(const struct type *t, struct bytes name)
{
	size_t i = 0;

	while (i < t->count && ((t->variants[i].flags & VARIANT_NO_JSON) != 0 ||
	    !variant_is(name, t->variants[i].name,
	    (t->flags & TYPE_LOWER_OK) != 0)))
		i++;
	return i;
}

/* Externally tagged: "name", or {"name": payload}. */
static int
read_enum(struct decoder *d, const struct type *t, struct bytes v)
{
	struct bytes name = v, payload = { 0 }, more;
	struct json_walk w;
	size_t i;
	int r;

	if (json_kind(v) == JK_OBJECT) {
		w = json_walk(v);
		if (!json_next_member(&w, &name, &payload) ||
		    json_next_member(&w, &more, &more))
			return wrong_kind(d, "an object with one member");
	} else if (json_kind(v) != JK_STRING) {
		return wrong_kind(d, "a name");
	}
	if ((i = variant_index(t, name)) == t->count)
		return decoder_fail(d, ERR_INPUT, "unknown name %.*s",
		    (int)(name.n < 60 ? name.n : 60), (const char *)name.p);
	if ((t->variants[i].payload == NULL) != (payload.n == 0))
		return decoder_fail(d, ERR_INPUT, "%s %s a value",
		    t->variants[i].name, payload.n == 0 ? "needs" : "takes no");
	if ((r = put_tag(d, i)) != 0 || payload.n == 0)
		return r;
	return json_read(d, t->variants[i].payload, payload);
}

int
json_read(struct decoder *d, const struct type *t, struct bytes value)
{
	int r;

	switch (t->kind) {
	case K_STR:
		return read_str(d, value);
	case K_BYTES:
		return read_hex(d, value, 0);
	case K_FIXED:
		return read_hex(d, value, t->arg);
	case K_U16:
		return read_number(d, value, UINT16_MAX);
	case K_U32:
		return read_number(d, value, UINT32_MAX);
	case K_BOOL:
		return read_bool(d, value);
	case K_STRUCT:
		return read_struct(d, t, value);
	case K_TUPLE:
		return read_tuple(d, t, value);
	case K_LIST:
		return read_list(d, t, value);
	case K_OPT:
		if (is_absent(value))
			return put_tag(d, 0);
		if ((r = put_tag(d, 1)) != 0)
			return r;
		return json_read(d, t->item, value);
	case K_ENUM:
		return read_enum(d, t, value);
	case K_CUSTOM:
		return t->hooks->json_read(d, value);
	}
	return ERR_INTERNAL;
}
