/*
 * A person's interrupt in the middle of a write.  It comes at each call of
 * the writer (-Wl,--wrap).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/file.h"
#include "tests/unit/file_calls.h"
#include "tests/unit/scratch.h"

static int interrupt;		/* a signal that comes at each call; 0: none */
static volatile sig_atomic_t interrupts, halves;

static void
come(void)
{
	if (interrupt != 0)
		raise(interrupt);
}

int
__wrap_fsync(int fd)
{
	come();
	return __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	come();
	return __real_fchmod(fd, mode);
}

int
__wrap_rename(const char *from, const char *to)
{
	come();
	return __real_rename(from, to);
}

int
__wrap_renameat2(int d, const char *from, int d2, const char *to,
    unsigned flags)
{
	come();
	return __real_renameat2(d, from, d2, to, flags);
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make();
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_remove();
}

/* A process that ended here would leave what is there now. */
static void
on_interrupt(int signal)
{
	struct stat st;

	(void)signal;
	interrupts++;
	halves += stat(scratch_at("out"), &st) != 0 || st.st_size != 5 ||
	    scratch_count() != 1;
}

static void
an_interrupt_waits_for_the_end_of_a_write(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction a = { .sa_handler = on_interrupt };
	struct sigaction old;
	sigset_t blocked;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		interrupts = 0;
		assert_int_equal(sigaction(signals[i], &a, &old), 0);
		interrupt = signals[i];
		assert_int_equal(file_write_checked(scratch_at("out"),
		    bytes_str("hello"), FILE_MODE_SECRET, i > 0, NULL), 0);
		interrupt = 0;
		assert_int_equal(sigaction(signals[i], &old, NULL), 0);
		assert_int_equal(interrupts, 1);
		assert_int_equal(halves, 0);
	}
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(sigismember(&blocked, signals[i]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_interrupt_waits_for_the_end_of_a_write, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
