/*
 * Deterministic CBOR, form by form, with libcbor as an independent peer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>

#include "airgap/record/cbor.h"
#include "tests/unit/vectors.h"

static const uint64_t edges[] = { 0, 1, 23, 24, 25, 255, 256, 65535, 65536,
	0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
	0xffffffffffffffff };
#define EDGES (sizeof(edges) / sizeof(edges[0]))

static int
put_number(struct sink *s, const void *ctx)
{
	return cbor_put_uint(s, *(const uint64_t *)ctx);
}

static struct buf
number(uint64_t v)
{
	struct buf b;

	assert_int_equal(sink_collect(put_number, &v, &b, NULL), 0);
	return b;
}

/* Reads hex as one value that cbor_skip allows, and its end. */
static int
skip_hex(const char *hex, struct err *e)
{
	struct buf b = vector_unhex(hex);
	struct cbor_rd r = cbor_rd_of(buf_bytes(&b), e);
	int c = cbor_skip(&r);

	if (c == 0)
		c = cbor_end(&r);
	buf_free(&b);
	return c;
}

static void
assert_refused(const char *hex, const char *sentence)
{
	struct err e = { 0 };

	assert_int_equal(skip_hex(hex, &e), ERR_INPUT);
	if (strstr(e.text, sentence) == NULL)
		fail_msg("%s: '%s' lacks '%s'", hex, e.text, sentence);
}

static void
a_number_has_one_form_and_libcbor_reads_it(void **state)
{
	struct cbor_load_result lr;
	struct cbor_rd r;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < EDGES; i++) {
		struct buf b = number(edges[i]);
		cbor_item_t *item = cbor_load(b.p, b.n, &lr);

		r = cbor_rd_of(buf_bytes(&b), NULL);
		assert_int_equal(cbor_uint(&r, &v), 0);
		assert_int_equal(cbor_end(&r), 0);
		assert_true(v == edges[i]);
		assert_non_null(item);
		assert_true(cbor_isa_uint(item));
		assert_true(cbor_get_int(item) == edges[i]);
		assert_int_equal(lr.read, b.n);
		cbor_decref(&item);
		buf_free(&b);
	}
}

static void
longer_forms_of_a_number_or_length_are_refused(void **state)
{
	static const char *const longer[] = { "1800", "1817", "190000",
	    "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000000",
	    "1b00000000ffffffff", "580100", "7800", "9800", "b800",
	    "59000100", "790000" };

	(void)state;
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
		assert_refused(longer[i], "shortest");
	assert_int_equal(skip_hex("1818", NULL), 0);
	assert_int_equal(skip_hex("190100", NULL), 0);
	assert_int_equal(skip_hex("1a00010000", NULL), 0);
	assert_int_equal(skip_hex("1b0000000100000000", NULL), 0);
}

static void
indefinite_and_reserved_lengths_are_refused(void **state)
{
	static const char *const forms[] = { "5fff", "7fff", "9fff", "bfff",
	    "1c", "1d", "1e", "1f", "5c", "7d", "9e", "ff" };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_refused(forms[i], "indefinite or reserved");
}

static void
tags_floats_nulls_and_negatives_are_refused(void **state)
{
	(void)state;
	assert_refused("c000", "a tag has no place");
	assert_refused("20", "a negative number has no place");
	assert_refused("3863", "a negative number has no place");
	assert_refused("f6", "neither true nor false");
	assert_refused("f7", "neither true nor false");
	assert_refused("f820", "neither true nor false");
	assert_refused("f90000", "neither true nor false");
	assert_refused("fb3ff0000000000000", "neither true nor false");
	assert_int_equal(skip_hex("f4", NULL), 0);
	assert_int_equal(skip_hex("f5", NULL), 0);
}

static void
a_length_beyond_the_input_is_refused_before_anything_else(void **state)
{
	static const char *const hostile[] = { "41", "5818", "59ffff",
	    "5affffffff", "5bffffffffffffffff", "61", "7b7fffffffffffffff",
	    "81", "9bffffffffffffffff", "9b8000000000000000", "a1", "a160",
	    "bbffffffffffffffff", "bb8000000000000000", "bb0000000100000000" };

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		assert_refused(hostile[i], "longer than the input");
	assert_refused("", "ends where a value must begin");
	assert_refused("18", "ends inside a length");
	assert_refused("1b00000000000000", "ends inside a length");
	assert_refused("826161", "ends inside an array");
	assert_refused("a3616100616200", "ends where");
}

static void
map_keys_are_short_text_in_strict_order(void **state)
{
	(void)state;
	assert_int_equal(skip_hex("a2616100616200", NULL), 0);
	assert_int_equal(skip_hex("a2617a0062616100", NULL), 0);
	assert_refused("a2616100616100", "a key is there twice");
	assert_refused("a2616200616100", "the keys are not in order");
	assert_refused("a262616100617a00", "the keys are not in order");
	assert_refused("a10000", "a number stands where text must be");
	assert_refused("a1414100", "a byte string stands where text");
	assert_refused("a16000", "a key is not 1 to 32 bytes");
	assert_refused("a17821616161616161616161616161616161616161616161616161"
	    "6161616161616161616100", "a key is not 1 to 32 bytes");
}

static void
text_must_be_utf8(void **state)
{
	(void)state;
	assert_int_equal(skip_hex("62c3a9", NULL), 0);
	assert_refused("61ff", "not UTF-8");
	assert_refused("62c080", "not UTF-8");
	assert_refused("63eda080", "not UTF-8");
	assert_refused("64f4908080", "not UTF-8");
}

