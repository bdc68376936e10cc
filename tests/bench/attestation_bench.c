/*
 * Verifying a real attestation document against its floor: the five P-384
 * verifications in it (three issuers, the leaf, the document), with every
 * key, digest and libcrypto object made beforehand.
 *
 * Needs a document of the fixture folder (QUORATE_FIXTURES, else
 * ../shared/fixtures); without it nothing is measured, and the table says so.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "enclave/attestation/verify.h"
#include "tests/bench/bench.h"

#define DOCUMENT "attestation/aws_20250916_b1086cbb.cbor"
#define SIGNATURES 5
#define DER_MAX 128

static struct buf file;
static struct attestation doc;

static struct {
	EVP_PKEY_CTX *ctx;
	struct digest384 digest;
	uint8_t sig[DER_MAX];
	size_t n;
} floors[SIGNATURES];

static void
read_only(void)
{
	bench_must(attestation_read(buf_bytes(&file), &doc, NULL) == 0,
	    "read");
}

static void
whole(void)
{
	read_only();
	bench_must(attestation_verify_chain(&doc, aws_root_der(),
	    doc.timestamp / 1000, NULL) == 0, "verification");
}

static void
five_verifies(void)
{
	for (size_t i = 0; i < SIGNATURES; i++)
		bench_must(EVP_PKEY_verify(floors[i].ctx, floors[i].sig,
		    floors[i].n, floors[i].digest.b, SHA384_LEN) == 1,
		    "libcrypto's verification");
}

static EVP_PKEY_CTX *
context(struct bytes point)
{
	char group[] = "P-384";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    (void *)(uintptr_t)point.p, point.n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;

	bench_must(EVP_PKEY_fromdata_init(make) == 1 &&
	    EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
	    (ctx = EVP_PKEY_CTX_new(key, NULL)) != NULL &&
	    EVP_PKEY_verify_init(ctx) == 1, "key");
	EVP_PKEY_CTX_free(make);
	EVP_PKEY_free(key);
	return ctx;
}

static void
take(size_t i, struct bytes point, struct digest384 digest, struct bytes sig)
{
	floors[i].ctx = context(point);
	floors[i].digest = digest;
	floors[i].n = sig.n;
	bench_must(sig.n <= DER_MAX, "signature");
	memcpy(floors[i].sig, sig.p, sig.n);
}

/* The document's own signature, r || s, as libcrypto wants it. */
static void
take_document(size_t i, struct bytes point)
{
	const uint8_t *raw = doc.cose.signature.p;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int n = 0;

	bench_must(ECDSA_SIG_set0(sig, BN_bin2bn(raw, P384_SCALAR_LEN, NULL),
	    BN_bin2bn(raw + P384_SCALAR_LEN, P384_SCALAR_LEN, NULL)) == 1 &&
	    (n = i2d_ECDSA_SIG(sig, &der)) > 0, "signature");
	take(i, point, cose_digest(doc.cose.payload), bytes_of(der,
	    (size_t)n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
}

static void
floors_init(void)
{
	struct certificate issuer, c;
	const char *why;

	bench_must(doc.cabundle_count + 1 == SIGNATURES &&
	    certificate_read(aws_root_der(), &issuer, &why) == 0, "path");
	for (size_t i = 1; i < SIGNATURES; i++) {
		bench_must(certificate_read(i + 1 == SIGNATURES ?
		    doc.certificate : doc.cabundle[i], &c, &why) == 0,
		    "certificate");
		take(i - 1, issuer.point, sha384(c.tbs), c.signature);
		issuer = c;
	}
	take_document(SIGNATURES - 1, issuer.point);
}

int
main(void)
{
	const char *base = getenv("QUORATE_FIXTURES");
	char path[1024];
	struct err e;

	snprintf(path, sizeof(path), "%s/" DOCUMENT, base == NULL ||
	    base[0] == '\0' ? "../shared/fixtures" : base);
	if (file_read(path, ATTESTATION_MAX, &file, &e) != 0) {
		bench_report_none("attestation verify",
		    "no fixture " DOCUMENT);
		bench_report_none("attestation read",
		    "no fixture " DOCUMENT);
		return 0;
	}
	whole();
	floors_init();
	bench_report("attestation verify", "us", bench_measure(whole,
	    five_verifies), "5 P-384 verifies", 1.10);
	bench_report("attestation read", "us", bench_measure(read_only,
	    five_verifies), "5 P-384 verifies", 0.01);
	buf_free(&file);
	return bench_missed() != 0;
}
