/*
 * Attestation by the SIMULATED card, in the form of a real one: a test root,
 * the card's certificate in F9 below it (object 5FFF01), and certificates
 * over keys that were generated here, with Yubico's extensions 1.3.6.1.4.1.
 * 41482.3: .3 firmware, .7 serial, .8 policies, .9 form factor.  Subject and
 * dates are as on real cards; the issuers' names say SIMULATED.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tests/card/card.h"

#define ROOT_NAME "SIMULATED Yubico PIV Root CA of quorate tests"
#define DEVICE_NAME "SIMULATED Yubico PIV Attestation"
#define ARC "1.3.6.1.4.1.41482.3."

static bool
extension_add(X509 *x, const char *oid, const void *p, size_t n)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	bool good = o != NULL && s != NULL &&
	    ASN1_OCTET_STRING_set(s, p, (int)n) == 1 &&
	    (e = X509_EXTENSION_create_by_OBJ(NULL, o, 0, s)) != NULL &&
	    X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
	return good;
}

static bool
authority_add(X509 *x, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_basic_constraints, value);
	bool good = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return good;
}

static bool
name_set(X509_NAME *n, const char *text)
{
	return X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
	    (const unsigned char *)text, -1, -1, 0) == 1;
}

/* all but extensions and signature */
static X509 *
certificate(const char *issuer, const char *subject, EVP_PKEY *key)
{
	X509 *x = X509_new();
	uint8_t serial[16];
	BIGNUM *n = NULL;
	bool good = x != NULL && RAND_bytes(serial, sizeof(serial)) == 1;

	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x01);
	good = good && (n = BN_bin2bn(serial, sizeof(serial), NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL &&
	    X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_TIME_set_string_X509(X509_getm_notBefore(x),
	    "20160314000000Z") == 1 &&
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(x),
	    "20520417000000Z") == 1 &&
	    name_set(X509_get_issuer_name(x), issuer) &&
	    name_set(X509_get_subject_name(x), subject) &&
	    X509_set_pubkey(x, key) == 1;
	BN_free(n);
	if (!good) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static bool
pem_write(const char *path, EVP_PKEY *key, X509 *x)
{
	FILE *f = fopen(path, "w");
	bool good = f != NULL;

	if (key != NULL)
		good = good && PEM_write_PrivateKey(f, key, NULL, NULL, 0,
		    NULL, NULL) == 1;
	else
		good = good && PEM_write_X509(f, x) == 1;
	return f != NULL && fclose(f) == 0 && good;
}

static EVP_PKEY *
root_new(const char *key_path, const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? certificate(ROOT_NAME, ROOT_NAME, key) : NULL;
	bool good = x != NULL && authority_add(x, "critical,CA:TRUE") &&
	    X509_sign(x, key, EVP_sha256()) > 0 &&
	    pem_write(path, NULL, x) && pem_write(key_path, key, NULL);

	X509_free(x);
	if (good)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* the root that all cards of a test share; the first one makes it */
static EVP_PKEY *
root_open(const struct card *c)
{
	char key_path[512], path[512];
	EVP_PKEY *key;
	FILE *f;

	snprintf(key_path, sizeof(key_path), "%s/root.key", c->root);
	snprintf(path, sizeof(path), "%s/root.pem", c->root);
	mkdir(c->root, 0700);
	if ((f = fopen(key_path, "r")) == NULL)
		return root_new(key_path, path);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return key;
}

/* as the object of F9's certificate: 70, 71 01 00, FE 00 */
static bool
device_store(struct card *c, X509 *x)
{
	static const uint8_t rest[] = { 0x71, 0x01, 0x00, 0xfe, 0x00 };
	static uint8_t object[OBJECT_MAX] = { 0x70, 0x82 };
	uint8_t *at = object + 4;
	int n = i2d_X509(x, NULL);

	if (n < 256 || n > OBJECT_MAX - 16 || i2d_X509(x, &at) != n)
		return false;
	object[2] = (uint8_t)(n >> 8);
	object[3] = (uint8_t)n;
	memcpy(at, rest, sizeof(rest));
	return object_put(c, 0x5fff01, object, (size_t)n + 4 + sizeof(rest));
}

static bool
device_issue(struct card *c, struct slot *s)
{
	EVP_PKEY *root = root_open(c), *key = key_pkey(s);
	X509 *x = key ? certificate(ROOT_NAME, DEVICE_NAME, key) : NULL;
	bool good = root != NULL && x != NULL &&
	    extension_add(x, ARC "3", c->version, 3) &&
	    authority_add(x, "critical,CA:TRUE,pathlen:0") &&
	    X509_sign(x, root, EVP_sha256()) > 0 && device_store(c, x);

	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(root);
	return good;
}

/* what a card leaves the factory with */
bool
attest_setup(struct card *c)
{
	struct slot *s = slot_find(c, 0xf9);
	EVP_PKEY *key;
	BIGNUM *k = NULL;
	bool good;

	if (s->origin != 0)
		return true;
	key = EVP_EC_gen("P-256");
	good = key != NULL && EVP_PKEY_get_bn_param(key, "priv", &k) == 1 &&
	    BN_bn2binpad(k, s->scalar, 32) == 32 && key_fill(s);
	BN_clear_free(k);
	EVP_PKEY_free(key);
	s->origin = GENERATED;
	s->pin_policy = PIN_NEVER;
	s->touch_policy = TOUCH_NEVER;
	return good && device_issue(c, s) && card_save(c);
}

static bool
facts_add(const struct card *c, const struct slot *s, X509 *x)
{
	uint8_t policy[2] = { s->pin_policy, s->touch_policy };
	uint8_t serial[8], *at = serial;
	ASN1_INTEGER *i = ASN1_INTEGER_new();
	int n = 0;
	bool good = i != NULL && ASN1_INTEGER_set_uint64(i, c->serial) == 1 &&
	    (n = i2d_ASN1_INTEGER(i, &at)) > 0 &&
	    extension_add(x, ARC "3", c->version, 3) &&
	    extension_add(x, ARC "7", serial, (size_t)n) &&
	    extension_add(x, ARC "8", policy, 2) &&
	    extension_add(x, ARC "9", "\x01", 1);

	ASN1_INTEGER_free(i);
	return good;
}

unsigned int
attest(struct card *c, const struct apdu *a)
{
	const struct slot *s = slot_find(c, a->p1), *by = slot_find(c, 0xf9);
	EVP_PKEY *key = NULL, *device = NULL;
	unsigned int sw = SW_BROKEN;
	unsigned char *der = NULL;
	char subject[64];
	X509 *x = NULL;
	int n;

	if (!card_version_from(c, 4, 3, 0))
		return SW_INS;
	if (s == NULL || s->origin == 0 || by->origin == 0)
		return SW_NO_KEY;
	if (s->origin != GENERATED || s == by)
		return SW_DATA;
	snprintf(subject, sizeof(subject), "YubiKey PIV Attestation %02x",
	    s->id);
	key = key_pkey(s);
	device = key_pkey(by);
	if (key != NULL && device != NULL &&
	    (x = certificate(DEVICE_NAME, subject, key)) != NULL &&
	    facts_add(c, s, x) && X509_sign(x, device, EVP_sha256()) > 0 &&
	    (n = i2d_X509(x, &der)) > 0) {
		reply_add(c, der, (size_t)n);
		sw = SW_OK;
	}
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(device);
	EVP_PKEY_free(key);
	return sw;
}