static void
nesting_ends_at_eight(void **state)
{
	(void)state;
	assert_int_equal(skip_hex("818181818181818100", NULL), 0);
	assert_refused("81818181818181818100", "nested deeper than 8");
	assert_refused("a16161a16161a16161a16161a16161a16161a16161a16161a1616100",
	    "nested deeper than 8");
	/* and comes back: siblings do not add up */
	assert_int_equal(skip_hex("898080808080808080a0", NULL), 0);
}

static void
trailing_bytes_are_counted_and_refused(void **state)
{
	(void)state;
	assert_refused("0000", "1 bytes follow the end");
	assert_refused("a000000000", "byte 1: 4 bytes follow the end");
}

static void
the_sentence_names_the_offset_of_the_item(void **state)
{
	(void)state;
	assert_refused("826161c0", "byte 3: a tag");
	assert_refused("84010218ff1800", "byte 5");
	assert_refused("a16161f6", "byte 3: neither");
}

static int
put_nested(struct sink *s, const void *ctx)
{
	int r = ERR_INTERNAL;

	(void)ctx;
	if ((r = cbor_put_map(s, 2)) != 0 ||
	    (r = cbor_put_text(s, bytes_str("a"))) != 0 ||
	    (r = cbor_put_array(s, 3)) != 0 ||
	    (r = cbor_put_bool(s, true)) != 0 ||
	    (r = cbor_put_bytes(s, bytes_str("xyz"))) != 0 ||
	    (r = cbor_put_uint(s, 1000)) != 0 ||
	    (r = cbor_put_text(s, bytes_str("bb"))) != 0)
		return r;
	return cbor_put_bytes(s, bytes_of(NULL, 0));
}

static void
what_the_writers_put_the_readers_take(void **state)
{
	struct cbor_items m, a;
	struct bytes key, v;
	struct cbor_rd r;
	struct buf b;
	uint64_t n;
	bool flag = false, more;

	(void)state;
	assert_int_equal(sink_collect(put_nested, NULL, &b, NULL), 0);
	r = cbor_rd_of(buf_bytes(&b), NULL);
	assert_int_equal(cbor_map_begin(&r, &m), 0);
	assert_int_equal(cbor_map_next(&r, &m, &key), 0);
	assert_true(bytes_equal(key, bytes_str("a")));
	assert_int_equal(cbor_array_begin(&r, &a), 0);
	assert_int_equal(a.left, 3);
	assert_int_equal(cbor_array_next(&r, &a, &more), 0);
	assert_int_equal(cbor_bool(&r, &flag), 0);
	assert_true(flag);
	assert_int_equal(cbor_array_next(&r, &a, &more), 0);
	assert_int_equal(cbor_bytes(&r, &v), 0);
	assert_true(bytes_equal(v, bytes_str("xyz")));
	assert_int_equal(cbor_array_next(&r, &a, &more), 0);
	assert_true(more);
	assert_int_equal(cbor_uint(&r, &n), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(cbor_array_next(&r, &a, &more), 0);
	assert_false(more);
	assert_int_equal(cbor_map_next(&r, &m, &key), 0);
	assert_int_equal(cbor_bytes(&r, &v), 0);
	assert_int_equal(v.n, 0);
	assert_int_equal(cbor_map_next(&r, &m, &key), 0);
	assert_null(key.p);
	assert_int_equal(cbor_end(&r), 0);
	buf_free(&b);
}

/*
 * All inputs of up to three bytes: whatever we accept libcbor reads whole
 * and writes back to the same bytes.
 */
static void
what_we_accept_libcbor_reads_and_writes_back(void **state)
{
	size_t accepted = 0;

	(void)state;
	for (uint32_t x = 0; x < 1 << 24; x++) {
		const uint8_t in[3] = { (uint8_t)(x >> 16), (uint8_t)(x >> 8),
		    (uint8_t)x };
		struct cbor_rd r = cbor_rd_of(bytes_of(in, 3), NULL);
		struct cbor_load_result lr;
		unsigned char *out = NULL;
		cbor_item_t *item;
		size_t n, size;

		if (cbor_skip(&r) != 0)
			continue;
		n = (size_t)(r.p - in);
		if (n < 3 && (x & (n == 1 ? 0xffff : 0xff)) != 0)
			continue;	/* the same prefix was seen */
		accepted++;
		item = cbor_load(in, n, &lr);
		assert_non_null(item);
		assert_int_equal(lr.read, n);
		assert_int_equal(cbor_serialize_alloc(item, &out, &size), n);
		assert_memory_equal(out, in, n);
		free(out);
		cbor_decref(&item);
	}
	assert_true(accepted > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_has_one_form_and_libcbor_reads_it),
		cmocka_unit_test(longer_forms_of_a_number_or_length_are_refused),
		cmocka_unit_test(indefinite_and_reserved_lengths_are_refused),
		cmocka_unit_test(tags_floats_nulls_and_negatives_are_refused),
		cmocka_unit_test(a_length_beyond_the_input_is_refused_before_anything_else),
		cmocka_unit_test(map_keys_are_short_text_in_strict_order),
		cmocka_unit_test(text_must_be_utf8),
		cmocka_unit_test(nesting_ends_at_eight),
		cmocka_unit_test(trailing_bytes_are_counted_and_refused),
		cmocka_unit_test(the_sentence_names_the_offset_of_the_item),
		cmocka_unit_test(what_the_writers_put_the_readers_take),
		cmocka_unit_test(what_we_accept_libcbor_reads_and_writes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
