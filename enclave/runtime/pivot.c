/*
 * Supervision of the pivot.
 *
 * Its environment is the manifest's V2 env and nothing else (QOS validates
 * and hashes that env but never passes it); its input is /dev/null; its
 * output too, except in debug mode, where lines appear on our console with
 * PIVOT[OUT] or PIVOT[ERR] before them.  It leads a session and group of its
 * own, which a stop ends as a whole, and it does not outlive us.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/protocol/machine.h"
#include "enclave/runtime/pivot.h"

#define LINE_MAX_LEN 1024
#define LAST_WORDS 128	/* reads of 512 bytes: what a pipe holds */

struct pipe_reader {
	struct watch watch;
	struct pivot_supervisor *owner;
	const char *prefix;
	char line[LINE_MAX_LEN];
	size_t n;
	bool open;
};

struct pivot_supervisor {
	struct pivot_config c;
	const struct manifest *m;
	char **argv, **envp;
	struct rlimit files;		/* as we found it */
	pid_t pid;			/* 0: not running */
	bool stopping;
	struct timer timer;
	struct pipe_reader out, err;
};

static void
say(struct pivot_supervisor *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct pivot_supervisor *p, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	p->c.log(p->c.ctx, line);
}

/* --- debug output */

static void
flush_line(struct pipe_reader *r)
{
	char text[LINE_MAX_LEN + 32];

	for (size_t i = 0; i < r->n; i++)
		if ((unsigned char)r->line[i] < 0x20 || r->line[i] == 0x7f)
			r->line[i] = '?';
	snprintf(text, sizeof(text), "%s%.*s", r->prefix, (int)r->n, r->line);
	r->owner->c.log(r->owner->c.ctx, text);
	r->n = 0;
}

