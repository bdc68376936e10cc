/*
 * Messages that are signed.  The body of a record is its deterministic CBOR
 * without the signature field; `key sign` takes bytes of any length, so its
 * prefix alone is longer than a hash.
 */
#include "airgap/record/signed.h"
#include "airgap/record/sink.h"

/* A manifest hash has this length; no message of ours may. */
#define HASH_LEN SHA256_LEN

struct parts {
	const char *purpose;
	enum mode mode;
	struct bytes body;
};

const char *
purpose_text(enum purpose purpose)
{
	switch (purpose) {
	case PURPOSE_GENESIS:
		return "genesis";
	case PURPOSE_PLAN:
		return "plan";
	case PURPOSE_RECEIPT:
		return "receipt";
	case PURPOSE_RELEASE:
		return "release";
	case PURPOSE_TOKEN:
		return "token";
	case PURPOSE_KEY:
		break;
	}
	return "bytes-given-to-key-sign";
}

static int
put_message(struct sink *s, const void *ctx)
{
	const struct parts *m = ctx;
	int r = ERR_INTERNAL;

	if ((r = sink_str(s, "quorate/")) != 0 ||
	    (r = sink_str(s, m->purpose)) != 0 ||
	    (r = sink_put(s, "/v1", sizeof("/v1"))) != 0 ||	/* with NUL */
	    (r = sink_u8(s, mode_byte(m->mode))) != 0)
		return r;
	return m->body.n == 0 ? 0 : sink_put(s, m->body.p, m->body.n);
}

int
signed_message(enum purpose purpose, enum mode mode, struct bytes body,
    struct buf *out, struct err *e)
{
	struct parts m = { purpose_text(purpose), mode, body };
	int r = sink_collect(put_message, &m, out, e);

	if (r == 0 && out->n <= HASH_LEN) {
		buf_free(out);
		r = err_set(e, ERR_REFUSED, "a message of %d bytes or less is "
		    "not signed: it could be taken for a manifest hash",
		    HASH_LEN);
	}
	return r;
}

int
signed_verify(enum purpose purpose, enum mode mode, struct bytes body,
    const struct public_key *key, const struct signature *sig,
    struct err *e)
{
	struct buf msg = { 0 };
	int r = signed_message(purpose, mode, body, &msg, e);

	if (r != 0)
		return r;
	r = signature_verify(bytes_of(key->b, PUBLIC_KEY_LEN),
	    buf_bytes(&msg), bytes_of(sig->b, SIGNATURE_LEN));
	buf_free(&msg);
	if (r != 0)
		err_set(e, r, "signature of this %s: %s",
		    purpose_text(purpose), err_text(r));
	return r;
}
