/*
 * Names and sentences of the rules of attestation.
 */
#include <stdio.h>

#include "token/attest/attest.h"

static const struct {
	const char *name, *text;
} rules[ATTEST_RULES] = {
	[ATTEST_FORM] = { "form",
	    "each certificate is one X.509 certificate, version 3" },
	[ATTEST_ALGORITHM] = { "algorithm", "each signature is RSA from "
	    "2048 bits on, or ECDSA, with SHA-2" },
	[ATTEST_EXTENSION] = { "extension", "no extension is there twice, "
	    "and each critical one is known" },
	[ATTEST_PATH] = { "path",
	    "f9 and intermediates lead to a trusted root; none is missing" },
	[ATTEST_SIGNATURE] = { "signature",
	    "each certificate below the root's own is signed by the next" },
	[ATTEST_ROOT] = { "root",
	    "the uppermost certificate is signed by the trusted root" },
	[ATTEST_PUBLISHED] = { "published",
	    "each intermediate is one that Yubico published for PIV" },
	[ATTEST_CA] = { "ca", "f9 and all above may sign certificates, the "
	    "slots' may not" },
	[ATTEST_NOT_YET] = { "not-yet", "each certificate is valid already" },
	[ATTEST_EXPIRED] = { "expired", "no certificate has expired" },
	[ATTEST_CURVE] = { "p256", "the keys are of P-256" },
	[ATTEST_KEY] = { "key", "they are the keys of this operator" },
	[ATTEST_SLOT] = { "slot", "each attestation is of its slot" },
	[ATTEST_FIRMWARE] = { "firmware", "the firmware is new enough" },
	[ATTEST_SERIAL] = { "serial", "the token's serial number is there" },
	[ATTEST_SAME_SERIAL] = { "same-serial",
	    "both keys were made in one token" },
	[ATTEST_PIN] = { "pin-always", "each use of the keys wants the PIN" },
	[ATTEST_TOUCH] = { "touch-always",
	    "each use of the keys wants a touch" },
};

const char *
attest_rule_name(enum attest_rule rule)
{
	return rules[rule].name;
}

const char *
attest_rule_text(enum attest_rule rule)
{
	return rules[rule].text;
}

void
attest_firmware_text(uint32_t firmware, char out[static 16])
{
	snprintf(out, 16, "%u.%u.%u", firmware >> 16 & 0xff,
	    firmware >> 8 & 0xff, firmware & 0xff);
}
