/*
 * The pinned trust root of attestation: what QOS writes into every manifest
 * as enclave.awsRootCertificate (wire 19.2) and verifies documents with.
 */
#ifndef AIRGAP_RECORD_AWS_ROOT_H
#define AIRGAP_RECORD_AWS_ROOT_H

#include "airgap/bytes.h"

/* The certificate in DER. */
struct bytes aws_root_der(void);

#endif
