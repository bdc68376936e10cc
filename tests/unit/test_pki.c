/*
 * See test_pki.h.  Whatever fails stops the test program.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test_pki.h"

#define DAY (24 * PKI_HOUR)

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test PKI: %s failed\n", what);
	abort();
}

/* --- certificates */

void
test_pki_spec(struct test_cert spec[static PKI_LEVELS])
{
	static const char *const names[] = { "SIMULATED root", "regional",
	    "zonal", "instance", "i-0123456789abcdef0-enc0123456789abcdef" };
	static const char *const constraints[] = { "critical,CA:TRUE",
	    "critical,CA:TRUE,pathlen:2", "critical,CA:TRUE,pathlen:1",
	    "critical,CA:TRUE,pathlen:0", "critical,CA:FALSE" };
	static const int64_t life[] = { 9000 * DAY, 20 * DAY, 6 * DAY, DAY,
	    3 * PKI_HOUR };

	for (size_t i = 0; i < PKI_LEVELS; i++)
		spec[i] = (struct test_cert){ .name = names[i],
		    .curve = "P-384", .digest = "SHA384", .version = 2,
		    .from = PKI_TIME - life[i] / 2,
		    .until = PKI_TIME + life[i] / 2,
		    .constraints = constraints[i],
		    .usage = i == PKI_LEAF ?
		    "digitalSignature,nonRepudiation" :
		    "critical,digitalSignature,keyCertSign,cRLSign" };
}

/* Keys are dear: those of P-384 are made once for each level. */
static EVP_PKEY *
key_for(size_t level, const char *curve)
{
	static EVP_PKEY *made[PKI_LEVELS];
	EVP_PKEY *key;

	if (strcmp(curve, "P-384") != 0) {
		key = EVP_EC_gen(curve);
		must(key != NULL, "key");
		return key;
	}
	if (made[level] == NULL)
		made[level] = EVP_EC_gen(curve);
	must(made[level] != NULL && EVP_PKEY_up_ref(made[level]) == 1, "key");
	return made[level];
}

static void
set_name(X509_NAME *name, const char *common)
{
	must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
	    (const unsigned char *)"tests", -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)common, -1, -1, 0) == 1, "name");
}

static void
add_extension(X509 *x, const char *name, const char *value)
{
	X509_EXTENSION *ext;

	if (name == NULL || value == NULL)
		return;
	ext = X509V3_EXT_conf(NULL, NULL, name, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1, name);
	X509_EXTENSION_free(ext);
}

/* libcrypto offers no way to say it: the bit string's flags do */
static void
set_unused_bits(X509 *x)
{
	ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);

	bits->flags = (bits->flags & ~7L) | ASN1_STRING_FLAG_BITS_LEFT | 1;
}

static X509 *
certificate(const struct test_cert *s, const char *issuer, EVP_PKEY *key,
    EVP_PKEY *signer)
{
	X509 *x = X509_new();

	must(x != NULL && X509_set_version(x, s->version) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), s->from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), s->until) != NULL &&
	    X509_set_pubkey(x, key) == 1, "certificate");
	set_name(X509_get_subject_name(x), s->name);
	set_name(X509_get_issuer_name(x), issuer);
	add_extension(x, "basicConstraints", s->constraints);
	add_extension(x, "keyUsage", s->usage);
	add_extension(x, "extendedKeyUsage", s->eku);
	add_extension(x, s->oid, s->oid_value);
	if (s->unused_bits)
		set_unused_bits(x);
	must(X509_sign(x, signer, EVP_get_digestbyname(s->digest)) > 0,
	    "signing");
	return x;
}

void
test_pki_make(struct test_pki *p,
    const struct test_cert spec[static PKI_LEVELS])
{
	EVP_PKEY *other = EVP_EC_gen("P-384");

	*p = (struct test_pki){ 0 };
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		size_t above = i == 0 ? 0 : i - 1;
		X509 *x;
		int n;

		p->key[i] = key_for(i, spec[i].curve);
		x = certificate(&spec[i], spec[i].issuer != NULL ?
		    spec[i].issuer : spec[above].name, p->key[i],
		    spec[i].bad_signature ? other : p->key[above]);
		n = i2d_X509(x, &p->der[i].p);
		must(n > 0, "DER");
		p->der[i].n = (size_t)n;
		X509_free(x);
	}
	EVP_PKEY_free(other);
}

void
test_pki_free(struct test_pki *p)
{
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		EVP_PKEY_free(p->key[i]);
		OPENSSL_free(p->der[i].p);
	}
	*p = (struct test_pki){ 0 };
}

void
test_pki_sign(EVP_PKEY *key, struct bytes message,
    uint8_t out[static P384_SIGNATURE_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *at;
	unsigned char der[160];
	size_t n = sizeof(der);
	ECDSA_SIG *sig;

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1, "sign");
	at = der;
	sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	must(sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out,
	    P384_SCALAR_LEN) == P384_SCALAR_LEN &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + P384_SCALAR_LEN,
	    P384_SCALAR_LEN) == P384_SCALAR_LEN, "signature");
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

/* --- CBOR */

void
cb_raw(struct cb *c, const void *p, size_t n)
{
	must(n <= sizeof(c->b) - c->n, "room for CBOR");
	if (n > 0)
		memcpy(c->b + c->n, p, n);
	c->n += n;
}

