/*
 * Bridges: pairs of sockets and the bytes between them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/io/bridge.h"

/* One socket of a pair, and what was read from it for the other. */
struct side {
	struct watch watch;
	struct pair *pair;
	struct side *other;
	uint8_t bytes[BRIDGE_BUFFER];
	size_t at, n;
	uint32_t events;	/* that the loop waits for */
	bool connecting;
	bool ended;		/* nothing more comes from it */
	bool passed;		/* and the other side was told */
	bool paused;		/* not watched until its bytes are passed on */
	bool gone;		/* not watched any more */
};

struct pair {
	struct side side[2];
	struct bridge_server *bridge;
	struct pair *prev, *next;
};

struct bridge_server {
	struct loop *loop;
	struct endpoint from, to;
	struct watch listener;
	struct pair *first;
	size_t count;
};

static void
pair_close(struct pair *p)
{
	struct bridge_server *b = p->bridge;

	for (int i = 0; i < 2; i++) {
		if (p->side[i].watch.fd < 0)
			continue;
		if (!p->side[i].gone)
			loop_unwatch(b->loop, &p->side[i].watch);
		close(p->side[i].watch.fd);
	}
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		b->first = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	b->count--;
	free(p);
}

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Reads from s into its buffer; false if it broke. */
static bool
fill(struct side *s)
{
	ssize_t k;

	if (s->ended || s->n > 0 || s->connecting)
		return true;
	k = recv(s->watch.fd, s->bytes, sizeof(s->bytes), 0);
	if (k < 0)
		return would_block();
	s->at = 0;
	s->n = (size_t)k;
	s->ended = k == 0;
	return true;
}

/* Passes on what s holds, then its end; false if the other side broke. */
static bool
drain(struct side *s)
{
	struct side *o = s->other;
	ssize_t k;

	if (o->connecting)
		return true;
	if (s->n > 0) {
		k = send(o->watch.fd, s->bytes + s->at, s->n, MSG_NOSIGNAL);
		if (k < 0)
			return would_block();
		s->at += (size_t)k;
		s->n -= (size_t)k;
	}
	if (s->n == 0 && s->ended && !s->passed) {
		s->passed = true;
		(void)shutdown(o->watch.fd, SHUT_WR);
	}
	return true;
}

/* Closed in both directions: nothing can be passed to s any more. */
static void
hung_up(struct side *s)
{
	s->other->n = 0;
	s->other->ended = s->other->passed = true;
	s->gone = true;
	loop_unwatch(s->pair->bridge->loop, &s->watch);
}

/*
 * Asks the loop for what s can use now; false if it refuses.  A hang-up is
 * told whatever is asked for: while nothing can be done about it, again and
 * again.  So a side is not watched while its bytes are stuck.
 */
static bool
rewatch(struct side *s)
{
	struct loop *l = s->pair->bridge->loop;
	uint32_t want = 0;
	bool was = s->paused;

	if (s->gone)
		return true;
	if (!s->ended && s->n == 0 && !s->connecting)
		want |= EPOLLIN;
	if (s->connecting || s->other->n > 0)
		want |= EPOLLOUT;
	s->paused = want == 0 && !s->ended;
	if (s->paused == was && want == s->events)
		return true;
	s->events = want;
	if (s->paused) {
		loop_unwatch(l, &s->watch);
		return true;
	}
	return (was ? loop_watch : loop_change)(l, &s->watch, want) == 0;
}

static bool
connected(struct side *s)
{
	int error = 0;
	socklen_t n = sizeof(error);

	s->connecting = false;
	return getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &error, &n) ==
	    0 && error == 0;
}

static void
on_side(struct watch *w, uint32_t events)
{
	struct side *s = w->ctx;
	struct pair *p = s->pair;
	struct side *a = &p->side[0], *b = &p->side[1];
	bool fine = true;

	if (s->connecting && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
		fine = connected(s);
	fine = fine && fill(s) && drain(a) && drain(b);
	if (fine && (events & (EPOLLHUP | EPOLLERR)) != 0 && s->ended)
		hung_up(s);
	if (!fine || (a->passed && b->passed) || !rewatch(a) || !rewatch(b))
		pair_close(p);
}

static bool
side_begin(struct pair *p, int i, int fd, bool connecting)
{
	struct side *s = &p->side[i];

	s->watch = (struct watch){ fd, on_side, s };
	s->pair = p;
	s->other = &p->side[1 - i];
	s->connecting = connecting;
	s->events = connecting ? EPOLLOUT : EPOLLIN;
	s->gone = loop_watch(p->bridge->loop, &s->watch, s->events) != 0;
	return !s->gone;
}

static void
carry(struct bridge_server *b, int fd)
{
	struct pair *p = NULL;
	struct err e;
	int far;

	if (b->count == BRIDGE_PAIRS_MAX ||
	    endpoint_dial(&b->to, &far, &e) != 0) {
		close(fd);
		return;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		close(fd);
		close(far);
		return;
	}
	p->bridge = b;
	p->next = b->first;
	if (b->first != NULL)
		b->first->prev = p;
	b->first = p;
	b->count++;
	p->side[1].watch.fd = far;
	p->side[1].gone = true;		/* until it is watched */
	if (!side_begin(p, 0, fd, false) || !side_begin(p, 1, far, true))
		pair_close(p);
}

static void
on_accept(struct watch *w, uint32_t events)
{
	int fd;

	(void)events;
	while ((fd = endpoint_accept(w->fd)) >= 0)
		carry(w->ctx, fd);
}

int
bridge_open(struct loop *loop, const struct endpoint *from,
    const struct endpoint *to, struct bridge_server **out, struct err *e)
{
	struct bridge_server *b = calloc(1, sizeof(*b));
	int r;

	*out = NULL;
	if (b == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	b->loop = loop;
	b->from = *from;
	b->to = *to;
	b->listener = (struct watch){ -1, on_accept, b };
	if ((r = endpoint_listen(from, &b->listener.fd, e)) != 0) {
		free(b);
		return r;
	}
	if (loop_watch(loop, &b->listener, EPOLLIN) != 0) {
		close(b->listener.fd);
		free(b);
		return err_set(e, ERR_SYSTEM, "epoll: %s", strerror(errno));
	}
	*out = b;
	return 0;
}

unsigned
bridge_port(const struct bridge_server *b)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	if (b->from.kind != ENDPOINT_TCP || getsockname(b->listener.fd,
	    (struct sockaddr *)&a, &n) != 0)
		return b->from.port;
	return ntohs(a.sin_port);
}

void
bridge_close(struct bridge_server *b)
{
	if (b == NULL)
		return;
	while (b->first != NULL)
		pair_close(b->first);
	loop_unwatch(b->loop, &b->listener);
	close(b->listener.fd);
	if (b->from.kind == ENDPOINT_UNIX)
		unlink(b->from.path);
	free(b);
}
