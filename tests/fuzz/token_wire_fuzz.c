/*
 * The frames between quorate and quorate-token: what reads encodes to the
 * same bytes, within the bounds that its reader relies on; and the same bytes
 * as a stream, a frame's head and all.
 */
#include <string.h>
#include <unistd.h>

#include "again.h"
#include "token/wire.h"

#define STREAM_MAX 4096		/* a pipe takes it at once */

/* first: what was read, encoded */
static void
same(struct buf *first, struct bytes in)
{
	must(bytes_equal(buf_bytes(first), in));
	buf_free(first);
}

static void
messages(struct bytes in)
{
	static struct token_list l;
	struct token_request q;
	struct token_reply p;
	struct buf out;

	if (wire_read_request(in, &q, NULL) == 0) {
		must(q.op >= TOKEN_LIST && q.op < TOKEN_OP_END);
		must(q.reader.n < READER_MAX && q.scalars == NULL);
		must(wire_request(&q, &out, NULL) == 0);
		same(&out, in);
	}
	if (wire_read_reply(in, &p, NULL) == 0) {
		must(p.code <= 0 && p.plain <= WIRE_PLAIN_MAX);
		must(wire_reply(&p, &out, NULL) == 0);
		same(&out, in);
	}
	if (wire_read_list(in, &l, NULL) == 0) {
		must(l.count <= TOKENS_MAX);
		for (size_t i = 0; i < l.count; i++)
			must(memchr(l.tokens[i].reader, 0, READER_MAX) !=
			    NULL);
		must(wire_list(&l, &out, NULL) == 0);
		same(&out, in);
	}
}

static void
stream(struct bytes in)
{
	uint32_t want = 0;
	struct buf out;
	int fd[2];

	must(pipe(fd) == 0);
	must(write(fd[1], in.p, in.n) == (ssize_t)in.n);
	close(fd[1]);
	for (size_t i = 0; i < 4 && i < in.n; i++)
		want = want << 8 | in.p[i];
	if (frame_receive(fd[0], clock_ms() + 10000, &out, NULL) == 0) {
		must(want > 0 && out.n == want && want <= in.n - 4);
		must(bytes_equal(buf_bytes(&out), bytes_of(in.p + 4, want)));
		messages(buf_bytes(&out));
		buf_free(&out);
	} else {
		must(in.n < 4 || want == 0 || want > in.n - 4);
	}
	close(fd[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	messages(bytes_of(p, n));
	if (n <= STREAM_MAX)
		stream(bytes_of(p, n));
	return 0;
}
