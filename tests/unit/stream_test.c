/*
 * Streams: one version for all frames, the longest included; the decoder of
 * airgap/ur puts the message together again from what ZBar reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qr/carry/stream.h"
#include "tests/unit/zbar_read.h"

#define TYPE "x-qk-attest"

static struct symbol symbol;
static uint8_t message[UR_MESSAGE_MAX];

static struct content
content_of(size_t n)
{
	for (size_t i = 0; i < n; i++)
		message[i] = (uint8_t)(i * 37 + i / 256);
	return (struct content){ .type = TYPE,
	    .message = bytes_of(message, n) };
}

/* Frames from first on into a decoder, every `lost`th left out. */
static void
receives(size_t n, const struct preset *preset, uint32_t first, unsigned lost)
{
	struct content c = content_of(n);
	struct ur_stream got[UR_STREAMS];
	enum ur_event event = UR_NEW;
	struct ur_decoder *d;
	struct stream *s;
	uint32_t seq = first;

	assert_int_equal(stream_new(&c, preset, 0, &s, NULL), 0);
	assert_true(s->version <= preset->version);
	assert_int_equal(ur_decoder_new(&d, NULL), 0);
	for (unsigned i = 1; event != UR_COMPLETE; i++) {
		assert_true(i < 4 * s->parts + 40);
		assert_int_equal(stream_symbol(s, seq, &zbar_readback,
		    &symbol, NULL), 0);
		assert_int_equal(symbol.version, s->version);
		if (i % lost != 0)
			assert_int_equal(ur_decoder_feed(d,
			    bytes_str(s->text), &event, NULL), 0);
		seq = stream_after(s, seq);
	}
	assert_int_equal(ur_decoder_streams(d, got), 1);
	assert_string_equal(got[0].type, TYPE);
	assert_true(bytes_equal(got[0].message, c.message));
	ur_decoder_free(d);
	stream_free(s);
}

/* --- frames that the scanner does not read */

static int looks, blind;	/* so many looks find nothing */

static int
blind_read(void *ctx, const struct raster *g,
    char text[static SYMBOL_TEXT_MAX], size_t *n, struct err *e)
{
	*n = 0;
	return ++looks <= blind ? 0 : zbar_readback.read(ctx, g, text, n, e);
}

/* What stream_symbol returns for frame 1; symbol is what it drew. */
static int
drawn(const struct preset *preset, int unread, struct err *e)
{
	struct readback reader = { blind_read, zbar_readback.ctx };
	struct content c = content_of(5000);
	struct stream *s;
	int r;

	assert_int_equal(stream_new(&c, preset, 0, &s, NULL), 0);
	looks = 0;
	blind = unread;
	r = stream_symbol(s, 1, &reader, &symbol, e);
	assert_int_equal(symbol.version, s->version);
	stream_free(s);
	return r;
}

static void
a_frame_that_is_not_read_is_drawn_with_other_modules(void **state)
{
	static struct symbol first;
	struct err e = { 0 };
	int once;

	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		assert_int_equal(drawn(&presets[p], 1000, &e), ERR_INTERNAL);
		assert_non_null(strstr(e.text, "does not read"));
		assert_int_equal(drawn(&presets[p], 0, &e), 0);
		assert_int_equal(looks, 1);
		first = symbol;
		for (once = 1; once < 20; once++) {
			assert_int_equal(drawn(&presets[p], once, &e), 0);
			if (memcmp(&first, &symbol, sizeof(symbol)) != 0)
				break;
		}
		/* after all looks at the first, and not before */
		assert_int_equal(once, 4);
		assert_int_equal(symbol.version, first.version);
	}
}

