/*
 * The page before the question of `quorate share release`: what is warned
 * of, and that all of it stands below everything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceremony/share_release.h"
#include "tests/unit/samples.h"

#define NOW 1767225600
#define PAGE_MAX 16384

static struct release_job job;
static char page[PAGE_MAX];

static int
start(void **state)
{
	(void)state;
	job = (struct release_job){ .at = NOW, .time = NOW,
	    .good_until = NOW + 3 * 3600, .root = "root.pem",
	    .l = { .mode = MODE_PRODUCTION, .is_envelope = true },
	    .doc = { .timestamp = NOW * 1000ull,
	    .module_id = bytes_str("i-0123"),
	    .public_key = bytes_of(sample_key(0)->b, PUBLIC_KEY_LEN) } };
	job.l.env.manifest.version = 2;
	job.l.env.manifest.ns.quorum_key = bytes_of(sample_key(6)->b,
	    PUBLIC_KEY_LEN);
	return 0;
}

/* What is printed goes to a file meanwhile. */
static void
show(void)
{
	FILE *f = tmpfile();
	int was = dup(STDOUT_FILENO);
	size_t n;

	assert_non_null(f);
	assert_true(was >= 0);
	fflush(stdout);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	release_show(&job);
	fflush(stdout);
	assert_true(dup2(was, STDOUT_FILENO) >= 0);
	close(was);
	rewind(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	fclose(f);
}

static bool
says(const char *words)
{
	return strstr(page, words) != NULL;
}

static void
nothing_is_warned_of_when_nothing_is_wrong(void **state)
{
	(void)state;
	show();
	assert_null(strstr(strstr(page, "--- to decide"), "WARNING"));
	assert_false(says("***"));
	assert_true(says("time left        180 minutes\n"));
}

static void
an_enclave_over_a_minute_ahead_is_warned_of(void **state)
{
	(void)state;
	job.doc.timestamp = (NOW + 60) * 1000ull + 999;
	show();
	assert_false(says("WARNING: the enclave's clock"));
	job.doc.timestamp = (NOW + 61) * 1000ull;
	show();
	assert_true(says(": WARNING: the enclave's clock is ahead of --at\n"));
	job.at = RELEASE_NO_TIME;
	show();
	assert_true(says("\nWARNING: the enclave's clock is ahead of this "
	    "machine's\n"));
	assert_false(says("AS OF"));
}

static void
fewer_than_15_minutes_are_warned_of_to_the_second(void **state)
{
	(void)state;
	job.good_until = NOW + 15 * 60;
	show();
	assert_false(says("minutes left, fewer"));
	job.good_until--;
	show();
	assert_true(says("WARNING: 14 minutes left, fewer than 15;"));
	job.good_until = NOW;
	show();
	assert_true(says("WARNING: 0 minutes left, fewer than 15;"));
}

static void
debug_mode_rehearsal_and_simulated_come_last(void **state)
{
	const char *debug, *rehearsal, *simulated;

	(void)state;
	job.l.mode = MODE_REHEARSAL;
	job.l.env.manifest.pivot.debug_mode = true;
	job.doc.module_id = bytes_str("SIMULATED-i-0123");
	job.good_until = NOW;
	show();
	debug = strstr(page, "\nWARNING: debug mode: ");
	rehearsal = strstr(page, "\n*** REHEARSAL *** nothing real may "
	    "depend on it\n*** SIM");
	simulated = strstr(page, "\n*** SIMULATED *** ");
	assert_non_null(debug);
	assert_non_null(rehearsal);
	assert_non_null(simulated);
	assert_true(strstr(page, "time left ") < debug);
	assert_true(debug < rehearsal && rehearsal < simulated);
	/* the last two lines */
	assert_string_equal(strchr(simulated + 1, '\n'), "\nwhoever runs the "
	    "enclave can read your share: it must be one of a rehearsal\n");
}

static void
no_line_of_the_page_is_wider_than_80_columns(void **state)
{
	(void)state;
	job.l.mode = MODE_REHEARSAL;
	job.doc.module_id = bytes_str("SIMULATED-i-0123");
	job.l.env.manifest.ns.nonce = UINT32_MAX;
	job.has_trust = true;
	job.known.nonce = UINT32_MAX - 1;
	job.good_until = NOW + 14 * 60;
	job.doc.timestamp = (NOW + 3600) * 1000ull;
	for (int i = HASH_UNKNOWN; i <= HASH_IN_MANIFEST; i++) {
		job.hash_from = i == 0 ? HASH_UNKNOWN : i == 1 ?
		    HASH_REMEMBERED : HASH_IN_MANIFEST;
		show();
		for (char *l = strtok(strstr(page, "--- to"), "\n");
		    l != NULL; l = strtok(NULL, "\n"))
			if (strlen(l) > 80)
				fail_msg("%zu: %s", strlen(l), l);
	}
}

#define T(f) cmocka_unit_test_setup(f, start)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_warned_of_when_nothing_is_wrong),
		T(an_enclave_over_a_minute_ahead_is_warned_of),
		T(fewer_than_15_minutes_are_warned_of_to_the_second),
		T(debug_mode_rehearsal_and_simulated_come_last),
		T(no_line_of_the_page_is_wider_than_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
