/*
 * The caller's side against helpers that misbehave: scripts in the place of
 * quorate-scan, beside this program.  Deadlines are half a second here.
 */
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/fd.h"
#include "qr/carry/live.h"
#include "qr/scanner.h"

#define SIDE 1000		/* more bytes than a pipe holds */
#define PICTURE_MS 20000	/* the scanner's limit, of which is left: */
#define NEAR_MS 500

static char helper[4096];
static bool hurry;		/* the next deadline is near */
static bool leap;		/* each look at the clock is a while later */
static uint8_t pixels[SIDE * SIDE];

int64_t __real_clock_ms(void);
int64_t __wrap_clock_ms(void);

int64_t
__wrap_clock_ms(void)
{
	static int64_t later;
	int64_t now = __real_clock_ms() + (later += leap ? 100 : 0);

	if (hurry)
		now -= PICTURE_MS - NEAR_MS;
	hurry = false;
	return now;
}

static int
find_helper(void **state)
{
	static char self[4000];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	if (n <= 0)
		return -1;
	self[n] = '\0';
	(void)snprintf(helper, sizeof(helper), "%s/quorate-scan",
	    dirname(self));
	return 0;
}

static int
remove_helper(void **state)
{
	(void)state;
	return unlink(helper);
}

static void
script_is(const char *script)
{
	FILE *f = fopen(helper, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(helper, 0755), 0);
}

/* What reading a picture of side pixels gives with this helper. */
static int
with(const char *script, uint32_t side, struct err *e)
{
	const struct sight *s;
	struct scanner *scanner;
	struct grey g = { pixels, side, side, side };
	int r, again;

	script_is(script);
	assert_int_equal(scanner_start(&scanner, e), 0);
	r = scanner_read(scanner, &g, &s, e);
	if (r == 0)
		assert_int_equal(s->state, SIGHT_FRAME);
	again = scanner_read(scanner, &g, &s, NULL);
	assert_int_equal(again, r);
	scanner_close(scanner);
	return r;
}

#define READ "head -c 14 >/dev/null; "	/* a request of one pixel */
#define FRAME "echo F 0 1 1 0 0 0; "

static void
a_helper_that_answers_is_believed(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(with(READ FRAME READ FRAME, 1, &e), 0);
}

static void
a_helper_that_hangs_is_ended_whether_it_reads_or_not(void **state)
{
	struct err e = { 0 };

	(void)state;
	hurry = true;
	assert_int_equal(with("exec sleep 1000", 1, &e), ERR_SYSTEM);
	assert_non_null(strstr(e.text, "no picture in time"));
	e.text[0] = '\0';
	hurry = true;
	assert_int_equal(with("exec sleep 1000", SIDE, &e), ERR_SYSTEM);
	assert_non_null(strstr(e.text, "no picture in time"));
	e.text[0] = '\0';	/* half an answer is none */
	hurry = true;
	assert_int_equal(with(READ "printf 'F 0 1'; exec sleep 1000", 1, &e),
	    ERR_SYSTEM);
	assert_non_null(strstr(e.text, "no picture in time"));
}

static void
a_helper_that_ends_or_is_killed_is_told(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(with("exit 3", 1, &e), ERR_HELPER);
	assert_non_null(strstr(e.text, "status 3"));
	assert_int_equal(with("exit 3", SIDE, &e), ERR_HELPER);
	assert_int_equal(with(READ "kill -9 $$", 1, &e), ERR_HELPER);
	assert_non_null(strstr(e.text, "signal 9"));
	assert_int_equal(with(READ "kill -s SYS $$", 1, &e), ERR_HELPER);
	assert_non_null(strstr(e.text, "tried what it may not"));
}

static void
a_helper_that_says_what_it_may_not_is_ended(void **state)
{
	static const char *const scripts[] = {
		"echo hello", "echo T 1 2 3 4 5 6 7 8 small", "echo",
		"echo F 0 1 1 0 0 0; echo F 0 1 1 0 0 0",
		"echo F 0 1 1 0 0 0; printf X",
		"head -c 100000 /dev/zero | tr '\\0' A",
		"printf 'T 1 2 3 4 5 6 7 8 A\\033[31m\\n'",
		"yes T 1 2 3 4 5 6 7 8 A",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char script[200];
		struct err e = { 0 };

		/* said in one write, however the shell is scheduled */
		(void)snprintf(script, sizeof(script), READ
		    "x=$(%s | head -c 60000; echo .); printf %%s \"${x%%.}\"",
		    scripts[i]);
		if (with(script, 1, &e) != ERR_HELPER ||
		    strstr(e.text, "said what it may not") == NULL)
			fail_msg("%s: %s", scripts[i], e.text);
	}
}

/* Watching a camera with this helper; the device is not there again. */
static int
watch(const char *script, struct err *e)
{
	struct scanner *scanner;
	struct collect collect;
	int r;

	script_is(script);
	assert_int_equal(scanner_start(&scanner, e), 0);
	leap = true;
	assert_int_equal(collect_new(&collect, clock_ms(), e), 0);
	r = live_watch("v4l2:/dev/video999", &scanner, &collect, 1, e);
	leap = false;
	scanner_close(scanner);
	collect_free(&collect);
	return r;
}

#define NEXT "head -c 5 >/dev/null; "
#define UNPLUGGED "echo E 14 19; "

static void
a_camera_that_fails_is_opened_again_but_no_helper(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(watch(NEXT UNPLUGGED, &e), LIVE_ENDED);
	assert_int_equal(watch(NEXT "kill -s SYS $$", &e), ERR_HELPER);
	assert_non_null(strstr(e.text, "do not trust this source"));
	assert_int_equal(watch(NEXT "kill -s SEGV $$", &e), ERR_HELPER);
	assert_int_equal(watch(NEXT "echo hello", &e), ERR_HELPER);
	assert_int_equal(watch("exit 3", &e), ERR_HELPER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_helper_that_answers_is_believed),
		cmocka_unit_test(
		    a_helper_that_hangs_is_ended_whether_it_reads_or_not),
		cmocka_unit_test(a_helper_that_ends_or_is_killed_is_told),
		cmocka_unit_test(a_helper_that_says_what_it_may_not_is_ended),
		cmocka_unit_test(
		    a_camera_that_fails_is_opened_again_but_no_helper),
	};

	return cmocka_run_group_tests(tests, find_helper, remove_helper);
}
