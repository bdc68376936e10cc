/*
 * COSE_Sign1 (RFC 9052): reading, and ES384 over its Sig_structure, which is
 * hashed in two pieces, so that the payload is never copied.
 */
#include "airgap/seal/hash.h"
#include "enclave/attestation/cbor_doc.h"
#include "enclave/attestation/cose.h"

static const uint8_t es384[] = { 0xa1, 0x01, 0x38, 0x22 };

/* array(4), "Signature1", the protected header, no external data */
static const uint8_t sig_structure[] = {
	0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1',
	0x44, 0xa1, 0x01, 0x38, 0x22, 0x40,
};

struct bytes
cose_es384(void)
{
	return bytes_of(es384, sizeof(es384));
}

void
cose_read_tag(struct bytes *in, struct cose_sign1 *out)
{
	struct cbor_doc r = cbor_doc_of(*in);

	out->tagged = cbor_doc_tag(&r, &out->tag) == 0;
	out->tagged_twice = out->tagged &&
	    cbor_doc_kind(&r) == CBOR_DOC_TAG;
	if (out->tagged)
		*in = bytes_of(r.p, (size_t)(r.end - r.p));
}

/* An item of the array: of that kind, or the array has ended. */
static int
next(struct cbor_doc *r, struct cbor_doc_items *a, enum cbor_doc_kind kind,
    struct bytes *out)
{
	bool more;

	if (cbor_doc_more(r, a, &more) != 0)
		return ERR_INPUT;
	if (!more) {
		r->why = "fewer than four items";
		return ERR_INPUT;
	}
	if (kind == CBOR_DOC_BYTES)
		return cbor_doc_bytes(r, out);
	if (cbor_doc_kind(r) != kind) {
		r->why = "an item of another kind";
		return ERR_INPUT;
	}
	return cbor_doc_item(r, out);
}

static int
read_items(struct cbor_doc *r, struct cose_sign1 *out)
{
	struct cbor_doc_items a;
	bool more;

	if (cbor_doc_array(r, &a) != 0 ||
	    next(r, &a, CBOR_DOC_BYTES, &out->protected) != 0 ||
	    next(r, &a, CBOR_DOC_MAP, &out->unprotected) != 0 ||
	    next(r, &a, CBOR_DOC_BYTES, &out->payload) != 0 ||
	    next(r, &a, CBOR_DOC_BYTES, &out->signature) != 0 ||
	    cbor_doc_more(r, &a, &more) != 0)
		return ERR_INPUT;
	if (more) {
		r->why = "more than four items";
		return ERR_INPUT;
	}
	return cbor_doc_end(r);
}

int
cose_read(struct bytes in, struct cose_sign1 *out, const char **why,
    size_t *at)
{
	struct cbor_doc r = cbor_doc_of(in);

	if (read_items(&r, out) == 0)
		return 0;
	*why = r.why;
	*at = (size_t)(r.p - r.start);
	return ERR_INPUT;
}

/* A byte string's head in its shortest form.  Returns its size. */
static size_t
put_head(uint8_t out[static 9], uint64_t n)
{
	size_t width = n < 24 ? 0 : n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 :
	    n <= UINT32_MAX ? 4 : 8;

	out[0] = (uint8_t)(0x40 | (width == 0 ? n : width == 1 ? 24 :
	    width == 2 ? 25 : width == 4 ? 26 : 27));
	for (size_t i = 0; i < width; i++)
		out[1 + i] = (uint8_t)(n >> 8 * (width - 1 - i));
	return 1 + width;
}

struct digest384
cose_digest(struct bytes payload)
{
	uint8_t front[sizeof(sig_structure) + 9];
	size_t n = sizeof(sig_structure);

	memcpy(front, sig_structure, n);
	n += put_head(front + n, payload.n);
	return sha384_two(bytes_of(front, n), payload);
}

int
cose_verify(const struct cose_sign1 *m, struct bytes point)
{
	struct digest384 digest;

	if (!bytes_equal(m->protected, cose_es384()) ||
	    m->signature.n != P384_SIGNATURE_LEN ||
	    !p384_signature_valid(m->signature.p))
		return ERR_SIG_FORM;
	digest = cose_digest(m->payload);
	return p384_verify_raw(point, &digest, m->signature.p);
}
