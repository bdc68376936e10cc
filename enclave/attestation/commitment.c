/*
 * The commitment's preimage is one line of JSON without spaces:
 *
 *   {"domain":"..","ephemeralPublicKey":"<hex>","manifestHash":"<hex>"}
 */
#include <stdlib.h>

#include "airgap/record/sink.h"
#include "airgap/seal/hash.h"
#include "enclave/attestation/commitment.h"

struct preimage {
	const char *domain;
	struct bytes key, hash;
};

static int
put_preimage(struct sink *s, const void *ctx)
{
	const struct preimage *p = ctx;
	int r;

	if ((r = sink_str(s, "{\"domain\":\"")) != 0 ||
	    (r = sink_str(s, p->domain)) != 0 ||
	    (r = sink_str(s, "\",\"ephemeralPublicKey\":\"")) != 0 ||
	    (r = sink_hex(s, p->key)) != 0 ||
	    (r = sink_str(s, "\",\"manifestHash\":\"")) != 0 ||
	    (r = sink_hex(s, p->hash)) != 0)
		return r;
	return sink_str(s, "\"}");
}

struct digest384
attestation_commitment(enum attestation_kind kind,
    const struct digest256 *manifest_hash, struct bytes public_key)
{
	const struct preimage p = {
		kind == ATTESTATION_SETUP ?
		    "qos-setup-manifest-pcr-commitment-v1" :
		    "qos-live-manifest-pcr-commitment-v1",
		public_key, bytes_of(manifest_hash->b, SHA256_LEN),
	};
	struct digest384 out;
	struct buf text;

	/* as hash.h: no caller could go on without memory */
	if (sink_collect(put_preimage, &p, &text, NULL) != 0)
		abort();
	out = sha384(buf_bytes(&text));
	buf_free(&text);
	return out;
}

struct digest384
attestation_pcr_value(const struct digest384 *commitment)
{
	static const struct digest384 zero;

	return sha384_two(bytes_of(zero.b, sizeof(zero.b)),
	    bytes_of(commitment->b, sizeof(commitment->b)));
}
