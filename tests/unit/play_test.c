/*
 * Playing: what each key does, and what stands on the screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qr/carry/play.h"
#include "qr/draw/screen.h"
#include "tests/unit/zbar_read.h"

static uint8_t message[3000];
static struct item items[2];
static struct play play;
static struct paint paint;
static char plain[PAINT_MAX];	/* the painted text without controls */

static void
begin(unsigned rows, unsigned columns)
{
	struct digest256 d = { { 0x0a, 0x00, 0xff } };

	for (size_t i = 0; i < 2; i++)
		items[i] = (struct item){ .title = i == 0 ? "plan.cbor" :
		    "b\033[2J.share", .kind = "the plan of a ceremony",
		    .summary = "plan \"X\"", .rehearsal = i == 0,
		    .words = words_of(&d), .content = { .type = "x-qk-plan",
		    .message = bytes_of(message, sizeof(message)) } };
	memset(&play, 0, sizeof(play));
	play.items = items;
	play.count = 2;
	play.preset = &presets[1];
	play.ink = (struct ink){ COLOURS_256, LIGHT_MAX, false };
	play.reader = &zbar_readback;
	play.rows = rows;
	play.columns = columns;
	assert_int_equal(play_begin(&play, NULL), 0);
}

static enum play_next
press(int key)
{
	enum play_next next = PLAY_ON;

	assert_int_equal(play_key(&play, key, &next, NULL), 0);
	return next;
}

/* Paints; plain is its text, spaces for what are codes and colours. */
static const char *
shown(void)
{
	size_t n = 0;

	paint.n = 0;
	paint.full = false;
	play_paint(&play, &paint);
	play.fresh = false;
	assert_false(paint.full);
	for (const char *p = paint.p; p < paint.p + paint.n; p++) {
		if (*p == '\033') {
			while (*p < '@' || *p == '[')
				p++;
			plain[n++] = '\n';
		} else if (*p >= ' ' && *p <= '~') {
			plain[n++] = *p;
		}
	}
	plain[n] = '\0';
	return plain;
}

static bool
says(const char *what)
{
	return strstr(shown(), what) != NULL;
}

static void
a_record_waits_on_its_words_until_space(void **state)
{
	(void)state;
	begin(60, 150);
	assert_true(play.text_page && play.paused);
	assert_true(says("REHEARSAL"));
	assert_true(says("plan.cbor"));
	assert_true(says("the plan of a ceremony"));
	assert_true(says("plan \"X\""));
	/* 0a 00 ff as bytewords */
	assert_true(says(" 1 BACK    2 ABLE    3 ZOOM"));
	assert_true(says("12 ABLE"));
	assert_true(says("1 of 2"));
	assert_true(says("for the camera of a laptop or a phone, 720 lines"));
	assert_int_equal(press(' '), PLAY_PAINT);
	assert_false(play.text_page || play.paused);
	assert_true(says("part 1 of 9"));
	assert_true(says("REHEARSAL"));
	press(' ');
	assert_true(play.paused);
	assert_true(says("PAUSED"));
	press('w');
	assert_true(play.text_page);
	play_end(&play);
}

static void
production_does_not_say_rehearsal(void **state)
{
	(void)state;
	begin(60, 150);
	press('n');
	assert_int_equal(play.at, 1);
	assert_false(says("REHEARSAL"));
	press(' ');
	assert_false(says("REHEARSAL"));
	play_end(&play);
}

static void
a_title_of_others_cannot_control_the_terminal(void **state)
{
	(void)state;
	begin(60, 150);
	press('n');
	assert_true(says("b?[2J.share"));
	press(' ');
	assert_true(says("b?[2J.share"));
	play_end(&play);
}

static void
parts_come_in_order_then_mixed_and_r_begins_anew(void **state)
{
	(void)state;
	begin(60, 150);
	press(' ');
	for (uint32_t i = 1; i < 12; i++) {
		assert_int_equal(play.seq, i);
		assert_int_equal(play_step(&play, NULL), 0);
	}
	assert_true(says("part 12: a mixture of the 9"));
	assert_int_equal(press('r'), PLAY_FRAME);
	assert_int_equal(play.seq, 1);
	play_end(&play);
}

static void
an_item_counts_as_shown_when_its_last_part_was_up(void **state)
{
	(void)state;
	begin(60, 150);
	press(' ');
	for (int i = 1; i < 9; i++)
		assert_int_equal(play_step(&play, NULL), 0);
	assert_int_equal(play.seq, 9);
	assert_int_equal(play.shown, 0);
	assert_int_equal(play_step(&play, NULL), 0);
	assert_int_equal(play.shown, 1);
	assert_int_equal(press('n'), PLAY_FRAME);
	assert_int_equal(press('n'), PLAY_END);
	assert_int_equal(play.shown, 1);
	assert_int_equal(press('q'), PLAY_END);
	assert_int_equal(press(KEY_END), PLAY_END);
	play_end(&play);
}

