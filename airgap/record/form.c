/*
 * Records by their form.  Reading walks the map of the input and the list of
 * fields side by side: both are in key order, so a key that is not the
 * awaited one is either unknown, or a field before it is missing.
 */
#include <stdio.h>

#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/reader.h"

#define MAJOR_MAP 5	/* RFC 8949 3.1: the first three bits of a record */

static void *
place(void *value, const struct form_field *f)
{
	return (uint8_t *)value + f->at;
}

static const void *
place_of(const void *value, const struct form_field *f)
{
	return (const uint8_t *)value + f->at;
}

static bool
is_present(const struct form_field *f, const void *value)
{
	bool b = true;

	if (f->present != 0)
		memcpy(&b, (const uint8_t *)value + f->present, sizeof(b));
	return b;
}

/* A key of the input for a sentence: nothing that moves a cursor. */
static const char *
key_text(struct bytes key, char out[static CBOR_KEY_MAX + 1])
{
	size_t i;

	for (i = 0; i < key.n && i < CBOR_KEY_MAX; i++)
		out[i] = key.p[i] > 0x20 && key.p[i] < 0x7f ?
		    (char)key.p[i] : '?';
	out[i] = '\0';
	return out;
}

/* --- what a record is */

struct header {
	struct bytes type;
	bool has_version;
	uint64_t version;
};

static int
read_header(struct bytes in, struct header *h, struct err *e)
{
	struct cbor_rd r = cbor_rd_of(in, e);
	struct cbor_items m;
	struct bytes key;
	int c = cbor_map_begin(&r, &m);

	*h = (struct header){ .has_version = false };
	while (c == 0 && (c = cbor_map_next(&r, &m, &key)) == 0 &&
	    key.p != NULL) {
		if (bytes_equal(key, bytes_str("type"))) {
			c = cbor_text(&r, &h->type);
		} else if (bytes_equal(key, bytes_str("v"))) {
			h->has_version = true;
			c = cbor_uint(&r, &h->version);
		} else {
			c = cbor_skip(&r);
		}
	}
	return c == 0 ? cbor_end(&r) : c;
}

int
record_type(struct bytes in, struct bytes *type, struct err *e)
{
	struct header h;
	int r = read_header(in, &h, e);

	if (r != 0)
		return r;
	if (h.type.p == NULL)
		return err_set(e, ERR_INPUT, "the key 'type' is missing");
	*type = h.type;
	return 0;
}

static int
check_header(const struct form *f, struct bytes in, struct err *e)
{
	char text[CBOR_KEY_MAX + 1];
	struct header h;
	int r = ERR_INTERNAL;

	if (in.n == 0)
		return err_set(e, ERR_INPUT, "it is empty");
	if (in.p[0] >> 5 != MAJOR_MAP)
		return err_set(e, ERR_INPUT, "it is no record of ours; take "
		    "another file");
	if ((r = read_header(in, &h, e)) != 0)
		return r;
	if (h.type.p == NULL)
		return err_set(e, ERR_INPUT, "the key 'type' is missing");
	if (!bytes_equal(h.type, bytes_str(f->type)))
		return err_set(e, ERR_INPUT, "this is a record of type '%s', "
		    "not '%s'", key_text(h.type, text), f->type);
	if (!h.has_version)
		return err_set(e, ERR_INPUT, "the key 'v' is missing");
	if (h.version != RECORD_VERSION)
		return err_set(e, ERR_INPUT, "version %llu is not known here, "
		    "only %d; use the program that wrote it",
		    (unsigned long long)h.version, RECORD_VERSION);
	return 0;
}

/* --- reading */

static int
check_range(const struct form_field *f, const char *unit, uint64_t n,
    char *text, size_t size)
{
	if (n >= f->min && n <= f->max)
		return 0;
	snprintf(text, size, "%llu%s, not %llu to %llu",
	    (unsigned long long)n, unit, (unsigned long long)f->min,
	    (unsigned long long)f->max);
	return ERR_INPUT;
}

static int
read_string(struct cbor_rd *r, const struct form_field *f, struct bytes *out)
{
	struct cbor_rd at = *r;
	char text[96];
	int c = f->kind == F_TEXT ? cbor_text(r, out) : cbor_bytes(r, out);

	if (c != 0)
		return c;
	if (check_range(f, " bytes", out->n, text, sizeof(text)) != 0)
		return cbor_fail(&at, "%s", text);
	return 0;
}

static int
read_fixed(struct cbor_rd *r, const struct form_field *f, uint8_t *out)
{
	struct cbor_rd at = *r;
	struct bytes b;
	int c = cbor_bytes(r, &b);

	if (c != 0)
		return c;
	if (b.n != f->max)
		return cbor_fail(&at, "%zu bytes, not %llu", b.n,
		    (unsigned long long)f->max);
	memcpy(out, b.p, b.n);
	return 0;
}

