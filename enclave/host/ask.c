/*
 * Asking an enclave: encode, carry, decode, name what went wrong.
 */
#include <stdio.h>

#include "enclave/host/ask.h"

#define SHOWN_MAX 400		/* bytes of a protocol error in a sentence */

static const char *const nsm_errors[] = { "Success", "InvalidArgument",
	"InvalidIndex", "InvalidResponse", "ReadOnlyIndex",
	"InvalidOperation", "BufferTooSmall", "InputTooLarge",
	"InternalError" };

void
answer_free(struct answer *a)
{
	arena_free(&a->arena);
	if (a->by != NULL)
		a->by->done(a->by->ctx, &a->raw);
	*a = (struct answer){ 0 };
}

bool
answer_is_error(const struct answer *a, uint8_t error)
{
	return a->refused && a->m.u.error.tag == error;
}

static int
judge(struct answer *a, uint8_t want, struct err *e)
{
	char text[SHOWN_MAX];

	if (a->m.tag == want)
		return 0;
	if (a->m.tag != PM_ERROR)
		return err_set(e, ERR_PEER, "the enclave gave the answer to "
		    "another request (message %u)", a->m.tag);
	a->refused = true;
	protocol_error_text(&a->m.u.error, text, sizeof(text));
	return err_set(e, ERR_PEER, "the enclave refused: %s", text);
}

int
ask_once(const struct carrier *by, const struct message *m, enum wire wire,
    uint8_t want, struct answer *out, struct err *e)
{
	struct buf request = { 0 };
	enum wire got;
	int r = ERR_INTERNAL;

	*out = (struct answer){ 0 };
	if ((r = message_write(m, wire, &request, e)) != 0 ||
	    (r = by->call(by->ctx, buf_bytes(&request), &out->raw, e)) != 0)
		goto out;
	out->by = by;
	if ((r = message_read(buf_bytes(&out->raw), &out->m, &got,
	    &out->arena, e)) != 0) {
		if (r != ERR_SYSTEM)
			r = err_set(e, ERR_PEER, "the answer is not a "
			    "protocol message (%zu bytes)", out->raw.n);
		goto out;
	}
	r = judge(out, want, e);
out:
	buf_free(&request);
	return r;
}

int
ask(const struct carrier *by, const struct message *m, uint8_t want,
    struct answer *out, struct err *e)
{
	int r = ask_once(by, m, WIRE_JSON, want, out, e);

	if (r == 0 || !answer_is_error(out, PE_DESERIALIZATION))
		return r;
	answer_free(out);
	return ask_once(by, m, WIRE_BORSH, want, out, e);
}

int
nsm_document(const struct nsm_response *n, struct bytes *document,
    struct err *e)
{
	if (n->tag == NSM_ATTESTATION) {
		*document = n->u.data;
		return 0;
	}
	if (n->tag == NSM_ERROR && n->u.error < COUNT(nsm_errors))
		return err_set(e, ERR_PEER, "the enclave has no attestation "
		    "document: its NSM says %s", nsm_errors[n->u.error]);
	return err_set(e, ERR_PEER, "the enclave has no attestation document: "
	    "its NSM gave another answer");
}
