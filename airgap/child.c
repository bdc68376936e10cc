/*
 * Starting and ending a helper program.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "airgap/child.h"

#define PATH_TEXT 1024

static int
path_of(const char *name, char out[static PATH_TEXT], struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_TEXT - 1);
	char *slash;

	if (n <= 0)
		return err_set(e, ERR_SYSTEM, "cannot tell where this program "
		    "lies: %s", strerror(errno));
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL ||
	    (size_t)(slash + 1 - out) + strlen(name) + 1 > PATH_TEXT)
		return err_set(e, ERR_SYSTEM, "path too long: %.60s...", out);
	memcpy(slash + 1, name, strlen(name) + 1);
	return 0;
}

static int
spawn(struct child *c, const char *path, char *const argv[],
    char *const env[], const int fds[static 3])
{
	posix_spawn_file_actions_t a;
	int rc;

	if ((rc = posix_spawn_file_actions_init(&a)) != 0)
		return rc;
	if ((rc = posix_spawn_file_actions_adddup2(&a, fds[0], 0)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&a, fds[1], 1)) == 0 &&
	    (fds[2] < 0 || (rc = posix_spawn_file_actions_adddup2(&a, fds[2],
	    CHILD_FD)) == 0))
		rc = posix_spawn(&c->pid, path, &a, NULL, argv, env);
	(void)posix_spawn_file_actions_destroy(&a);
	return rc;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
child_start(struct child *c, char *const argv[], char *const env[], int fd,
    struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, rc = 0, r;
	char path[PATH_TEXT];

	*c = (struct child){ .to = -1, .from = -1 };
	if ((r = path_of(argv[0], path, e)) != 0)
		return r;
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		rc = errno;
	else
		rc = spawn(c, path, argv, env,
		    (const int[]){ in[0], out[1], fd });
	close_fd(&in[0]);
	close_fd(&out[1]);
	c->to = in[1];
	c->from = out[0];
	if (rc == 0)
		return 0;
	c->pid = 0;
	(void)child_end(c, false);
	return err_set(e, ERR_SYSTEM, "cannot start %s: %s", path,
	    strerror(rc));
}

int
child_end(struct child *c, bool with_kill)
{
	int status = 0;

	close_fd(&c->to);
	close_fd(&c->from);
	if (c->pid > 0) {
		if (with_kill)
			(void)kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	c->pid = 0;
	return status;
}
