/*
 * The signature section: CBOR, PEM, COSE, in that order.
 */
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "airgap/record/pcr.h"
#include "enclave/attestation/cbor_doc.h"
#include "enclave/attestation/cose.h"
#include "enclave/image/measure.h"
#include "enclave/image/signature.h"

#define CERTIFICATE_TEXT_MAX 16384
#define COSE_MAX 4096

/* The section, taken apart. */
struct parts {
	const char *name;		/* of the file */
	uint64_t at;			/* of the payload in it */
	uint8_t section[EIF_SIGNATURE_MAX];
	uint8_t certificate[CERTIFICATE_TEXT_MAX];
	uint8_t cose[COSE_MAX];
	size_t certificate_len, cose_len;
};

static int
bad(const struct parts *p, const char *why, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: byte %ju: the signature section: "
	    "%s", p->name, (uintmax_t)p->at, why);
}

/* An array of integers below 256, as the bytes it stands for. */
static int
read_bytes(struct cbor_doc *r, uint8_t *out, size_t cap, size_t *n)
{
	struct cbor_doc_items a;
	uint64_t v;
	bool more;

	if (cbor_doc_array(r, &a) != 0)
		return ERR_INPUT;
	for (*n = 0; cbor_doc_more(r, &a, &more) == 0; (*n)++) {
		if (!more)
			return 0;
		if (cbor_doc_uint(r, &v) != 0)
			return ERR_INPUT;
		if (v > UINT8_MAX || *n == cap) {
			r->why = v > UINT8_MAX ? "an integer over 255 is no "
			    "byte" : "it is too long";
			return ERR_INPUT;
		}
		out[*n] = (uint8_t)v;
	}
	return ERR_INPUT;
}

/* The next entry of a map, which must have that name. */
static int
expect(struct cbor_doc *r, struct cbor_doc_items *m, const char *name)
{
	struct bytes key;
	bool more;

	if (cbor_doc_more(r, m, &more) != 0 ||
	    (more && cbor_doc_text(r, &key) != 0))
		return ERR_INPUT;
	if (!more || !bytes_equal(key, bytes_str(name))) {
		r->why = "its entries are other ones than AWS's";
		return ERR_INPUT;
	}
	return 0;
}

/* Nothing more in an array or map. */
static int
expect_end(struct cbor_doc *r, struct cbor_doc_items *a)
{
	bool more;

	if (cbor_doc_more(r, a, &more) != 0)
		return ERR_INPUT;
	if (more)
		r->why = "more in it than AWS writes";
	return more ? ERR_INPUT : 0;
}

static int
read_section(struct parts *p, size_t n, struct err *e)
{
	struct cbor_doc r = cbor_doc_of(bytes_of(p->section, n));
	struct cbor_doc_items a, m;
	bool more;

	if (cbor_doc_array(&r, &a) != 0 ||
	    cbor_doc_more(&r, &a, &more) != 0)
		return bad(p, r.why, e);
	if (!more)
		return bad(p, "an empty list", e);
	if (cbor_doc_map(&r, &m) != 0 ||
	    expect(&r, &m, "signing_certificate") != 0 ||
	    read_bytes(&r, p->certificate, sizeof(p->certificate),
	    &p->certificate_len) != 0 ||
	    expect(&r, &m, "signature") != 0 ||
	    read_bytes(&r, p->cose, sizeof(p->cose), &p->cose_len) != 0 ||
	    expect_end(&r, &m) != 0 || expect_end(&r, &a) != 0 ||
	    cbor_doc_end(&r) != 0)
		return bad(p, r.why, e);
	return 0;
}

/* What is signed: register 0, and its value. */
static int
read_payload(struct bytes in, uint64_t *index, struct digest384 *value)
{
	struct cbor_doc r = cbor_doc_of(in);
	struct cbor_doc_items m;
	size_t n;

	if (cbor_doc_map(&r, &m) != 0 ||
	    expect(&r, &m, "register_index") != 0 ||
	    cbor_doc_uint(&r, index) != 0 ||
	    expect(&r, &m, "register_value") != 0 ||
	    read_bytes(&r, value->b, sizeof(value->b), &n) != 0 ||
	    expect_end(&r, &m) != 0 || cbor_doc_end(&r) != 0 ||
	    n != sizeof(value->b))
		return ERR_INPUT;
	return 0;
}

