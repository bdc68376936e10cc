/*
 * Pictures as bad cameras give them: 80 that are fixed by their numbers, of
 * five sizes of symbol at their full capacity.  Not all can be read, but how
 * many must is stated, and none may be read as anything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/degrade.h"
#include "qr/scan/reader.h"

#define W 1280
#define H 720
#define EACH 5			/* sizes */

static const unsigned versions[EACH] = { 10, 15, 18, 20, 25 };

/* What is done to each size, and how many of the five must be read. */
static const struct treatment {
	const char *name;
	size_t must;
	struct degrade d;
} treatments[] = {
	{ "4 pixels a module", 5, { 4, 0, 0, 0, 0, 0, 255, 1 } },
	{ "3 pixels", 5, { 3, 0, 0, 0, 0, 0, 255, 2 } },
	{ "2.5 pixels", 5, { 2.5, 0, 0, 0, 0, 0, 255, 3 } },
	{ "2 pixels", 4, { 2, 0, 0, 0, 0, 0, 255, 4 } },
	{ "blur 1.2", 5, { 3, 0, 0, 1.2, 0, 0, 255, 5 } },
	{ "blur 1.6", 0, { 3, 0, 0, 1.6, 0, 0, 255, 6 } },
	{ "noise 25", 5, { 3, 0, 0, 0, 25, 0, 255, 7 } },
	{ "noise 50", 0, { 3, 0, 0, 0, 50, 0, 255, 8 } },
	{ "turned by 5 degrees", 4, { 3, 5, 0, 0, 0, 0, 255, 9 } },
	{ "turned by 30", 4, { 3, 30, 0, 0, 0, 0, 255, 10 } },
	{ "turned by 45", 4, { 3, 45, 0, 0, 0, 0, 255, 11 } },
	{ "tilted by 5 %", 4, { 3, 0, 0.05, 0, 0, 0, 255, 12 } },
	{ "tilted by 12 %", 0, { 3, 0, 0.12, 0, 0, 0, 255, 13 } },
	{ "very pale", 4, { 3, 0, 0, 0, 0, 90, 153, 14 } },
	{ "all of it at 3 pixels", 4, { 3, 4, 0.05, 0.7, 8, 38, 204, 15 } },
	{ "all of it at 2.5", 4, { 2.5, 4, 0.05, 0.7, 8, 38, 204, 16 } },
};
#define TREATMENTS (sizeof(treatments) / sizeof(treatments[0]))

static uint8_t pixels[W * H];
static struct symbol symbols[EACH];
static char texts[EACH][SYMBOL_TEXT_MAX + 1];

static int
draw_all(void **state)
{
	uint32_t seed = 12345;

	(void)state;
	for (size_t i = 0; i < EACH; i++) {
		size_t n = symbol_capacity(versions[i], LEVEL_M);

		memcpy(texts[i], "UR:X-QK-HI/", 11);
		for (size_t k = 11; k < n; k++)
			texts[i][k] = (char)('A' + degrade_random(&seed) %
			    26);
		if (symbol_make(bytes_of(texts[i], n), versions[i], LEVEL_M,
		    &symbols[i], NULL) != 0)
			return -1;
	}
	return 0;
}

/* 1 read right, 0 not read; anything else fails the test. */
static size_t
read_one(size_t i, const struct treatment *t)
{
	struct reader *r = reader_new();
	struct grey g = { pixels, W, H, W };
	struct found f;
	size_t n;

	assert_non_null(r);
	degrade_symbol(&symbols[i], &t->d, pixels, W, H);
	assert_int_equal(reader_frame(r, &g, &f), SCAN_OK);
	for (size_t k = 0; k < f.n; k++) {
		assert_int_equal(f.codes[k].len, strlen(texts[i]));
		assert_memory_equal(f.codes[k].text, texts[i],
		    f.codes[k].len);
	}
	assert_int_equal(f.foreign, 0);
	n = f.n;
	reader_free(r);
	return n;
}

