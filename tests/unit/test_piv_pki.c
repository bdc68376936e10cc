/*
 * Certificates of simulated tokens.  The f9 key and the root are RSA, as
 * Yubico's are.
 */
#undef NDEBUG
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "test_piv_pki.h"

#define ARC "1.3.6.1.4.1.41482.3."

void
piv_spec(struct piv_cert spec[static PIV_CERTS])
{
	static const char *const names[PIV_CERTS] = {
		"SIMULATED PIV Root", "SIMULATED PIV Intermediate",
		"SIMULATED PIV Attestation", "YubiKey PIV Attestation 9d",
		"YubiKey PIV Attestation 9c" };

	for (int i = 0; i < PIV_CERTS; i++)
		spec[i] = (struct piv_cert){ .name = names[i],
		    .issuer = names[i == 0 ? 0 : i > PIV_F9 ? PIV_F9 : i - 1],
		    .from = PIV_TIME - 3600, .until = PIV_TIME + 3600 };
	for (int i = 0; i < PIV_9D; i++)
		spec[i].constraints = i == PIV_F9 ?
		    "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE";
	for (int i = PIV_9D; i < PIV_CERTS; i++) {
		spec[i].firmware = "DER:050403";
		spec[i].serial = "DER:020400ec4f3e";
		spec[i].policy = "DER:0302";
	}
}

static void
add(X509 *x, const char *oid, const char *value)
{
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	e = X509V3_EXT_conf(NULL, NULL, oid, value);
	assert(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void
name(X509_NAME *n, const char *text)
{
	assert(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
	    (const unsigned char *)text, -1, -1, 0) == 1);
}

static void
make_one(struct piv_pki *p, int i, const struct piv_cert *s)
{
	int up = i == 0 ? 0 : i > PIV_F9 ? PIV_F9 : i - 1, n;
	unsigned char *der = NULL;
	X509 *x = X509_new();

	assert(x != NULL && X509_set_version(x, 2) == 1);
	assert(ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1) == 1);
	name(X509_get_subject_name(x), s->name);
	name(X509_get_issuer_name(x), s->issuer);
	assert(ASN1_TIME_set(X509_getm_notBefore(x), s->from) != NULL);
	assert(ASN1_TIME_set(X509_getm_notAfter(x), s->until) != NULL);
	assert(X509_set_pubkey(x, p->key[i]) == 1);
	add(x, "basicConstraints", s->constraints);
	add(x, ARC "3", s->firmware);
	add(x, ARC "7", s->serial);
	add(x, ARC "8", s->policy);
	add(x, "1.2.3.4", s->other);
	assert(X509_sign(x, p->key[up], s->sha1 ? EVP_sha1() :
	    EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert(n > 0 && (p->der[i].p = malloc((size_t)n)) != NULL);
	memcpy(p->der[i].p, der, (size_t)n);
	p->der[i].n = (size_t)n;
	OPENSSL_free(der);
	X509_free(x);
}

void
piv_make(struct piv_pki *p, const struct piv_cert spec[static PIV_CERTS])
{
	*p = (struct piv_pki){ 0 };
	for (int i = 0; i < PIV_CERTS; i++) {
		p->key[i] = i > PIV_F9 ? EVP_EC_gen(spec[i].p384 ? "P-384" :
		    "P-256") : EVP_RSA_gen(2048);
		assert(p->key[i] != NULL);
	}
	for (int i = 0; i < PIV_CERTS; i++)
		make_one(p, i, &spec[i]);
}

void
piv_free(struct piv_pki *p)
{
	for (int i = 0; i < PIV_CERTS; i++) {
		EVP_PKEY_free(p->key[i]);
		buf_free(&p->der[i]);
	}
}

void
piv_bundle(const struct piv_pki *p, struct attest_bundle *b)
{
	*b = (struct attest_bundle){ .mode = MODE_REHEARSAL,
	    .slot_9c = buf_bytes(&p->der[PIV_9C]),
	    .slot_9d = buf_bytes(&p->der[PIV_9D]),
	    .f9 = buf_bytes(&p->der[PIV_F9]), .intermediate_count = 1 };
	b->intermediates[0] = buf_bytes(&p->der[PIV_MID]);
	for (int i = 0; i < 2; i++) {
		uint8_t point[97];	/* P-384's is longer */
		size_t n = 0;

		assert(EVP_PKEY_get_octet_string_param(p->key[PIV_9D + i],
		    OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n) == 1);
		memcpy(b->key.b + i * POINT_LEN, point, POINT_LEN);
	}
}
