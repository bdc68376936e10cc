/*
 * What is left to a process that looks at pictures from outside.
 */
#include <linux/videodev2.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "airgap/child.h"
#include "qr/scan/sandbox.h"

#define ALLOW(...) \
	(rc = rc != 0 ? rc : seccomp_rule_add(f, SCMP_ACT_ALLOW, __VA_ARGS__))
#define FD(n) SCMP_A0(SCMP_CMP_EQ, n, 0)

static int
rules(scmp_filter_ctx f)
{
	static const int plain[] = { SCMP_SYS(brk), SCMP_SYS(munmap),
	    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(exit),
	    SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn) };
	int rc = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		ALLOW(plain[i], 0);
	ALLOW(SCMP_SYS(read), 1, FD(0));
	ALLOW(SCMP_SYS(read), 1, FD(CHILD_FD));
	ALLOW(SCMP_SYS(write), 1, FD(1));
	ALLOW(SCMP_SYS(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	return rc;
}

static int
camera_rules(scmp_filter_ctx f)
{
	static const unsigned long requests[] = { VIDIOC_QUERYCAP,
	    VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES,
	    VIDIOC_ENUM_FRAMEINTERVALS, VIDIOC_S_FMT, VIDIOC_S_PARM,
	    VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_DQBUF,
	    VIDIOC_STREAMON, VIDIOC_STREAMOFF, VIDIOC_QUERYCTRL,
	    VIDIOC_G_CTRL, VIDIOC_S_CTRL };
	int rc = 0;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		ALLOW(SCMP_SYS(ioctl), 2, FD(CHILD_FD),
		    SCMP_A1(SCMP_CMP_EQ, requests[i], 0));
	ALLOW(SCMP_SYS(poll), 1, SCMP_A1(SCMP_CMP_EQ, 1, 0));
	ALLOW(SCMP_SYS(clock_gettime), 0);
	ALLOW(SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_EQ, PROT_READ, 0),
	    SCMP_A4(SCMP_CMP_EQ, CHILD_FD, 0));
	return rc;
}

int
scan_sandbox(bool camera)
{
	const struct rlimit none = { 0, 0 };
	scmp_filter_ctx f;
	int rc;

	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    (f = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL)
		return -1;
	if ((rc = rules(f)) == 0 && (!camera || (rc = camera_rules(f)) == 0))
		rc = seccomp_load(f);
	seccomp_release(f);
	return rc == 0 ? 0 : -1;
}
