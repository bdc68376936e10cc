/*
 * NSM requests: CBOR in the shapes of QOS wire 11, definite and shortest
 * (QEMU's module insists on it), by the encoders of our own records, into
 * the caller's buffer; nothing is allocated.
 */
#include "airgap/record/cbor.h"
#include "enclave/nsm/wire.h"

#define CBOR_NULL 0xf6

const char *const nsm_names[] = {
	[NSM_DESCRIBE_PCR] = "DescribePCR", [NSM_EXTEND_PCR] = "ExtendPCR",
	[NSM_LOCK_PCR] = "LockPCR", [NSM_LOCK_PCRS] = "LockPCRs",
	[NSM_DESCRIBE_NSM] = "DescribeNSM",
	[NSM_ATTESTATION] = "Attestation", [NSM_GET_RANDOM] = "GetRandom",
};

static int
put_number(struct sink *s, const char *key, uint16_t v)
{
	int r = cbor_put_text(s, bytes_str(key));

	return r != 0 ? r : cbor_put_uint(s, v);
}

static int
put_bytes(struct sink *s, const char *key, struct bytes b)
{
	int r = cbor_put_text(s, bytes_str(key));

	if (r != 0)
		return r;
	return b.p == NULL ? sink_u8(s, CBOR_NULL) : cbor_put_bytes(s, b);
}

static int
put_body(struct sink *s, const struct nsm_request *q)
{
	const struct bytes data = bytes_of(q->data.p == NULL ?
	    (const uint8_t *)"" : q->data.p, q->data.n);
	int r;

	switch (q->tag) {
	case NSM_EXTEND_PCR:
		if ((r = cbor_put_map(s, 2)) != 0 ||
		    (r = put_number(s, "index", q->number)) != 0)
			return r;
		return put_bytes(s, "data", data);
	case NSM_ATTESTATION:
		if ((r = cbor_put_map(s, 3)) != 0 ||
		    (r = put_bytes(s, "user_data", q->user_data)) != 0 ||
		    (r = put_bytes(s, "nonce", q->nonce)) != 0)
			return r;
		return put_bytes(s, "public_key", q->public_key);
	default:
		if ((r = cbor_put_map(s, 1)) != 0)
			return r;
		return put_number(s, q->tag == NSM_LOCK_PCRS ? "range" :
		    "index", q->number);
	}
}

size_t
nsm_request_write(const struct nsm_request *q, uint8_t *out, size_t cap)
{
	bool bare = q->tag == NSM_DESCRIBE_NSM || q->tag == NSM_GET_RANDOM;
	struct sink s = { .put = sink_put_fixed, .out = out, .left = cap };

	if ((!bare && cbor_put_map(&s, 1) != 0) ||
	    cbor_put_text(&s, bytes_str(nsm_names[q->tag])) != 0 ||
	    (!bare && put_body(&s, q) != 0))
		return 0;
	return s.count;
}
