/*
 * Certificates from hostile bytes: where libcrypto reads them too, both see
 * the same names, key and authority.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "enclave/attestation/certificate.h"
#include "tests/fuzz/again.h"

static void
same_name(struct bytes ours, const X509_NAME *theirs)
{
	const unsigned char *p;
	size_t n;

	must(X509_NAME_get0_der(theirs, &p, &n) == 1 &&
	    bytes_equal(ours, bytes_of(p, n)));
}

static void
compare(const struct certificate *c, X509 *x)
{
	ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(x);
	uint32_t flags = X509_get_extension_flags(x);

	same_name(c->issuer, X509_get_issuer_name(x));
	same_name(c->subject, X509_get_subject_name(x));
	if (c->point.n > 0)
		must(bytes_equal(c->point, bytes_of(key->data,
		    (size_t)key->length)));
	if ((flags & EXFLAG_INVALID) == 0)
		must(c->ca == ((flags & EXFLAG_CA) != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const unsigned char *at = p;
	const char *why = NULL;
	struct certificate c;
	X509 *x;

	if (certificate_read(bytes_of(p, n), &c, &why) != 0) {
		must(why != NULL);
		return 0;
	}
	must(certificate_common_name(c.subject).n <= c.subject.n);
	must(c.tbs.n < n && c.signature.n < n);
	if ((x = d2i_X509(NULL, &at, (long)n)) != NULL)
		compare(&c, x);
	X509_free(x);
	ERR_clear_error();
	return 0;
}
