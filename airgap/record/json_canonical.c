/*
 * QOS canonical JSON (wire section 4, qos_json SPEC): no white space,
 * members sorted by UTF-16 code units, null members dropped, integers as
 * decimal strings, every other number an error.
 *
 * Duplicate names are refused here although QOS keeps the last one: no
 * honest writer makes them, and two readers may disagree about them.
 */
#include <stdlib.h>

#include "airgap/record/json.h"

struct job {
	struct bytes value;
	struct err *e;
};

static int put_value(struct sink *s, struct bytes v, struct err *e);

/*
 * A member is kept as the offset of its name from the object's start: 4
 * bytes, less than the text of the shortest member, so that the index never
 * outweighs the input.
 */
static void
member_at(struct bytes object, uint32_t at, struct bytes *name,
    struct bytes *value)
{
	struct json_walk w = { object.p + at, object.p + object.n - 1 };

	(void)json_next_member(&w, name, value);
}

/* The name alone: sorting must not walk the values again. */
static struct bytes
name_at(struct bytes object, uint32_t at)
{
	struct json_walk w = { object.p + at, object.p + object.n - 1 };
	struct bytes name = { 0 };

	(void)json_next_item(&w, &name);
	return name;
}

static int
order(const void *a, const void *b, void *object)
{
	const struct bytes *o = object;

	return json_string_order(name_at(*o, *(const uint32_t *)a),
	    name_at(*o, *(const uint32_t *)b));
}

/* Offsets of all members in order; heap, the caller's. */
static int
sorted_members(struct bytes v, uint32_t **out, size_t *count, struct err *e)
{
	struct json_walk w = json_walk(v);
	struct bytes name, value;
	size_t n = 0, i = 0;

	if (v.n > UINT32_MAX)
		return err_set(e, ERR_INPUT, "JSON text over 4 GiB");
	while (json_next_member(&w, &name, &value))
		n++;
	*out = calloc(n == 0 ? 1 : n, sizeof(**out));
	if (*out == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (w = json_walk(v); json_next_member(&w, &name, &value); i++)
		(*out)[i] = (uint32_t)(name.p - v.p);
	qsort_r(*out, n, sizeof(**out), order, &v);
	for (i = 1; i < n; i++) {
		if (order(&(*out)[i - 1], &(*out)[i], &v) != 0)
			continue;
		name = name_at(v, (*out)[i]);
		return err_set(e, ERR_INPUT, "member %.*s is there twice; "
		    "remove one", (int)(name.n < 80 ? name.n : 80),
		    (const char *)name.p);
	}
	*count = n;
	return 0;
}

static int
put_string(struct sink *s, struct bytes v, struct err *e)
{
	uint8_t *text = malloc(v.n);
	int r;

	if (text == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	r = json_put_string(s, bytes_of(text, json_unescape(v, text)));
	free(text);
	return r;
}

static int
put_object(struct sink *s, struct bytes v, struct err *e)
{
	const char *between = "{";
	struct bytes name, value;
	uint32_t *m = NULL;
	size_t n = 0;
	int r;

	if ((r = sorted_members(v, &m, &n, e)) != 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		member_at(v, m[i], &name, &value);
		if (json_kind(value) == JK_NULL)
			continue;
		if ((r = sink_str(s, between)) != 0 ||
		    (r = put_string(s, name, e)) != 0 ||
		    (r = sink_str(s, ":")) != 0 ||
		    (r = put_value(s, value, e)) != 0)
			goto out;
		between = ",";
	}
	r = sink_str(s, between[0] == '{' ? "{}" : "}");
out:
	free(m);
	return r;
}

static int
put_array(struct sink *s, struct bytes v, struct err *e)
{
	struct json_walk w = json_walk(v);
	const char *between = "[";
	struct bytes item;
	int r;

	while (json_next_item(&w, &item)) {
		if ((r = sink_str(s, between)) != 0 ||
		    (r = put_value(s, item, e)) != 0)
			return r;
		between = ",";
	}
	return sink_str(s, between[0] == '[' ? "[]" : "]");
}

/* Compares digit strings without leading zeros as numbers. */
static bool
at_most(struct bytes digits, const char *limit)
{
	struct bytes l = bytes_str(limit);

	return digits.n < l.n ||
	    (digits.n == l.n && memcmp(digits.p, l.p, l.n) <= 0);
}

static int
put_number(struct sink *s, struct bytes v, struct err *e)
{
	bool minus = v.p[0] == '-';
	struct bytes d = bytes_of(v.p + minus, v.n - minus);
	int r;

	for (size_t i = 0; i < d.n; i++)
		if (d.p[i] < '0' || d.p[i] > '9')
			goto refuse;
	if (minus && d.p[0] == '0')	/* -0 is a float to serde_json */
		goto refuse;
	if (!at_most(d, minus ? "9223372036854775808" :
	    "18446744073709551615"))
		goto refuse;
	if ((r = sink_str(s, "\"")) != 0 || (r = sink_put(s, v.p, v.n)) != 0)
		return r;
	return sink_str(s, "\"");
refuse:
	return err_set(e, ERR_INPUT, "number %.*s: QOS canonical JSON takes "
	    "only integers of 64 bits", (int)(v.n < 60 ? v.n : 60),
	    (const char *)v.p);
}

/* Recursion is bounded by JSON_DEPTH_MAX, which json_check enforced. */
static int
put_value(struct sink *s, struct bytes v, struct err *e)
{
	switch (json_kind(v)) {
	case JK_OBJECT: return put_object(s, v, e);
	case JK_ARRAY: return put_array(s, v, e);
	case JK_STRING: return put_string(s, v, e);
	case JK_NUMBER: return put_number(s, v, e);
	default: return sink_put(s, v.p, v.n);
	}
}

static int
encode(struct sink *s, const void *ctx)
{
	const struct job *j = ctx;

	return put_value(s, j->value, j->e);
}

int
json_canonical(struct bytes text, struct buf *out, struct err *e)
{
	struct err inner = { 0 };
	struct job j = { .e = &inner };
	int r;

	*out = (struct buf){ 0 };
	if ((r = json_check(text, &j.value, e)) != 0)
		return r;
	r = sink_collect(encode, &j, out, e);
	/* a refusal of the encoder says more than that it failed */
	if (r != 0 && inner.code != 0)
		return err_set(e, r, "%s", inner.text);
	return r;
}
