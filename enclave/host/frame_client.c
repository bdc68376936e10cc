/*
 * The client of the enclave's control socket: connect, send, receive, each
 * bounded by one deadline and ended by the cancel descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "enclave/host/frame_client.h"

#define FIRST_BUFFER 4096
#define BACKLOG_PAUSE_MS 10

struct call {
	const struct frame_client *c;
	int fd;
	int64_t deadline;
	struct err *e;
};

bool
frame_budget_take(struct frame_budget *b, size_t n)
{
	size_t held;

	if (b == NULL)
		return true;
	held = atomic_load(&b->held);
	do {
		if (n > b->max - held)
			return false;
	} while (!atomic_compare_exchange_weak(&b->held, &held, held + n));
	return true;
}

void
frame_budget_give(struct frame_budget *b, size_t n)
{
	if (b != NULL)
		atomic_fetch_sub(&b->held, n);
}

void
frame_reply_free(const struct frame_client *c, struct buf *reply)
{
	frame_budget_give(c->budget, reply->n);
	buf_free(reply);
}

/*
 * Waits for events, or with none just a moment; 0, ERR_PEER at the deadline
 * or ERR_INTERRUPTED.
 */
static int
wait_for(struct call *k, short events)
{
	/* an unconnected socket would end the pause with POLLHUP */
	struct pollfd p[2] = { { events == 0 ? -1 : k->fd, events, 0 },
	    { k->c->cancel_fd, POLLIN, 0 } };
	int64_t left = k->deadline - clock_ms();
	int n;

	if (left <= 0)
		return err_set(k->e, ERR_PEER, "the enclave did not answer "
		    "within %lld ms", (long long)k->c->timeout_ms);
	if (events == 0 && left > BACKLOG_PAUSE_MS)
		left = BACKLOG_PAUSE_MS;
	n = poll(p, 2, left > INT32_MAX ? INT32_MAX : (int)left);
	if (n < 0 && errno != EINTR)
		return err_set(k->e, ERR_SYSTEM, "poll: %s", strerror(errno));
	if (n > 0 && p[1].revents != 0)
		return err_set(k->e, ERR_INTERRUPTED, "stopped while the "
		    "enclave was asked");
	return 0;
}

static int
no_connection(struct call *k, int error)
{
	char peer[ENDPOINT_TEXT_MAX];

	endpoint_text(&k->c->at, peer);
	return err_set(k->e, ERR_PEER, "cannot connect to the enclave at %s: "
	    "%s; is it running?", peer, strerror(error));
}

/*
 * A unix socket whose backlog is full says EAGAIN and cannot be polled for
 * room; anything else in progress ends with the socket writable.
 */
static int
connect_to(struct call *k)
{
	socklen_t len = sizeof(int);
	struct endpoint_address a;
	int error = 0, r;

	if ((r = endpoint_address(&k->c->at, &a, k->e)) != 0)
		return r;
	while (connect(k->fd, &a.a.any, a.n) != 0) {
		if (errno == EAGAIN) {
			if ((r = wait_for(k, 0)) != 0)
				return r;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EISCONN)
			return 0;
		if (errno != EINPROGRESS && errno != EALREADY)
			return no_connection(k, errno);
		if ((r = wait_for(k, POLLOUT)) != 0)
			return r;
		if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			return no_connection(k, errno);
		if (error != 0)
			return no_connection(k, error);
	}
	return 0;
}

static int
send_some(struct call *k, const uint8_t *p, size_t n, size_t *done)
{
	ssize_t w = send(k->fd, p, n, MSG_NOSIGNAL);

	if (w >= 0) {
		*done += (size_t)w;
		return 0;
	}
	if (errno == EINTR)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return wait_for(k, POLLOUT);
	return err_set(k->e, ERR_PEER, "the enclave closed the connection "
	    "during the request: %s", strerror(errno));
}

static int
send_all(struct call *k, const uint8_t *p, size_t n)
{
	size_t done = 0;
	int r;

	while (done < n) {
		size_t left = n - done;

		if ((r = send_some(k, p + done, left < FRAME_WRITE_MAX ? left :
		    FRAME_WRITE_MAX, &done)) != 0)
			return r;
	}
	return 0;
}

