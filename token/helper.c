/*
 * Running quorate-token: started by its path next to this program, never
 * through PATH, with pcscd's address as its whole environment.
 *
 * libykpiv knows no time-out, so this side does: what the machine does alone
 * and what a person does have their limits, then the helper is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "token/helper.h"

#define WORK_MS 15000
#define ASK_LIMIT_MS 600000	/* the helper ends the wait for a PIN itself */
#define TOUCH_MS 25000		/* the token gives up after 15 s */
#define SECOND_MS 1000
#define PIN_FD 3
#define PIN_FD_TEXT "3"
#define PATH_TEXT 1024

struct helper {
	pid_t pid;
	int to, from;
	bool dots;		/* a line of dots is begun */
};

static int
helper_path(char out[static PATH_TEXT], struct err *e)
{
	static const char name[] = "quorate-token";
	ssize_t n = readlink("/proc/self/exe", out, PATH_TEXT - 1);
	char *slash;

	if (n <= 0)
		return err_set(e, ERR_SYSTEM, "cannot tell where this program "
		    "lies: %s", strerror(errno));
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL ||
	    (size_t)(slash + 1 - out) + sizeof(name) > PATH_TEXT)
		return err_set(e, ERR_SYSTEM, "path too long: %.60s...", out);
	memcpy(slash + 1, name, sizeof(name));
	return 0;
}

static int
spawn(struct helper *h, const char *path, int in, int out, int pin_fd)
{
	char *const argv[] = { (char[]){ "quorate-token" },
	    pin_fd < 0 ? NULL : (char[]){ "--pin-fd" },
	    (char[]){ PIN_FD_TEXT }, NULL };
	const char *pcscd = getenv("PCSCLITE_CSOCK_NAME");
	char address[256];
	char *env[] = { NULL, NULL };
	posix_spawn_file_actions_t a;
	int rc;

	if (pcscd != NULL) {
		snprintf(address, sizeof(address), "PCSCLITE_CSOCK_NAME=%s",
		    pcscd);
		env[0] = address;
	}
	if ((rc = posix_spawn_file_actions_init(&a)) != 0)
		return rc;
	if ((rc = posix_spawn_file_actions_adddup2(&a, in, 0)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&a, out, 1)) == 0 &&
	    (pin_fd < 0 || (rc = posix_spawn_file_actions_adddup2(&a, pin_fd,
	    PIN_FD)) == 0))
		rc = posix_spawn(&h->pid, path, &a, NULL, argv, env);
	(void)posix_spawn_file_actions_destroy(&a);
	return rc;
}

static int
start(struct helper *h, int pin_fd, struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, rc = 0, r;
	char path[PATH_TEXT];

	if ((r = helper_path(path, e)) != 0)
		return r;
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		rc = errno;
	else
		rc = spawn(h, path, in[0], out[1], pin_fd);
	if (in[0] >= 0)
		close(in[0]);
	if (out[1] >= 0)
		close(out[1]);
	h->to = in[1];
	h->from = out[0];
	return rc == 0 ? 0 : err_set(e, ERR_SYSTEM, "cannot start %s: %s",
	    path, strerror(rc));
}

/* Until the helper says something; a dot a second while it is touched. */
static int
wait_for_reply(struct helper *h, enum reply_kind kind)
{
	struct pollfd p = { .fd = h->from, .events = POLLIN };
	int64_t until = clock_ms() + (kind == REPLY_TOUCH ? TOUCH_MS :
	    kind == REPLY_ASKING ? ASK_LIMIT_MS : WORK_MS);

	while (clock_ms() < until) {
		int got = poll(&p, 1, SECOND_MS);

		if (got > 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (got == 0 && kind == REPLY_TOUCH) {
			fputc('.', stderr);
			h->dots = true;
		}
	}
	return ERR_INTERRUPTED;
}

/* Why there is no reply: the helper is ended, if it has not ended. */
static int
no_reply(struct helper *h, bool late, struct err *e)
{
	int status = 0;

	if (late)
		(void)kill(h->pid, SIGKILL);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
	if (late)
		return err_set(e, ERR_TOKEN, "the token or its reader did not "
		    "answer in time, and quorate-token was ended; nothing is "
		    "lost: take the token out, put it in, start again");
	if (WIFSIGNALED(status))
		return err_set(e, ERR_TOKEN, "quorate-token was ended by "
		    "signal %d; nothing is lost: start again",
		    WTERMSIG(status));
	return err_set(e, ERR_TOKEN, "quorate-token ended without a result "
	    "(status %d); start again", WEXITSTATUS(status));
}

static int
take_plain(struct helper *h, size_t n, struct secret *plain, struct err *e)
{
	int r;

	if (n == 0)
		return 0;
	if ((r = secret_new(plain, n, e)) != 0)
		return r;
	if (fd_read_exactly(h->from, plain->b, n, clock_ms() + WORK_MS) == 0)
		return 0;
	secret_free(plain);
	return no_reply(h, true, e);
}

static int
take_result(struct helper *h, const struct token_reply *p, struct buf *data,
    struct secret *plain, struct err *e)
{
	if (p->code != 0)
		return err_set(e, p->code, "%.*s", (int)p->text.n,
		    (const char *)p->text.p);
	if (p->data.n > 0) {
		if ((data->p = malloc(p->data.n)) == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		memcpy(data->p, p->data.p, p->data.n);
		data->n = p->data.n;
	}
	return take_plain(h, p->plain, plain, e);
}

static int
converse(struct helper *h, struct buf *data, struct secret *plain,
    struct err *e)
{
	enum reply_kind kind = REPLY_WORKING;
	struct token_reply p;
	int r;

	do {
		struct buf in = { 0 };

		r = wait_for_reply(h, kind);
		if (h->dots && (r != 0 || kind == REPLY_TOUCH)) {
			fputc('\n', stderr);
			h->dots = false;
		}
		if (r != 0 || (r = frame_receive(h->from,
		    clock_ms() + WORK_MS, &in, e)) != 0)
			return no_reply(h, r == ERR_INTERRUPTED, e);
		if (wire_read_reply(buf_bytes(&in), &p, NULL) != 0)
			r = err_set(e, ERR_TOKEN, "quorate-token is not of "
			    "this version");
		else if ((kind = p.kind) == REPLY_RESULT)
			r = take_result(h, &p, data, plain, e);
		buf_free(&in);
	} while (r == 0 && kind != REPLY_RESULT);
	return r;
}

int
helper_run(const struct token_request *q, int pin_fd, struct buf *data,
    struct secret *plain, struct err *e)
{
	struct helper h = { .to = -1, .from = -1 };
	void (*was)(int) = signal(SIGPIPE, SIG_IGN);
	struct buf req = { 0 };
	int r = ERR_INTERNAL;

	*data = (struct buf){ 0 };
	fflush(stdout);
	if ((r = wire_request(q, &req, e)) != 0 ||
	    (r = start(&h, pin_fd, e)) != 0)
		goto out;
	if (frame_send(h.to, buf_bytes(&req), NULL) != 0)
		r = no_reply(&h, false, e);
	else
		r = converse(&h, data, plain, e);
out:
	if (h.pid > 0) {
		(void)close(h.from);
		h.from = -1;
		if (r == ERR_SYSTEM)
			(void)kill(h.pid, SIGKILL);
		while (waitpid(h.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (h.from >= 0)
		(void)close(h.from);
	if (h.to >= 0)
		(void)close(h.to);
	buf_free(&req);
	(void)signal(SIGPIPE, was);
	return r;
}
