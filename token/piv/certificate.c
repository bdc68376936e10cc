/*
 * DER of the certificate (certificate.h).
 */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>

#include "token/piv/certificate.h"
#include "token/piv/command.h"

#define SEQUENCE 0x30
#define INTEGER 0x02
#define BIT_STRING 0x03
#define EXPLICIT_0 0xa0
#define SERIAL_LEN 20
#define DAYS (10 * 365)
#define DAY_SECONDS 86400

/* AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, section 3.2) */
static const uint8_t algorithm[] = { SEQUENCE, 10, 0x06, 8, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x04, 0x03, 0x02 };
/* Name: CN=QuorumOS as UTF8String */
static const uint8_t name[] = { SEQUENCE, 19, 0x31, 17, SEQUENCE, 15, 0x06, 3,
	0x55, 0x04, 0x03, 0x0c, 8, 'Q', 'u', 'o', 'r', 'u', 'm', 'O', 'S' };
/* SubjectPublicKeyInfo of P-256 up to the point (RFC 5480, section 2) */
static const uint8_t key_head[] = { SEQUENCE, 89, SEQUENCE, 19, 0x06, 7, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 8, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, BIT_STRING, 66, 0 };

static void
append(struct certificate *x, const void *p, size_t n)
{
	if (n <= CERTIFICATE_MAX - x->n) {
		memcpy(x->b + x->n, p, n);
		x->n += n;
	}
}

static void
put(struct certificate *x, uint8_t tag, const void *p, size_t n)
{
	tlv_put(x->b, CERTIFICATE_MAX, &x->n, tag, bytes_of(p, n));
}

/* UTCTime until 2049, then GeneralizedTime (RFC 5280, section 4.1.2.5). */
static int
append_time(struct certificate *x, uint64_t at)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)at);
	uint8_t der[32], *p = der;
	int n = t == NULL ? -1 : i2d_ASN1_TIME(t, NULL);

	if (n > 0 && n <= (int)sizeof(der) && i2d_ASN1_TIME(t, &p) == n)
		append(x, der, (size_t)n);
	else
		n = -1;
	ASN1_TIME_free(t);
	return n > 0 ? 0 : ERR_SYSTEM;
}

/* 20 random bytes: positive, and no zero in front. */
static void
put_serial(struct certificate *x)
{
	uint8_t serial[SERIAL_LEN];

	random_bytes(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x01);
	put(x, INTEGER, serial, sizeof(serial));
}

int
certificate_body(const uint8_t point[static POINT_LEN], uint64_t now,
    struct certificate *out, struct err *e)
{
	static const uint8_t version[] = { INTEGER, 1, 2 };
	struct certificate x = { 0 }, validity = { 0 };

	if (append_time(&validity, now) != 0 || append_time(&validity, now +
	    (uint64_t)DAYS * DAY_SECONDS) != 0)
		return err_set(e, ERR_SYSTEM, "no such time");
	put(&x, EXPLICIT_0, version, sizeof(version));
	put_serial(&x);
	append(&x, algorithm, sizeof(algorithm));
	append(&x, name, sizeof(name));
	put(&x, SEQUENCE, validity.b, validity.n);
	append(&x, name, sizeof(name));
	append(&x, key_head, sizeof(key_head));
	append(&x, point, POINT_LEN);
	out->n = 0;
	put(out, SEQUENCE, x.b, x.n);
	return 0;
}

/* SEQUENCE { r, s } behind the count of unused bits. */
static size_t
signature_bits(const struct signature *sig, uint8_t out[static 80])
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig->b, SCALAR_LEN, NULL);
	BIGNUM *t = BN_bin2bn(sig->b + SCALAR_LEN, SCALAR_LEN, NULL);
	uint8_t *p = out + 1;
	int n = -1;

	out[0] = 0;
	if (s != NULL && r != NULL && t != NULL &&
	    ECDSA_SIG_set0(s, r, t) == 1) {
		r = t = NULL;
		if (i2d_ECDSA_SIG(s, NULL) < 80)
			n = i2d_ECDSA_SIG(s, &p);
	}
	BN_free(r);
	BN_free(t);
	ECDSA_SIG_free(s);
	return n > 0 ? (size_t)n + 1 : 0;
}

static bool
verifies(const struct certificate *x)
{
	const unsigned char *at = x->b;
	X509 *c = d2i_X509(NULL, &at, (long)x->n);
	bool good = c != NULL && at == x->b + x->n &&
	    X509_verify(c, X509_get0_pubkey(c)) == 1;

	X509_free(c);
	return good;
}

int
certificate_finish(const struct certificate *body,
    const struct signature *sig, struct certificate *out, struct err *e)
{
	struct certificate x = { 0 };
	uint8_t bits[80];
	size_t n = signature_bits(sig, bits);

	append(&x, body->b, body->n);
	append(&x, algorithm, sizeof(algorithm));
	put(&x, BIT_STRING, bits, n);
	out->n = 0;
	put(out, SEQUENCE, x.b, x.n);
	return verifies(out) ? 0 : err_set(e, ERR_INTERNAL, "the certificate "
	    "of a slot does not verify");
}

void
certificate_object(const struct certificate *x, struct certificate *out)
{
	static const uint8_t rest[] = { 0x71, 1, 0, 0xfe, 0 };

	out->n = 0;
	put(out, 0x70, x->b, x->n);
	append(out, rest, sizeof(rest));
}
