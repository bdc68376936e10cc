/*
 * What an enclave extends into PCR16 and PCR17 (QOS wire 11): a commitment
 * to the manifest and to one of its two keys.  The enclave makes it, and who
 * verifies its documents makes it again.
 */
#ifndef ENCLAVE_ATTESTATION_COMMITMENT_H
#define ENCLAVE_ATTESTATION_COMMITMENT_H

#include "airgap/bytes.h"

enum attestation_kind { ATTESTATION_SETUP, ATTESTATION_LIVE };

/* SHA384 of the preimage; public_key is 130 bytes in honest documents. */
struct digest384 attestation_commitment(enum attestation_kind kind,
    const struct digest256 *manifest_hash, struct bytes public_key);

/* What a fresh PCR holds once the commitment is extended into it. */
struct digest384 attestation_pcr_value(const struct digest384 *commitment);

#endif
