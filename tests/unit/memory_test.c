/*
 * Memory while reading: Borsh allocates nothing, JSON and its canonical form
 * at most three times the text, however the text is made, and no length
 * that a text announces sizes an allocation.
 *
 * The linker wraps the allocator; library-internal calls are not counted
 * (qsort's copy of at most the index is in the bound all the same).
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

static size_t now, peak, calls;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static void *
count(void *p)
{
	now += malloc_usable_size(p);
	peak = now > peak ? now : peak;
	calls++;
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return count(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return count(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	now -= malloc_usable_size(p);
	return count(__real_realloc(p, n));
}

void
__wrap_free(void *p)
{
	now -= malloc_usable_size(p);
	__real_free(p);
}

enum reader { MANIFEST, ENVELOPE, GENESIS, APPROVAL, MESSAGE, CANONICAL };

static int
read_with(enum reader reader, struct bytes in, struct arena *a,
    struct buf *out)
{
	struct genesis_output g;
	struct envelope env;
	struct approval ap;
	struct manifest m;
	struct message msg;
	enum wire wire;

	switch (reader) {
	case MANIFEST:
		return manifest_read_either(in, &m, a, NULL);
	case ENVELOPE:
		return envelope_read(in, &env, a, NULL);
	case GENESIS:
		return genesis_output_read(in, &g, NULL);
	case APPROVAL:
		return approval_read(in, &ap, a, NULL);
	case MESSAGE:
		return message_read(in, &msg, &wire, a, NULL);
	case CANONICAL:
		return json_canonical(in, out, NULL);
	}
	return ERR_INTERNAL;
}

/* What an empty environment or a short text may cost besides. */
#define CONSTANT (32 * 1024)

/* Peak and calls of one reading; everything is released again. */
static int
measure(enum reader reader, struct bytes in)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	size_t before = now;
	int r;

	peak = now;
	calls = 0;
	r = read_with(reader, in, &a, &out);
	peak -= before;
	arena_free(&a);
	buf_free(&out);
	assert_int_equal(now, before);
	return r;
}

static void
is_bounded(enum reader reader, const char *what, struct bytes in)
{
	(void)measure(reader, in);
	if (peak > 3 * in.n + CONSTANT)
		fail_msg("%s: %zu bytes for a text of %zu", what, peak, in.n);
}

/* front, then n times item with commas between, then back */
static struct buf
many(const char *front, const char *item, size_t n, const char *back)
{
	size_t f = strlen(front), i = strlen(item), b = strlen(back);
	struct buf t = { malloc(f + n * (i + 1) + b), 0 };

	assert_non_null(t.p);
	memcpy(t.p, front, f);
	t.n = f;
	for (size_t k = 0; k < n; k++) {
		if (k > 0)
			t.p[t.n++] = ',';
		memcpy(t.p + t.n, item, i);
		t.n += i;
	}
	memcpy(t.p + t.n, back, b);
	t.n += b;
	return t;
}

#define N 200000
#define APPROVAL_JSON \
	"{\"signature\":\"\",\"member\":{\"alias\":\"\",\"pubKey\":\"\"}}"

/* The vector's text with its empty list of that name filled. */
static struct buf
filled(const char *vector, const char *list, const char *item)
{
	json_t *all = vectors_load("own_record");
	struct bytes json = bytes_str(vector_text(vector_named(all, vector),
	    "json"));
	char from[64];
	struct buf text, grown;

	snprintf(from, sizeof(from), "\"%s\":[", list);
	text = many(from, item, N, "]");
	text.p[text.n] = '\0';
	snprintf(from, sizeof(from), "\"%s\":[]", list);
	grown = replaced(json, from, (char *)text.p);
	buf_free(&text);
	json_decref(all);
	return grown;
}

