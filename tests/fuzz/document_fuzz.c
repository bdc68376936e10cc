/*
 * Attestation documents from hostile bytes: the rules have one verdict, the
 * fields of what reads keep their bounds, and nothing ends at the AWS root.
 */
#include "airgap/record/aws_root.h"
#include "enclave/attestation/verify.h"
#include "tests/fuzz/again.h"

static void
check_verdict(const struct attestation *doc, int r, const struct err *e,
    unsigned last)
{
	unsigned failed = doc->verdict.failed;

	must((r == 0) == (failed == ATTESTATION_RULES));
	must(r == 0 || (e->text[0] != '\0' && failed <= last));
	for (unsigned i = 0; i <= last; i++)
		must(doc->verdict.state[i] == (i < failed ? RULE_OK :
		    i == failed ? RULE_FAILED : RULE_NOT_REACHED));
}

static void
check_fields(const struct attestation *doc)
{
	unsigned pcrs = 0;

	for (size_t i = 0; i < ATTESTATION_PCRS; i++)
		pcrs += doc->pcr[i] != NULL;
	must(pcrs > 0 && doc->module_id.n > 0);
	must(doc->cabundle_count >= 1 &&
	    doc->cabundle_count <= ATTESTATION_CABUNDLE_MAX);
	for (size_t i = 0; i < doc->cabundle_count; i++)
		must(doc->cabundle[i].n >= 1 &&
		    doc->cabundle[i].n <= ATTESTATION_FIELD_MAX);
	must(doc->nonce.n <= ATTESTATION_FIELD_MAX);
	must(doc->public_key.p == NULL || doc->public_key.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct attestation doc;
	struct err e = { 0 };
	int r = attestation_read(bytes_of(p, n), &doc, &e);

	check_verdict(&doc, r, &e, RULE_NONCE);
	if (r != 0)
		return 0;
	check_fields(&doc);
	(void)attestation_simulated(&doc);
	r = attestation_verify_chain(&doc, aws_root_der(),
	    doc.timestamp / 1000, &e);
	check_verdict(&doc, r, &e, RULE_CERT_EXPIRED);
	return 0;
}
