/*
 * NSM requests: CBOR in the shapes of QOS wire 11, definite and shortest
 * (QEMU's module insists on it), by libcbor's encoders, which write into the
 * caller's buffer and allocate nothing.
 */
#include <cbor.h>

#include "enclave/nsm/wire.h"

const char *const nsm_names[] = {
	[NSM_DESCRIBE_PCR] = "DescribePCR", [NSM_EXTEND_PCR] = "ExtendPCR",
	[NSM_LOCK_PCR] = "LockPCR", [NSM_LOCK_PCRS] = "LockPCRs",
	[NSM_DESCRIBE_NSM] = "DescribeNSM",
	[NSM_ATTESTATION] = "Attestation", [NSM_GET_RANDOM] = "GetRandom",
};

struct out {
	uint8_t *p;
	size_t left, n;
	bool full;
};

/* Every encoder returns what it wrote, 0 where it did not fit. */
static void
wrote(struct out *o, size_t n)
{
	if (n == 0)
		o->full = true;
	o->p += n;
	o->left -= n;
	o->n += n;
}

static void
put_raw(struct out *o, const void *p, size_t n)
{
	if (n > o->left) {
		o->full = true;
	} else if (n > 0) {
		memcpy(o->p, p, n);
		wrote(o, n);
	}
}

static void
put_text(struct out *o, const char *text)
{
	size_t n = strlen(text);

	wrote(o, cbor_encode_string_start(n, o->p, o->left));
	put_raw(o, text, n);
}

static void
put_map(struct out *o, size_t count)
{
	wrote(o, cbor_encode_map_start(count, o->p, o->left));
}

static void
put_number(struct out *o, const char *key, uint16_t v)
{
	put_text(o, key);
	wrote(o, cbor_encode_uint(v, o->p, o->left));
}

static void
put_bytes(struct out *o, const char *key, struct bytes b)
{
	put_text(o, key);
	if (b.p == NULL) {
		wrote(o, cbor_encode_null(o->p, o->left));
		return;
	}
	wrote(o, cbor_encode_bytestring_start(b.n, o->p, o->left));
	put_raw(o, b.p, b.n);
}

static void
put_body(struct out *o, const struct nsm_request *q)
{
	switch (q->tag) {
	case NSM_EXTEND_PCR:
		put_map(o, 2);
		put_number(o, "index", q->number);
		put_bytes(o, "data", bytes_of(q->data.p == NULL ? o->p :
		    q->data.p, q->data.n));
		break;
	case NSM_ATTESTATION:
		put_map(o, 3);
		put_bytes(o, "user_data", q->user_data);
		put_bytes(o, "nonce", q->nonce);
		put_bytes(o, "public_key", q->public_key);
		break;
	default:
		put_map(o, 1);
		put_number(o, q->tag == NSM_LOCK_PCRS ? "range" : "index",
		    q->number);
		break;
	}
}

size_t
nsm_request_write(const struct nsm_request *q, uint8_t *out, size_t cap)
{
	bool bare = q->tag == NSM_DESCRIBE_NSM || q->tag == NSM_GET_RANDOM;
	struct out o = { .p = out, .left = cap };

	if (!bare)
		put_map(&o, 1);
	put_text(&o, nsm_names[q->tag]);
	if (!bare)
		put_body(&o, q);
	return o.full ? 0 : o.n;
}
