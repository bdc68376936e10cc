/*
 * Messages to parts and back: every vector of tests/data/ur.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/ur/fountain.h"
#include "airgap/ur/bytewords.h"
#include "airgap/ur/ur.h"
#include "tests/unit/vectors.h"

static json_t *root;
static char text[UR_TEXT_MAX + 1];

static const char *
item(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	assert_non_null(s);
	return s;
}

static struct ur_encoder *
encoder(const char *type, struct bytes message, size_t max)
{
	struct ur_encoder *u;
	struct err e;

	if (ur_encoder_new(type, message, max, &u, &e) != 0)
		fail_msg("%s", e.text);
	return u;
}

static void
assert_parts(struct ur_encoder *u, const json_t *parts)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		ur_encoder_part(u, (uint32_t)(i + 1), text);
		assert_string_equal(text, item(parts, i));
	}
}

/*
 * The reference, told fragments of 10 bytes at most, makes some of 11 (its
 * "minfrag-edge"); ours never exceeds what it is told.
 */
static size_t
max_of(const json_t *c)
{
	if (strcmp(vector_text(c, "id"), "minfrag-edge") == 0)
		return (size_t)vector_int(c, "fragment_len");
	return (size_t)vector_int(c, "max_fragment_len");
}

static void
every_case_gives_its_exact_parts(void **state)
{
	const json_t *c, *js;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c) {
		struct buf m = vector_buf(c, "message_hex");
		struct ur_encoder *u = encoder(vector_text(c, "type"),
		    buf_bytes(&m), max_of(c));

		assert_int_equal(ur_encoder_parts(u), vector_int(c, "seq_len"));
		assert_parts(u, json_object_get(c, "parts"));
		ur_encoder_free(u);
		if ((js = json_object_get(c, "js_variant_first5")) != NULL) {
			u = encoder(vector_text(c, "type"), buf_bytes(&m), 10);
			assert_int_equal(ur_encoder_parts(u), 10);
			assert_parts(u, json_object_get(js, "parts"));
			ur_encoder_free(u);
		}
		buf_free(&m);
		seen++;
	}
	assert_int_equal(seen, 10);
}

static struct ur_decoder *
decoder(void)
{
	struct ur_decoder *d;

	assert_int_equal(ur_decoder_new(&d, NULL), 0);
	return d;
}

/* Feeds parts in order or reversed; returns after how many it was whole. */
static size_t
feed_all(const json_t *c, bool reversed, bool upper)
{
	const json_t *parts = json_object_get(c, "parts");
	struct buf m = vector_buf(c, "message_hex");
	struct ur_decoder *d = decoder();
	struct ur_stream s[UR_STREAMS];
	size_t after = 0, rank = 0, n = json_array_size(parts);
	enum ur_event event;

	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%s",
		    item(parts, reversed ? n - 1 - i : i));
		if (upper)
			ur_upper(text);
		assert_int_equal(ur_decoder_feed(d, bytes_str(text), &event,
		    NULL), 0);
		assert_int_equal(ur_decoder_streams(d, s), 1);
		assert_int_equal(s->received, i + 1);
		assert_int_equal(s->rank, event == UR_KNOWN ? rank : rank + 1);
		rank = s->rank;
		assert_true(s->complete == (s->rank == s->parts));
		assert_true((event == UR_COMPLETE) == (s->complete && !after));
		if (event == UR_COMPLETE)
			after = i + 1;
	}
	if (after > 0) {
		assert_true(bytes_equal(s->message, buf_bytes(&m)));
		assert_string_equal(s->type, vector_text(c, "type"));
	}
	ur_decoder_free(d);
	buf_free(&m);
	return after;
}

static void
every_case_is_whole_after_as_many_parts_as_elimination_needs(void **state)
{
	const json_t *c;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c)
		assert_int_equal(feed_all(c, false, false),
		    vector_int(c, "gauss_complete_after"));
}

static void
every_case_is_whole_backwards_and_in_upper_case(void **state)
{
	const json_t *c;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c)
		assert_true(feed_all(c, true, true) > 0);
}

/* The fragments that a vector's parts mix, taken from the bytes themselves. */
static void
every_case_mixes_the_fragments_of_its_indexes(void **state)
{
	const json_t *c, *list;
	size_t i, j, k;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c) {
		size_t n = (size_t)vector_int(c, "seq_len");
		uint32_t sum = (uint32_t)vector_int(c, "checksum");
		uint16_t chosen[64];
		struct sampler s;

		assert_true(n <= 64);
		if (n == 1)
			continue;
		assert_int_equal(sampler_degrees(n, &s, NULL), 0);
		json_array_foreach(json_object_get(c, "indexes"), j, list) {
			bool in[64] = { false };
			size_t count;

			if (j < n)
				continue;
			count = fountain_choose(&s, (uint32_t)(j + 1), sum,
			    chosen);
			assert_int_equal(count, json_array_size(list));
			for (k = 0; k < count; k++)
				in[chosen[k]] = true;
			for (k = 0; k < count; k++)
				assert_true(in[json_integer_value(
				    json_array_get(list, k))]);
		}
		sampler_free(&s);
	}
}

