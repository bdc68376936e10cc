/*
 * A PKI of its own and attestation documents of any shape: like AWS's (root,
 * regional, zonal, instance, leaf), each certificate and each byte of a
 * document open to change before it is signed.  Certificates are made by
 * libcrypto, the CBOR here: nothing of the product makes what it reads.
 */
#ifndef TESTS_UNIT_TEST_PKI_H
#define TESTS_UNIT_TEST_PKI_H

#include <openssl/evp.h>

#include "airgap/file.h"
#include "enclave/attestation/document.h"

enum { PKI_ROOT, PKI_REGIONAL, PKI_ZONAL, PKI_INSTANCE, PKI_LEAF,
	PKI_LEVELS };

#define PKI_TIME 1700000000		/* seconds: 2023-11-14 */
#define PKI_HOUR 3600

/* What a certificate will say; extensions as libcrypto's text has them. */
struct test_cert {
	const char *name;		/* common name */
	const char *issuer;		/* NULL: the name of the one above */
	const char *curve, *digest;	/* "P-384", "SHA384" */
	long version;			/* 2 is version 3 */
	int64_t from, until;
	const char *constraints;	/* "critical,CA:TRUE"; NULL: none */
	const char *usage, *eku;
	const char *oid, *oid_value;	/* one more, "critical,DER:0500" */
	bool unused_bits;		/* in the key's bit string */
	bool bad_signature;		/* by another key */
};

struct test_pki {
	EVP_PKEY *key[PKI_LEVELS];
	struct buf der[PKI_LEVELS];
};

/* Specifications that hold at PKI_TIME. */
void test_pki_spec(struct test_cert spec[static PKI_LEVELS]);
void test_pki_make(struct test_pki *p,
    const struct test_cert spec[static PKI_LEVELS]);
void test_pki_free(struct test_pki *p);

/* ES384 over SHA-384 of message, r || s. */
void test_pki_sign(EVP_PKEY *key, struct bytes message,
    uint8_t out[static P384_SIGNATURE_LEN]);

/* CBOR under construction. */
struct cb {
	size_t n;
	uint8_t b[24576];
};

enum { CB_UINT, CB_NEGATIVE, CB_BYTES, CB_TEXT, CB_ARRAY, CB_MAP, CB_TAG };
#define CB_INDEFINITE_MAP "\xbf"
#define CB_NULL "\xf6"

void cb_head(struct cb *c, unsigned major, uint64_t value);
/* the same in a head of 1, 2, 4 or 8 bytes more than needed */
void cb_head_wide(struct cb *c, unsigned major, uint64_t value, size_t width);
void cb_raw(struct cb *c, const void *p, size_t n);
void cb_bytes(struct cb *c, struct bytes b);
void cb_text(struct cb *c, const char *text);

/* Keys in the order of AWS's documents. */
enum { DOC_MODULE_ID, DOC_DIGEST, DOC_TIMESTAMP, DOC_PCRS, DOC_CERTIFICATE,
	DOC_CABUNDLE, DOC_PUBLIC_KEY, DOC_USER_DATA, DOC_NONCE, DOC_KEYS };

/*
 * A document: the CBOR of each value (n 0: the key is left out) and of each
 * part of the envelope (n 0: as it should be).
 */
struct test_doc {
	struct cb value[DOC_KEYS];
	struct cb extra;		/* entries behind, extra_count */
	unsigned extra_count;
	bool indefinite;		/* the payload's map */
	struct cb after_payload;	/* bytes within the byte string */
	struct cb tag, protected, unprotected, payload, signature, after;
	struct bytes context;		/* of Sig_structure; p NULL: right */
};

/* PCR0 to 15, each of its own value; user_data, nonce, public_key null. */
void test_doc_init(struct test_doc *d, const struct test_pki *p);

/* Replaces a value. */
void test_doc_set(struct test_doc *d, unsigned key, const void *cbor,
    size_t n);
void test_doc_set_bytes(struct test_doc *d, unsigned key, struct bytes b);
void test_doc_set_pcrs(struct test_doc *d,
    const struct digest384 pcr[static ATTESTATION_PCRS], size_t count);
/* the certificates of p, cabundle from the root down */
void test_doc_set_chain(struct test_doc *d, const struct test_pki *p);

/* Signs and puts it together. */
void test_doc_make(const struct test_doc *d, EVP_PKEY *key, struct cb *out);

#endif
