/*
 * A pivot that tells how it was started, then does as it is told:
 *
 *	pivot_server REPORT ACTION [WORDS...]
 *
 * exit N     ends with that status
 * stay       stays
 * stubborn   stays, also after SIGTERM
 * family     starts a child that stays, and stays
 * orphan     leaves a process behind that ends without a parent, and stays
 * talk       writes to both its outputs, and ends with status 0
 *
 * and, so that a process may reap orphans as only PID 1 does:
 *
 *	pivot_server --as-init PROGRAM [WORDS...]
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* What is there of descriptors, and where it leads. */
static void
report_files(FILE *f)
{
	char name[64], to[256];
	ssize_t n;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		if (fd == fileno(f) ||
		    (n = readlink(name, to, sizeof(to) - 1)) < 0)
			continue;
		to[n] = '\0';
		/* a pipe has no name */
		fprintf(f, "fd %d %s\n", fd, to[0] == '/' ? to : "pipe");
	}
}

static int
report(const char *path, int argc, char **argv)
{
	FILE *f = fopen(path, "a");
	struct rlimit files = { 0 };
	sigset_t mask;

	if (f == NULL)
		return 1;
	for (int i = 0; i < argc; i++)
		fprintf(f, "arg %s\n", argv[i]);
	for (char **e = environ; *e != NULL; e++)
		fprintf(f, "env %s\n", *e);
	report_files(f);
	getrlimit(RLIMIT_NOFILE, &files);
	fprintf(f, "files %ju\nno new privileges %d\n",
	    (uintmax_t)files.rlim_cur, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	fprintf(f, "user %u %u, %d more groups\nleads %d\nblocks %d\n"
	    "ignores %d\nstarted %d\n", (unsigned)getuid(), (unsigned)getgid(),
	    getgroups(0, NULL), getsid(0) == getpid() && getpgrp() == getpid(),
	    sigismember(&mask, SIGTERM) || sigismember(&mask, SIGCHLD),
	    signal(SIGPIPE, SIG_DFL) == SIG_IGN, (int)getpid());
	return fclose(f);
}

static void
stay(void)
{
	for (;;)
		pause();
}

static void
leave_orphan(void)
{
	if (fork() != 0)
		return;
	if (fork() == 0)
		usleep(100000);		/* its parent is gone by then */
	_exit(0);
}

static void
talk(void)
{
	static char many[3000];

	memset(many, 'x', sizeof(many));
	printf("a line\nwith \033[31mcolour\n%.*s\nno line end",
	    (int)sizeof(many), many);
	fflush(stdout);
	fprintf(stderr, "and a complaint\n");
	exit(0);
}

int
main(int argc, char **argv)
{
	const char *action = argc > 2 ? argv[2] : "stay";

	if (argc > 2 && strcmp(argv[1], "--as-init") == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		execv(argv[2], argv + 2);
		return 127;
	}
	if (argc < 2 || report(argv[1], argc, argv) != 0)
		return 2;
	if (strcmp(action, "exit") == 0)
		return argc > 3 ? atoi(argv[3]) : 0;
	if (strcmp(action, "talk") == 0)
		talk();
	if (strcmp(action, "orphan") == 0)
		leave_orphan();
	if (strcmp(action, "family") == 0 && fork() == 0)
		stay();
	if (strcmp(action, "stubborn") == 0)
		signal(SIGTERM, SIG_IGN);
	stay();
}
