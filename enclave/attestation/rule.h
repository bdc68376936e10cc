/*
 * The rules of attestation, in the order they are asked (QOS wire 12, and
 * stricter where no honest Nitro or QOS component differs).  The first that
 * does not hold ends the verification; no two share a code.
 */
#ifndef ENCLAVE_ATTESTATION_RULE_H
#define ENCLAVE_ATTESTATION_RULE_H

#include "airgap/bytes.h"
#include "airgap/err.h"

enum attestation_rule {
	/* the envelope: COSE_Sign1 */
	RULE_SIZE, RULE_COSE_TAG, RULE_COSE_FORM, RULE_COSE_ALGORITHM,
	RULE_COSE_UNPROTECTED, RULE_COSE_SIGNATURE,
	/* the payload */
	RULE_PAYLOAD_FORM, RULE_PAYLOAD_TWICE, RULE_PAYLOAD_UNKNOWN,
	RULE_MODULE_ID, RULE_DIGEST, RULE_TIMESTAMP,
	RULE_PCRS, RULE_PCR_INDEX, RULE_PCR_TWICE, RULE_PCR_LENGTH,
	RULE_CERTIFICATE, RULE_CABUNDLE,
	RULE_PUBLIC_KEY, RULE_USER_DATA, RULE_NONCE,
	/* the path to the root, and the signature */
	RULE_CERT_FORM, RULE_CERT_ALGORITHM, RULE_CERT_KEY,
	RULE_CERT_EXTENSION, RULE_CERT_CA, RULE_CERT_PATH, RULE_CERT_SIGNER,
	RULE_CERT_LEAF, RULE_CERT_LEAF_USAGE, RULE_CERT_EKU,
	RULE_CERT_NAMES, RULE_ROOT, RULE_CERT_SIGNATURE, RULE_SIGNATURE,
	RULE_CERT_NOT_YET, RULE_CERT_EXPIRED,
	/* what the manifest says */
	RULE_MANIFEST_USER_DATA, RULE_MANIFEST_NONCE,
	RULE_MANIFEST_PCR0, RULE_MANIFEST_PCR1, RULE_MANIFEST_PCR2,
	RULE_MANIFEST_PCR3, RULE_NOT_DEBUG, RULE_ALL_PCRS,
	RULE_MANIFEST_KEY, RULE_PCR16, RULE_PCR17,
	ATTESTATION_RULES
};

enum rule_state { RULE_NOT_ASKED, RULE_NOT_REACHED, RULE_OK, RULE_FAILED };

/* What became of each rule; failed is ATTESTATION_RULES while none did. */
struct verdict {
	uint8_t state[ATTESTATION_RULES];
	enum attestation_rule failed;
};

/* "cert-expired": stable, for programs. */
const char *rule_name(enum attestation_rule rule);

/* What holds if the rule does: "no certificate has expired". */
const char *rule_text(enum attestation_rule rule);

/* The rules from first to last are asked now: not reached yet. */
void verdict_ask(struct verdict *v, enum attestation_rule first,
    enum attestation_rule last);

/*
 * The rules of one part, in order.  A check returns 0 or sets e; ERR_SYSTEM
 * is no verdict.
 */
struct rule_step {
	enum attestation_rule rule;
	int (*check)(void *ctx, struct err *e);
};

/* Runs the steps that are asked; stops at the first that fails. */
int verdict_run(struct verdict *v, const struct rule_step *steps, size_t n,
    void *ctx, struct err *e) MUST_CHECK;

#endif
