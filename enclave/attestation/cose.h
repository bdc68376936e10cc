/*
 * COSE_Sign1 (RFC 9052, section 4.2) as Nitro makes it: ES384, the key known
 * from elsewhere, no external data.
 */
#ifndef ENCLAVE_ATTESTATION_COSE_H
#define ENCLAVE_ATTESTATION_COSE_H

#include "enclave/attestation/p384.h"

#define COSE_TAG_SIGN1 18

/* As received; slices of the input. */
struct cose_sign1 {
	bool tagged;
	uint64_t tag;
	bool tagged_twice;
	struct bytes protected;
	struct bytes unprotected;	/* a map, its CBOR */
	struct bytes payload;
	struct bytes signature;
};

/* The protected header {1: -35}: algorithm ES384. */
struct bytes cose_es384(void);

/* The tags in front, or none.  Never fails: the rest is cose_read's. */
void cose_read_tag(struct bytes *in, struct cose_sign1 *out);

/*
 * The array of four behind the tag and nothing after it.  *why and *at say
 * what is wrong and at which byte.  Returns 0 or ERR_INPUT.
 */
int cose_read(struct bytes in, struct cose_sign1 *out, const char **why,
    size_t *at) MUST_CHECK;

/* SHA-384 of the Sig_structure with header {1: -35} over payload. */
struct digest384 cose_digest(struct bytes payload);

/*
 * Verifies an ES384 message by the P-384 point.  Returns 0, ERR_SIG_FORM
 * (header, length, r or s out of range), ERR_KEY_POINT, ERR_SIG_WRONG or
 * ERR_SYSTEM.
 */
int cose_verify(const struct cose_sign1 *m, struct bytes point) MUST_CHECK;

#endif
