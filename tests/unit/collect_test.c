/*
 * What a receiver makes of what it sees: progress, strays, hints; and the
 * words that are typed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/ur/bytewords.h"
#include "qr/carry/check.h"
#include "qr/carry/collect.h"
#include "qr/carry/look.h"

#define TYPE "x-qk-plan"

static struct collect c;
static struct sight sight;
static struct ur_encoder *encoder;
static uint8_t message[1000];
static int64_t now;

static int
begin(void **state)
{
	(void)state;
	now = 1000;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * i);
	memset(&sight, 0, sizeof(sight));
	sight = (struct sight){ .state = SIGHT_FRAME, .w = 1280, .h = 720,
	    .light = { 128, 120 } };
	return collect_new(&c, now, NULL) != 0 || ur_encoder_new(TYPE,
	    bytes_of(message, sizeof(message)), 100, &encoder, NULL) != 0;
}

static int
end(void **state)
{
	(void)state;
	collect_free(&c);
	ur_encoder_free(encoder);
	return 0;
}

/* A frame, 100 ms later, with this text (NULL: none) of 400 pixels a side. */
static int
see(const char *text)
{
	static const uint32_t corners[8] = { 400, 100, 400, 500, 800, 500,
	    800, 100 };

	now += 100;
	sight.n = text != NULL;
	if (text != NULL) {
		sight.codes[0].len = strlen(text);
		memcpy(sight.codes[0].text, text, strlen(text) + 1);
		memcpy(sight.codes[0].corners, corners, sizeof(corners));
	}
	return collect_sight(&c, &sight, now, NULL);
}

static int
see_part(uint32_t seq)
{
	static char text[UR_TEXT_MAX + 1];

	ur_encoder_part(encoder, seq, text);
	ur_upper(text);
	return see(text);
}

/* Nothing for some seconds. */
static void
blind(int seconds)
{
	for (int i = 0; i < seconds * 10; i++)
		assert_int_equal(see(NULL), 0);
}

static void
hint_has(const char *words)
{
	const char *hint = collect_hint(&c, now);

	if (words == NULL) {
		assert_null(hint);
		return;
	}
	if (hint == NULL) fail_msg("no hint: %s", words);
	assert_non_null(strstr(hint, words));
}

static void
a_message_is_complete_with_its_last_part_and_not_before(void **state)
{
	(void)state;
	for (uint32_t seq = 1; seq < 10; seq++)
		assert_int_equal(see_part(seq), 0);
	assert_int_equal(see_part(3), 0);	/* twice counts once */
	assert_int_equal(c.streams[0].rank, 9);
	assert_int_equal(see_part(10), 1);
	assert_int_equal(c.streams[0].message.n, sizeof(message));
	assert_memory_equal(c.streams[0].message.p, message,
	    sizeof(message));
}

static void
progress_is_what_is_known_of_what_there_is(void **state)
{
	char text[100];

	(void)state;
	for (int i = 0; i < 5; i++)
		(void)see_part(2);
	look_progress(&c.streams[0], text, sizeof(text));
	assert_string_equal(text, "the plan of a ceremony: 1 of 10 parts");
}

static void
strays_are_named_and_disturb_nothing(void **state)
{
	static const struct { const char *text; enum stray stray;
	    const char *hint; } strays[] = {
		{ "UR:BYTES/1OF4/ABCDEFGH/LPADBBCSIEC", STRAY_LEGACY,
		    "first UR version" },
		{ "UR:CRYPTO-PSBT/1-9/LPADAS", STRAY_TYPE, "another kind" },
		{ "HTTPS://EXAMPLE.COM", STRAY_TEXT, "something else" },
		{ "UR:X-QK-PLAN/1-10/LPADBBCSIEC", STRAY_DAMAGED, "damaged" },
		{ "UR:X-QK-PLAN", STRAY_DAMAGED, "damaged" },
	};

	(void)state;
	assert_int_equal(see_part(1), 0);
	for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
		for (int k = 0; k < 20; k++)
			assert_int_equal(see(strays[i].text), 0);
		assert_int_equal(c.stray, strays[i].stray);
		hint_has(strays[i].hint);
	}
	assert_int_equal(c.n, 1);
	assert_int_equal(c.streams[0].rank, 1);
	for (uint32_t seq = 2; seq < 10; seq++)
		assert_int_equal(see_part(seq), 0);
	assert_int_equal(see_part(10), 1);
}

