/*
 * Reading and encoding again (see stable.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

static bool
is_json(struct bytes in)
{
	struct bytes value;

	return json_check(in, &value, NULL) == 0;
}

static void
same_bytes(struct bytes a, struct bytes b)
{
	assert_int_equal(a.n, b.n);
	if (a.n > 0)
		assert_memory_equal(a.p, b.p, a.n);
}

/* A refusal is an input error with one sentence, never a bug. */
static bool
refused(int r, const struct err *e)
{
	assert_true(r == ERR_INPUT || r == ERR_LEGACY);
	assert_true(e->text[0] != '\0');
	assert_null(strstr(e->text, "too large for its text"));
	return false;
}

/* Encodes, and once more in the form the text had where that is Borsh. */
typedef int again_fn(struct bytes in, struct buf *out, struct err *e);

static bool
stable(struct bytes in, again_fn *again)
{
	struct buf first = { 0 }, second = { 0 };
	struct err e = { 0 };
	int r = again(in, &first, &e);

	if (r != 0)
		return refused(r, &e);
	if (!is_json(in))
		same_bytes(in, buf_bytes(&first));
	assert_int_equal(again(buf_bytes(&first), &second, &e), 0);
	same_bytes(buf_bytes(&first), buf_bytes(&second));
	buf_free(&first);
	buf_free(&second);
	return true;
}

static int
manifest_again(struct bytes in, struct buf *out, struct err *e)
{
	struct arena arena;
	struct manifest m;
	int r = manifest_read(in, &m, &arena, e);

	if (r != 0)
		return r;
	r = is_json(in) ? manifest_write(&m, out, e) :
	    schema_encode(manifest_type(m.version), &m, FORM_BORSH, out, e);
	arena_free(&arena);
	return r == 0 ? 0 : ERR_INTERNAL;
}

static int
envelope_again(struct bytes in, struct buf *out, struct err *e)
{
	struct arena arena;
	struct envelope env;
	int r = envelope_read(in, &env, &arena, e);

	if (r != 0)
		return r;
	r = is_json(in) ? envelope_write(&env, out, e) :
	    schema_encode(envelope_type(env.manifest.version), &env,
	    FORM_BORSH, out, e);
	arena_free(&arena);
	return r == 0 ? 0 : ERR_INTERNAL;
}

static int
approval_again(struct bytes in, struct buf *out, struct err *e)
{
	struct arena arena;
	struct approval a;
	int r = approval_read(in, &a, &arena, e);

	if (r != 0)
		return r;
	r = approval_write(&a, out, e);
	arena_free(&arena);
	return r == 0 ? 0 : ERR_INTERNAL;
}

static int
genesis_output_again(struct bytes in, struct buf *out, struct err *e)
{
	struct genesis_output g;
	int r = genesis_output_read(in, &g, e);

	if (r != 0)
		return r;
	return genesis_output_write(&g, out, e) == 0 ? 0 : ERR_INTERNAL;
}

static int
message_again(struct bytes in, struct buf *out, struct err *e)
{
	struct arena arena;
	struct message m;
	enum wire wire;
	int r = message_read(in, &m, &wire, &arena, e);

	if (r != 0)
		return r;
	assert_int_equal(wire == WIRE_JSON, is_json(in));
	r = message_write(&m, wire, out, e);
	arena_free(&arena);
	return r == 0 ? 0 : ERR_INTERNAL;
}

/* Integers become strings and nulls go, so the second pass must be still. */
static int
json_again(struct bytes in, struct buf *out, struct err *e)
{
	return json_canonical(in, out, e);
}

bool
stable_manifest(struct bytes in)
{
	return stable(in, manifest_again);
}

bool
stable_envelope(struct bytes in)
{
	return stable(in, envelope_again);
}

bool
stable_approval(struct bytes in)
{
	return stable(in, approval_again);
}

bool
stable_genesis_output(struct bytes in)
{
	return stable(in, genesis_output_again);
}

bool
stable_message(struct bytes in)
{
	return stable(in, message_again);
}

bool
stable_json(struct bytes in)
{
	return stable(in, json_again);
}

stable_fn *
stable_of(const char *kind)
{
	if (strcmp(kind, "manifest") == 0)
		return stable_manifest;
	if (strcmp(kind, "envelope") == 0)
		return stable_envelope;
	assert_string_equal(kind, "genesis_output");
	return stable_genesis_output;
}

void
refuses_truncations(struct bytes in, stable_fn *stable_in)
{
	for (size_t n = 0; n < in.n; n++) {
		/* a block of exactly n bytes: reading past it is found */
		uint8_t *cut = malloc(n == 0 ? 1 : n);

		assert_non_null(cut);
		memcpy(cut, in.p, n);
		if (stable_in(bytes_of(cut, n)))
			fail_msg("a prefix of %zu of %zu bytes reads", n,
			    in.n);
		free(cut);
	}
}

size_t
survives_changes(struct bytes in, stable_fn *stable_in)
{
	uint8_t *text = malloc(in.n);
	size_t lived = 0;

	assert_non_null(text);
	memcpy(text, in.p, in.n);
	for (size_t i = 0; i < in.n; i++) {
		const uint8_t old = in.p[i], to[] = { 0, 0xff, '"', '\\',
		    '0', old ^ 1, old ^ 0x80, (uint8_t)(old + 1) };

		for (size_t j = 0; j < sizeof(to); j++) {
			text[i] = to[j];
			lived += stable_in(bytes_of(text, in.n));
		}
		text[i] = old;
	}
	free(text);
	return lived;
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void
refuses_wrong_lengths(const json_t *vector, stable_fn *stable_in)
{
	const json_t *at = json_object_get(vector, "lengths");
	struct buf b = vector_buf(vector, "borsh");

	assert_true(stable_in(buf_bytes(&b)));
	for (size_t i = 0; i < json_array_size(at); i++) {
		size_t pos = (size_t)json_integer_value(
		    json_array_get(at, i));
		uint8_t *p = b.p + pos;
		uint32_t n = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
		    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		const uint32_t lies[] = { n + 1, n - 1, n + 0x01000000,
		    n ^ 0x80000000, 0x7fffffff, 0xffffffff, 0xfffffffc,
		    (uint32_t)(b.n - pos - 4), (uint32_t)(b.n - pos - 3) };

		for (size_t j = 0; j < sizeof(lies) / sizeof(lies[0]); j++) {
			if (lies[j] == n)
				continue;
			put_u32(p, lies[j]);
			if (stable_in(buf_bytes(&b)))
				fail_msg("%s: count %u instead of %u at %zu "
				    "reads", vector_text(vector, "name"),
				    lies[j], n, pos);
		}
		put_u32(p, n);
	}
	buf_free(&b);
}

struct buf
replaced(struct bytes text, const char *from, const char *to)
{
	const uint8_t *at = memmem(text.p, text.n, from, strlen(from));
	struct buf b = { .n = text.n - strlen(from) + strlen(to) };
	size_t front;

	if (at == NULL)
		fail_msg("\"%s\" is not in the text", from);
	front = (size_t)(at - text.p);
	b.p = malloc(b.n + 1);
	assert_non_null(b.p);
	memcpy(b.p, text.p, front);
	memcpy(b.p + front, to, strlen(to));
	memcpy(b.p + front + strlen(to), at + strlen(from),
	    text.n - front - strlen(from));
	return b;
}
