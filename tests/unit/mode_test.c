/*
 * Mode: what each one demands and refuses, and what a label may hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "airgap/record/label.h"
#include "airgap/record/mode.h"

static void
only_the_two_words_are_modes(void **state)
{
	static const char *const bad[] = { "", "Production", "PRODUCTION",
	    "production ", "prod", "rehearsa", "rehearsals", "test" };
	enum mode m;

	(void)state;
	assert_int_equal(mode_from_text(bytes_str("production"), &m, NULL), 0);
	assert_int_equal(m, MODE_PRODUCTION);
	assert_int_equal(mode_from_text(bytes_str("rehearsal"), &m, NULL), 0);
	assert_int_equal(m, MODE_REHEARSAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mode_from_text(bytes_str(bad[i]), &m, NULL),
		    ERR_INPUT);
}

static void
the_mode_byte_is_p_or_r(void **state)
{
	(void)state;
	assert_int_equal(mode_byte(MODE_PRODUCTION), 0x50);
	assert_int_equal(mode_byte(MODE_REHEARSAL), 0x52);
}

typedef int check_fn(enum mode, struct bytes, struct err *);

static void
assert_mark(check_fn *check, const char *name, bool production,
    bool rehearsal)
{
	struct err e;

	assert_int_equal(check(MODE_PRODUCTION, bytes_str(name), &e),
	    production ? 0 : ERR_REFUSED);
	if (!production)
		assert_non_null(strstr(e.text, "the mode is production"));
	assert_int_equal(check(MODE_REHEARSAL, bytes_str(name), &e),
	    rehearsal ? 0 : ERR_REFUSED);
	if (!rehearsal && production)
		assert_non_null(strstr(e.text, "the mode is rehearsal"));
}

static void
rehearsal_demands_the_marks_and_production_refuses_them(void **state)
{
	(void)state;
	assert_mark(mode_check_alias, "alice", true, false);
	assert_mark(mode_check_alias, "rehearsal-alice", false, true);
	assert_mark(mode_check_alias, "Rehearsal-alice", true, false);
	assert_mark(mode_check_alias, "rehearsal", true, false);
	assert_mark(mode_check_alias, "rehearsal-", false, false);
	assert_mark(mode_check_alias, "", true, false);
	assert_mark(mode_check_namespace, "vault", true, false);
	assert_mark(mode_check_namespace, "REHEARSAL/vault", false, true);
	assert_mark(mode_check_namespace, "rehearsal/vault", true, false);
	assert_mark(mode_check_namespace, "REHEARSAL/", false, false);
}

static void
each_mode_has_its_own_test_message(void **state)
{
	struct err e;

	(void)state;
	assert_true(bytes_equal(mode_test_message(MODE_PRODUCTION),
	    bytes_str("qos-test-message")));
	assert_true(bytes_equal(mode_test_message(MODE_REHEARSAL),
	    bytes_str("REHEARSAL qos-test-message")));
	for (enum mode a = MODE_PRODUCTION; a <= MODE_REHEARSAL; a++)
		for (enum mode b = MODE_PRODUCTION; b <= MODE_REHEARSAL; b++)
			assert_int_equal(mode_check_test_message(a,
			    mode_test_message(b), &e),
			    a == b ? 0 : ERR_REFUSED);
	assert_int_equal(mode_check_test_message(MODE_PRODUCTION,
	    bytes_str("qos-test-messag"), &e), ERR_REFUSED);
}

static void
records_of_two_modes_do_not_belong_together(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(mode_check_same(MODE_REHEARSAL, MODE_REHEARSAL,
	    "the receipt", &e), 0);
	assert_int_equal(mode_check_same(MODE_PRODUCTION, MODE_REHEARSAL,
	    "the receipt", &e), ERR_REFUSED);
	assert_string_equal(e.text,
	    "the receipt is of a rehearsal, but this is a production");
}

static void
an_alias_serves_as_a_file_name(void **state)
{
	static const char *const good[] = { "alice", "Zo\xc3\xab", "a b",
	    "rehearsal-x", "x" };
	static const struct { const char *alias, *sentence; } bad[] = {
		{ "", "0 bytes" }, { ".", "'.'" }, { "..", "'.'" },
		{ "a.b", "'.'" }, { ".hidden", "'.'" }, { "a/b", "'/'" },
		{ "/", "'/'" }, { " a", "blank" }, { "a ", "blank" },
		{ "a\nb", "U+000A" }, { "a\x7f", "U+007F" },
		{ "\xc2\x85x", "U+0085" }, { "\xe2\x80\xaex", "U+202E" },
		{ "a\xe2\x80\x8b", "U+200B" }, { "\xef\xbb\xbfx", "U+FEFF" },
		{ "a\xff", "UTF-8" }, { "\xed\xa0\x80", "UTF-8" },
	};
	char text[130];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(label_check_alias(bytes_str(good[i]), &e),
		    0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(label_check_alias(bytes_str(bad[i].alias),
		    &e), ERR_INPUT);
		if (strstr(e.text, bad[i].sentence) == NULL)
			fail_msg("%zu: %s", i, e.text);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(label_check_alias(bytes_of(text, 128), &e), 0);
	assert_int_equal(label_check_alias(bytes_of(text, 129), &e),
	    ERR_INPUT);
	assert_int_equal(label_check_alias(bytes_of("a\0b", 3), &e),
	    ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_two_words_are_modes),
		cmocka_unit_test(the_mode_byte_is_p_or_r),
		cmocka_unit_test(rehearsal_demands_the_marks_and_production_refuses_them),
		cmocka_unit_test(each_mode_has_its_own_test_message),
		cmocka_unit_test(records_of_two_modes_do_not_belong_together),
		cmocka_unit_test(an_alias_serves_as_a_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