/* One that contradicts itself: the decoder gives it up, and so does this. */
static void
a_stream_that_is_given_up_is_shown_no_more(void **state)
{
	static char text[UR_TEXT_MAX + 1];
	static uint8_t body[UR_TEXT_MAX];
	char *words;
	size_t n;

	(void)state;
	assert_int_equal(see_part(2), 0);
	assert_int_equal(c.n, 1);
	ur_encoder_part(encoder, 2, text);	/* with another last byte */
	words = strrchr(text, '/') + 1;
	assert_int_equal(bytewords_decode(bytes_str(words), body, &n, NULL),
	    0);
	body[n - 1] ^= 1;
	bytewords_encode(bytes_of(body, n), words);
	ur_upper(text);
	assert_int_equal(see(text), 0);
	assert_int_equal(c.stray, STRAY_DAMAGED);
	assert_int_equal(c.n, 0);
	assert_int_equal(see_part(3), 0);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.streams[0].type, TYPE);
}

static void
hints_follow_what_is_seen(void **state)
{
	(void)state;
	hint_has(NULL);
	now += 4000;
	hint_has("no picture comes");
	blind(4);
	hint_has("no code is read");
	sight.light.mean = 10;
	sight.light.contrast = 10;
	(void)see(NULL);
	hint_has("covered");
	sight.light.mean = 250;
	(void)see(NULL);
	hint_has("darker");
	sight.light.mean = 128;
	(void)see(NULL);
	hint_has("contrast");
	sight.light.contrast = 120;
	assert_int_equal(see_part(1), 0);
	hint_has(NULL);
	for (int i = 0; i < 70; i++)
		(void)see_part(1);
	hint_has("paused");
	assert_int_equal(see_part(2), 0);
	hint_has(NULL);
	for (uint32_t i = 0; i < 60; i++)
		(void)(i % 10 == 0 ? see_part(3 + i / 10) : see(NULL));
	hint_has("many frames");
}

static void
a_code_that_is_too_small_is_told(void **state)
{
	static char text[UR_TEXT_MAX + 1];

	(void)state;
	ur_encoder_part(encoder, 1, text);
	ur_upper(text);
	(void)see(text);
	hint_has(NULL);
	sight.n = 1;
	for (size_t i = 0; i < 8; i++)
		sight.codes[0].corners[i] /= 4;
	now += 100;
	assert_int_equal(collect_sight(&c, &sight, now, NULL), 0);
	hint_has("closer");
}

/* Two records mixed, as look_paint shows them on 24 x 80. */
static void
each_stream_keeps_its_line_and_the_filling_one_is_marked(void **state)
{
	static struct paint out;
	static char text[UR_TEXT_MAX + 1];
	struct look l = { .title = "title", .collect = &c, .keys = "keys",
	    .rows = 24, .columns = 80, .ink = { COLOURS_16, 0xff, false } };
	struct ur_encoder *other;
	const char *plan, *share;

	(void)state;
	assert_int_equal(ur_encoder_new("x-qk-share", bytes_of(message, 300),
	    100, &other, NULL), 0);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		assert_int_equal(see_part(seq), 0);
		ur_encoder_part(other, seq, text);
		ur_upper(text);
		assert_int_equal(see(text), seq == 3);
		out.n = 0;
		look_paint(&l, &out);
		out.p[out.n] = '\0';
		plan = strstr(out.p, "the plan of a ceremony: ");
		share = strstr(out.p, "> ");
		assert_non_null(plan);
		assert_non_null(share);
		assert_true(plan < share);	/* its line is the first */
		assert_non_null(strstr(share, "a sealed share: "));
		assert_null(strstr(share + 1, "> "));
	}
	assert_non_null(strstr(out.p, "a sealed share: 3 of 3 parts, whole"));
	collect_took(&c, now);
	assert_int_equal(see_part(4), 0);
	out.n = 0;
	look_paint(&l, &out);
	out.p[out.n] = '\0';
	assert_non_null(strstr(strstr(out.p, "> "), "4 of 10 parts"));
	ur_encoder_free(other);
}

