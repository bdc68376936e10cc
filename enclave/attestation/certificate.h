/*
 * X.509 v3 certificates (RFC 5280) as attestation documents carry them:
 * what the path rules need, borrowed from the DER.  Reading says what is
 * there; chain.c says what it has to be.
 */
#ifndef ENCLAVE_ATTESTATION_CERTIFICATE_H
#define ENCLAVE_ATTESTATION_CERTIFICATE_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define CERTIFICATE_MAX 65535		/* bytes that der.h reads */
#define PATH_UNLIMITED 255

/* First byte of the key usage bits. */
#define USAGE_SIGNATURE 0x80
#define USAGE_CERT_SIGN 0x04

struct certificate {
	struct bytes tbs;		/* what is signed */
	struct bytes issuer, subject;	/* Names in DER */
	int64_t not_before, not_after;	/* seconds since 1970, inclusive */
	struct bytes point;		/* P-384 key, 97 bytes; else empty */
	struct bytes signature;		/* DER ECDSA-Sig-Value */
	struct bytes unknown;		/* OID of a critical extension that
					 * is not understood; else empty */
	uint8_t path_max;		/* issuers below; PATH_UNLIMITED */
	uint8_t usage;			/* bits; all where absent */
	bool ecdsa_sha384;		/* both algorithm identifiers */
	bool ca;
	bool server_auth;		/* or no extended key usage */
};

/*
 * Reads one certificate and nothing after it.  *why says what is wrong.
 * Returns 0 or ERR_INPUT.
 */
int certificate_read(struct bytes der, struct certificate *out,
    const char **why) MUST_CHECK;

/* The last common name in a Name; empty if there is none. */
struct bytes certificate_common_name(struct bytes name);

#endif
