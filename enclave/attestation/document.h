/*
 * Attestation documents of the Nitro Secure Module (QOS wire 12.2, 12.3).
 *
 * struct attestation borrows from the bytes it was read from and remembers
 * what every rule said; a verification goes on in it.
 */
#ifndef ENCLAVE_ATTESTATION_DOCUMENT_H
#define ENCLAVE_ATTESTATION_DOCUMENT_H

#include "enclave/attestation/cose.h"
#include "enclave/attestation/rule.h"

#define ATTESTATION_MAX 17408		/* AWS: 16384, and the envelope */
#define ATTESTATION_PCRS 32
#define ATTESTATION_FIELD_MAX 1024	/* bytes; certificates too */
#define ATTESTATION_CABUNDLE_MAX 7	/* the root and six below it */
#define ATTESTATION_TIME_MIN 1000000000000	/* ms: 2001 */
#define ATTESTATION_TIME_MAX 253402300799999	/* ms: 9999 */

struct attestation {
	struct bytes module_id;		/* UTF-8 */
	struct bytes digest;
	uint64_t timestamp;		/* milliseconds since 1970 */
	const uint8_t *pcr[ATTESTATION_PCRS];	/* 48 bytes, or NULL */
	struct bytes certificate;	/* DER */
	struct bytes cabundle[ATTESTATION_CABUNDLE_MAX];
	size_t cabundle_count;
	/* p NULL: absent or null; present and empty has p */
	struct bytes public_key, user_data, nonce;

	struct cose_sign1 cose;
	struct verdict verdict;
};

/*
 * Reads a document: rules RULE_SIZE to RULE_NONCE; nothing is verified.  in
 * outlives doc.  Returns 0 or ERR_INPUT (doc->verdict says which rule).
 */
int attestation_read(struct bytes in, struct attestation *doc,
    struct err *e) MUST_CHECK;

#endif
