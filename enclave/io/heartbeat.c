/*
 * The heartbeat, both ends.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "enclave/io/heartbeat.h"

/* --- in the enclave */

static int
exchange(int fd, int64_t until, const char *what, struct err *e)
{
	uint8_t byte = HEARTBEAT_BYTE;
	socklen_t n = sizeof(int);
	int error = 0;
	ssize_t k;

	if (fd_wait(fd, POLLOUT, until) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		return err_set(e, ERR_PEER, "%s does not answer", what);
	if (error != 0)
		return err_set(e, ERR_PEER, "%s: %s", what, strerror(error));
	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
		return err_set(e, ERR_PEER, "%s: %s", what, strerror(errno));
	if (fd_wait(fd, POLLIN, until) != 0)
		return err_set(e, ERR_PEER, "%s took the heartbeat and does "
		    "not answer", what);
	byte = 0;
	k = recv(fd, &byte, 1, 0);
	if (k == 1 && byte == HEARTBEAT_BYTE)
		return 0;
	return err_set(e, ERR_PEER, "%s answered the heartbeat with %s", what,
	    k == 1 ? "another byte" : "nothing");
}

int
heartbeat_send(const struct endpoint *parent, int ms, struct err *e)
{
	int64_t until = clock_ms() + ms;
	char what[ENDPOINT_TEXT_MAX];
	int fd, r;

	endpoint_text(parent, what);
	if ((r = endpoint_dial(parent, &fd, e)) != 0)
		return r;
	r = exchange(fd, until, what, e);
	close(fd);
	return r;
}

/* --- on the parent */

struct beat {
	struct watch watch;
	struct timer timer;
	struct heartbeat_server *server;
	bool used;
};

struct heartbeat_server {
	struct loop *loop;
	struct endpoint at;
	struct watch listener;
	struct beat beats[HEARTBEAT_AT_ONCE];
	void (*heard)(void *ctx);
	void *ctx;
};

static void
beat_end(struct beat *b)
{
	loop_unwatch(b->server->loop, &b->watch);
	loop_unset(b->server->loop, &b->timer);
	close(b->watch.fd);
	b->used = false;
}

static void
on_beat(struct watch *w, uint32_t events)
{
	struct beat *b = w->ctx;
	uint8_t byte = 0;
	bool good;

	(void)events;
	good = recv(w->fd, &byte, 1, 0) == 1 && byte == HEARTBEAT_BYTE &&
	    send(w->fd, &byte, 1, MSG_NOSIGNAL) == 1;
	if (good && b->server->heard != NULL)
		b->server->heard(b->server->ctx);
	beat_end(b);
}

static void
on_late(struct timer *t)
{
	beat_end(t->ctx);
}

static void
beat_begin(struct heartbeat_server *h, int fd)
{
	for (size_t i = 0; i < HEARTBEAT_AT_ONCE; i++) {
		struct beat *b = &h->beats[i];

		if (b->used)
			continue;
		b->watch = (struct watch){ fd, on_beat, b };
		b->timer = (struct timer){ .fire = on_late, .ctx = b };
		b->server = h;
		if (loop_watch(h->loop, &b->watch, EPOLLIN) != 0)
			break;
		b->used = true;
		loop_set(h->loop, &b->timer, HEARTBEAT_MS);
		return;
	}
	close(fd);
}

static void
on_accept(struct watch *w, uint32_t events)
{
	int fd;

	(void)events;
	while ((fd = endpoint_accept(w->fd)) >= 0)
		beat_begin(w->ctx, fd);
}

int
heartbeat_listen(struct loop *loop, const struct endpoint *at,
    void (*heard)(void *ctx), void *ctx, struct heartbeat_server **out,
    struct err *e)
{
	struct heartbeat_server *h = calloc(1, sizeof(*h));
	int r;

	*out = NULL;
	if (h == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	h->loop = loop;
	h->at = *at;
	h->heard = heard;
	h->ctx = ctx;
	h->listener = (struct watch){ -1, on_accept, h };
	if ((r = endpoint_listen(at, &h->listener.fd, e)) != 0) {
		free(h);
		return r;
	}
	if (loop_watch(loop, &h->listener, EPOLLIN) != 0) {
		close(h->listener.fd);
		free(h);
		return err_set(e, ERR_SYSTEM, "epoll: %s", strerror(errno));
	}
	*out = h;
	return 0;
}

void
heartbeat_close(struct heartbeat_server *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < HEARTBEAT_AT_ONCE; i++)
		if (h->beats[i].used)
			beat_end(&h->beats[i]);
	loop_unwatch(h->loop, &h->listener);
	close(h->listener.fd);
	if (h->at.kind == ENDPOINT_UNIX)
		unlink(h->at.path);
	free(h);
}
