/*
 * Reading back: scanners of the test that find nothing, or another text, and
 * ZBar as one that works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/zbar_read.h"

#define TEXT "UR:X-QK-HI/AEADAOLAZMJENDEOTI"

static struct symbol symbol;
static int looks;	/* how often the scanner was asked */
static int blind;	/* how many of the first looks find nothing */
static const char *says;
static size_t sides[8];

static int
fake(void *ctx, const struct raster *g, char text[static SYMBOL_TEXT_MAX],
    size_t *n, struct err *e)
{
	if (ctx != NULL)
		return err_set(e, ERR_SYSTEM, "it does not run");
	sides[looks++] = g->side;
	*n = looks <= blind ? 0 : strlen(says);
	memcpy(text, says, *n);
	return 0;
}

static int
check(struct readback *r, struct err *e)
{
	looks = 0;
	assert_int_equal(symbol_make(bytes_str(TEXT), 6, LEVEL_M, &symbol, e),
	    0);
	return readback_check(r, &symbol, bytes_str(TEXT), e);
}

static void
a_symbol_that_reads_as_its_text_passes_at_the_first_look(void **state)
{
	struct readback r = { fake, NULL };

	(void)state;
	blind = 0;
	says = TEXT;
	assert_int_equal(check(&r, NULL), 0);
	assert_int_equal(looks, 1);
}

static void
a_symbol_that_is_missed_is_looked_at_in_other_sizes(void **state)
{
	struct readback r = { fake, NULL };

	(void)state;
	blind = 2;
	says = TEXT;
	assert_int_equal(check(&r, NULL), 0);
	assert_int_equal(looks, 3);
	assert_true(sides[0] != sides[1] && sides[1] != sides[2]);
}

static void
a_symbol_that_is_never_read_is_refused(void **state)
{
	struct readback r = { fake, NULL };
	struct err e;

	(void)state;
	blind = 100;
	says = TEXT;
	assert_int_equal(check(&r, &e), READBACK_UNREAD);
	assert_non_null(strstr(e.text, "does not read"));
	assert_true(looks > 2);
}

static void
a_symbol_that_reads_as_another_text_is_refused_at_once(void **state)
{
	static const char *const others[] = { "UR:X-QK-HI/AEADAOLAZMJENDEOTO",
	    "UR:X-QK-HI/AEADAOLAZMJENDEOT", TEXT "X" };
	struct readback r = { fake, NULL };
	struct err e;

	(void)state;
	blind = 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		says = others[i];
		assert_int_equal(check(&r, &e), ERR_INTERNAL);
		assert_non_null(strstr(e.text, "another text"));
		assert_int_equal(looks, 1);
	}
}

static void
a_scanner_that_does_not_run_is_an_error(void **state)
{
	struct readback r = { fake, &symbol };
	struct err e;

	(void)state;
	assert_int_equal(check(&r, &e), ERR_SYSTEM);
}

/* --- ZBar itself */

static void
a_symbol_with_a_damaged_finder_never_passes(void **state)
{
	struct readback r = zbar_readback;
	struct err e;

	(void)state;
	assert_int_equal(check(&r, &e), 0);
	for (size_t i = 0; i < 7; i++)
		memset(symbol.dark + i * symbol.width, 0, 7);
	assert_int_equal(readback_check(&r, &symbol, bytes_str(TEXT), &e),
	    READBACK_UNREAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_symbol_that_reads_as_its_text_passes_at_the_first_look),
		cmocka_unit_test(
		    a_symbol_that_is_missed_is_looked_at_in_other_sizes),
		cmocka_unit_test(a_symbol_that_is_never_read_is_refused),
		cmocka_unit_test(
		    a_symbol_that_reads_as_another_text_is_refused_at_once),
		cmocka_unit_test(a_scanner_that_does_not_run_is_an_error),
		cmocka_unit_test(a_symbol_with_a_damaged_finder_never_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
