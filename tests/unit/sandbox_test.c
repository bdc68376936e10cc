/*
 * The system call filter of quorate-token: what it lets pass and what ends
 * the process.  Each deed is done by a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "token/piv/piv.h"

static int pipes[2];

static void
open_to_read(void)
{
	(void)!open("/dev/null", O_RDONLY);
}

static void
open_to_write(void)
{
	(void)!open("/dev/null", O_WRONLY | O_CREAT, 0600);
}

static void
new_socket(void)
{
	(void)!socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
new_process(void)
{
	(void)!syscall(SYS_fork);
}

static void
new_program(void)
{
	char *const argv[] = { NULL };

	(void)!execv("/bin/true", argv);
}

static void
code_from_memory(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
}

static void
type_into_terminal(void)
{
	(void)!ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static void
signal_another(void)
{
	(void)!syscall(SYS_tgkill, 1, 1, 0);
}

static void
debug_another(void)
{
	(void)!syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void
use_what_is_open(void)
{
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };
	struct termios t;
	char b = 'x';
	void *m;

	if (write(pipes[1], &b, 1) != 1 || poll(&p, 1, 1000) != 1 ||
	    read(pipes[0], &b, 1) != 1)
		_exit(1);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED || mlock(m, 4096) != 0 || munmap(m, 4096) != 0)
		_exit(2);
	(void)tcgetattr(pipes[0], &t);
}

/* The wait status of a child that enters the filter, then does it. */
static int
after_filter(void (*deed)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGSYS, SIG_DFL);
		if (sandbox_enter(NULL) != 0)
			_exit(9);
		deed();
		/* not _exit, which sanitizers take for more than one call */
		syscall(SYS_exit_group, 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
what_is_not_needed_ends_the_process(void **state)
{
	static void (*const deeds[])(void) = { open_to_read, open_to_write,
	    new_socket, new_process, new_program, code_from_memory,
	    type_into_terminal, signal_another, debug_another };

	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		int status = after_filter(deeds[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("deed %zu: status %x", i, (unsigned)status);
	}
}

static void
what_is_open_can_still_be_used(void **state)
{
	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(after_filter(use_what_is_open), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_needed_ends_the_process),
		cmocka_unit_test(what_is_open_can_still_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
