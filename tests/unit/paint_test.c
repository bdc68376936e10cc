/*
 * What a terminal shows after our bytes: a small terminal of the test reads
 * them (cursor, colours, half blocks) into cells, and the cells are compared
 * with the modules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qr/draw/paint.h"

#define ROWS 70
#define COLUMNS 140
#define UNSET -1

/* A colour is the grey it stands for; UNSET is the terminal's own. */
struct cell {
	int upper, lower;	/* greys of the two halves */
};

static struct {
	struct cell cell[ROWS][COLUMNS];
	int row, column, ink, ground;
	int written_outside;
} screen;
static struct paint paint;
static struct symbol symbol;

/* The grey that a 256-colour code stands for. */
static int
grey_256(int code)
{
	if (code == 16)
		return 0;
	if (code == 231)
		return 0xff;
	assert_true(code >= 232 && code <= 255);
	return 8 + 10 * (code - 232);
}

static int
grey_16(int code)
{
	switch (code) {
	case 0:
		return 0;
	case 7:		/* the console's palette is set; elsewhere 0xaa */
		return 0xaa;
	case 60:
		return 0x55;
	case 67:
		return 0xff;
	}
	fail_msg("a colour that is no grey: %d", code);
	return 0;
}

static void
colours(const int *n, int count)
{
	for (int i = 0; i < count; i++) {
		int *which = n[i] / 10 % 10 == 3 || n[i] / 10 == 9 ?
		    &screen.ink : &screen.ground;

		if (n[i] == 0) {
			screen.ink = screen.ground = UNSET;
		} else if ((n[i] == 38 || n[i] == 48) && n[i + 1] == 5) {
			*which = grey_256(n[i + 2]);
			i += 2;
		} else if (n[i] == 38 || n[i] == 48) {
			assert_int_equal(n[i + 1], 2);
			assert_int_equal(n[i + 2], n[i + 3]);
			assert_int_equal(n[i + 3], n[i + 4]);
			*which = n[i + 2];
			i += 4;
		} else if (n[i] >= 90) {
			*which = grey_16(60 + n[i] % 10);
		} else {
			*which = grey_16(n[i] % 10);
		}
	}
}

/* CSI numbers letter; returns what follows. */
static const char *
control(const char *p)
{
	int n[8] = { 0 }, count = 1;

	for (; *p == ';' || (*p >= '0' && *p <= '9'); p++) {
		if (*p == ';')
			count++;
		else
			n[count - 1] = n[count - 1] * 10 + *p - '0';
	}
	if (*p == 'H') {
		screen.row = n[0] - 1;
		screen.column = n[1] - 1;
	} else {
		assert_int_equal(*p, 'm');
		colours(n, count);
	}
	return p + 1;
}

static void
put(int upper, int lower)
{
	if (screen.row < 0 || screen.row >= ROWS || screen.column < 0 ||
	    screen.column >= COLUMNS)
		screen.written_outside++;
	else
		screen.cell[screen.row][screen.column] =
		    (struct cell){ upper, lower };
	screen.column++;
}

static void
play(void)
{
	const char *p = paint.p, *end = paint.p + paint.n;

	memset(&screen, 0xff, sizeof(screen));
	screen.written_outside = 0;
	assert_false(paint.full);
	while (p < end) {
		if (strncmp(p, "\033[", 2) == 0) {
			p = control(p + 2);
		} else if (strncmp(p, "\xe2\x96\x80", 3) == 0) {
			put(screen.ink, screen.ground);
			p += 3;
		} else if (strncmp(p, "\xe2\x96\x84", 3) == 0) {
			put(screen.ground, screen.ink);
			p += 3;
		} else {
			assert_int_equal(*p, ' ');
			put(screen.ground, screen.ground);
			p++;
		}
	}
}

static void
draw(unsigned version, const struct ink *ink, unsigned row, unsigned column)
{
	assert_int_equal(symbol_make(bytes_str("UR:X-QK-HI/AEADAOLAZMJENDEOTI"),
	    version, LEVEL_L, &symbol, NULL), 0);
	paint.n = 0;
	paint.full = false;
	paint_symbol(&paint, &symbol, row, column, ink);
	play();
}

