/*
 * Running quorate-token: started by its path next to this program, never
 * through PATH, with pcscd's address as its whole environment.
 *
 * libykpiv knows no time-out, so this side does: what the machine does alone
 * and what a person does have their limits, then the helper is killed.  A
 * helper that dies while it asks for a PIN leaves the terminal without echo;
 * that is put right here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "airgap/child.h"
#include "airgap/fd.h"
#include "token/helper.h"

#define WORK_MS 15000
#define ASK_LIMIT_MS 600000	/* the helper ends the wait for a PIN itself */
#define TOUCH_MS 25000		/* the token gives up after 15 s */
#define END_MS 5000		/* from the result to the end */
#define SECOND_MS 1000
#define PIN_FD_TEXT "3"	/* CHILD_FD */

struct helper {
	struct child child;
	bool dots;		/* a line of dots is begun */
	int tty;		/* -1: none */
	struct termios was;
};

static void
terminal_save(struct helper *h)
{
	h->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (h->tty < 0 || tcgetattr(h->tty, &h->was) == 0)
		return;
	(void)close(h->tty);
	h->tty = -1;
}

static void
terminal_restore(const struct helper *h)
{
	struct termios now;

	if (h->tty < 0 || tcgetattr(h->tty, &now) != 0 ||
	    now.c_lflag == h->was.c_lflag)
		return;
	(void)tcsetattr(h->tty, TCSAFLUSH, &h->was);
	fputc('\n', stderr);
}

static int
start(struct helper *h, int pin_fd, struct err *e)
{
	char *const argv[] = { (char[]){ "quorate-token" },
	    pin_fd < 0 ? NULL : (char[]){ "--pin-fd" },
	    (char[]){ PIN_FD_TEXT }, NULL };
	const char *pcscd = getenv("PCSCLITE_CSOCK_NAME");
	char address[256];
	char *env[] = { NULL, NULL };

	if (pcscd != NULL) {
		snprintf(address, sizeof(address), "PCSCLITE_CSOCK_NAME=%s",
		    pcscd);
		env[0] = address;
	}
	return child_start(&h->child, argv, env, pin_fd, e);
}

/* Until the helper says something; a dot a second while it is touched. */
static int
wait_for_reply(struct helper *h, enum reply_kind kind)
{
	struct pollfd p = { .fd = h->child.from, .events = POLLIN };
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
	int status = child_end(&h->child, true);

	terminal_restore(h);
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
	if ((r = fd_read_exactly(h->child.from, plain->b, n,
	    clock_ms() + WORK_MS)) == 0)
		return 0;
	secret_free(plain);
	return no_reply(h, r == ERR_INTERRUPTED, e);
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

/*
 * What a reply wants shown: one line of plain signs, whatever it holds.  It
 * comes this way and not by the helper's own hand so that it stands behind
 * the dots and not among them.
 */
static void
show(const struct token_reply *p)
{
	if (p->kind == REPLY_RESULT || p->text.n == 0)
		return;
	for (size_t i = 0; i < p->text.n; i++)
		fputc(p->text.p[i] >= 0x20 && p->text.p[i] < 0x7f ?
		    p->text.p[i] : '?', stderr);
	fputc('\n', stderr);
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
		if (r != 0 || (r = frame_receive(h->child.from,
		    clock_ms() + WORK_MS, &in, e)) != 0)
			return no_reply(h, r == ERR_INTERRUPTED, e);
		if (wire_read_reply(buf_bytes(&in), &p, NULL) != 0)
			r = err_set(e, ERR_TOKEN, "quorate-token is not of "
			    "this version");
		else if ((kind = p.kind) == REPLY_RESULT)
			r = take_result(h, &p, data, plain, e);
		if (r == 0)
			show(&p);
		buf_free(&in);
	} while (r == 0 && kind != REPLY_RESULT);
	return r;
}

int
helper_run(const struct token_request *q, int pin_fd, struct buf *data,
    struct secret *plain, struct err *e)
{
	struct helper h = { .child = { .to = -1, .from = -1 }, .tty = -1 };
	void (*was)(int) = signal(SIGPIPE, SIG_IGN);
	struct buf req = { 0 };
	int r = ERR_INTERNAL;

	*data = (struct buf){ 0 };
	fflush(stdout);
	terminal_save(&h);
	if ((r = wire_request(q, &req, e)) != 0 ||
	    (r = start(&h, pin_fd, e)) != 0)
		goto out;
	if (frame_send(h.child.to, buf_bytes(&req), NULL) != 0 ||
	    (q->scalars != NULL && fd_write_all(h.child.to, q->scalars->b,
	    q->scalars->len) != 0))
		r = no_reply(&h, false, e);
	else
		r = converse(&h, data, plain, e);
out:
	/* its end closes the pipe */
	(void)child_end(&h.child, h.child.from >= 0 &&
	    fd_wait(h.child.from, POLLIN,
	    clock_ms() + END_MS) != 0);
	if (h.tty >= 0)
		(void)close(h.tty);
	buf_free(&req);
	(void)signal(SIGPIPE, was);
	return r;
}
