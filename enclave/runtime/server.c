/*
 * The control server: connections, frames, limits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/runtime/server.h"

#define FIRST_BUFFER 4096
#define LISTENERS_MAX 2

struct connection {
	struct watch watch;
	struct timer timer;
	struct server *server;
	struct connection *prev, *next;
	uint8_t header[FRAME_HEADER_LEN];
	size_t header_got;
	uint64_t want;			/* bytes of the payload */
	uint8_t *in;
	size_t in_got, in_cap;
	struct buf out;			/* reply being written */
	uint8_t out_header[FRAME_HEADER_LEN];
	size_t out_done;		/* header and payload together */
	bool writing;
};

struct server {
	struct server_config c;
	struct watch listeners[LISTENERS_MAX];
	size_t nlisteners;
	char unix_path[ENDPOINT_PATH_MAX + 1];
	struct connection *first;
	size_t count;
	size_t held;			/* bytes in all buffers */
};

static void on_ready(struct watch *w, uint32_t events);

static void
release(struct server *s, size_t n)
{
	s->held -= n;
}

static bool
reserve(struct server *s, size_t n)
{
	if (n > SERVER_BUDGET - s->held)
		return false;
	s->held += n;
	return true;
}

static void
drop_input(struct connection *c)
{
	release(c->server, c->in_cap);
	free(c->in);
	c->in = NULL;
	c->in_cap = c->in_got = c->header_got = 0;
	c->want = 0;
}

static void
drop_output(struct connection *c)
{
	release(c->server, c->out.n);
	buf_free(&c->out);
	c->out_done = 0;
	c->writing = false;
}

