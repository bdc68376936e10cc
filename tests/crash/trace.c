/*
 * ptrace(2), PTRACE_GET_SYSCALL_INFO: the same on every architecture.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include "tests/crash/tap.h"
#include "tests/crash/trace.h"


static void
step(pid_t pid, int sig)
{
	if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)sig) != 0)
		tap_stop("cannot go on with %d", (int)pid);
}

static int
open_of(pid_t pid, const char *what)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		tap_stop("cannot read %s", path);
	return fd;
}

static void
begin(struct traced *t)
{
	int status;

	if (waitpid(t->pid, &status, 0) != t->pid || !WIFSTOPPED(status))
		tap_stop("the program did not start; is ptrace allowed?");
	if (ptrace(PTRACE_SETOPTIONS, t->pid, NULL,
	    (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
	    PTRACE_O_TRACEEXIT)) != 0)
		tap_stop("ptrace options");
	t->mem = open_of(t->pid, "mem");
	t->smaps = open_of(t->pid, "smaps");
	step(t->pid, 0);
}

/* At the entry of a call: fills c; false at its exit. */
static bool
entry(const struct traced *t, struct call *c)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid,
	    (void *)sizeof(info), &info) <= 0)
		tap_stop("this kernel does not tell system calls");
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	c->nr = info.entry.nr;
	for (size_t i = 0; i < 6; i++)
		c->arg[i] = info.entry.args[i];
	c->sp = info.stack_pointer;
	return true;
}

int
trace_run(const struct run *r, stop_fn *each, void *ctx)
{
	struct traced t = { .pid = run_start(r, true) };
	int status, sig;

	begin(&t);
	for (;;) {
		struct call c = { 0 };

		if (waitpid(t.pid, &status, 0) != t.pid)
			tap_stop("cannot wait");
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		sig = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (entry(&t, &c))
				each(ctx, &t, &c);
		} else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			c.end = true;
			each(ctx, &t, &c);
		} else if (WSTOPSIG(status) != SIGTRAP) {
			sig = WSTOPSIG(status);
		}
		step(t.pid, sig);
	}
	close(t.mem);
	close(t.smaps);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

void
trace_text(const struct traced *t, uint64_t addr, char *out, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && pread(t->mem, out + n, 1,
	    (off_t)(addr + n)) == 1 && out[n] != '\0')
		n++;
	out[n] = '\0';
}
