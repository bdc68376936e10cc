/*
 * Facts of an attestation document, as it claims them.
 */
#include "enclave/attestation/document.h"
#include "enclave/attestation/certificate.h"
#include "enclave/host/facts.h"

static int
earlier(struct bytes der, int64_t *not_after, struct err *e)
{
	struct certificate cert;
	const char *why = NULL;

	if (certificate_read(der, &cert, &why) != 0)
		return err_set(e, ERR_INPUT, "a certificate of the "
		    "attestation document: %s", why);
	if (cert.not_after < *not_after)
		*not_after = cert.not_after;
	return 0;
}

int
document_facts(struct bytes document, struct document_facts *out,
    struct err *e)
{
	struct attestation doc;
	int r;

	if ((r = attestation_read(document, &doc, e)) != 0)
		return r;
	*out = (struct document_facts){ doc.public_key, INT64_MAX };
	if ((r = earlier(doc.certificate, &out->not_after, e)) != 0)
		return r;
	/* 0 is the root, which no verifier reads (wire 12.4) */
	for (size_t i = 1; i < doc.cabundle_count; i++)
		if ((r = earlier(doc.cabundle[i], &out->not_after, e)) != 0)
			return r;
	return 0;
}
