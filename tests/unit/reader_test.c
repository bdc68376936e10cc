/* The bounds-checked reader, UTF-8, and the sinks that encoders write to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/reader.h"
#include "airgap/record/sink.h"
#include "airgap/seal/hash.h"

static void
integers_are_little_endian_and_never_read_past_the_end(void **state)
{
	static const uint8_t in[] = { 0xfe, 0x01, 0x82, 0x03, 0x04, 0x05,
	    0xf6, 0x01 };
	struct rd r = rd_of(bytes_of(in, sizeof(in)));
	uint32_t w = 7;
	uint16_t h = 7;
	uint8_t b = 7;
	(void)state;

	assert_int_equal(rd_u8(&r, &b), 0);
	assert_int_equal(b, 0xfe);
	assert_int_equal(rd_u16(&r, &h), 0);
	assert_int_equal(h, 0x8201);
	assert_int_equal(rd_u32(&r, &w), 0);
	assert_int_equal(w, 0xf6050403);
	assert_int_equal(rd_u32(&r, &w), ERR_INPUT);
	assert_int_equal(rd_u16(&r, &h), ERR_INPUT);
	assert_int_equal(w, 0xf6050403);
	assert_int_equal(rd_end(&r), ERR_INPUT);
	assert_int_equal(rd_u8(&r, &b), 0);
	assert_int_equal(rd_u8(&r, &b), ERR_INPUT);
	assert_int_equal(rd_end(&r), 0);
}

static void
an_announced_length_over_what_is_left_takes_nothing(void **state)
{
	struct rd r = rd_of(bytes_str("abc"));
	struct bytes out;
	(void)state;

	assert_int_equal(rd_bytes(&r, SIZE_MAX, &out), ERR_INPUT);
	assert_int_equal(rd_bytes(&r, 4, &out), ERR_INPUT);
	assert_int_equal(r.left, 3);
	assert_int_equal(rd_bytes(&r, 0, &out), 0);
	assert_int_equal(out.n, 0);
	assert_int_equal(rd_bytes(&r, 3, &out), 0);
	assert_memory_equal(out.p, "abc", 3);
	assert_int_equal(rd_end(&r), 0);
	r = rd_of(bytes_of(NULL, 0));
	assert_int_equal(rd_bytes(&r, 0, &out), 0);
	assert_int_equal(rd_bytes(&r, 1, &out), ERR_INPUT);
}

/* RFC 3629 by its table of ranges, written from the code point's side. */
static size_t
encode(uint32_t c, uint8_t out[static 4])
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 63));
	out[0] = (uint8_t)(lead[n] | c);
	return n;
}

static void
every_code_point_is_valid_and_decodes_to_itself(void **state)
{
	uint8_t text[4];
	size_t len;
	(void)state;

	for (uint32_t c = 0; c < 0x110000; c++) {
		size_t n = encode(c, text);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		if (utf8_valid(bytes_of(text, n)) == surrogate)
			fail_msg("U+%04X", c);
		if (surrogate)
			continue;
		if (utf8_point(bytes_of(text, n), &len) != c || len != n)
			fail_msg("U+%04X decodes to another", c);
		if (utf8_valid(bytes_of(text, n - 1)) && n > 1)
			fail_msg("U+%04X without its end", c);
	}
	encode(0x110000, text);
	assert_false(utf8_valid(bytes_of(text, 4)));
}

/*
 * Of all strings of three bytes exactly these are text: three ASCII, an
 * ASCII beside one of two bytes (either order), and one of three bytes.
 */
static void
exactly_the_strings_of_three_bytes_that_are_text_are_valid(void **state)
{
	const unsigned one = 128, two = 0x800 - 128;
	const unsigned three = 0x10000 - 0x800 - 0x800;
	unsigned valid = 0;
	(void)state;

	for (uint32_t i = 0; i < 1u << 24; i++) {
		const uint8_t t[3] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8),
		    (uint8_t)i };

		valid += utf8_valid(bytes_of(t, 3));
	}
	assert_int_equal(valid, one * one * one + 2 * one * two + three);
}