static void
enough_of_80_bad_pictures_are_read_and_none_is_read_wrongly(void **state)
{
	size_t all = 0, must = 0;
	bool enough = true;

	(void)state;
	for (size_t t = 0; t < TREATMENTS; t++) {
		size_t n = 0;

		for (size_t i = 0; i < EACH; i++)
			n += read_one(i, &treatments[t]);
		print_message("%-22s %zu of %d, must %zu\n",
		    treatments[t].name, n, EACH, treatments[t].must);
		enough = enough && n >= treatments[t].must;
		all += n;
		must += treatments[t].must;
	}
	print_message("%zu of %zu, must %zu\n", all, EACH * TREATMENTS, must);
	assert_true(enough);
}

static void
a_code_is_followed_when_it_moves_a_little_or_jumps(void **state)
{
	struct degrade d = { 3, 0, 0, 0, 0, 0, 255, 1 };
	struct reader *r = reader_new();
	struct found f;

	(void)state;
	degrade_symbol(&symbols[0], &d, pixels, W, H);
	/* the picture is moved by looking at another part of it */
	for (uint32_t x = 0; x < 520; x += x < 30 ? 10 : 240) {
		struct grey g = { pixels + x, 760, H, W };

		assert_int_equal(reader_frame(r, &g, &f), SCAN_OK);
		assert_int_equal(f.n, 1);
		assert_memory_equal(f.codes[0].text, texts[0],
		    f.codes[0].len);
		/* the corners are those of the picture, not of a part */
		assert_in_range(f.codes[0].at.xy[0], 640 - x - 100,
		    640 - x - 80);
	}
	reader_free(r);
}

static void
a_second_code_in_view_is_seen_though_the_first_is_followed(void **state)
{
	struct degrade d = { 3, 0, 0, 0, 0, 0, 255, 1 };
	struct reader *r = reader_new();
	struct grey g = { pixels, W, H, W };
	struct found f;
	int frames = 0;

	(void)state;
	degrade_symbol(&symbols[0], &d, pixels, W, H);
	assert_int_equal(reader_frame(r, &g, &f), SCAN_OK);
	assert_int_equal(f.n, 1);
	/* the same beside it, as another window would be */
	for (size_t y = 0; y < H; y++)
		memmove(pixels + y * W, pixels + y * W + W / 2 - 120, 240);
	do {
		assert_int_equal(reader_frame(r, &g, &f), SCAN_OK);
		assert_true(f.n >= 1);
	} while (f.n < 2 && ++frames < 20);
	assert_int_equal(f.n, 2);
	assert_true(frames > 0);	/* it was followed at first */
	reader_free(r);
}

static void
inverted_codes_are_read_in_pictures_and_after_some_frames_in_films(
    void **state)
{
	struct degrade d = { 4, 0, 0, 0, 0, 255, 0, 1 };
	struct reader *r = reader_new();
	struct grey g = { pixels, W, H, W };
	struct found f;
	int frames = 0;

	(void)state;
	degrade_symbol(&symbols[1], &d, pixels, W, H);
	assert_int_equal(reader_still(r, &g, &f), SCAN_OK);
	assert_int_equal(f.n, 1);
	do {
		assert_int_equal(reader_frame(r, &g, &f), SCAN_OK);
	} while (f.n == 0 && ++frames < 20);
	assert_int_equal(f.n, 1);
	reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    enough_of_80_bad_pictures_are_read_and_none_is_read_wrongly),
		cmocka_unit_test(
		    a_code_is_followed_when_it_moves_a_little_or_jumps),
		cmocka_unit_test(
		    a_second_code_in_view_is_seen_though_the_first_is_followed),
		cmocka_unit_test(
		    inverted_codes_are_read_in_pictures_and_after_some_frames_in_films),
	};

	return cmocka_run_group_tests(tests, draw_all, NULL);
}