static void
speed_goes_from_a_half_to_fifteen_and_jitters_by_a_tenth(void **state)
{
	unsigned least = 1000, most = 0;

	(void)state;
	begin(60, 150);
	assert_int_equal(play_rate(&play), 50);
	for (int i = 0; i < 2000; i++) {
		unsigned ms = play_ms(&play);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 180);
	assert_int_equal(most, 220);
	assert_int_equal(press('+'), PLAY_PAINT);
	assert_int_equal(play_rate(&play), 60);
	for (int i = 0; i < 20; i++)
		press('+');
	assert_int_equal(play_rate(&play), RATE_MAX);
	for (int i = 0; i < 20; i++)
		press('-');
	assert_int_equal(play_rate(&play), 5);
	assert_int_equal(play.seq, 1);
	play_end(&play);
}

static void
another_density_is_another_stream_from_its_first_part(void **state)
{
	(void)state;
	begin(66, 240);
	press(' ');
	assert_int_equal(play_step(&play, NULL), 0);
	assert_int_equal(press('d'), PLAY_FRAME);
	assert_string_equal(play.preset->name, "dense");
	assert_int_equal(play.seq, 1);
	assert_int_equal(play.stream->parts, 5);
	assert_int_equal(play_step(&play, NULL), 0);
	press('d');	/* the densest: nothing happens */
	assert_int_equal(play.seq, 2);
	press('c');
	press('c');
	assert_string_equal(play.preset->name, "coarse");
	assert_true(play.stream->version <= 10);
	play_end(&play);
}

static void
a_record_too_large_for_coarser_codes_is_shown_on(void **state)
{
	static uint8_t large[200000];

	(void)state;
	begin(66, 240);
	items[0].content.message = bytes_of(large, sizeof(large));
	play_end(&play);
	assert_int_equal(play_begin(&play, NULL), 0);
	press(' ');
	assert_int_equal(play_step(&play, NULL), 0);
	assert_int_equal(press('c'), PLAY_PAINT);
	assert_string_equal(play.preset->name, "normal");
	assert_int_equal(play.seq, 2);
	assert_true(says("too large for coarser codes"));
	assert_true(says("part 2 of 572"));
	assert_int_equal(press('d'), PLAY_FRAME);
	assert_false(says("too large"));
	play_end(&play);
}

static void
brightness_and_inversion_stay_within_what_is_read(void **state)
{
	(void)state;
	begin(60, 150);
	for (int i = 0; i < 10; i++)
		press('b');
	assert_int_equal(play.ink.light, LIGHT_MIN);
	for (int i = 0; i < 10; i++)
		press('B');
	assert_int_equal(play.ink.light, LIGHT_MAX);
	press('i');
	assert_true(play.ink.invert);
	press('i');
	assert_false(play.ink.invert);
	play_end(&play);
}

/* Rows and columns where text is written, from the cursor's positions. */
static void
text_keeps_off(unsigned rows, unsigned columns)
{
	unsigned w, h, r, c, bottom = 0, right = 0, left = columns;
	char *end, last;

	w = paint_columns(play.stream->version);
	h = paint_rows(play.stream->version);
	shown();
	end = paint.p + paint.n;
	/* the code is painted first: h positions, then text */
	for (char *p = paint.p; (p = memmem(p, (size_t)(end - p), "\033[",
	    2)) != NULL && p < end; p += 2)
		if (sscanf(p, "\033[%u;%u%c", &r, &c, &last) == 3 &&
		    last == 'H') {
			assert_in_range(r, 1, rows);
			assert_in_range(c, 1, columns);
			if (bottom < h) {
				bottom++;
				left = c;
				right = c + w;
				continue;
			}
			/* beside it with two cells between, or below */
			assert_true(c >= right + 2 || r >= h + 2);
		}
	assert_int_equal(bottom, h);
	assert_true(left + w - 1 <= columns);
}

static void
text_never_touches_the_quiet_zone_on_any_screen(void **state)
{
	static const unsigned screens[][2] = { { 60, 150 }, { 48, 170 },
	    { 67, 240 }, { 60, 97 }, { 52, 100 }, { 49, 97 }, { 50, 98 },
	    { 51, 97 } };

	(void)state;
	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		begin(screens[i][0], screens[i][1]);
		press(' ');
		if (play_fits(&play, false, NULL) == 0)
			text_keeps_off(screens[i][0], screens[i][1]);
		press('f');
		if (play_fits(&play, false, NULL) == 0) {
			text_keeps_off(screens[i][0], screens[i][1]);
			assert_false(says("plan.cbor"));
		}
		play_end(&play);
	}
}