/* All cells are the modules, in the greys given, and nothing else is. */
static void
expect(unsigned row, unsigned column, int dark, int light)
{
	int width = (int)paint_columns(symbol.version);
	int rows = (int)paint_rows(symbol.version);

	assert_int_equal(screen.written_outside, 0);
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < COLUMNS; x++) {
			int mx = x - ((int)column - 1);
			int my = y - ((int)row - 1);
			const struct cell *c = &screen.cell[y][x];

			if (mx < 0 || my < 0 || mx >= width || my >= rows) {
				assert_int_equal(c->upper, UNSET);
				continue;
			}
			assert_int_equal(c->upper, symbol_dark(&symbol,
			    mx - 4, 2 * my - 4) ? dark : light);
			assert_int_equal(c->lower, symbol_dark(&symbol,
			    mx - 4, 2 * my - 3) ? dark : light);
		}
}

static void
the_cells_of_every_version_are_its_modules_and_a_light_quiet_zone(void **state)
{
	struct ink ink = { COLOURS_TRUE, 0xff, false };

	(void)state;
	for (unsigned v = 2; v <= SYMBOL_VERSION_MAX; v++) {
		draw(v, &ink, 3, 5);
		expect(3, 5, 0, 0xff);
	}
}

static void
every_colour_is_set_in_every_kind_of_terminal(void **state)
{
	static const struct {
		struct ink ink;
		int light;
	} cases[] = {
		{ { COLOURS_CONSOLE, 0xff, false }, 0xaa },
		{ { COLOURS_16, 0xff, false }, 0xff },
		{ { COLOURS_16, 0xc0, false }, 0xaa },
		{ { COLOURS_16, 0x40, false }, 0x55 },
		{ { COLOURS_256, 0xff, false }, 0xff },
		{ { COLOURS_256, 0x80, false }, 0x80 },
		{ { COLOURS_256, 0x40, false }, 0x44 },
		{ { COLOURS_TRUE, 0x40, false }, 0x40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		draw(10, &cases[i].ink, 1, 1);
		expect(1, 1, 0, cases[i].light);
	}
}

static void
inverted_the_greys_change_places_quiet_zone_included(void **state)
{
	struct ink ink = { COLOURS_256, 0xff, true };

	(void)state;
	draw(7, &ink, 2, 2);
	expect(2, 2, 0xff, 0);
}

static void
the_worst_frame_fits_its_buffer(void **state)
{
	struct ink ink = { COLOURS_TRUE, 0xff, false };

	(void)state;
	/* columns of both dark, both light: the ground changes in each cell */
	symbol.version = SYMBOL_VERSION_MAX;
	symbol.width = SYMBOL_WIDTH_MAX;
	for (size_t i = 0; i < sizeof(symbol.dark); i++)
		symbol.dark[i] = i % SYMBOL_WIDTH_MAX % 2;
	paint.n = 0;
	paint.full = false;
	paint_symbol(&paint, &symbol, 1, 1, &ink);
	assert_false(paint.full);
	assert_true(paint.n < PAINT_MAX - 16384);
}

static void
the_geometry_of_consoles_is_that_of_the_table(void **state)
{
	(void)state;
	/* columns and rows with 8x16: 1366x768, 1920x1080; 16x32: 1920x1080 */
	assert_int_equal(paint_largest(48, 170), 17);
	assert_true(paint_largest(67, 240) >= 25);
	assert_int_equal(paint_largest(33, 120), 10);
	assert_int_equal(paint_largest(25, 80), 6);
	assert_int_equal(paint_largest(10, 80), 0);
	assert_int_equal(paint_largest(100, 40), 3);
	for (unsigned v = 1; v <= SYMBOL_VERSION_MAX; v++)
		assert_true(paint_rows(v) * 2 >= paint_columns(v));
}

static void
a_code_that_does_not_fit_says_what_would(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(paint_fits(18, 49, 97, 0, false, &e), 0);
	assert_int_equal(paint_fits(18, 48, 97, 0, false, &e), ERR_REFUSED);
	assert_int_equal(paint_fits(18, 49, 96, 41, false, &e), ERR_REFUSED);
	assert_non_null(strstr(e.text, "needs 97 columns and 49 rows"));
	assert_non_null(strstr(e.text, "has 96 and 49"));
	assert_non_null(strstr(e.text, "take --preset coarse, a larger"));
	assert_int_equal(paint_fits(10, 24, 80, 41, false, &e), ERR_REFUSED);
	assert_null(strstr(e.text, "--preset"));
	assert_non_null(strstr(e.text, "--fragment 41"));
	assert_null(strstr(e.text, "setfont"));
	assert_int_equal(paint_fits(10, 25, 80, 0, true, &e), ERR_REFUSED);
	assert_null(strstr(e.text, "--fragment"));
	assert_non_null(strstr(e.text, "setfont"));
}

static void
colours_follow_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(colours_of("linux", "truecolor"), COLOURS_CONSOLE);
	assert_int_equal(colours_of("xterm-256color", "truecolor"),
	    COLOURS_TRUE);
	assert_int_equal(colours_of("xterm", "24bit"), COLOURS_TRUE);
	assert_int_equal(colours_of("screen-256color", NULL), COLOURS_256);
	assert_int_equal(colours_of("vt220", NULL), COLOURS_16);
	assert_int_equal(colours_of(NULL, NULL), COLOURS_16);
}

