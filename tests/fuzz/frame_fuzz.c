/*
 * Frames into the control server: any bytes in any fragments over a socket
 * pair; the handler echoes.  First byte of the input: fragment size.
 */
#include <assert.h>
#include <fcntl.h>
#include <sys/ioctl.h>

/* the accepting end of a connection is private to the server */
#include "enclave/runtime/loop.c"
#include "enclave/runtime/server.c"

#define ECHO_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
echo(void *ctx, struct bytes request, struct buf *reply)
{
	(void)ctx;
	assert(request.n <= FRAME_MAX);
	reply->n = request.n < ECHO_MAX ? request.n : ECHO_MAX;
	reply->p = malloc(reply->n + 1);
	if (reply->p == NULL)
		return ERR_SYSTEM;
	if (reply->n > 0)
		memcpy(reply->p, request.p, reply->n);
	return 0;
}

static void
enough(struct timer *t)
{
	loop_stop(t->ctx);
}

/* One round: what is ready is handled, then the loop stops. */
static void
turn(struct loop *l)
{
	struct timer t = { .fire = enough, .ctx = l };

	l->stop = false;
	loop_set(l, &t, 0);
	assert(loop_run(l, NULL) == 0);
	loop_unset(l, &t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_config c = { .handle = echo };
	size_t step = size > 0 ? data[0] % 61 + 1 : 1;
	char drain[4096];
	struct server *s;
	int fd[2];

	assert(loop_new(&c.loop, NULL) == 0 && server_new(&c, &s, NULL) == 0);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	accept_one(s, fd[0]);
	for (size_t i = 1; i < size && s->count == 1; i += step) {
		size_t n = size - i < step ? size - i : step;

		if (send(fd[1], data + i, n, MSG_NOSIGNAL) < 0)
			break;
		turn(c.loop);
		while (recv(fd[1], drain, sizeof(drain), 0) > 0)
			turn(c.loop);
		/* memory follows what has arrived, never what is announced */
		assert(s->held <= 4 * size + FIRST_BUFFER + 2 * ECHO_MAX);
	}
	close(fd[1]);
	turn(c.loop);
	server_free(s);
	loop_free(c.loop);
	return 0;
}
