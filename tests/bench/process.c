/*
 * Programs that are measured from outside, and where they leave their files
 * (see bench.h).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define ARGS_MAX 600
#define PATHS 4
#define PATH_LEN 200

static char dir[PATH_LEN];
static pid_t maker;

static _Noreturn void
become(const char *const argv[], const char *out)
{
	int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char **copy = calloc(ARGS_MAX + 1, sizeof(*copy));

	for (size_t i = 0; argv[i] != NULL; i++)
		if (copy == NULL || i == ARGS_MAX ||
		    (copy[i] = strdup(argv[i])) == NULL)
			_exit(127);
	if (fd >= 0 && none >= 0 && dup2(none, STDIN_FILENO) >= 0 &&
	    dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0)
		execv(copy[0], copy);
	_exit(127);
}

int
bench_start(const char *const argv[], const char *out)
{
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0)
		become(argv, out);
	bench_must(pid > 0, argv[0]);
	return pid;
}

void
bench_stop(int pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

struct run
bench_run(const char *const argv[], const char *out)
{
	double from = bench_now_us();
	int pid = bench_start(argv, out), status;
	struct rusage use;
	struct run run;

	bench_must(wait4(pid, &status, 0, &use) == pid &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0, argv[0]);
	run.ms = (bench_now_us() - from) / 1e3;
	run.peak_mib = (double)use.ru_maxrss / 1024;
	return run;
}

void
bench_apart(void (*work)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		/* what it makes is removed by its parent */
		work();
		_exit(0);
	}
	bench_must(pid > 0 && waitpid(pid, &status, 0) == pid &&
	    status == 0, "preparation");
}

static void
clean(void)
{
	char cmd[PATH_LEN + 16];

	/* children that fail leave it to their parent */
	if (getpid() != maker)
		return;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (system(cmd) != 0)
		fprintf(stderr, "bench: %s stays\n", dir);
}

const char *
bench_dir(void)
{
	const char *base = getenv("TMPDIR");

	if (dir[0] != '\0')
		return dir;
	snprintf(dir, sizeof(dir), "%.60s/quorate-bench-XXXXXX",
	    base == NULL || base[0] == '\0' ? "/tmp" : base);
	bench_must(mkdtemp(dir) != NULL, dir);
	maker = getpid();
	atexit(clean);
	return dir;
}

const char *
bench_path(const char *name)
{
	static char path[PATHS][PATH_LEN];
	static unsigned next;
	char *p = path[next++ % PATHS];
	int n = snprintf(p, PATH_LEN, "%s/%s", bench_dir(), name);

	bench_must(n > 0 && n < PATH_LEN, name);
	return p;
}
