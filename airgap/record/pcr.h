/*
 * PCRs of a Nitro enclave that follow from a text (SHA-384, 48 bytes):
 *
 *	ext(x) = SHA384(48 zero bytes || x)
 *	PCR3 = ext(ARN of the parent instance's role)
 *	PCR4 = ext(id of the parent instance)
 *
 * Source: AWS Nitro Enclaves User Guide, "Where to get an enclave's
 * measurements".  The hypervisor takes any text; these functions refuse what
 * can be no ARN and no id, whose PCR no instance will ever have.
 */
#ifndef AIRGAP_RECORD_PCR_H
#define AIRGAP_RECORD_PCR_H

#include "airgap/err.h"
#include "airgap/seal/hash.h"

#define PCR_ROLE_FORM "arn:aws:iam::ACCOUNT:role/NAME"
#define PCR_INSTANCE_FORM "i-, then hex digits, without -enc..."

/* ext(x) */
struct digest384 pcr_extend_zero(struct bytes x);

/*
 * Of "arn:PARTITION:iam::ACCOUNT:role/NAME" (1 to 2048 bytes of printable
 * ASCII, no space) and of "i-" and hex digits (at most 64 bytes).  0 or
 * ERR_INPUT, for which the caller has the sentence.
 */
int pcr_of_role(struct bytes arn, struct digest384 *out) MUST_CHECK;
int pcr_of_instance(struct bytes id, struct digest384 *out) MUST_CHECK;

#endif
