/*
 * Symbols: what fits, their form, and that another program (ZBar) reads from
 * the pictures what was drawn.
 */
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qr/draw/raster.h"
#include "tests/unit/zbar_read.h"

static struct symbol symbol;
static char text[SYMBOL_TEXT_MAX + 2];

/* n characters of the set, each of them used */
static struct bytes
some(size_t n)
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	for (size_t i = 0; i < n; i++)
		text[i] = set[(i * 7 + i / 45) % 45];
	return bytes_of(text, n);
}

static void
a_text_of_the_capacity_fits_and_one_character_more_does_not(void **state)
{
	(void)state;
	for (enum symbol_level level = LEVEL_L; level <= LEVEL_Q; level++)
		for (unsigned v = 1; v <= SYMBOL_VERSION_MAX; v++) {
			size_t n = symbol_capacity(v, level);
			struct err e;

			assert_int_equal(symbol_make(some(n), v, level,
			    &symbol, &e), 0);
			assert_int_equal(symbol.version, v);
			assert_int_equal(symbol.width, 17 + 4 * v);
			assert_int_equal(symbol_make(some(n + 1), v, level,
			    &symbol, &e), ERR_INPUT);
			assert_non_null(strstr(e.text, "do not fit"));
		}
	/* as the table of ISO/IEC 18004 has them */
	assert_int_equal(symbol_capacity(10, LEVEL_M), 311);
	assert_int_equal(symbol_capacity(18, LEVEL_M), 816);
	assert_int_equal(symbol_capacity(25, LEVEL_L), 1853);
	assert_int_equal(symbol_capacity(26, LEVEL_L), 0);
	assert_int_equal(symbol_capacity(0, LEVEL_L), 0);
}

static void
the_version_is_the_smallest_that_holds_the_text(void **state)
{
	(void)state;
	assert_int_equal(symbol_version(1, LEVEL_M), 1);
	for (unsigned v = 1; v < SYMBOL_VERSION_MAX; v++) {
		size_t n = symbol_capacity(v, LEVEL_M);

		assert_int_equal(symbol_version(n, LEVEL_M), v);
		assert_int_equal(symbol_version(n + 1, LEVEL_M), v + 1);
	}
	assert_int_equal(symbol_version(1854, LEVEL_L), 0);
}

static void
only_the_alphanumeric_set_is_drawn(void **state)
{
	struct err e;

	(void)state;
	for (int c = 0; c < 256; c++) {
		uint8_t one = (uint8_t)c;
		bool in = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c != 0 && strchr(" $%*+-./:", c) != NULL);

		assert_int_equal(symbol_make(bytes_of(&one, 1), 3, LEVEL_M,
		    &symbol, &e), in ? 0 : ERR_INPUT);
	}
	assert_int_equal(symbol_make(bytes_of("", 0), 3, LEVEL_M, &symbol,
	    &e), ERR_INPUT);
	assert_int_equal(symbol_make(bytes_str("UR:X/aE"), 3, LEVEL_M,
	    &symbol, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "character 6 (0x61)"));
}

static void
finders_stand_in_three_corners_and_the_dark_module_in_its_place(void **state)
{
	static const char *const ring[] = { "#######", "#.....#", "#.###.#",
	    "#.###.#", "#.###.#", "#.....#", "#######" };

	(void)state;
	for (unsigned v = 1; v <= SYMBOL_VERSION_MAX; v++) {
		int far = (int)SYMBOL_WIDTH(v) - 7;

		assert_int_equal(symbol_make(some(9), v, LEVEL_Q, &symbol,
		    NULL), 0);
		for (int y = 0; y < 7; y++)
			for (int x = 0; x < 7; x++) {
				int dark = ring[y][x] == '#';

				assert_int_equal(symbol_dark(&symbol, x, y),
				    dark);
				assert_int_equal(symbol_dark(&symbol, far + x,
				    y), dark);
				assert_int_equal(symbol_dark(&symbol, x,
				    far + y), dark);
			}
		/* section 7.9: (4 V + 9, 8) is always dark */
		assert_int_equal(symbol_dark(&symbol, 8, (int)(4 * v + 9)), 1);
		assert_int_equal(symbol_dark(&symbol, -1, 0), 0);
		assert_int_equal(symbol_dark(&symbol, 0, far + 7), 0);
	}
}

