/*
 * From the trusted root to the signature (QOS wire 12.4 to 12.6): the path
 * root, cabundle[1], cabundle[2], ..., certificate, in exactly this order;
 * cabundle[0] is not read, so nothing in a document can name its own root.
 */
#ifndef ENCLAVE_ATTESTATION_CHAIN_H
#define ENCLAVE_ATTESTATION_CHAIN_H

#include "enclave/attestation/certificate.h"
#include "enclave/attestation/document.h"

/*
 * Rules RULE_CERT_FORM to RULE_CERT_EXPIRED for a document that read; root
 * is a certificate in DER, time in seconds since 1970.  Returns 0,
 * ERR_REFUSED (doc->verdict says which rule) or ERR_SYSTEM.
 */
int attestation_verify_chain(struct attestation *doc, struct bytes root,
    uint64_t time, struct err *e) MUST_CHECK;

#endif