static void
connection_close(struct connection *c)
{
	struct server *s = c->server;

	loop_unwatch(s->c.loop, &c->watch);
	loop_unset(s->c.loop, &c->timer);
	close(c->watch.fd);
	drop_input(c);
	drop_output(c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	s->count--;
	free(c);
}

static void
on_timeout(struct timer *t)
{
	connection_close(t->ctx);
}

/* Every byte of progress buys stall_ms; between frames idle_ms holds. */
static void
arm(struct connection *c)
{
	const struct server_config *k = &c->server->c;
	bool inside = c->writing || c->header_got > 0;

	loop_set(k->loop, &c->timer, inside ? k->stall_ms : k->idle_ms);
}

/* Room for more input: doubles, never past the announced length. */
static bool
grow(struct connection *c)
{
	size_t cap = c->in_cap == 0 ? FIRST_BUFFER : c->in_cap * 2;
	uint8_t *p;

	if (cap > c->want)
		cap = (size_t)c->want;
	if (!reserve(c->server, cap - c->in_cap))
		return false;
	p = realloc(c->in, cap == 0 ? 1 : cap);
	if (p == NULL) {
		release(c->server, cap - c->in_cap);
		return false;
	}
	c->in = p;
	c->in_cap = cap;
	return true;
}

enum step { STEP_AGAIN, STEP_WAIT, STEP_CLOSE };

static enum step
receive(struct connection *c, void *p, size_t n, size_t *got)
{
	ssize_t k = recv(c->watch.fd, p, n, 0);

	if (k > 0) {
		*got += (size_t)k;
		arm(c);
		return STEP_AGAIN;
	}
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return STEP_WAIT;
	return k < 0 && errno == EINTR ? STEP_AGAIN : STEP_CLOSE;
}

static enum step
answer(struct connection *c)
{
	struct server *s = c->server;
	struct buf reply = { 0 };
	int r;

	r = s->c.handle(s->c.ctx, bytes_of(c->in, c->in_got), &reply);
	drop_input(c);
	if (r != 0 || reply.n > FRAME_MAX || !reserve(s, reply.n)) {
		buf_free(&reply);
		return STEP_CLOSE;
	}
	c->out = reply;
	frame_length_store(c->out_header, reply.n);
	c->writing = true;
	arm(c);
	return STEP_AGAIN;
}

static enum step
read_step(struct connection *c)
{
	enum step st;

	if (c->header_got < FRAME_HEADER_LEN) {
		st = receive(c, c->header + c->header_got,
		    FRAME_HEADER_LEN - c->header_got, &c->header_got);
		if (st != STEP_AGAIN || c->header_got < FRAME_HEADER_LEN)
			return st;
		c->want = frame_length_load(c->header);
		if (c->want > FRAME_MAX)
			return STEP_CLOSE;	/* no reply (9) */
	}
	if (c->in_got == c->want)
		return answer(c);
	if (c->in_got == c->in_cap && !grow(c))
		return STEP_CLOSE;
	return receive(c, c->in + c->in_got, c->in_cap - c->in_got,
	    &c->in_got);
}

/* The next run of bytes to send: the rest of the header, or a chunk. */
static struct bytes
next_chunk(const struct connection *c)
{
	size_t at, n;

	if (c->out_done < FRAME_HEADER_LEN)
		return bytes_of(c->out_header + c->out_done,
		    FRAME_HEADER_LEN - c->out_done);
	at = c->out_done - FRAME_HEADER_LEN;
	n = c->out.n - at;
	return bytes_of(c->out.p + at, n < FRAME_WRITE_MAX ? n :
	    FRAME_WRITE_MAX);
}

static enum step
write_step(struct connection *c)
{
	struct bytes chunk = next_chunk(c);
	ssize_t k = send(c->watch.fd, chunk.p, chunk.n, MSG_NOSIGNAL);

	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return STEP_WAIT;
	if (k < 0)
		return errno == EINTR ? STEP_AGAIN : STEP_CLOSE;
	c->out_done += (size_t)k;
	arm(c);
	if (c->out_done == FRAME_HEADER_LEN + c->out.n) {
		drop_output(c);
		arm(c);
	}
	return STEP_AGAIN;
}

#define STEPS_A_TURN 64		/* then the other connections get theirs */

static void
on_ready(struct watch *w, uint32_t events)
{
	struct connection *c = w->ctx;
	enum step st = STEP_AGAIN;
	bool was_writing = c->writing;

	(void)events;	/* errors show up in recv and send */
	for (int i = 0; i < STEPS_A_TURN && st == STEP_AGAIN; i++)
		st = c->writing ? write_step(c) : read_step(c);
	if (st == STEP_CLOSE) {
		connection_close(c);
		return;
	}
	if (c->writing != was_writing && loop_change(c->server->c.loop, w,
	    c->writing ? EPOLLOUT : EPOLLIN) != 0)
		connection_close(c);
}

static void
accept_one(struct server *s, int fd)
{
	struct connection *c;

	if (s->count == SERVER_CONNECTIONS_MAX ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->server = s;
	c->watch = (struct watch){ fd, on_ready, c };
	c->timer = (struct timer){ .fire = on_timeout, .ctx = c };
	if (loop_watch(s->c.loop, &c->watch, EPOLLIN) != 0) {
		close(fd);
		free(c);
		return;
	}
	c->next = s->first;
	if (s->first != NULL)
		s->first->prev = c;
	s->first = c;
	s->count++;
	arm(c);
}

static void
on_accept(struct watch *w, uint32_t events)
{
	int fd;

	(void)events;
	while ((fd = endpoint_accept(w->fd)) >= 0)
		accept_one(w->ctx, fd);
}

int
server_new(const struct server_config *c, struct server **out, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->c = *c;
	if (s->c.stall_ms == 0)
		s->c.stall_ms = SERVER_STALL_MS;
	if (s->c.idle_ms == 0)
		s->c.idle_ms = SERVER_IDLE_MS;
	return 0;
}

int
server_listen(struct server *s, const struct endpoint *at, struct err *e)
{
	struct watch *w = &s->listeners[s->nlisteners];
	int fd, r;

	if (s->nlisteners == LISTENERS_MAX)
		return err_set(e, ERR_INTERNAL, "too many listeners");
	if ((r = endpoint_listen(at, &fd, e)) != 0)
		return r;
	*w = (struct watch){ fd, on_accept, s };
	if (loop_watch(s->c.loop, w, EPOLLIN) != 0) {
		close(fd);
		return err_set(e, ERR_SYSTEM, "epoll: %s", strerror(errno));
	}
	s->nlisteners++;
	if (at->kind == ENDPOINT_UNIX)
		strcpy(s->unix_path, at->path);
	return 0;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	while (s->first != NULL)
		connection_close(s->first);
	for (size_t i = 0; i < s->nlisteners; i++) {
		loop_unwatch(s->c.loop, &s->listeners[i]);
		close(s->listeners[i].fd);
	}
	if (s->unix_path[0] != '\0')
		unlink(s->unix_path);
	free(s);
}
