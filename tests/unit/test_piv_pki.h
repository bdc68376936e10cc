/*
 * Tokens of its own for the tests of attestation: a root, an intermediate,
 * an f9 certificate and attestations of 9C and 9D, made by libcrypto, each
 * thing they say open to change.
 */
#ifndef TESTS_UNIT_TEST_PIV_PKI_H
#define TESTS_UNIT_TEST_PIV_PKI_H

#include <openssl/evp.h>

#include "airgap/record/attest_bundle.h"

enum { PIV_ROOT, PIV_MID, PIV_F9, PIV_9D, PIV_9C, PIV_CERTS };

#define PIV_TIME 1700000000

struct piv_cert {
	const char *name, *issuer;
	const char *constraints;	/* NULL: none */
	const char *firmware, *serial, *policy;	/* "DER:..." or NULL */
	const char *other;		/* "critical,DER:..." of an unknown */
	int64_t from, until;
	bool sha1, p384;
};

struct piv_pki {
	EVP_PKEY *key[PIV_CERTS];
	struct buf der[PIV_CERTS];
};

/* Specifications that hold at PIV_TIME. */
void piv_spec(struct piv_cert spec[static PIV_CERTS]);
void piv_make(struct piv_pki *p, const struct piv_cert spec[static PIV_CERTS]);
void piv_free(struct piv_pki *p);

/* The operator's key and the certificates; borrows from p. */
void piv_bundle(const struct piv_pki *p, struct attest_bundle *b);

#endif