void
cb_head_wide(struct cb *c, unsigned major, uint64_t value, size_t width)
{
	uint8_t head[9] = { (uint8_t)(major << 5 | (width == 1 ? 24 :
	    width == 2 ? 25 : width == 4 ? 26 : 27)) };

	for (size_t i = 0; i < width; i++)
		head[1 + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	cb_raw(c, head, 1 + width);
}

void
cb_head(struct cb *c, unsigned major, uint64_t value)
{
	uint8_t small = (uint8_t)(major << 5 | (value & 0x1f));

	if (value < 24)
		cb_raw(c, &small, 1);
	else
		cb_head_wide(c, major, value, value <= UINT8_MAX ? 1 :
		    value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8);
}

void
cb_bytes(struct cb *c, struct bytes b)
{
	cb_head(c, CB_BYTES, b.n);
	cb_raw(c, b.p, b.n);
}

void
cb_text(struct cb *c, const char *text)
{
	cb_head(c, CB_TEXT, strlen(text));
	cb_raw(c, text, strlen(text));
}

/* --- documents */

static const char *const keys[DOC_KEYS] = { "module_id", "digest",
	"timestamp", "pcrs", "certificate", "cabundle", "public_key",
	"user_data", "nonce" };

void
test_doc_set(struct test_doc *d, unsigned key, const void *cbor, size_t n)
{
	d->value[key].n = 0;
	cb_raw(&d->value[key], cbor, n);
}

void
test_doc_set_bytes(struct test_doc *d, unsigned key, struct bytes b)
{
	d->value[key].n = 0;
	cb_bytes(&d->value[key], b);
}

void
test_doc_set_pcrs(struct test_doc *d,
    const struct digest384 pcr[static ATTESTATION_PCRS], size_t count)
{
	struct cb *v = &d->value[DOC_PCRS];

	v->n = 0;
	cb_head(v, CB_MAP, count);
	for (size_t i = 0; i < count; i++) {
		cb_head(v, CB_UINT, i);
		cb_bytes(v, bytes_of(pcr[i].b, SHA384_LEN));
	}
}

void
test_doc_set_chain(struct test_doc *d, const struct test_pki *p)
{
	struct cb *v = &d->value[DOC_CABUNDLE];

	test_doc_set_bytes(d, DOC_CERTIFICATE, buf_bytes(&p->der[PKI_LEAF]));
	v->n = 0;
	cb_head(v, CB_ARRAY, PKI_LEAF);
	for (size_t i = 0; i < PKI_LEAF; i++)
		cb_bytes(v, buf_bytes(&p->der[i]));
}

void
test_doc_init(struct test_doc *d, const struct test_pki *p)
{
	struct digest384 pcr[ATTESTATION_PCRS];

	memset(d, 0, sizeof(*d));
	cb_text(&d->value[DOC_MODULE_ID], "SIMULATED-tests");
	cb_text(&d->value[DOC_DIGEST], "SHA384");
	cb_head(&d->value[DOC_TIMESTAMP], CB_UINT, PKI_TIME * 1000ull);
	for (size_t i = 0; i < ATTESTATION_PCRS; i++)
		memset(pcr[i].b, (int)(0x40 + i), SHA384_LEN);
	test_doc_set_pcrs(d, pcr, 16);
	test_doc_set_chain(d, p);
	for (unsigned i = DOC_PUBLIC_KEY; i < DOC_KEYS; i++)
		cb_raw(&d->value[i], CB_NULL, 1);
}

static void
make_payload(const struct test_doc *d, struct cb *out)
{
	uint64_t count = d->extra_count;

	for (size_t i = 0; i < DOC_KEYS; i++)
		count += d->value[i].n > 0;
	out->n = 0;
	if (d->indefinite)
		cb_raw(out, CB_INDEFINITE_MAP, 1);
	else
		cb_head(out, CB_MAP, count);
	for (size_t i = 0; i < DOC_KEYS; i++) {
		if (d->value[i].n == 0)
			continue;
		cb_text(out, keys[i]);
		cb_raw(out, d->value[i].b, d->value[i].n);
	}
	cb_raw(out, d->extra.b, d->extra.n);
	if (d->indefinite)
		cb_raw(out, "\xff", 1);
	cb_raw(out, d->after_payload.b, d->after_payload.n);
}

static void
sign_payload(const struct test_doc *d, EVP_PKEY *key, struct bytes payload,
    uint8_t out[static P384_SIGNATURE_LEN])
{
	static struct cb s;

	s.n = 0;
	cb_head(&s, CB_ARRAY, 4);
	if (d->context.p != NULL)
		cb_raw(&s, d->context.p, d->context.n);
	else
		cb_text(&s, "Signature1");
	cb_bytes(&s, bytes_of("\xa1\x01\x38\x22", 4));
	cb_bytes(&s, bytes_of("", 0));
	cb_bytes(&s, payload);
	test_pki_sign(key, bytes_of(s.b, s.n), out);
}

static void
put_part(struct cb *out, const struct cb *given, struct bytes usual)
{
	if (given->n > 0)
		cb_raw(out, given->b, given->n);
	else
		cb_bytes(out, usual);
}

void
test_doc_make(const struct test_doc *d, EVP_PKEY *key, struct cb *out)
{
	uint8_t sig[P384_SIGNATURE_LEN];
	static struct cb payload;

	make_payload(d, &payload);
	sign_payload(d, key, bytes_of(payload.b, payload.n), sig);
	out->n = 0;
	cb_raw(out, d->tag.b, d->tag.n);
	cb_head(out, CB_ARRAY, 4);
	put_part(out, &d->protected, bytes_of("\xa1\x01\x38\x22", 4));
	if (d->unprotected.n > 0)
		cb_raw(out, d->unprotected.b, d->unprotected.n);
	else
		cb_head(out, CB_MAP, 0);
	put_part(out, &d->payload, bytes_of(payload.b, payload.n));
	put_part(out, &d->signature, bytes_of(sig, sizeof(sig)));
	cb_raw(out, d->after.b, d->after.n);
}
