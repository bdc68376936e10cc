/*
 * JSON by schema (QOS wire section 4): plain (serde_json compact, members in
 * declaration order, numbers as numbers) and canonical (members sorted,
 * numbers as decimal strings).  Absent options are left out in both.
 */
#include <stdalign.h>
#include <stdio.h>

#include "airgap/record/schema.h"

static int
write_number(struct sink *s, uint32_t v, bool canonical)
{
	char text[16];

	snprintf(text, sizeof(text), canonical ? "\"%u\"" : "%u", v);
	return sink_str(s, text);
}

static int
write_hex(struct sink *s, struct bytes b)
{
	int r;

	if ((r = sink_str(s, "\"")) != 0 || (r = sink_hex(s, b)) != 0)
		return r;
	return sink_str(s, "\"");
}

/* Indexes of fields in the order of output; names are ASCII. */
static void
field_order(const struct type *t, bool sorted,
    size_t order[static SCHEMA_FIELDS_MAX])
{
	for (size_t i = 0; i < t->count; i++) {
		size_t j = i;

		for (; sorted && j > 0 && strcmp(t->fields[order[j - 1]].name,
		    t->fields[i].name) > 0; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

static bool
left_out(const struct field *f, const uint8_t *value)
{
	struct list l;
	bool present;

	if (f->type->kind == K_OPT) {
		memcpy(&present, value, sizeof(present));
		return !present;
	}
	if ((f->flags & FIELD_OMIT_EMPTY) != 0) {
		memcpy(&l, value, sizeof(l));
		return l.count == 0;
	}
	return false;
}

static int
write_struct(struct sink *s, const struct type *t, const uint8_t *in,
    bool canonical)
{
	size_t order[SCHEMA_FIELDS_MAX];
	const char *between = "{";
	int r;

	field_order(t, canonical, order);
	for (size_t i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[order[i]];

		if (left_out(f, in + f->at))
			continue;
		if ((r = sink_str(s, between)) != 0 ||
		    (r = json_put_string(s, bytes_str(f->name))) != 0 ||
		    (r = sink_str(s, ":")) != 0 ||
		    (r = json_write(s, f->type, in + f->at, canonical)) != 0)
			return r;
		between = ",";
	}
	return sink_str(s, between[0] == '{' ? "{}" : "}");
}

static int
write_tuple(struct sink *s, const struct type *t, const uint8_t *in,
    bool canonical)
{
	int r;

	for (size_t i = 0; i < t->count; i++)
		if ((r = sink_str(s, i == 0 ? "[" : ",")) != 0 ||
		    (r = json_write(s, t->fields[i].type,
		    in + t->fields[i].at, canonical)) != 0)
			return r;
	return sink_str(s, "]");
}

static int
write_list(struct sink *s, const struct type *t, const struct list *l,
    bool canonical)
{
	alignas(max_align_t) uint8_t item[SCHEMA_ITEM_MAX];
	struct rd rd = list_walk(l);
	int r;

	if ((r = sink_str(s, "[")) != 0)
		return r;
	for (uint32_t i = 0; i < l->count; i++) {
		if (!list_next(&rd, t->item, item))
			return ERR_INTERNAL;
		if (i > 0 && (r = sink_str(s, ",")) != 0)
			return r;
		if ((r = json_write(s, t->item, item, canonical)) != 0)
			return r;
	}
	return sink_str(s, "]");
}

static int
write_enum(struct sink *s, const struct type *t, const uint8_t *in,
    bool canonical)
{
	const struct variant *v;
	int r;

	if (*in >= t->count)
		return ERR_INTERNAL;
	v = &t->variants[*in];
	if ((v->flags & VARIANT_NO_JSON) != 0)
		return ERR_INPUT;
	if (v->payload == NULL)
		return json_put_string(s, bytes_str(v->name));
	if ((r = sink_str(s, "{")) != 0 ||
	    (r = json_put_string(s, bytes_str(v->name))) != 0 ||
	    (r = sink_str(s, ":")) != 0 ||
	    (r = json_write(s, v->payload, in + t->arg, canonical)) != 0)
		return r;
	return sink_str(s, "}");
}

int
json_write(struct sink *s, const struct type *t, const void *in,
    bool canonical)
{
	const uint8_t *i = in;
	bool flag;

	switch (t->kind) {
	case K_STR:
		return json_put_string(s, *(const struct bytes *)in);
	case K_BYTES:
		return write_hex(s, *(const struct bytes *)in);
	case K_FIXED:
		return write_hex(s, bytes_of(in, t->arg));
	case K_U16:
		return write_number(s, *(const uint16_t *)in, canonical);
	case K_U32:
		return write_number(s, *(const uint32_t *)in, canonical);
	case K_BOOL:
	case K_OPT:
		memcpy(&flag, in, sizeof(flag));
		if (t->kind == K_BOOL)
			return sink_str(s, flag ? "true" : "false");
		if (!flag)
			return sink_str(s, "null");
		return json_write(s, t->item, i + t->arg, canonical);
	case K_STRUCT:
		return write_struct(s, t, in, canonical);
	case K_TUPLE:
		return write_tuple(s, t, in, canonical);
	case K_LIST:
		return write_list(s, t, in, canonical);
	case K_ENUM:
		return write_enum(s, t, in, canonical);
	case K_CUSTOM:
		return t->hooks->json_write(s, in, canonical);
	}
	return ERR_INTERNAL;
}