static int
receive_some(struct call *k, uint8_t *p, size_t n, size_t *done)
{
	ssize_t got = recv(k->fd, p, n, 0);

	if (got > 0) {
		*done += (size_t)got;
		return 0;
	}
	if (got == 0 || errno == ECONNRESET)
		return err_set(k->e, ERR_PEER, "the enclave closed the "
		    "connection before its reply was complete");
	if (errno == EINTR)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return wait_for(k, POLLIN);
	return err_set(k->e, ERR_PEER, "the connection to the enclave broke: "
	    "%s", strerror(errno));
}

static int
receive_header(struct call *k, size_t *want)
{
	size_t max = k->c->reply_max != 0 ? k->c->reply_max : FRAME_MAX;
	uint8_t h[FRAME_HEADER_LEN];
	size_t got = 0;
	uint64_t v;
	int r;

	while (got < sizeof(h))
		if ((r = receive_some(k, h + got, sizeof(h) - got, &got)) != 0)
			return r;
	v = frame_length_load(h);
	if (v > max)
		return err_set(k->e, ERR_PEER, "the enclave announced a reply "
		    "of %llu bytes; the limit is %zu", (unsigned long long)v,
		    max);
	*want = (size_t)v;
	return 0;
}

/* Doubles the room, never past want; *cap is what the budget counts. */
static int
grow(struct call *k, struct buf *b, size_t *cap, size_t want)
{
	size_t next = *cap == 0 ? FIRST_BUFFER : *cap * 2;
	uint8_t *p;

	if (next > want)
		next = want;
	if (!frame_budget_take(k->c->budget, next - *cap))
		return err_set(k->e, ERR_SYSTEM, "too many large messages at "
		    "once; try again");
	p = realloc(b->p, next);
	if (p == NULL) {
		frame_budget_give(k->c->budget, next - *cap);
		return err_set(k->e, ERR_SYSTEM, "out of memory");
	}
	b->p = p;
	*cap = next;
	return 0;
}

/* On failure too, cap bytes of the budget belong to reply. */
static int
receive_reply(struct call *k, struct buf *reply, size_t *cap)
{
	size_t want, got = 0;
	int r;

	if ((r = receive_header(k, &want)) != 0)
		return r;
	while (got < want) {
		if (got == *cap && (r = grow(k, reply, cap, want)) != 0)
			return r;
		if ((r = receive_some(k, reply->p + got, *cap - got,
		    &got)) != 0)
			return r;
	}
	reply->n = want;
	return 0;
}

static int
exchange(struct call *k, struct bytes request, struct buf *reply,
    size_t *cap)
{
	uint8_t h[FRAME_HEADER_LEN];
	int r;

	frame_length_store(h, request.n);
	if ((r = connect_to(k)) != 0 || (r = send_all(k, h, sizeof(h))) != 0 ||
	    (r = send_all(k, request.p, request.n)) != 0)
		return r;
	return receive_reply(k, reply, cap);
}

int
frame_call(const struct frame_client *c, struct bytes request,
    struct buf *reply, struct err *e)
{
	struct call k = { .c = c, .fd = -1, .e = e,
	    .deadline = clock_ms() + c->timeout_ms };
	size_t cap = 0;
	int r = ERR_INTERNAL;

	*reply = (struct buf){ 0 };
	if (request.n > FRAME_MAX)
		return err_set(e, ERR_INPUT, "a message of %zu bytes; the "
		    "limit is %u", request.n, FRAME_MAX);
	k.fd = socket(c->at.kind == ENDPOINT_UNIX ? AF_UNIX : AF_VSOCK,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (k.fd < 0)
		return err_set(e, ERR_SYSTEM, "cannot open a socket: %s",
		    strerror(errno));
	if ((r = exchange(&k, request, reply, &cap)) != 0) {
		buf_free(reply);
		frame_budget_give(c->budget, cap);
	}
	close(k.fd);
	return r;
}