static struct bytes
make_message(size_t n, uint8_t *out)
{
	struct xoshiro x = xoshiro_of(bytes_str("Wolf"));

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)xoshiro_int(&x, 0, 255);
	return bytes_of(out, n);
}

static void
the_published_stream_of_256_bytes_has_its_exact_insides(void **state)
{
	const json_t *v = json_object_get(json_object_get(root, "published"),
	    "fountain_cbor_256raw_maxfrag30");
	uint8_t message[256], body[64];
	struct ur_encoder *u = encoder("bytes", make_message(256, message),
	    30);

	(void)state;
	assert_int_equal(json_array_size(v), 20);
	for (size_t i = 0; i < 20; i++) {
		struct buf want = vector_unhex(item(v, i));
		size_t n;

		ur_encoder_part(u, (uint32_t)(i + 1), text);
		assert_int_equal(bytewords_decode(bytes_str(strrchr(text, '/')
		    + 1), body, &n, NULL), 0);
		assert_true(bytes_equal(bytes_of(body, n), buf_bytes(&want)));
		buf_free(&want);
	}
	ur_encoder_free(u);
}

static void
the_published_texts_come_out(void **state)
{
	const json_t *p = json_object_get(root, "published");
	uint8_t message[259];
	struct ur_encoder *u;

	(void)state;
	memcpy(message, (const uint8_t[]){ 0x59, 1, 0 }, 3);
	make_message(256, message + 3);
	u = encoder("bytes", bytes_of(message, 259), 30);
	assert_int_equal(json_array_size(json_object_get(p,
	    "ur_bytes_256_maxfrag30")), 20);
	assert_parts(u, json_object_get(p, "ur_bytes_256_maxfrag30"));
	ur_encoder_free(u);
	memcpy(message, (const uint8_t[]){ 0x58, 50 }, 2);
	make_message(50, message + 2);
	u = encoder("bytes", bytes_of(message, 52), 52);
	assert_int_equal(ur_encoder_parts(u), 1);
	assert_parts(u, json_object_get(p, "ur_bytes_50_single"));
	ur_encoder_free(u);
}

static void
every_text_to_refuse_is_refused_in_a_sentence_and_changes_nothing(void **state)
{
	struct ur_decoder *d = decoder();
	struct ur_stream s[UR_STREAMS];
	enum ur_event event;
	const json_t *v;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "must_reject"), i, v) {
		struct err e = { 0 };
		int r = ur_decoder_feed(d, bytes_str(vector_text(v, "ur")),
		    &event, &e);

		if (r != ERR_INPUT)
			fail_msg("%s: %d", vector_text(v, "why"), r);
		assert_true(strlen(e.text) > 20);
		if (strstr(vector_text(v, "why"), "legacy") != NULL)
			assert_non_null(strstr(e.text, "UR version 1"));
		seen++;
	}
	assert_int_equal(seen, 12);
	assert_int_equal(ur_decoder_streams(d, s), 0);
	ur_decoder_free(d);
}

static void
every_text_to_accept_is_accepted(void **state)
{
	const json_t *v;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "must_accept"), i, v) {
		struct ur_decoder *d = decoder();
		enum ur_event event;

		assert_int_equal(ur_decoder_feed(d, bytes_str(vector_text(v,
		    "ur")), &event, NULL), 0);
		assert_int_equal(event, UR_NEW);
		ur_decoder_free(d);
		seen++;
	}
	assert_int_equal(seen, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_gives_its_exact_parts),
		cmocka_unit_test(every_case_is_whole_after_as_many_parts_as_elimination_needs),
		cmocka_unit_test(every_case_is_whole_backwards_and_in_upper_case),
		cmocka_unit_test(every_case_mixes_the_fragments_of_its_indexes),
		cmocka_unit_test(the_published_stream_of_256_bytes_has_its_exact_insides),
		cmocka_unit_test(the_published_texts_come_out),
		cmocka_unit_test(every_text_to_refuse_is_refused_in_a_sentence_and_changes_nothing),
		cmocka_unit_test(every_text_to_accept_is_accepted),
	};
	int r;

	root = json_load_file("tests/data/ur.json", JSON_REJECT_DUPLICATES,
	    NULL);
	if (root == NULL)
		abort();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(root);
	return r;
}