/* A page shows several codes: none is lost when one completes a record. */
static void
the_codes_beside_the_one_that_completes_a_record_count_too(void **state)
{
	static char text[3][UR_TEXT_MAX + 1];

	(void)state;
	for (uint8_t i = 0; i < 3; i++) {
		struct ur_encoder *u;

		assert_int_equal(ur_encoder_new("x-qk-share",
		    bytes_of(message, 20u + i), 100, &u, NULL), 0);
		ur_encoder_part(u, 1, text[i]);
		ur_upper(text[i]);
		ur_encoder_free(u);
	}
	sight.n = 3;
	for (size_t i = 0; i < 3; i++) {
		sight.codes[i].len = strlen(text[i]);
		memcpy(sight.codes[i].text, text[i], strlen(text[i]) + 1);
	}
	assert_int_equal(collect_sight(&c, &sight, now, NULL), 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(c.streams[0].message.n, 20 + i);
		collect_took(&c, now);
		assert_int_equal(collect_rest(&c, now, NULL), 1);
	}
	assert_int_equal(c.streams[0].message.n, 22);
	assert_int_equal(collect_rest(&c, now, NULL), 0);
	assert_int_equal(c.taken, 2);
}

static void
beginning_again_forgets_all(void **state)
{
	(void)state;
	assert_int_equal(see_part(1), 0);
	collect_reset(&c, now);
	assert_int_equal(c.n, 0);
	for (uint32_t seq = 2; seq <= 10; seq++)
		assert_int_equal(see_part(seq), 0);
	assert_int_equal(see_part(1), 1);
}

/* --- words */

static const struct words *
words(char text[static WORDS_COUNT * 10])
{
	static struct words w;
	struct digest256 f = ur_fingerprint(TYPE, bytes_str("message"));

	w = words_of(&f);
	*text = '\0';
	for (unsigned i = 0; i < WORDS_COUNT; i++)
		snprintf(text + strlen(text), 10, "%u %.4s ", i + 1,
		    w.text[i]);
	return &w;
}

static void
twelve_words_pass_with_and_without_numbers_in_any_case(void **state)
{
	char text[WORDS_COUNT * 10], bare[WORDS_COUNT * 10] = "";
	const struct words *w = words(text);

	(void)state;
	assert_int_equal(check_words(w, text, NULL), 0);
	for (unsigned i = 0; i < WORDS_COUNT; i++) {
		char *at = bare + strlen(bare);

		snprintf(at, 8, "%.4s,", w->text[i]);
		at[1] = (char)(at[1] | 0x20);
	}
	assert_int_equal(check_words(w, bare, NULL), 0);
}

static void
one_other_word_or_another_number_of_them_is_refused(void **state)
{
	char text[WORDS_COUNT * 10], more[WORDS_COUNT * 10 + 10];
	const struct words *w = words(text);
	struct err e = { 0 };

	(void)state;
	for (unsigned i = 0; i < WORDS_COUNT; i++) {
		struct words other = *w;

		other.byte[i] ^= 1;
		assert_int_equal(check_words(&other, text, &e), ERR_REFUSED);
		assert_non_null(strstr(e.text, w->text[i]));
	}
	snprintf(more, sizeof(more), "%s ABLE", text);
	assert_int_equal(check_words(w, more, NULL), ERR_USAGE);
	*strrchr(text, '1') = '\0';	/* eleven */
	assert_int_equal(check_words(w, text, NULL), ERR_USAGE);
	assert_int_equal(check_words(w, "", NULL), ERR_USAGE);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_message_is_complete_with_its_last_part_and_not_before),
		CASE(progress_is_what_is_known_of_what_there_is),
		CASE(strays_are_named_and_disturb_nothing),
		CASE(a_stream_that_is_given_up_is_shown_no_more),
		CASE(hints_follow_what_is_seen),
		CASE(a_code_that_is_too_small_is_told),
		CASE(each_stream_keeps_its_line_and_the_filling_one_is_marked),
		CASE(the_codes_beside_the_one_that_completes_a_record_count_too),
		CASE(beginning_again_forgets_all),
		cmocka_unit_test(
		    twelve_words_pass_with_and_without_numbers_in_any_case),
		cmocka_unit_test(
		    one_other_word_or_another_number_of_them_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