static void
json_records_full_of_small_things_cost_three_times_their_text(void **state)
{
	static const struct {
		enum reader reader;
		const char *vector, *list, *item;
		bool reads;
	} cases[] = {
		{ MANIFEST, "manifest v1", "members",
		    "{\"alias\":\"\",\"pubKey\":\"\"}", true },
		{ MANIFEST, "manifest v2", "members",
		    "{\"alias\":\"\",\"pubKey\":\"\"}", true },
		{ MANIFEST, "manifest v2", "members", "1", false },
		{ MANIFEST, "manifest v2", "members", "{}", false },
		{ ENVELOPE, "envelope v0", "share_set_approvals",
		    APPROVAL_JSON, true },
		{ ENVELOPE, "envelope v1", "shareSetApprovals",
		    APPROVAL_JSON, true },
		{ ENVELOPE, "envelope v2", "shareSetApprovals",
		    APPROVAL_JSON, true },
		{ MANIFEST, "envelope v2", "shareSetApprovals", "\"\"",
		    false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf t = filled(cases[i].vector, cases[i].list,
		    cases[i].item);

		is_bounded(cases[i].reader, cases[i].item, buf_bytes(&t));
		assert_int_equal(measure(cases[i].reader, buf_bytes(&t)) == 0,
		    cases[i].reads);
		buf_free(&t);
	}
}

/* The vector's text with "args" or "resolvers" or "env" grown. */
static void
grown(const char *from, const char *to_front, const char *item,
    const char *to_back)
{
	json_t *all = vectors_load("own_record");
	struct bytes json = bytes_str(vector_text(vector_named(all,
	    "manifest v2"), "json"));
	struct buf middle = many(to_front, item, N, to_back), t;

	middle.p[middle.n] = '\0';
	t = replaced(json, from, (char *)middle.p);
	is_bounded(MANIFEST, item, buf_bytes(&t));
	buf_free(&t);
	buf_free(&middle);
	json_decref(all);
}

static void
arguments_resolvers_and_variables_cost_three_times_their_text(void **state)
{
	(void)state;

	grown("\"args\":[", "\"args\":[", "\"\"", ",");
	grown("\"args\":[", "\"args\":[", "\"\\n\"", ",");
	grown("\"resolvers\":[", "\"resolvers\":[", "\"::\"", ",");
	grown("\"bridgeConfig\":[", "\"bridgeConfig\":[",
	    "{\"port\":1,\"type\":\"client\"}", ",");
	grown("\"env\":{", "\"env\":{", "\"A\":{\"plain\":{\"value\":\"\"}}",
	    ",");
	grown("\"env\":{", "\"env\":{", "\"\":1", ",");
	grown("\"namespace\":{", "\"namespace\":{", "\"\":1", ",");
}

static void
messages_full_of_small_things_cost_three_times_their_text(void **state)
{
	static const struct { const char *front, *item, *back; } cases[] = {
		{ "{\"bootGenesisRequest\":{\"set\":{\"threshold\":1,"
		    "\"members\":[", "{\"alias\":\"\",\"pubKey\":\"\"}",
		    "]}}}" },
		{ "{\"bootGenesisResponse\":{\"nsm_response\":\"lockPCR\","
		    "\"genesis_output\":{\"recovery_permutations\":[", "[]",
		    "]}}}" },
		{ "{\"bootStandardResponse\":{\"nsm_response\":"
		    "{\"describeNSM\":{\"locked_pcrs\":[", "1", "]}}}}" },
		{ "[", "\"\"", "]" }, { "{", "\"\":1", "}" },
		{ "{\"proxyRequest\":{\"data\":\"", "00", "\"}}" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf t = many(cases[i].front, cases[i].item, N,
		    cases[i].back);

		is_bounded(MESSAGE, cases[i].front, buf_bytes(&t));
		is_bounded(CANONICAL, cases[i].front, buf_bytes(&t));
		is_bounded(APPROVAL, cases[i].front, buf_bytes(&t));
		buf_free(&t);
	}
}

static void
canonical_form_of_small_values_costs_three_times_the_text(void **state)
{
	static const char *const items[] = { "1", "\"\"", "[]", "{}", "null",
	    "{\"a\":1}", "-1", "\"\\u0001\"", "{\"b\":0,\"a\":0}" };
	char *members = malloc(N * 12 + 3);
	size_t n = 0;
	(void)state;

	for (size_t i = 0; i < COUNT(items); i++) {
		struct buf t = many("[", items[i], N, "]");

		is_bounded(CANONICAL, items[i], buf_bytes(&t));
		assert_int_equal(measure(CANONICAL, buf_bytes(&t)), 0);
		assert_true(calls > 0);
		buf_free(&t);
	}
	/* many members, the names as short as they can differ */
	assert_non_null(members);
	members[n++] = '{';
	for (unsigned i = 0; i < N; i++)
		n += (size_t)snprintf(members + n, 12, "%s\"%x\":1",
		    i == 0 ? "" : ",", i);
	members[n++] = '}';
	is_bounded(CANONICAL, "members", bytes_of(members, n));
	assert_int_equal(measure(CANONICAL, bytes_of(members, n)), 0);
	/* the copy that qsort makes of the index */
	assert_true(peak + 4 * N <= 3 * n + CONSTANT);
	free(members);
}

static void
borsh_allocates_nothing_whatever_lengths_it_announces(void **state)
{
	static const char *const files[] = { "own_record", "own_message" };
	static const uint8_t lies[][4] = { { 0xff, 0xff, 0xff, 0xff },
	    { 0xff, 0xff, 0xff, 0x7f }, { 0, 0, 0, 0x10 } };
	size_t tried = 0;
	(void)state;

	for (size_t f = 0; f < COUNT(files); f++) {
		json_t *all = vectors_load(files[f]);

		for (size_t i = 0; i < json_array_size(all); i++) {
			const json_t *v = json_array_get(all, i);
			const json_t *at = json_object_get(v, "lengths");
			enum reader reader = f == 1 ? MESSAGE :
			    strcmp(vector_text(v, "kind"), "genesis_output") ==
			    0 ? GENESIS : MANIFEST;
			struct buf b;

			if (!vector_has(v, "borsh"))
				continue;
			b = vector_buf(v, "borsh");
			assert_int_equal(measure(reader, buf_bytes(&b)), 0);
			assert_int_equal(calls, 0);
			for (size_t j = 0; j < json_array_size(at); j++) {
				uint8_t *p = b.p + json_integer_value(
				    json_array_get(at, j)), old[4];

				memcpy(old, p, 4);
				for (size_t k = 0; k < COUNT(lies); k++) {
					memcpy(p, lies[k], 4);
					assert_int_equal(measure(reader,
					    buf_bytes(&b)), ERR_INPUT);
					assert_int_equal(calls, 0);
					tried++;
				}
				memcpy(p, old, 4);
			}
			buf_free(&b);
		}
		json_decref(all);
	}
	assert_true(tried > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		json_records_full_of_small_things_cost_three_times_their_text),
		cmocka_unit_test(
		arguments_resolvers_and_variables_cost_three_times_their_text),
		cmocka_unit_test(
		messages_full_of_small_things_cost_three_times_their_text),
		cmocka_unit_test(
		    canonical_form_of_small_values_costs_three_times_the_text),
		cmocka_unit_test(
		    borsh_allocates_nothing_whatever_lengths_it_announces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
