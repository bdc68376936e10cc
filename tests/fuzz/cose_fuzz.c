/*
 * COSE_Sign1 from hostile bytes: the parts of what reads lie within the
 * input, what does not read says why and where, and no key verifies it.
 */
#include "enclave/attestation/cose.h"
#include "tests/fuzz/again.h"

static struct bytes
within(struct bytes part, struct bytes in)
{
	must(part.p >= in.p && part.n <= in.n &&
	    (size_t)(part.p - in.p) <= in.n - part.n);
	return part;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n), rest = in;
	struct cose_sign1 m = { 0 };
	const char *why = NULL;
	static const uint8_t point[P384_POINT_LEN] = { 4 };
	size_t at = 0;

	cose_read_tag(&rest, &m);
	must(rest.n <= n && m.tagged == (rest.n < n));
	if (cose_read(rest, &m, &why, &at) != 0) {
		must(why != NULL && at <= rest.n);
		return 0;
	}
	must(within(m.protected, in).n + within(m.unprotected, in).n +
	    within(m.payload, in).n + within(m.signature, in).n < n);
	/* no key: but header and scalars are looked at first */
	must(cose_verify(&m, bytes_of(point, sizeof(point))) != 0);
	return 0;
}