static void
presets_are_found_and_end_at_their_ends(void **state)
{
	const struct preset *p;
	struct err e;

	(void)state;
	assert_int_equal(preset_find("normal", &p, &e), 0);
	assert_string_equal(preset_coarser(p)->name, "coarse");
	assert_string_equal(preset_denser(p)->name, "dense");
	assert_ptr_equal(preset_coarser(preset_coarser(p)), &presets[0]);
	assert_string_equal(preset_denser(preset_denser(p))->name, "dense");
	assert_int_equal(preset_find("print", &p, &e), 0);
	assert_ptr_equal(preset_coarser(p), p);
	assert_ptr_equal(preset_denser(p), p);
	assert_int_equal(preset_find("fine", &p, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "coarse, normal, dense and print"));
}

/* Four fifths of 720 and 1080 lines. */
static void
a_preset_serves_a_screen_and_a_camera_or_not(void **state)
{
	const unsigned hd = 720 * 80 / 100, full = 1080 * 80 / 100;

	(void)state;
	assert_int_equal(preset_pixels(&presets[1], hd), 10 * 576 / 97);
	assert_int_equal(preset_pixels(&presets[2], full), 10 * 864 / 125);
	assert_true(preset_serves(&presets[0], 10, 480 * 80 / 100));
	assert_false(preset_serves(&presets[0], 9, hd));	/* screen */
	assert_true(preset_serves(&presets[1], 18, hd));
	assert_false(preset_serves(&presets[1], 17, hd));
	assert_true(preset_serves(&presets[2], 25, 313));	/* just */
	assert_false(preset_serves(&presets[2], 25, 312));	/* camera */
	assert_false(preset_serves(&presets[3], 25, full));	/* paper */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_cells_of_every_version_are_its_modules_and_a_light_quiet_zone),
		cmocka_unit_test(every_colour_is_set_in_every_kind_of_terminal),
		cmocka_unit_test(
		    inverted_the_greys_change_places_quiet_zone_included),
		cmocka_unit_test(the_worst_frame_fits_its_buffer),
		cmocka_unit_test(the_geometry_of_consoles_is_that_of_the_table),
		cmocka_unit_test(a_code_that_does_not_fit_says_what_would),
		cmocka_unit_test(colours_follow_the_terminal),
		cmocka_unit_test(presets_are_found_and_end_at_their_ends),
		cmocka_unit_test(a_preset_serves_a_screen_and_a_camera_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
