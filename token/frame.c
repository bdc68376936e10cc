/*
 * Frames over a pipe, with a deadline: the helper may hang in a call that
 * has no time-out, so who waits for it must not.
 */
#include <stdlib.h>

#include "token/wire.h"

#define HEAD_LEN 4

int
frame_send(int fd, struct bytes body, struct err *e)
{
	uint8_t head[HEAD_LEN] = { (uint8_t)(body.n >> 24),
	    (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8),
	    (uint8_t)body.n };

	if (body.n > WIRE_MAX)
		return err_set(e, ERR_INPUT, "too long for a token: %zu bytes",
		    body.n);
	if (fd_write_all(fd, head, HEAD_LEN) != 0 ||
	    fd_write_all(fd, body.p, body.n) != 0)
		return err_set(e, ERR_SYSTEM, "the other end of the token's "
		    "pipe is gone");
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
