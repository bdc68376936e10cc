/*
 * What an attestation document says about itself.  Nothing of it is verified
 * here: for the host's enclave-info, which QOS defines so, and for the
 * relay's board, which shows what the online side claims.
 */
#ifndef ENCLAVE_HOST_FACTS_H
#define ENCLAVE_HOST_FACTS_H

#include "airgap/bytes.h"
#include "airgap/err.h"

struct document_facts {
	struct bytes public_key;	/* p NULL where there is none */
	int64_t not_after;		/* Unix seconds: of the certificate
					 * that ends first */
};

/* Borrows from document.  Returns 0 or ERR_INPUT. */
int document_facts(struct bytes document, struct document_facts *out,
    struct err *e) MUST_CHECK;

#endif