static int
read_uint(struct cbor_rd *r, const struct form_field *f, uint64_t *out)
{
	struct cbor_rd at = *r;
	char text[96];
	int c = cbor_uint(r, out);

	if (c != 0)
		return c;
	if (check_range(f, "", *out, text, sizeof(text)) != 0)
		return cbor_fail(&at, "%s", text);
	return 0;
}

static int
read_mode(struct cbor_rd *r, enum mode *out)
{
	struct cbor_rd at = *r;
	struct bytes text;

	if (cbor_text(r, &text) != 0)
		return ERR_INPUT;
	if (mode_from_text(text, out, NULL) != 0)
		return cbor_fail(&at,
		    "neither 'production' nor 'rehearsal'");
	return 0;
}

static int
read_field(struct cbor_rd *r, const struct form_field *f, void *value)
{
	bool yes = true;

	if (f->present != 0)
		memcpy((uint8_t *)value + f->present, &yes, sizeof(yes));
	switch (f->kind) {
	case F_VERSION:
	case F_TYPE:
		return cbor_skip(r);	/* check_header has seen both */
	case F_MODE:
		return read_mode(r, place(value, f));
	case F_UINT:
		return read_uint(r, f, place(value, f));
	case F_TEXT:
	case F_BYTES:
		return read_string(r, f, place(value, f));
	case F_FIXED:
		return read_fixed(r, f, place(value, f));
	case F_LIST:
		return f->read(r, value);
	}
	return ERR_INTERNAL;
}

static const struct form_field *
field_named(const struct form *f, struct bytes key)
{
	for (size_t i = 0; i < f->count; i++)
		if (bytes_equal(key, bytes_str(f->fields[i].key)))
			return &f->fields[i];
	return NULL;
}

/* Fields from *next up to found (NULL: all) were passed over. */
static int
check_passed(const struct form *f, const struct form_field **next,
    const struct form_field *found, struct err *e)
{
	const struct form_field *end = f->fields + f->count;

	for (; *next != end && *next != found; (*next)++)
		if ((*next)->present == 0)
			return err_set(e, ERR_INPUT,
			    "the key '%s' is missing", (*next)->key);
	return 0;
}

int
form_read_entry(const struct form *f, struct cbor_rd *r, void *value)
{
	const struct form_field *next = f->fields, *found;
	char text[CBOR_KEY_MAX + 1];
	struct cbor_items m;
	struct bytes key;
	int c = cbor_map_begin(r, &m);

	while (c == 0 && (c = cbor_map_next(r, &m, &key)) == 0 &&
	    key.p != NULL) {
		if ((found = field_named(f, key)) == NULL)
			return cbor_fail(r, "unknown key '%s'",
			    key_text(key, text));
		/* the input's keys ascend, so found is never before next */
		if ((c = check_passed(f, &next, found, r->e)) != 0)
			return c;
		next++;
		if ((c = read_field(r, found, value)) != 0)
			err_prefix(r->e, "key '%s'", found->key);
	}
	return c == 0 ? check_passed(f, &next, NULL, r->e) : c;
}

int
form_decode(const struct form *f, struct bytes in, void *value,
    struct err *e)
{
	struct cbor_rd r = cbor_rd_of(in, e);
	int c = ERR_INTERNAL;

	if (in.n > RECORD_MAX)
		return err_set(e, ERR_INPUT, "%s: larger than %d bytes",
		    f->what, RECORD_MAX);
	if ((c = check_header(f, in, e)) != 0 ||
	    (c = form_read_entry(f, &r, value)) != 0 ||
	    (c = cbor_end(&r)) != 0)
		err_prefix(e, "%s", f->what);
	return c;
}

/* --- writing */

static int
check_field(const struct form_field *f, const void *value, char *text,
    size_t size)
{
	struct bytes b;
	uint64_t v;

	if (f->kind == F_UINT) {
		memcpy(&v, place_of(value, f), sizeof(v));
		return check_range(f, "", v, text, size);
	}
	if (f->kind != F_TEXT && f->kind != F_BYTES)
		return 0;
	memcpy(&b, place_of(value, f), sizeof(b));
	if (f->kind == F_TEXT && !utf8_valid(b)) {
		snprintf(text, size, "text that is not UTF-8");
		return ERR_INPUT;
	}
	return check_range(f, " bytes", b.n, text, size);
}

int
form_check(const struct form *f, const void *value, struct err *e)
{
	char text[96];

	for (size_t i = 0; i < f->count; i++)
		if (is_present(&f->fields[i], value) &&
		    check_field(&f->fields[i], value, text,
		    sizeof(text)) != 0)
			return err_set(e, ERR_INPUT, "%s: key '%s': %s",
			    f->what, f->fields[i].key, text);
	return 0;
}

