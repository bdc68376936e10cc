/*
 * A token's attestation from hostile bytes: a bundle that decodes encodes to
 * the same bytes; and nothing made up leads to Yubico's roots.
 */
#include "again.h"
#include "token/attest/attest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct attest_terms t = { .at = 1700000000,
	    .firmware_min = ATTEST_FIRMWARE_MIN };
	struct attest_bundle b;
	struct attest_verdict v;
	struct attest_question q = { .slots = { { bytes_of(p, n), ATTEST_9C,
	    NULL } }, .slot_count = 1, .f9 = bytes_of(p, n) };
	struct err e = { 0 };
	struct buf out;

	must(attest_trust(MODE_PRODUCTION, bytes_of(NULL, 0), &t.trust,
	    NULL) == 0);
	must(attest_verify(&q, &t, &v, &e) == ERR_REFUSED);
	must(v.failed != 0 && e.text[0] != '\0');
	if (attest_bundle_decode(bytes_of(p, n), &b, &e) != 0)
		return 0;
	must(attest_bundle_encode(&b, &out, NULL) == 0);
	must(bytes_equal(buf_bytes(&out), bytes_of(p, n)));
	buf_free(&out);
	must(attest_bundle_verify(&b, &t, &v, NULL) == ERR_REFUSED);
	return 0;
}
