/*
 * SIMULATED attestation documents: COSE_Sign1 (RFC 9052, 4.2 and 4.4) over
 * AWS's payload, byte for byte in the form of the module of before 2025-08
 * (enclave.md 7): no tag, protected header {1: -35}, a definite map of nine
 * fields with null for the absent ones, cabundle from the root down.
 */
#include "airgap/record/cbor.h"
#include "enclave/nsm/sim/sim.h"

#define CBOR_NULL 0xf6
#define EMPTY_MAP 0xa0

static const uint8_t protected_header[] = { 0xa1, 0x01, 0x38, 0x22 };

struct payload {
	const struct nsm_sim_pki *pki;
	const struct nsm_sim_statement *s;
};

struct cose {
	struct bytes payload, signature;
};

static int
put_optional(struct sink *s, const char *key, struct bytes b)
{
	int r = cbor_put_text(s, bytes_str(key));

	if (r != 0)
		return r;
	return b.p == NULL ? sink_u8(s, CBOR_NULL) : cbor_put_bytes(s, b);
}

static int
put_pcrs(struct sink *s, const struct nsm_sim_statement *st)
{
	uint64_t n = 0;
	int r;

	for (unsigned i = 0; i < PCR_COUNT; i++)
		n += st->listed[i];
	if ((r = cbor_put_text(s, bytes_str("pcrs"))) != 0 ||
	    (r = cbor_put_map(s, n)) != 0)
		return r;
	for (unsigned i = 0; i < PCR_COUNT; i++) {
		if (st->listed[i] && ((r = cbor_put_uint(s, i)) != 0 ||
		    (r = cbor_put_bytes(s, bytes_of(st->pcrs[i].value.b,
		    SHA384_LEN))) != 0))
			return r;
	}
	return 0;
}

static int
put_chain(struct sink *s, const struct nsm_sim_pki *p)
{
	int r;

	if ((r = cbor_put_text(s, bytes_str("certificate"))) != 0 ||
	    (r = cbor_put_bytes(s, buf_bytes(&p->leaf.der))) != 0 ||
	    (r = cbor_put_text(s, bytes_str("cabundle"))) != 0 ||
	    (r = cbor_put_array(s, 2)) != 0 ||
	    (r = cbor_put_bytes(s, buf_bytes(&p->root.der))) != 0)
		return r;
	return cbor_put_bytes(s, buf_bytes(&p->instance.der));
}

static int
put_payload(struct sink *s, const void *ctx)
{
	const struct payload *p = ctx;
	int r;

	if ((r = cbor_put_map(s, 9)) != 0 ||
	    (r = cbor_put_text(s, bytes_str("module_id"))) != 0 ||
	    (r = cbor_put_text(s, bytes_str(NSM_SIM_MODULE_ID))) != 0 ||
	    (r = cbor_put_text(s, bytes_str("digest"))) != 0 ||
	    (r = cbor_put_text(s, bytes_str("SHA384"))) != 0 ||
	    (r = cbor_put_text(s, bytes_str("timestamp"))) != 0 ||
	    (r = cbor_put_uint(s, p->s->timestamp)) != 0 ||
	    (r = put_pcrs(s, p->s)) != 0 ||
	    (r = put_chain(s, p->pki)) != 0 ||
	    (r = put_optional(s, "public_key", p->s->public_key)) != 0 ||
	    (r = put_optional(s, "user_data", p->s->user_data)) != 0)
		return r;
	return put_optional(s, "nonce", p->s->nonce);
}

/* RFC 9052, 4.4: Sig_structure, external_aad empty. */
static int
put_to_be_signed(struct sink *s, const void *ctx)
{
	const struct cose *c = ctx;
	int r;

	if ((r = cbor_put_array(s, 4)) != 0 ||
	    (r = cbor_put_text(s, bytes_str("Signature1"))) != 0 ||
	    (r = cbor_put_bytes(s, bytes_of(protected_header,
	    sizeof(protected_header)))) != 0 ||
	    (r = cbor_put_bytes(s, bytes_of(NULL, 0))) != 0)
		return r;
	return cbor_put_bytes(s, c->payload);
}

static int
put_sign1(struct sink *s, const void *ctx)
{
	const struct cose *c = ctx;
	int r;

	if ((r = cbor_put_array(s, 4)) != 0 ||
	    (r = cbor_put_bytes(s, bytes_of(protected_header,
	    sizeof(protected_header)))) != 0 ||
	    (r = sink_u8(s, EMPTY_MAP)) != 0 ||
	    (r = cbor_put_bytes(s, c->payload)) != 0)
		return r;
	return cbor_put_bytes(s, c->signature);
}

int
nsm_sim_document(const struct nsm_sim_pki *p,
    const struct nsm_sim_statement *s, struct buf *out)
{
	uint8_t signature[NSM_SIM_SIGNATURE_LEN];
	const struct payload ctx = { p, s };
	struct buf payload = { 0 }, message = { 0 };
	struct cose c = { .signature = bytes_of(signature,
	    sizeof(signature)) };
	int r = ERR_INTERNAL;

	*out = (struct buf){ 0 };
	if ((r = sink_collect(put_payload, &ctx, &payload, NULL)) != 0)
		goto out;
	c.payload = buf_bytes(&payload);
	if ((r = sink_collect(put_to_be_signed, &c, &message, NULL)) != 0 ||
	    (r = nsm_sim_pki_sign(p, buf_bytes(&message), signature)) != 0)
		goto out;
	r = sink_collect(put_sign1, &c, out, NULL);
out:
	buf_free(&payload);
	buf_free(&message);
	return r;
}