/* The certificate of the PEM text; NULL if there is none. */
static X509 *
certificate_of(const struct parts *p)
{
	BIO *in = BIO_new_mem_buf(p->certificate, (int)p->certificate_len);
	X509 *x = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);

	BIO_free(in);
	ERR_clear_error();
	return x;
}

static int
hash_certificate(X509 *x, struct eif_signature *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	struct digest384 d;

	if (n <= 0)
		return ERR_SYSTEM;
	d = sha384(bytes_of(der, (size_t)n));
	out->certificate = sha256(bytes_of(der, (size_t)n));
	out->pcr8 = pcr_extend_zero(bytes_of(d.b, sizeof(d.b)));
	OPENSSL_free(der);
	return 0;
}

/* The point of a P-384 key; empty for other keys. */
static struct bytes
point_of(X509 *x, uint8_t out[static P384_POINT_LEN])
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	char group[32];
	size_t n = 0;

	if (key == NULL || EVP_PKEY_get_group_name(key, group, sizeof(group),
	    &n) != 1 || strcmp(group, "secp384r1") != 0 ||
	    EVP_PKEY_get_octet_string_param(key,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out, P384_POINT_LEN,
	    &n) != 1)
		n = 0;
	ERR_clear_error();
	return bytes_of(out, n);
}

static int
verify(const struct parts *p, X509 *x, const struct digest384 *pcr0,
    struct eif_signature *out, struct err *e)
{
	uint8_t point[P384_POINT_LEN];
	struct bytes key = point_of(x, point);
	struct cose_sign1 m = { 0 };
	struct digest384 signed_pcr;
	const char *why = "";
	uint64_t index;
	size_t at;
	int r;

	if (cose_read(bytes_of(p->cose, p->cose_len), &m, &why, &at) != 0)
		return bad(p, why, e);
	if (read_payload(m.payload, &index, &signed_pcr) != 0)
		return bad(p, "what is signed is not a register and its "
		    "value", e);
	if (index != 0 || memcmp(signed_pcr.b, pcr0->b, sizeof(pcr0->b)) != 0)
		return err_set(e, ERR_REFUSED, "%s: its signature is over "
		    "another PCR0 than the image has; Nitro will not start it",
		    p->name);
	if (key.n == 0 || !bytes_equal(m.protected, cose_es384())) {
		out->state = SIGNATURE_UNCHECKED;
		return 0;
	}
	if ((r = cose_verify(&m, key)) == ERR_SYSTEM)
		return err_set(e, r, "out of memory");
	if (r != 0)
		return err_set(e, ERR_REFUSED, "%s: its signature was not "
		    "made by the key of its certificate; Nitro will not "
		    "start it", p->name);
	out->state = SIGNATURE_OK;
	return 0;
}

int
eif_signature_read(const struct source *s, const struct eif *x,
    const struct digest384 *pcr0, struct eif_signature *out, struct err *e)
{
	const struct eif_section *sec = eif_find(x, EIF_SIGNATURE);
	static struct parts p;
	X509 *cert;
	int r = ERR_INTERNAL;

	*out = (struct eif_signature){ .state = SIGNATURE_NONE };
	if (sec == NULL)
		return 0;
	p.name = s->name;
	p.at = eif_payload(sec);
	if ((r = source_read(s, p.at, p.section, (size_t)sec->size, e)) != 0 ||
	    (r = read_section(&p, (size_t)sec->size, e)) != 0)
		return r;
	if ((cert = certificate_of(&p)) == NULL)
		return bad(&p, "no certificate in PEM", e);
	if ((r = hash_certificate(cert, out)) != 0)
		err_set(e, r, "out of memory");
	else
		r = verify(&p, cert, pcr0, out, e);
	X509_free(cert);
	return r;
}
