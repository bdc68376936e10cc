/*
 * Frames over a pipe, with a deadline: the helper may hang in a call that
 * has no time-out, so who waits for it must not.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "token/wire.h"

#define HEAD_LEN 4

int64_t
clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_SYSTEM;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

int
frame_send(int fd, struct bytes body, struct err *e)
{
	uint8_t head[HEAD_LEN] = { (uint8_t)(body.n >> 24),
	    (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8),
	    (uint8_t)body.n };

	if (body.n > WIRE_MAX)
		return err_set(e, ERR_INPUT, "too long for a token: %zu bytes",
		    body.n);
	if (write_all(fd, head, HEAD_LEN) != 0 ||
	    write_all(fd, body.p, body.n) != 0)
		return err_set(e, ERR_SYSTEM, "the other end of the token's "
		    "pipe is gone");
	return 0;
}

/* Until there is something to read: 0, or ERR_INTERRUPTED (time is up). */
static int
wait_for(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - clock_ms();
		int got;

		if (deadline >= 0 && left <= 0)
			return ERR_INTERRUPTED;
		got = poll(&p, 1, (int)left);
		if (got > 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
	}
}

int
fd_read_exactly(int fd, void *p, size_t n, int64_t deadline)
{
	uint8_t *at = p;
	int r;

	while (n > 0) {
		ssize_t got;

		if ((r = wait_for(fd, deadline)) != 0)
			return r;
		got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_PEER;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int
frame_receive(int fd, int64_t deadline, struct buf *out, struct err *e)
{
	uint8_t head[HEAD_LEN];
	int r = ERR_INTERNAL;

	*out = (struct buf){ 0 };
	if ((r = fd_read_exactly(fd, head, HEAD_LEN, deadline)) != 0)
		return r;
	out->n = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (out->n == 0 || out->n > WIRE_MAX)
		return err_set(e, ERR_PEER, "a frame of %zu bytes", out->n);
	if ((out->p = malloc(out->n)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = fd_read_exactly(fd, out->p, out->n, deadline)) != 0)
		buf_free(out);
	return r;
}