/* A lead of four bytes and two of the last: 64 * 64 ends for each start. */
static void
exactly_sixteen_planes_have_sequences_of_four_bytes(void **state)
{
	unsigned valid = 0;
	(void)state;

	for (unsigned a = 0xf0; a < 0x100; a++)
		for (unsigned b = 0; b < 256; b++)
			for (unsigned c = 0; c < 256; c++) {
				const uint8_t t[4] = { (uint8_t)a,
				    (uint8_t)b, (uint8_t)c, 0x80 };

				valid += utf8_valid(bytes_of(t, 4));
			}
	assert_int_equal(valid, 0x100000 / 64);
}

static int
put_some(struct sink *s, const void *ctx)
{
	int r;

	if ((r = sink_str(s, "a")) != 0 || (r = sink_u8(s, 1)) != 0 ||
	    (r = sink_u16(s, 0x0203)) != 0 ||
	    (r = sink_u32(s, 0x04050607)) != 0)
		return r;
	return sink_put(s, ctx, 0);
}

static const uint8_t some[] = { 'a', 1, 3, 2, 7, 6, 5, 4 };

static void
collecting_and_hashing_see_the_bytes_the_encoder_wrote(void **state)
{
	struct digest256 got, want = sha256(bytes_of(some, sizeof(some)));
	struct buf b;
	(void)state;

	assert_int_equal(sink_collect(put_some, NULL, &b, NULL), 0);
	assert_int_equal(b.n, sizeof(some));
	assert_memory_equal(b.p, some, b.n);
	buf_free(&b);
	assert_int_equal(sink_sha256(put_some, NULL, &got, NULL), 0);
	assert_true(digest256_equal(&got, &want));
}

/* Writes more, or less, on its second run. */
static int
put_other(struct sink *s, const void *ctx)
{
	static int run;
	const int *grows = ctx;

	return sink_put(s, "abcd", (run++ % 2 == 0) == *grows ? 2 : 3);
}

static int
put_failing(struct sink *s, const void *ctx)
{
	(void)s, (void)ctx;
	return ERR_LEGACY;
}

static void
an_encoder_that_changes_its_mind_or_fails_leaves_nothing(void **state)
{
	const int grows[] = { 0, 1 };
	struct digest256 d;
	struct err e;
	struct buf b;
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(sink_collect(put_other, &grows[i], &b, &e),
		    ERR_INTERNAL);
		assert_null(b.p);
	}
	assert_int_equal(sink_collect(put_failing, NULL, &b, &e), ERR_LEGACY);
	assert_null(b.p);
	assert_int_equal(sink_sha256(put_failing, NULL, &d, &e), ERR_LEGACY);
	assert_int_equal(e.code, ERR_LEGACY);
}

static int
put_hex(struct sink *s, const void *ctx)
{
	return sink_hex(s, *(const struct bytes *)ctx);
}

static void
hex_of_any_length_is_two_digits_a_byte(void **state)
{
	uint8_t in[1000];
	struct buf b;
	(void)state;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(in); n++) {
		struct bytes part = bytes_of(in, n);

		assert_int_equal(sink_collect(put_hex, &part, &b, NULL), 0);
		assert_int_equal(b.n, 2 * n);
		for (size_t i = 0; i < b.n; i++)
			assert_int_equal(b.p[i], "0123456789abcdef"[
			    i % 2 == 0 ? in[i / 2] >> 4 : in[i / 2] & 15]);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    integers_are_little_endian_and_never_read_past_the_end),
		cmocka_unit_test(
		    an_announced_length_over_what_is_left_takes_nothing),
		cmocka_unit_test(
		    every_code_point_is_valid_and_decodes_to_itself),
		cmocka_unit_test(
		    exactly_the_strings_of_three_bytes_that_are_text_are_valid),
		cmocka_unit_test(
		    exactly_sixteen_planes_have_sequences_of_four_bytes),
		cmocka_unit_test(
		    collecting_and_hashing_see_the_bytes_the_encoder_wrote),
		cmocka_unit_test(
		    an_encoder_that_changes_its_mind_or_fails_leaves_nothing),
		cmocka_unit_test(hex_of_any_length_is_two_digits_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