/* False at the end of the output. */
static bool
read_output(struct pipe_reader *r)
{
	char buf[512];
	ssize_t n;

	errno = 0;
	n = read(r->watch.fd, buf, sizeof(buf));
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n' || r->n == LINE_MAX_LEN)
			flush_line(r);
		if (buf[i] != '\n')
			r->line[r->n++] = buf[i];
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

static void
reader_close(struct pipe_reader *r)
{
	if (!r->open)
		return;
	for (int i = 0; i < LAST_WORDS && read_output(r); i++)
		continue;
	if (r->n > 0)
		flush_line(r);
	loop_unwatch(r->owner->c.loop, &r->watch);
	close(r->watch.fd);
	r->open = false;
}

static void
on_output(struct watch *w, uint32_t events)
{
	(void)events;
	if (!read_output(w->ctx) && errno != EAGAIN)
		reader_close(w->ctx);
}

/* --- what the manifest says */

static void
strings_free(char **v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

static char *
join(struct bytes a, const char *between, struct bytes b)
{
	size_t n = strlen(between);
	char *s;

	if (memchr(a.n > 0 ? a.p : (const uint8_t *)"x", 0, a.n > 0 ? a.n :
	    1) != NULL)
		return NULL;		/* a NUL would cut the argument */
	s = malloc(a.n + n + b.n + 1);
	if (s == NULL)
		return NULL;
	memcpy(s, a.n > 0 ? (const void *)a.p : "", a.n);
	memcpy(s + a.n, between, n);
	if (b.n > 0)
		memcpy(s + a.n + n, b.p, b.n);
	s[a.n + n + b.n] = '\0';
	return s;
}

static char **
make_argv(const char *path, const struct list *args)
{
	char **v = calloc((size_t)args->count + 2, sizeof(*v));
	struct rd rd = list_walk(args);
	struct bytes a;
	size_t n = 0;

	if (v == NULL)
		return NULL;
	v[n++] = join(bytes_str(path), "", bytes_of(NULL, 0));
	while (v[n - 1] != NULL && list_next(&rd, &type_str, &a))
		v[n++] = join(a, "", bytes_of(NULL, 0));
	if (v[n - 1] != NULL)
		return v;
	strings_free(v);
	return NULL;
}

static char **
make_envp(const struct list *env)
{
	char **v = calloc((size_t)env->count + 1, sizeof(*v));
	struct rd rd = list_walk(env);
	struct env_var x;
	size_t n = 0;

	if (v == NULL)
		return NULL;
	while (list_next(&rd, &type_env_var, &x)) {
		if ((v[n] = join(x.name, "=", x.value)) == NULL) {
			strings_free(v);
			return NULL;
		}
		n++;
	}
	return v;
}

/* --- processes */

/* In the child; only async-signal-safe calls. */
static void
become_pivot(struct pivot_supervisor *p, pid_t parent, int out, int err,
    bool named, uid_t uid)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	(void)setrlimit(RLIMIT_NOFILE, &p->files);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out >= 0 ? out : null, STDOUT_FILENO) < 0 ||
	    dup2(err >= 0 ? err : null, STDERR_FILENO) < 0)
		_exit(126);
	if (close_range(3, ~0U, 0) != 0)
		_exit(126);
	if (named && (setgroups(0, NULL) != 0 || setgid((gid_t)uid) != 0 ||
	    setuid(uid) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
		_exit(126);
	/* after setuid, which forgets it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(126);
	execve(p->c.paths->path[FILE_PIVOT], p->argv, p->envp);
	_exit(127);
}

static int
open_pipe(struct pivot_supervisor *p, struct pipe_reader *r,
    const char *prefix, int *child)
{
	int fd[2];

	*child = -1;
	if (!p->m->pivot.debug_mode)
		return 0;
	reader_close(r);
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return ERR_SYSTEM;
	/* the pivot's own end blocks as it expects */
	if (fcntl(fd[1], F_SETFL, 0) != 0)
		goto bad;
	*r = (struct pipe_reader){ .watch = { fd[0], on_output, r },
	    .owner = p, .prefix = prefix, .open = true };
	if (loop_watch(p->c.loop, &r->watch, EPOLLIN) != 0)
		goto bad;
	*child = fd[1];
	return 0;
bad:
	close(fd[0]);
	close(fd[1]);
	r->open = false;
	return ERR_SYSTEM;
}

static int
spawn(struct pivot_supervisor *p, struct err *e)
{
	int out = -1, err = -1, r;
	pid_t parent = getpid();
	uid_t uid = 0;
	bool named;

	if ((r = pivot_user(p->m, &named, &uid, e)) != 0)
		return r;
	if (open_pipe(p, &p->out, "PIVOT[OUT]: ", &out) != 0 ||
	    open_pipe(p, &p->err, "PIVOT[ERR]: ", &err) != 0) {
		r = err_set(e, ERR_SYSTEM, "cannot open a pipe: %s",
		    strerror(errno));
		goto out;
	}
	p->pid = fork();
	if (p->pid == 0)
		become_pivot(p, parent, out, err, named, uid);
	if (p->pid < 0) {
		p->pid = 0;
		r = err_set(e, ERR_SYSTEM, "cannot fork: %s", strerror(errno));
		goto out;
	}
	say(p, "pivot started, process %d", (int)p->pid);
out:
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	return r;
}

/* Also what it has started; it leads no group before its setsid. */
static void
end_pivot(struct pivot_supervisor *p, int sig)
{
	if (kill(-p->pid, sig) != 0)
		kill(p->pid, sig);
}

static void
on_timer(struct timer *t)
{
	struct pivot_supervisor *p = t->ctx;
	struct err e;

	if (p->stopping && p->pid > 0) {
		end_pivot(p, SIGKILL);
		return;
	}
	if (p->stopping || p->m->pivot.restart != RESTART_ALWAYS) {
		p->c.ended(p->c.ctx);
		return;
	}
	if (spawn(p, &e) != 0) {
		say(p, "pivot: %s", e.text);
		loop_set(p->c.loop, &p->timer, PIVOT_RESTART_MS * 20);
	}
}

int
pivot_new(const struct pivot_config *c, struct pivot_supervisor **out,
    struct err *e)
{
	struct pivot_supervisor *p = calloc(1, sizeof(*p));

	*out = p;
	if (p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	p->c = *c;
	p->timer = (struct timer){ .fire = on_timer, .ctx = p };
	if (getrlimit(RLIMIT_NOFILE, &p->files) != 0)
		return err_set(e, ERR_SYSTEM, "limits: %s", strerror(errno));
	return 0;
}

void
pivot_free(struct pivot_supervisor *p)
{
	if (p == NULL)
		return;
	if (p->pid > 0) {
		end_pivot(p, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	loop_unset(p->c.loop, &p->timer);
	reader_close(&p->out);
	reader_close(&p->err);
	strings_free(p->argv);
	strings_free(p->envp);
	free(p);
}

int
pivot_start(struct pivot_supervisor *p, const struct manifest *m,
    struct err *e)
{
	bool named;
	uid_t uid;
	int r;

	p->m = m;
	strings_free(p->argv);
	strings_free(p->envp);
	p->argv = make_argv(p->c.paths->path[FILE_PIVOT], &m->pivot.args);
	p->envp = make_envp(&m->pivot.env);
	if (p->argv == NULL || p->envp == NULL)
		return err_set(e, ERR_INPUT, "an argument of the pivot has a "
		    "NUL byte, or out of memory");
	if ((r = pivot_user(m, &named, &uid, e)) != 0 ||
	    (named && (r = files_give_keys(p->c.paths, uid, e)) != 0))
		return r;
	return spawn(p, e);
}

static void
pivot_ended(struct pivot_supervisor *p, int status)
{
	/* nothing that it started goes on alone */
	if (p->stopping)
		kill(-p->pid, SIGKILL);
	p->pid = 0;
	if (WIFSIGNALED(status))
		say(p, "pivot ended by signal %d", WTERMSIG(status));
	else
		say(p, "pivot exited with status %d", WEXITSTATUS(status));
	loop_set(p->c.loop, &p->timer, p->stopping ? 0 :
	    p->m->pivot.restart == RESTART_ALWAYS ? PIVOT_RESTART_MS :
	    PIVOT_QUIT_MS);
}

void
pivot_reap(struct pivot_supervisor *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == p->pid)
			pivot_ended(p, status);
}

void
pivot_stop(struct pivot_supervisor *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	if (p->pid > 0)
		end_pivot(p, SIGTERM);
	loop_set(p->c.loop, &p->timer, p->pid > 0 ? PIVOT_KILL_MS : 0);
}
