/*
 * Starting programs.  The child gets a fixed, small environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/run.h"
#include "tests/crash/tap.h"

#define PATH_TEXT 1024
#define ENV_MAX 16

static char top[PATH_TEXT], program[2 * PATH_TEXT];

/* The current folder of the first call is the top of the tree. */
const char *
program_path(void)
{
	const char *given = getenv("QUORATE");

	if (program[0] != '\0')
		return program;
	if (getcwd(top, sizeof(top)) == NULL)
		tap_stop("no current folder");
	if (given != NULL && given[0] == '/')
		snprintf(program, sizeof(program), "%s", given);
	else
		snprintf(program, sizeof(program), "%s/%s", top,
		    given != NULL ? given : "build/quorate");
	if (access(program, X_OK) != 0)
		tap_stop("%s", program);
	return program;
}

void
run_words(struct run *r, ...)
{
	size_t n = 0;
	const char *word;
	va_list ap;

	while (r->words[n] != NULL)
		n++;
	va_start(ap, r);
	while ((word = va_arg(ap, const char *)) != NULL && n < WORDS_MAX - 1)
		r->words[n++] = word;
	va_end(ap);
}

static void
redirect(const char *path, int to, int flags)
{
	int fd = open(path != NULL ? path : "/dev/null", flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
	close(fd);
}

static _Noreturn void
child(const struct run *r, bool traced)
{
	const char *env[ENV_MAX] = { "LC_ALL=C", "PATH=/usr/bin:/bin" };
	char preload[PATH_TEXT + 64];
	size_t n = 2;

	/* does not outlive the proof */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (r->dir != NULL && chdir(r->dir) != 0)
		_exit(126);
	redirect(r->in, STDIN_FILENO, O_RDONLY);
	redirect(r->out, STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
	redirect(r->err, STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
	if (r->preload != NULL) {
		snprintf(preload, sizeof(preload),
		    "LD_PRELOAD=%s/build/crash/%s.so", top, r->preload);
		env[n++] = preload;
	}
	for (size_t i = 0; r->env[i] != NULL && n < ENV_MAX - 1; i++)
		env[n++] = r->env[i];
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(125);
	execve(r->words[0], (char *const *)(uintptr_t)r->words,
	    (char *const *)(uintptr_t)env);
	_exit(127);
}

pid_t
run_start(const struct run *r, bool traced)
{
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) < 0)
		tap_stop("cannot fork");
	if (pid == 0)
		child(r, traced);
	return pid;
}

int
run_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			tap_stop("cannot wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
run_status(const struct run *r)
{
	return run_wait(run_start(r, false));
}
