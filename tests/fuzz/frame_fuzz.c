/*
 * Frames into the control server: any bytes in any fragments over a socket
 * pair.  The handler echoes, so the bytes that come back, the closing of a
 * connection and the memory held all follow from the input.
 * First byte of the input: seeds the fragments' lengths.
 */
#include <assert.h>
#include <fcntl.h>
#include <sys/ioctl.h>

/* the accepting end of a connection is private to the server */
#include "enclave/io/loop.c"
#include "enclave/runtime/server.c"

#define FRAGMENT_MAX 61

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
echo(void *ctx, struct bytes request, struct buf *reply)
{
	(void)ctx;
	assert(request.n <= FRAME_MAX);
	reply->n = request.n;
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

/* What must come back: an echo of every whole frame before a bad one. */
static size_t
expected(struct bytes in, uint8_t *out, bool *closed)
{
	size_t n = 0;

	*closed = false;
	while (in.n >= FRAME_HEADER_LEN) {
		uint64_t want = frame_length_load(in.p);

		*closed = want > FRAME_MAX;
		if (*closed || want > in.n - FRAME_HEADER_LEN)
			break;
		memcpy(out + n, in.p, FRAME_HEADER_LEN + want);
		n += FRAME_HEADER_LEN + want;
		in = bytes_of(in.p + FRAME_HEADER_LEN + want,
		    in.n - FRAME_HEADER_LEN - want);
	}
	return n;
}

/* Feeds in, collects what comes back; how much that was. */
static size_t
feed(struct server *s, int fd, struct bytes in, unsigned seed, uint8_t *out)
{
	size_t got = 0, n;
	ssize_t k;

	for (size_t i = 0; i < in.n && s->count == 1; i += n) {
		n = 1 + seed * (i + 1) % FRAGMENT_MAX;
		if (n > in.n - i)
			n = in.n - i;
		assert(send(fd, in.p + i, n, MSG_NOSIGNAL) == (ssize_t)n);
		turn(s->c.loop);
		while ((k = recv(fd, out + got, in.n - got, 0)) > 0) {
			got += (size_t)k;
			turn(s->c.loop);
		}
		/* memory follows what has arrived, never what is announced */
		assert(s->held <= 2 * (i + n) + FIRST_BUFFER);
	}
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_config c = { .handle = echo };
	struct bytes in;
	uint8_t *want, *got;
	struct server *s;
	bool closed;
	size_t n;
	int fd[2];

	if (size == 0)
		return 0;
	in = bytes_of(data + 1, size - 1);
	want = malloc(size);
	got = malloc(size);
	assert(want != NULL && got != NULL);
	assert(loop_new(&c.loop, NULL) == 0 && server_new(&c, &s, NULL) == 0);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	accept_one(s, fd[0]);
	n = expected(in, want, &closed);
	assert(feed(s, fd[1], in, data[0], got) == n);
	assert(memcmp(got, want, n) == 0);
	assert(s->count == (closed ? 0 : 1));
	close(fd[1]);
	turn(c.loop);
	assert(s->count == 0 && s->held == 0);
	server_free(s);
	loop_free(c.loop);
	free(want);
	free(got);
	return 0;
}
