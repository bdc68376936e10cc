/*
 * Protocol messages: what reads, writes in its own encoding (Borsh to the
 * very bytes), and where the other encoding has a form, that reads too.
 */
#include "airgap/record/message.h"
#include "tests/fuzz/again.h"

static void
check_other(const struct message *m, enum wire wire)
{
	enum wire other = wire == WIRE_JSON ? WIRE_BORSH : WIRE_JSON, got;
	struct arena arena;
	struct message back;
	struct err e = { 0 };
	struct buf out;
	int r;

	if (message_write(m, other, &out, NULL) != 0)
		return;
	/* an envelope may become ambiguous in Borsh, nothing else */
	r = message_read(buf_bytes(&out), &back, &got, &arena, &e);
	must(r == 0 || (other == WIRE_BORSH &&
	    strstr(e.text, "ambiguous") != NULL));
	if (r == 0) {
		must(got == other && back.tag == m->tag);
		arena_free(&arena);
	}
	buf_free(&out);
}

static int
again(struct bytes in, struct buf *out)
{
	struct arena arena;
	struct message m;
	struct err e = { 0 };
	char text[64];
	enum wire wire;

	if (message_read(in, &m, &wire, &arena, &e) != 0) {
		/* the arena's bound never binds */
		must(strstr(e.text, "too large") == NULL ||
		    memmem(in.p, in.n, "too large", 9) != NULL);
		return ERR_INPUT;
	}
	must(message_write(&m, wire, out, NULL) == 0);
	must(wire == WIRE_JSON || bytes_equal(in, buf_bytes(out)));
	check_other(&m, wire);
	if (m.tag == PM_ERROR)
		protocol_error_text(&m.u.error, text, sizeof(text));
	arena_free(&arena);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	(void)stable(bytes_of(p, n), again);
	return 0;
}