static void
messages_of_every_size_arrive_at_every_preset(void **state)
{
	static const size_t sizes[] = { 1, 10, 119, 121, 350, 351, 5000 };

	(void)state;
	for (size_t p = 0; p < PRESETS; p++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			receives(sizes[i], &presets[p], 1, 1000000);
}

static void
a_receiver_may_lose_frames_and_join_late(void **state)
{
	(void)state;
	receives(5000, &presets[1], 1, 3);
	receives(5000, &presets[1], 9, 4);
	receives(2000, &presets[0], 40, 2);
}

static void
the_last_and_longest_frame_has_the_version_of_the_first(void **state)
{
	struct content c = content_of(100000);

	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		struct stream *s;
		uint32_t last = 1;

		assert_int_equal(stream_new(&c, &presets[p], 0, &s, NULL), 0);
		while (stream_after(s, last) > last)
			last = stream_after(s, last);
		assert_true(last > s->parts);
		assert_int_equal(stream_symbol(s, 1, &zbar_readback, &symbol,
		    NULL), 0);
		assert_int_equal(stream_symbol(s, last, &zbar_readback,
		    &symbol, NULL), 0);
		assert_int_equal(symbol.version, s->version);
		assert_true(s->version <= presets[p].version);
		/* the presets hold what they promise, but for a long type */
		assert_true(s->fragment + 4 >= presets[p].fragment);
		stream_free(s);
	}
}

static void
what_fits_one_frame_is_one_frame_and_no_larger_than_it_must(void **state)
{
	struct content c = content_of(60);
	struct stream *s;

	(void)state;
	assert_int_equal(stream_new(&c, &presets[2], 0, &s, NULL), 0);
	assert_int_equal(s->parts, 1);
	assert_int_equal(s->version, symbol_version(3 + strlen(TYPE) + 1 +
	    2 * (60 + 4), LEVEL_M));
	assert_int_equal(stream_symbol(s, 5, &zbar_readback, &symbol, NULL),
	    0);
	assert_null(strchr(strchr(s->text, '/') + 1, '/'));
	stream_free(s);
}

static void
an_own_fragment_takes_the_version_it_needs(void **state)
{
	struct content c = content_of(4000);
	struct stream *s;
	struct err e;

	(void)state;
	assert_int_equal(stream_new(&c, &presets[1], 40, &s, NULL), 0);
	assert_int_equal(s->fragment, 40);
	assert_int_equal(s->parts, 100);
	assert_true(s->version < 10);
	stream_free(s);
	assert_int_equal(stream_new(&c, &presets[1], 9, &s, &e), ERR_USAGE);
	assert_int_equal(stream_new(&c, &presets[1], 5000, &s, &e),
	    ERR_USAGE);
	assert_non_null(strstr(e.text, "a fragment has 10 to "));
	assert_null(s);
	for (unsigned v = 6; v <= SYMBOL_VERSION_MAX; v++) {
		size_t n = stream_fragment_for(TYPE, v, LEVEL_M);

		assert_int_equal(stream_new(&c, &presets[1], n, &s, NULL), 0);
		assert_true(s->version <= v);
		stream_free(s);
	}
}

static void
lines_are_shown_as_they_are_and_begin_anew(void **state)
{
	static const char *const lines[] = { "ONE", "UR:X-QK-HI/AEADAOLAZM",
	    "3" };
	struct content c = { .lines = lines, .count = 3 };
	struct stream *s;

	(void)state;
	assert_int_equal(stream_new(&c, &presets[1], 0, &s, NULL), 0);
	assert_int_equal(s->version, symbol_version(strlen(lines[1]),
	    LEVEL_M));
	assert_int_equal(stream_after(s, 1), 2);
	assert_int_equal(stream_after(s, 3), 1);
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(stream_symbol(s, i, &zbar_readback, &symbol,
		    NULL), 0);
		assert_int_equal(symbol.version, s->version);
	}
	stream_free(s);
}

static void
a_message_of_too_many_parts_is_refused(void **state)
{
	struct content c = content_of(UR_MESSAGE_MAX);
	struct stream *s;
	struct err e;

	(void)state;
	assert_int_equal(stream_new(&c, &presets[0], 0, &s, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "more than 1024 parts"));
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_frame_that_is_not_read_is_drawn_with_other_modules),
		cmocka_unit_test(messages_of_every_size_arrive_at_every_preset),
		cmocka_unit_test(a_receiver_may_lose_frames_and_join_late),
		cmocka_unit_test(
		    the_last_and_longest_frame_has_the_version_of_the_first),
		cmocka_unit_test(
		    what_fits_one_frame_is_one_frame_and_no_larger_than_it_must),
		cmocka_unit_test(an_own_fragment_takes_the_version_it_needs),
		cmocka_unit_test(lines_are_shown_as_they_are_and_begin_anew),
		cmocka_unit_test(a_message_of_too_many_parts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
