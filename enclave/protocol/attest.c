/*
 * Attestation documents: the live one (QOS wire 11, last paragraphs), and
 * the NSM's word as the wire says it.
 */
#include "enclave/protocol/parts.h"

void
attest_ask(const struct machine *m, struct bytes user_data,
    struct bytes public_key, struct buf *own, struct nsm_response *out)
{
	const struct effects *f = m->c.effects;
	int code;

	*own = (struct buf){ 0 };
	*out = (struct nsm_response){ .tag = NSM_ATTESTATION };
	/* never a nonce: whoever verifies insists on its absence (12) */
	code = f->nsm_attest(f->ctx, user_data, bytes_of(NULL, 0), public_key,
	    own);
	if (code == NSM_SUCCESS) {
		out->u.data = buf_bytes(own);
		return;
	}
	out->tag = NSM_ERROR;
	out->u.error = code > 0 && code <= NSM_INTERNAL_ERROR ?
	    (uint8_t)code : NSM_INTERNAL_ERROR;
}

/* The key in the ephemeral file now: setup key first, live key after. */
int
attest_handle(struct machine *m, struct job *j)
{
	struct secret seed;
	struct keyset ks;
	int r;

	if (!m->booted)
		return refuse(j, PE_FAILED_GET_MANIFEST);
	if ((r = seed_load(m, j, FILE_EPHEMERAL, PE_FAILED_GET_EPHEMERAL,
	    &seed, &ks)) != 0)
		return r;
	secret_free(&seed);
	j->reply = (struct message){ .tag = PM_LIVE_DOC };
	attest_ask(m, bytes_of(m->stored.hash.b, SHA256_LEN),
	    bytes_of(ks.pub.b, PUBLIC_KEY_LEN), &j->own[0],
	    &j->reply.u.live.nsm);
	j->reply.u.live.env = (struct opt_envelope){ true,
	    m->stored.envelope };
	keyset_free(&ks);
	return 0;
}