static int
write_value(const struct form *form, const struct form_field *f,
    struct sink *s, const void *value)
{
	enum mode mode;
	struct bytes b;
	uint64_t v;

	switch (f->kind) {
	case F_VERSION:
		return cbor_put_uint(s, RECORD_VERSION);
	case F_TYPE:
		return cbor_put_text(s, bytes_str(form->type));
	case F_MODE:
		memcpy(&mode, place_of(value, f), sizeof(mode));
		return cbor_put_text(s, bytes_str(mode_text(mode)));
	case F_UINT:
		memcpy(&v, place_of(value, f), sizeof(v));
		return cbor_put_uint(s, v);
	case F_TEXT:
		memcpy(&b, place_of(value, f), sizeof(b));
		return cbor_put_text(s, b);
	case F_BYTES:
		memcpy(&b, place_of(value, f), sizeof(b));
		return cbor_put_bytes(s, b);
	case F_FIXED:
		return cbor_put_bytes(s, bytes_of(place_of(value, f),
		    (size_t)f->max));
	case F_LIST:
		return f->write(s, value);
	}
	return ERR_INTERNAL;
}

int
form_check_alias(const struct form *f, enum mode mode, struct bytes alias,
    struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = label_check_alias(alias, e)) != 0 ||
	    (r = mode_check_alias(mode, alias, e)) != 0)
		err_prefix(e, "%s", f->what);
	return r;
}

int
form_check_key(const struct form *f, const char *name,
    const struct public_key *key, struct err *e)
{
	int r = public_key_check(bytes_of(key->b, PUBLIC_KEY_LEN));

	return r == 0 ? 0 : err_set(e, ERR_INPUT, "%s: key '%s': %s",
	    f->what, name, err_text(r));
}

static bool
is_written(const struct form_field *f, const void *value, bool body)
{
	return is_present(f, value) &&
	    !(body && strcmp(f->key, FORM_SIGNATURE) == 0);
}

static int
write_map(const struct form *f, struct sink *s, const void *value, bool body)
{
	size_t count = 0;
	int r = ERR_INTERNAL;

	for (size_t i = 0; i < f->count; i++)
		count += is_written(&f->fields[i], value, body);
	r = cbor_put_map(s, count);
	for (size_t i = 0; r == 0 && i < f->count; i++) {
		if (!is_written(&f->fields[i], value, body))
			continue;
		r = cbor_put_text(s, bytes_str(f->fields[i].key));
		if (r == 0)
			r = write_value(f, &f->fields[i], s, value);
	}
	return r;
}

int
form_write_entry(const struct form *f, struct sink *s, const void *value)
{
	return write_map(f, s, value, false);
}

struct encoding {
	const struct form *form;
	const void *value;
	bool body;		/* without the signature */
};

static int
encode(struct sink *s, const void *ctx)
{
	const struct encoding *x = ctx;

	return write_map(x->form, s, x->value, x->body);
}

static int
collect(const struct form *f, const void *value, bool body, struct buf *out,
    struct err *e)
{
	struct encoding x = { f, value, body };
	int r = form_check(f, value, e);

	*out = (struct buf){ 0 };
	if (r != 0 || (r = sink_collect(encode, &x, out, e)) != 0)
		return r;
	if (out->n <= RECORD_MAX)
		return 0;
	buf_free(out);
	return err_set(e, ERR_INPUT, "%s: larger than %d bytes", f->what,
	    RECORD_MAX);
}

int
form_encode(const struct form *f, const void *value, struct buf *out,
    struct err *e)
{
	return collect(f, value, false, out, e);
}

static enum mode
mode_of(const void *value)
{
	enum mode mode;

	memcpy(&mode, value, sizeof(mode));	/* the first member */
	return mode;
}

int
form_body(const struct form *f, const void *value, struct buf *out,
    struct err *e)
{
	return collect(f, value, true, out, e);
}

int
form_message(const struct form *f, const void *value, enum purpose purpose,
    struct buf *out, struct err *e)
{
	struct buf body = { 0 };
	int r = ERR_INTERNAL;

	*out = (struct buf){ 0 };
	if ((r = collect(f, value, true, &body, e)) == 0)
		r = signed_message(purpose, mode_of(value), buf_bytes(&body),
		    out, e);
	buf_free(&body);
	return r;
}

int
form_verify(const struct form *f, const void *value, enum purpose purpose,
    const struct public_key *key, const struct signature *sig,
    struct err *e)
{
	struct buf body = { 0 };
	int r = ERR_INTERNAL;

	if ((r = collect(f, value, true, &body, e)) == 0 &&
	    (r = signed_verify(purpose, mode_of(value), buf_bytes(&body),
	    key, sig, e)) != 0)
		err_prefix(e, "%s", f->what);
	buf_free(&body);
	return r;
}
