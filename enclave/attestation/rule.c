/*
 * Names and sentences of the rules, and the loop that asks them.
 */
#include "enclave/attestation/rule.h"

static const struct {
	const char *name, *text;
} rules[ATTESTATION_RULES] = {
	[RULE_SIZE] = { "size", "the document has at most 17408 bytes" },
	[RULE_COSE_TAG] = { "cose-tag", "it has no tag but COSE_Sign1's" },
	[RULE_COSE_FORM] = { "cose-form", "it is one COSE_Sign1" },
	[RULE_COSE_ALGORITHM] = { "cose-algorithm",
	    "the protected header says ES384 and nothing else" },
	[RULE_COSE_UNPROTECTED] = { "cose-unprotected",
	    "the unprotected header is empty" },
	[RULE_COSE_SIGNATURE] = { "cose-signature",
	    "the signature is two numbers of P-384" },
	[RULE_PAYLOAD_FORM] = { "payload-form",
	    "the payload is one CBOR map with text keys" },
	[RULE_PAYLOAD_TWICE] = { "payload-twice", "no key is there twice" },
	[RULE_PAYLOAD_UNKNOWN] = { "payload-unknown",
	    "every key is one of an attestation document" },
	[RULE_MODULE_ID] = { "module-id", "module_id is text" },
	[RULE_DIGEST] = { "digest", "digest is SHA384" },
	[RULE_TIMESTAMP] = { "timestamp", "timestamp is in milliseconds" },
	[RULE_PCRS] = { "pcrs", "pcrs is a map of numbers to values" },
	[RULE_PCR_INDEX] = { "pcr-index", "every PCR is one of 0 to 31" },
	[RULE_PCR_TWICE] = { "pcr-twice", "no PCR is there twice" },
	[RULE_PCR_LENGTH] = { "pcr-length", "every PCR has 48 bytes" },
	[RULE_CERTIFICATE] = { "certificate",
	    "certificate has 1 to 1024 bytes" },
	[RULE_CABUNDLE] = { "cabundle",
	    "cabundle has 1 to 7 entries of 1 to 1024 bytes" },
	[RULE_PUBLIC_KEY] = { "public-key",
	    "public_key is absent or has 1 to 1024 bytes" },
	[RULE_USER_DATA] = { "user-data",
	    "user_data is absent or has up to 1024 bytes" },
	[RULE_NONCE] = { "nonce",
	    "nonce is absent or has up to 1024 bytes" },
	[RULE_CERT_FORM] = { "cert-form",
	    "every certificate reads as X.509 version 3" },
	[RULE_CERT_ALGORITHM] = { "cert-algorithm",
	    "every certificate is signed with ECDSA and SHA-384" },
	[RULE_CERT_KEY] = { "cert-key", "every key is a point of P-384" },
	[RULE_CERT_EXTENSION] = { "cert-extension",
	    "no critical extension is unknown" },
	[RULE_CERT_CA] = { "cert-ca", "every issuer is an authority" },
	[RULE_CERT_PATH] = { "cert-path",
	    "no issuer has more issuers below it than it may" },
	[RULE_CERT_SIGNER] = { "cert-signer",
	    "every issuer's key may sign certificates" },
	[RULE_CERT_LEAF] = { "cert-leaf", "the leaf is no authority" },
	[RULE_CERT_LEAF_USAGE] = { "cert-leaf-usage",
	    "the leaf's key may sign" },
	[RULE_CERT_EKU] = { "cert-eku",
	    "extended key usage is absent or has serverAuth" },
	[RULE_CERT_NAMES] = { "cert-names",
	    "every certificate names the one before as its issuer" },
	[RULE_ROOT] = { "root", "the first is issued by the trusted root" },
	[RULE_CERT_SIGNATURE] = { "cert-signature",
	    "every certificate is signed by the one before" },
	[RULE_SIGNATURE] = { "signature",
	    "the document is signed by the leaf" },
	[RULE_CERT_NOT_YET] = { "cert-not-yet",
	    "every certificate is valid already" },
	[RULE_CERT_EXPIRED] = { "cert-expired", "no certificate has expired" },
	[RULE_MANIFEST_USER_DATA] = { "manifest-hash",
	    "user_data is the manifest's hash" },
	[RULE_MANIFEST_NONCE] = { "manifest-nonce", "nonce is absent" },
	[RULE_MANIFEST_PCR0] = { "manifest-pcr0", "PCR0 is the manifest's" },
	[RULE_MANIFEST_PCR1] = { "manifest-pcr1", "PCR1 is the manifest's" },
	[RULE_MANIFEST_PCR2] = { "manifest-pcr2", "PCR2 is the manifest's" },
	[RULE_MANIFEST_PCR3] = { "manifest-pcr3", "PCR3 is the manifest's" },
	[RULE_NOT_DEBUG] = { "not-debug",
	    "the enclave is not in debug mode (PCR0 to 2 are not zero)" },
	[RULE_ALL_PCRS] = { "all-pcrs", "PCR0 to 31 are all there" },
	[RULE_MANIFEST_KEY] = { "manifest-key",
	    "public_key is an enclave's key of 130 bytes" },
	[RULE_PCR16] = { "pcr16",
	    "PCR16 commits to this manifest and this setup key" },
	[RULE_PCR17] = { "pcr17",
	    "PCR17 commits to this manifest and this live key" },
};

const char *
rule_name(enum attestation_rule rule)
{
	return rules[rule].name;
}

const char *
rule_text(enum attestation_rule rule)
{
	return rules[rule].text;
}

void
verdict_ask(struct verdict *v, enum attestation_rule first,
    enum attestation_rule last)
{
	for (unsigned i = first; i <= (unsigned)last; i++)
		v->state[i] = RULE_NOT_REACHED;
	v->failed = ATTESTATION_RULES;
}

int
verdict_run(struct verdict *v, const struct rule_step *steps, size_t n,
    void *ctx, struct err *e)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		enum attestation_rule rule = steps[i].rule;

		if (v->state[rule] == RULE_NOT_ASKED)
			continue;
		if ((r = steps[i].check(ctx, e)) == ERR_SYSTEM)
			return r;
		v->state[rule] = r == 0 ? RULE_OK : RULE_FAILED;
		if (r != 0) {
			v->failed = rule;
			return r;
		}
	}
	return 0;
}
