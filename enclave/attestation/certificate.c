/*
 * Reader of certificates (RFC 5280, section 4.1).
 *
 * libcrypto's d2i_X509 spends more time on a key than half an ECDSA
 * verification takes and reads BER; this reads DER, in place, and the tests
 * hold it against libcrypto.
 */
#include "enclave/attestation/certificate.h"
#include "enclave/attestation/der.h"
#include "enclave/attestation/p384.h"

#define SERIAL_MAX 21			/* 20 octets and a sign */
#define EXTENSIONS_MAX 32

static const uint8_t oid_ecdsa_sha384[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x04, 0x03, 0x03 };
static const uint8_t oid_ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
	0x01 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_common_name[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_server_auth[] = { 0x2b, 0x06, 0x01, 0x05, 0x05,
	0x07, 0x03, 0x01 };
/* extensions: id-ce is 55 1d, then */
enum { CE_KEY_USAGE = 15, CE_SUBJECT_ALT_NAME = 17, CE_CONSTRAINTS = 19,
	CE_NAME_CONSTRAINTS = 30, CE_EXT_KEY_USAGE = 37 };

static bool
is_oid(struct bytes b, const uint8_t *oid, size_t n)
{
	return bytes_equal(b, bytes_of(oid, n));
}
#define IS_OID(b, oid) is_oid(b, oid, sizeof(oid))

/* AlgorithmIdentifier: true if it is ecdsa-with-SHA384 without parameters. */
static int
read_algorithm(struct der *d, bool *ecdsa_sha384)
{
	struct bytes oid;
	struct der a;

	if (der_open(d, DER_SEQUENCE, &a) != 0 ||
	    der_next(&a, DER_OID, &oid, NULL) != 0)
		return ERR_INPUT;
	*ecdsa_sha384 = IS_OID(oid, oid_ecdsa_sha384) && der_end(&a);
	return 0;
}

/* The key, if it is an uncompressed point of P-384 and nothing else. */
static int
read_key(struct der *d, struct bytes *point)
{
	struct der spki, a;
	struct bytes oid, curve = { NULL, 0 }, bits;
	uint8_t unused;

	*point = bytes_of(NULL, 0);
	if (der_open(d, DER_SEQUENCE, &spki) != 0 ||
	    der_open(&spki, DER_SEQUENCE, &a) != 0 ||
	    der_next(&a, DER_OID, &oid, NULL) != 0 ||
	    der_bits(&spki, &bits, &unused) != 0 || !der_end(&spki))
		return ERR_INPUT;
	if (IS_OID(oid, oid_ec_key) && der_is(&a, DER_OID) &&
	    der_next(&a, DER_OID, &curve, NULL) == 0 && der_end(&a) &&
	    IS_OID(curve, oid_p384) && unused == 0 &&
	    bits.n == P384_POINT_LEN && bits.p[0] == 0x04)
		*point = bits;
	return 0;
}

/* --- extensions (RFC 5280, 4.2) */

static int
read_constraints(struct der v, struct certificate *c)
{
	struct der s;

	if (der_open(&v, DER_SEQUENCE, &s) != 0 || !der_end(&v) ||
	    (der_is(&s, DER_BOOLEAN) && der_bool(&s, &c->ca) != 0) ||
	    (der_is(&s, DER_INTEGER) && der_small(&s, &c->path_max) != 0) ||
	    !der_end(&s))
		return ERR_INPUT;
	return 0;
}

static int
read_usage(struct der v, struct certificate *c)
{
	struct bytes bits;
	uint8_t unused;

	if (der_bits(&v, &bits, &unused) != 0 || !der_end(&v))
		return ERR_INPUT;
	c->usage = bits.n == 0 ? 0 : bits.p[0];
	return 0;
}

static int
read_ext_usage(struct der v, struct certificate *c)
{
	struct bytes oid;
	struct der s;

	if (der_open(&v, DER_SEQUENCE, &s) != 0 || !der_end(&v) ||
	    der_end(&s))
		return ERR_INPUT;
	c->server_auth = false;
	while (!der_end(&s)) {
		if (der_next(&s, DER_OID, &oid, NULL) != 0)
			return ERR_INPUT;
		c->server_auth |= IS_OID(oid, oid_server_auth);
	}
	return 0;
}

static int
read_extension(struct bytes oid, bool critical, struct der value,
    struct certificate *c)
{
	bool ce = oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d;

	switch (ce ? oid.p[2] : 0) {
	case CE_KEY_USAGE:
		return read_usage(value, c);
	case CE_CONSTRAINTS:
		return read_constraints(value, c);
	case CE_EXT_KEY_USAGE:
		return read_ext_usage(value, c);
	case CE_SUBJECT_ALT_NAME:
		return 0;		/* names a server; nothing asks it */
	case CE_NAME_CONSTRAINTS:
		critical = true;	/* would bind, and is not obeyed here */
		break;
	default:
		break;
	}
	if (critical)
		c->unknown = oid;
	return 0;
}

static int
read_extensions(struct der *tbs, struct certificate *c, const char **why)
{
	struct bytes seen[EXTENSIONS_MAX], value;
	struct der outer, list, x;
	bool critical;

	*why = "its extensions do not read";
	if (der_open(tbs, DER_EXTENSIONS, &outer) != 0 ||
	    der_open(&outer, DER_SEQUENCE, &list) != 0 || !der_end(&outer) ||
	    der_end(&list))
		return ERR_INPUT;
	for (size_t n = 0; !der_end(&list); n++) {
		critical = false;
		if (n == EXTENSIONS_MAX ||
		    der_open(&list, DER_SEQUENCE, &x) != 0 ||
		    der_next(&x, DER_OID, &seen[n], NULL) != 0 ||
		    (der_is(&x, DER_BOOLEAN) && der_bool(&x,
		    &critical) != 0) ||
		    der_next(&x, DER_OCTET_STRING, &value, NULL) != 0 ||
		    !der_end(&x))
			return ERR_INPUT;
		for (size_t i = 0; i < n; i++)
			if (bytes_equal(seen[i], seen[n])) {
				*why = "an extension is there twice";
				return ERR_INPUT;
			}
		if (read_extension(seen[n], critical, der_of(value), c) != 0)
			return ERR_INPUT;
	}
	return 0;
}

/* --- the certificate */

static int
read_version(struct der *tbs, const char **why)
{
	struct bytes serial;
	struct der v;
	uint8_t version;

	*why = "it is not of version 3";
	if (der_open(tbs, DER_VERSION, &v) != 0 ||
	    der_small(&v, &version) != 0 || !der_end(&v) || version != 2)
		return ERR_INPUT;
	*why = "its serial number does not read";
	if (der_next(tbs, DER_INTEGER, &serial, NULL) != 0 ||
	    serial.n < 1 || serial.n > SERIAL_MAX)
		return ERR_INPUT;
	return 0;
}

static int
read_name(struct der *tbs, struct bytes *name)
{
	struct bytes content;

	return der_next(tbs, DER_SEQUENCE, &content, name);
}

static int
read_tbs(struct der tbs, struct certificate *c, const char **why)
{
	struct der validity;

	if (read_version(&tbs, why) != 0)
		return ERR_INPUT;
	*why = "its algorithm or issuer does not read";
	if (read_algorithm(&tbs, &c->ecdsa_sha384) != 0 ||
	    read_name(&tbs, &c->issuer) != 0)
		return ERR_INPUT;
	*why = "its times do not read";
	if (der_open(&tbs, DER_SEQUENCE, &validity) != 0 ||
	    der_time(&validity, &c->not_before) != 0 ||
	    der_time(&validity, &c->not_after) != 0 || !der_end(&validity))
		return ERR_INPUT;
	*why = "its subject or key does not read";
	if (read_name(&tbs, &c->subject) != 0 ||
	    read_key(&tbs, &c->point) != 0)
		return ERR_INPUT;
	if (!der_end(&tbs) && read_extensions(&tbs, c, why) != 0)
		return ERR_INPUT;
	*why = "bytes after its extensions";
	return der_end(&tbs) ? 0 : ERR_INPUT;
}

int
certificate_read(struct bytes der, struct certificate *out,
    const char **why)
{
	struct der d = der_of(der), cert;
	struct bytes tbs;
	uint8_t unused;
	bool outer;

	*out = (struct certificate){ .path_max = PATH_UNLIMITED,
	    .usage = 0xff, .server_auth = true };
	*why = "it is not DER";
	if (der_open(&d, DER_SEQUENCE, &cert) != 0 ||
	    der_next(&cert, DER_SEQUENCE, &tbs, &out->tbs) != 0)
		return ERR_INPUT;
	*why = "bytes after its end";
	if (!der_end(&d))
		return ERR_INPUT;
	if (read_tbs(der_of(tbs), out, why) != 0)
		return ERR_INPUT;
	*why = "its signature does not read";
	if (read_algorithm(&cert, &outer) != 0 ||
	    der_bits(&cert, &out->signature, &unused) != 0 || unused != 0 ||
	    !der_end(&cert))
		return ERR_INPUT;
	out->ecdsa_sha384 = out->ecdsa_sha384 && outer;
	*why = NULL;
	return 0;
}

struct bytes
certificate_common_name(struct bytes name)
{
	struct bytes found = { NULL, 0 }, oid, text;
	struct der d = der_of(name), names, set, pair;

	if (der_open(&d, DER_SEQUENCE, &names) != 0)
		return found;
	while (der_open(&names, DER_SET, &set) == 0)
		while (der_open(&set, DER_SEQUENCE, &pair) == 0)
			if (der_next(&pair, DER_OID, &oid, NULL) == 0 &&
			    IS_OID(oid, oid_common_name) && !der_end(&pair) &&
			    der_next(&pair, *pair.p, &text, NULL) == 0)
				found = text;
	return found;
}
