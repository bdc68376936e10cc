/*
 * The filter around libykpiv, libpcsclite and what a card says to them: the
 * sockets and the terminal that are open may be used, memory may be had, and
 * that is all.  No file, no socket, no program can be opened any more; no
 * memory can be made code; nothing can be typed into the terminal
 * (TIOCSTI), and no other process be signalled.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "token/piv/piv.h"

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(sendto), SCMP_SYS(recvfrom),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(munlock), SCMP_SYS(brk), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* With these arguments only. */
static int
allow_some(scmp_filter_ctx f)
{
	static const unsigned long terminal[] = { TCGETS, TCSETS, TCSETSF };
	struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC,
	    0), self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(),
	    0);
	int rc = 0;

	for (size_t i = 0; rc == 0 &&
	    i < sizeof(terminal) / sizeof(terminal[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, terminal[i], 0));
	if (rc != 0 || (rc = seccomp_rule_add(f, SCMP_ACT_ALLOW,
	    SCMP_SYS(mmap), 1, no_code)) != 0 ||
	    (rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    no_code)) != 0)
		return rc;
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
}

int
sandbox_enter(struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = f == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 &&
	    i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = allow_some(f);
	if (rc == 0)
		rc = seccomp_load(f);
	if (f != NULL)
		seccomp_release(f);
	return rc == 0 ? 0 : err_set(e, ERR_SYSTEM, "no seccomp filter: %s",
	    strerror(-rc));
}