static void
same(struct bytes got, void *want)
{
	assert_true(bytes_equal(got, *(struct bytes *)want));
}

static void
zbar_reads_every_version_at_three_pixels_a_module(void **state)
{
	struct raster g;

	(void)state;
	for (unsigned v = 1; v <= SYMBOL_VERSION_MAX; v++) {
		struct bytes t = some(symbol_capacity(v, LEVEL_M));

		assert_int_equal(symbol_make(t, v, LEVEL_M, &symbol, NULL), 0);
		assert_int_equal(raster_grey(&symbol, 3, v % 3, &g, NULL), 0);
		assert_int_equal(g.side, (symbol.width + 8) * 3 + v % 3);
		assert_int_equal(zbar_read(g.p, g.side, g.side, same, &t), 1);
		raster_free(&g);
	}
}

static void
a_picture_has_a_quiet_zone_of_four_modules(void **state)
{
	struct raster g;
	size_t quiet = 4 * 5 + 2;

	(void)state;
	assert_int_equal(symbol_make(some(20), 2, LEVEL_M, &symbol, NULL), 0);
	assert_int_equal(raster_grey(&symbol, 5, 2, &g, NULL), 0);
	for (size_t y = 0; y < g.side; y++)
		for (size_t x = 0; x < g.side; x++) {
			bool inside = x >= quiet && y >= quiet &&
			    x < quiet + 25 * 5 && y < quiet + 25 * 5;
			int dark = inside && symbol_dark(&symbol,
			    (int)(x - quiet) / 5, (int)(y - quiet) / 5);

			assert_int_equal(g.p[y * g.side + x], dark ? 0 : 0xff);
		}
	raster_free(&g);
}

/* Reads our PNG back with libpng: one bit a pixel, integer modules. */
static void
a_png_is_the_modules_and_nothing_else(void **state)
{
	png_image in = { .version = PNG_IMAGE_VERSION };
	static uint8_t grey[111 * 111];
	struct buf a, b;

	(void)state;
	assert_int_equal(symbol_make(some(30), 3, LEVEL_M, &symbol, NULL), 0);
	assert_int_equal(raster_png(&symbol, 3, &a, NULL), 0);
	assert_int_equal(raster_png(&symbol, 3, &b, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	buf_free(&b);
	/* PNG 1.2 11.2.2: bit depth 1, colour type 0 */
	assert_memory_equal(a.p + 24, "\x01\x00", 2);
	assert_int_equal(png_image_begin_read_from_memory(&in, a.p, a.n), 1);
	in.format = PNG_FORMAT_GRAY;
	assert_int_equal(in.width, 111);	/* (29 + 8) modules of 3 */
	assert_int_equal(in.height, 111);
	assert_int_equal(png_image_finish_read(&in, NULL, grey, 0, NULL), 1);
	for (int i = 0; i < 111 * 111; i++)
		assert_int_equal(grey[i], symbol_dark(&symbol, i % 111 / 3 - 4,
		    i / 111 / 3 - 4) ? 0 : 0xff);
	assert_int_equal(raster_png(&symbol, 0, &b, NULL), ERR_USAGE);
	assert_int_equal(raster_png(&symbol, 33, &b, NULL), ERR_USAGE);
	buf_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_text_of_the_capacity_fits_and_one_character_more_does_not),
		cmocka_unit_test(
		    the_version_is_the_smallest_that_holds_the_text),
		cmocka_unit_test(only_the_alphanumeric_set_is_drawn),
		cmocka_unit_test(
		    finders_stand_in_three_corners_and_the_dark_module_in_its_place),
		cmocka_unit_test(
		    zbar_reads_every_version_at_three_pixels_a_module),
		cmocka_unit_test(a_picture_has_a_quiet_zone_of_four_modules),
		cmocka_unit_test(a_png_is_the_modules_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
