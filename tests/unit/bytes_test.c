/*
 * Decimal numbers in text: which are read, and what is left behind them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "airgap/bytes.h"

#define NOTHING 77

static void
a_number_is_digits_up_to_its_limit(void **state)
{
	static const struct { const char *text; uint64_t max, want; } good[] = {
		{ "0", 0, 0 }, { "7", 7, 7 }, { "65535", 65535, 65535 },
		{ "000000000000000000000000012", 12, 12 },
		{ "4294967295", UINT32_MAX, UINT32_MAX },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX },
	};
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(bytes_number(bytes_str(good[i].text), good[i].max,
		    &v));
		assert_true(v == good[i].want);
	}
}

static void
what_is_no_number_or_over_the_limit_is_refused(void **state)
{
	static const struct { const char *text; uint64_t max; } bad[] = {
		{ "", 9 }, { "1", 0 }, { "8", 7 }, { "10", 9 },
		{ "65536", 65535 }, { "4294967296", UINT32_MAX },
		{ "18446744073709551616", UINT64_MAX },
		{ "18446744073709551620", UINT64_MAX },
		{ "99999999999999999999999", UINT64_MAX },
		{ "+1", 9 }, { "-1", UINT64_MAX }, { " 1", 9 }, { "1 ", 9 },
		{ "0x1", 9 }, { "1a", 9 }, { "/", 99 }, { ":", 99 },
		{ "\xd9\xa1", 9 },
	};
	uint64_t v = NOTHING;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(bytes_number(bytes_str(bad[i].text), bad[i].max,
		    &v));
		assert_true(v == NOTHING);
	}
}

static void
digits_are_taken_off_and_the_rest_is_left(void **state)
{
	struct bytes text = bytes_str("640x480");
	uint64_t v = NOTHING;

	(void)state;
	assert_false(bytes_take_number(&text, 639, &v));
	assert_true(text.n == 7 && v == NOTHING);
	assert_true(bytes_take_number(&text, 640, &v));
	assert_true(v == 640 && bytes_equal(text, bytes_str("x480")));
	assert_false(bytes_take_number(&text, 640, &v));
	assert_true(v == 640 && bytes_equal(text, bytes_str("x480")));
	text = bytes_of(NULL, 0);
	assert_false(bytes_take_number(&text, 640, &v));
	/* nothing behind its end is looked at */
	text = bytes_of("123", 2);
	assert_true(bytes_take_number(&text, 640, &v));
	assert_true(v == 12 && text.n == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_digits_up_to_its_limit),
		cmocka_unit_test(
		    what_is_no_number_or_over_the_limit_is_refused),
		cmocka_unit_test(digits_are_taken_off_and_the_rest_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