static void
without_a_preset_codes_are_as_large_as_the_screen_allows(void **state)
{
	static const struct {
		unsigned rows, columns, version;
	} cases[] = {
		{ 60, 150, 18 },	/* normal */
		{ 48, 170, 17 },	/* beside the code there is room */
		{ 48, 95, 16 },		/* three rows for text below it */
		{ 34, 95, 10 },		/* none: coarse, and no text */
		{ 32, 95, 18 },		/* too small for that: refused */
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(cases[i].rows, cases[i].columns);
		play_end(&play);
		play.fit = true;
		assert_int_equal(play_begin(&play, &e), 0);
		assert_in_range(play.stream->version, cases[i].version - 1,
		    cases[i].version);
		assert_int_equal(play_fits(&play, false, &e), i < 4 ? 0 :
		    ERR_REFUSED);
		play_end(&play);
	}
}

static void
a_screen_that_became_too_small_says_what_to_do(void **state)
{
	struct err e;

	(void)state;
	begin(24, 80);
	assert_int_equal(play_fits(&play, false, &e), ERR_REFUSED);
	assert_non_null(strstr(e.text, "has 80 and 24"));
	assert_non_null(strstr(e.text, "--fragment 25"));
	press(' ');
	assert_true(says("needs"));
	assert_true(says("q quit"));
	play_end(&play);
}

/* A cursor that has written the last column stays on it. */
static void
the_last_column_of_a_full_line_is_not_erased(void **state)
{
	(void)state;
	for (unsigned columns = 40; columns <= 300; columns += 65) {
		struct err e;
		char want[ERR_TEXT_MAX];
		size_t n = columns < PAINT_LINE_MAX ? columns :
		    PAINT_LINE_MAX;

		begin(20, columns);
		press(' ');
		assert_int_equal(play_fits(&play, false, &e), ERR_REFUSED);
		(void)shown();
		paint.p[paint.n] = '\0';
		for (const char *at = e.text; *at != '\0'; at += n) {
			n = strnlen(at, n);
			(void)snprintf(want, sizeof(want), "\033[K%.*s\033",
			    (int)n, at);
			assert_non_null(strstr(paint.p, want));
		}
		play_end(&play);
	}
}

static int
blind(void *ctx, const struct raster *g, char text[static SYMBOL_TEXT_MAX],
    size_t *n, struct err *e)
{
	(void)ctx;
	(void)g;
	(void)text;
	(void)e;
	*n = 0;
	return 0;
}

static void
a_frame_that_cannot_be_read_back_is_never_shown(void **state)
{
	static const struct readback reader = { blind, NULL };
	enum play_next next;
	struct err e;

	(void)state;
	begin(60, 150);
	press(' ');
	play.reader = &reader;
	assert_int_equal(play_step(&play, &e), ERR_INTERNAL);
	assert_int_equal(play_key(&play, 'r', &next, &e), ERR_INTERNAL);
	play.stream->version = 26;	/* none: the symbol cannot be made */
	assert_int_equal(play_step(&play, &e), ERR_INPUT);
	play_end(&play);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_waits_on_its_words_until_space),
		cmocka_unit_test(production_does_not_say_rehearsal),
		cmocka_unit_test(a_title_of_others_cannot_control_the_terminal),
		cmocka_unit_test(
		    parts_come_in_order_then_mixed_and_r_begins_anew),
		cmocka_unit_test(
		    an_item_counts_as_shown_when_its_last_part_was_up),
		cmocka_unit_test(
		    speed_goes_from_a_half_to_fifteen_and_jitters_by_a_tenth),
		cmocka_unit_test(
		    another_density_is_another_stream_from_its_first_part),
		cmocka_unit_test(
		    a_record_too_large_for_coarser_codes_is_shown_on),
		cmocka_unit_test(
		    brightness_and_inversion_stay_within_what_is_read),
		cmocka_unit_test(
		    text_never_touches_the_quiet_zone_on_any_screen),
		cmocka_unit_test(
		    without_a_preset_codes_are_as_large_as_the_screen_allows),
		cmocka_unit_test(
		    a_screen_that_became_too_small_says_what_to_do),
		cmocka_unit_test(the_last_column_of_a_full_line_is_not_erased),
		cmocka_unit_test(
		    a_frame_that_cannot_be_read_back_is_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
