/*
 * The SIMULATED module's own certificates, X.509 as AWS's (enclave.md 7):
 * P-384, ecdsa-with-SHA384, root (30 years) over instance (1 day, pathlen 0)
 * over leaf (3 hours), basicConstraints and keyUsage alike; no key
 * identifiers below the root, as there.  O and every CN say SIMULATED.
 *
 * The root is kept in a folder, because people pin it; the others are made
 * when the module starts and again before they are old.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "enclave/nsm/sim/sim.h"

#define CURVE "P-384"
#define HALF (NSM_SIM_SIGNATURE_LEN / 2)
#define SERIAL_LEN 16
#define ROOT_S (INT64_C(10957) * 24 * 3600)	/* 30 years */
#define INSTANCE_S (INT64_C(24) * 3600)
#define LEAF_S (INT64_C(3) * 3600)
/* no document of AWS was found from an older leaf; so 80 minutes are left */
#define LEAF_RENEW_S (INT64_C(100) * 60)
#define PEM_MAX 65536

#define ROOT_CN "SIMULATED-quorate-nsm root"
#define INSTANCE_CN "SIMULATED-quorate-nsm instance"
#define LEAF_CN NSM_SIM_MODULE_ID ".simulated.aws"

struct plan {
	const char *cn, *issuer_cn;
	EVP_PKEY *issuer_key;
	int64_t seconds;
	const char *constraints, *usage;
	bool key_id;
};

static int
crypto_error(struct err *e)
{
	ERR_clear_error();
	return err_set(e, ERR_SYSTEM, "libcrypto cannot make the keys or "
	    "certificates of the SIMULATED nsm: out of memory, or " CURVE
	    " is switched off");
}

static void
identity_free(struct nsm_sim_identity *i)
{
	EVP_PKEY_free(i->key);
	buf_free(&i->der);
	*i = (struct nsm_sim_identity){ 0 };
}

void
nsm_sim_pki_close(struct nsm_sim_pki *p)
{
	identity_free(&p->leaf);
	identity_free(&p->instance);
	identity_free(&p->root);
}

/* --- certificates */

static bool
set_name(X509_NAME *name, const char *cn)
{
	return name != NULL && X509_NAME_add_entry_by_txt(name, "O",
	    MBSTRING_ASC, (const unsigned char *)"SIMULATED", -1, -1, 0) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0);
}

static bool
set_serial(X509 *c)
{
	uint8_t serial[SERIAL_LEN];
	BIGNUM *n;
	bool ok;

	random_bytes(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);	/* positive */
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(c));
	BN_free(n);
	return ok;
}

static bool
add_extension(X509 *c, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, c, c, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = x != NULL && X509_add_ext(c, x, -1);
	X509_EXTENSION_free(x);
	return ok;
}

static bool
fill(X509 *c, const struct plan *p, const struct nsm_sim_identity *i)
{
	return X509_set_version(c, X509_VERSION_3) && set_serial(c) &&
	    set_name(X509_get_subject_name(c), p->cn) &&
	    set_name(X509_get_issuer_name(c), p->issuer_cn) &&
	    ASN1_TIME_set(X509_getm_notBefore(c), (time_t)i->begin) &&
	    ASN1_TIME_set(X509_getm_notAfter(c),
	    (time_t)(i->begin + p->seconds)) &&
	    X509_set_pubkey(c, i->key) &&
	    add_extension(c, NID_basic_constraints, p->constraints) &&
	    add_extension(c, NID_key_usage, p->usage) &&
	    (!p->key_id ||
	    add_extension(c, NID_subject_key_identifier, "hash"));
}

static bool
to_der(const X509 *c, struct buf *out)
{
	int n = i2d_X509(c, NULL);
	uint8_t *end;

	if (n <= 0 || (out->p = end = malloc((size_t)n)) == NULL)
		return false;
	out->n = (size_t)n;
	return i2d_X509(c, &end) == n;
}

/* The certificate of the key that i has, from i->begin on. */
static int
certify(const struct plan *p, struct nsm_sim_identity *i, struct err *e)
{
	EVP_PKEY *by = p->issuer_key == NULL ? i->key : p->issuer_key;
	X509 *c = X509_new();
	bool ok = c != NULL && fill(c, p, i) &&
	    X509_sign(c, by, EVP_sha384()) > 0 && to_der(c, &i->der);

	X509_free(c);
	return ok ? 0 : crypto_error(e);
}

/* A new key with a certificate in place of what is in *i. */
static int
identity_new(const struct plan *p, int64_t now, struct nsm_sim_identity *i,
    struct err *e)
{
	struct nsm_sim_identity fresh = { .begin = now };
	int r;

	if ((fresh.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", CURVE)) == NULL)
		return crypto_error(e);
	if ((r = certify(p, &fresh, e)) != 0) {
		identity_free(&fresh);
		return r;
	}
	identity_free(i);
	*i = fresh;
	return 0;
}

/* --- the root in its folder */

static const struct plan root_plan = {
	ROOT_CN, ROOT_CN, NULL, ROOT_S, "critical,CA:TRUE",
	"critical,digitalSignature,keyCertSign,cRLSign", true,
};

static int
save(const char *path, BIO *pem, mode_t mode, struct err *e)
{
	char *p;
	long n = BIO_get_mem_data(pem, &p);

	if (n <= 0)
		return crypto_error(e);
	return file_write(path, bytes_of(p, (size_t)n), mode, false, e);
}

static int
save_key(const char *path, EVP_PKEY *key, struct err *e)
{
	BIO *pem = BIO_new(BIO_s_secmem());
	int r = pem != NULL && PEM_write_bio_PrivateKey(pem, key, NULL, NULL,
	    0, NULL, NULL) ? save(path, pem, FILE_MODE_SECRET, e) :
	    crypto_error(e);

	BIO_free(pem);
	return r;
}

static int
save_certificate(const char *path, const struct buf *der, struct err *e)
{
	BIO *pem = BIO_new(BIO_s_mem());
	int r = pem != NULL && der->n <= LONG_MAX && PEM_write_bio(pem,
	    PEM_STRING_X509, "", der->p, (long)der->n) > 0 ?
	    save(path, pem, FILE_MODE_PUBLIC, e) : crypto_error(e);

	BIO_free(pem);
	return r;
}

static int
load_key(const char *path, EVP_PKEY **out, struct err *e)
{
	struct secret text = { 0 };
	BIO *pem;
	int r = file_read_secret(path, PEM_MAX, &text, e);

	if (r != 0)
		return r;
	pem = BIO_new_mem_buf(text.b, (int)text.len);
	*out = pem == NULL ? NULL : PEM_read_bio_PrivateKey(pem, NULL, NULL,
	    NULL);
	BIO_free(pem);
	secret_free(&text);
	ERR_clear_error();
	return *out != NULL ? 0 : err_set(e, ERR_INPUT, "%s: no key in PEM; "
	    "remove the folder to have a new SIMULATED root made", path);
}

/* Ours are all SIMULATED: no other root is ever taken over. */
static bool
is_ours(const X509 *c, EVP_PKEY *key)
{
	char cn[64] = "";

	X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName,
	    cn, sizeof(cn));
	return strcmp(cn, ROOT_CN) == 0 && X509_check_private_key(c, key) == 1;
}

static int
load_certificate(const char *path, struct nsm_sim_identity *root,
    struct err *e)
{
	struct buf text = { 0 };
	BIO *pem;
	X509 *c = NULL;
	int r = file_read(path, PEM_MAX, &text, e);

	if (r != 0)
		return r;
	if ((pem = BIO_new_mem_buf(text.p, (int)text.n)) != NULL)
		c = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	if (c == NULL || !is_ours(c, root->key))
		r = err_set(e, ERR_INPUT, "%s: not the certificate of the "
		    "SIMULATED root beside it; remove the folder to have a "
		    "new one made", path);
	else if (!to_der(c, &root->der))
		r = crypto_error(e);
	X509_free(c);
	BIO_free(pem);
	buf_free(&text);
	ERR_clear_error();
	return r;
}

/* The key is written first: a folder with a certificate has its key. */
static int
root_open(struct nsm_sim_identity *root, const char *pem, const char *key,
    int64_t now, struct err *e)
{
	bool has_pem = file_exists(pem), has_key = file_exists(key);
	int r;

	root->begin = now;
	if (has_key || has_pem) {
		if ((r = load_key(key, &root->key, e)) != 0)
			return r;
		if (has_pem)
			return load_certificate(pem, root, e);
		r = certify(&root_plan, root, e);
	} else if ((r = identity_new(&root_plan, now, root, e)) == 0) {
		r = save_key(key, root->key, e);
	}
	return r != 0 ? r : save_certificate(pem, &root->der, e);
}

int
nsm_sim_pki_open(struct nsm_sim_pki *p, const char *dir, int64_t now,
    struct err *e)
{
	char *pem = NULL, *key = NULL;
	int r = ERR_INTERNAL;

	memset(p, 0, sizeof(*p));
	if (asprintf(&pem, "%s/root.pem", dir) < 0 ||
	    asprintf(&key, "%s/root.key", dir) < 0) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	if ((r = file_mkdir(dir, 0755, e)) != 0 ||
	    (r = root_open(&p->root, pem, key, now, e)) != 0)
		goto out;
	r = nsm_sim_pki_refresh(p, now, e);
out:
	free(pem);
	free(key);
	return r;
}

/* --- the leaf */

int
nsm_sim_pki_refresh(struct nsm_sim_pki *p, int64_t now, struct err *e)
{
	const struct plan instance = {
		INSTANCE_CN, ROOT_CN, p->root.key, INSTANCE_S,
		"critical,CA:TRUE,pathlen:0",
		"critical,digitalSignature,keyCertSign,cRLSign", false,
	};
	struct plan leaf = {
		LEAF_CN, INSTANCE_CN, NULL, LEAF_S, "critical,CA:FALSE",
		"critical,digitalSignature,nonRepudiation", false,
	};
	int r;

	if (p->leaf.key != NULL && now >= p->leaf.begin &&
	    now < p->leaf.begin + LEAF_RENEW_S)
		return 0;
	/* the instance outlives its leaf */
	if ((p->instance.key == NULL || now < p->instance.begin ||
	    now + LEAF_S > p->instance.begin + INSTANCE_S) &&
	    (r = identity_new(&instance, now, &p->instance, e)) != 0)
		return r;
	leaf.issuer_key = p->instance.key;
	return identity_new(&leaf, now, &p->leaf, e);
}

/* RFC 9053, 2.1: r and s at full length, where X.509 has DER. */
static bool
to_raw(const uint8_t *der, size_t n, uint8_t out[static NSM_SIM_SIGNATURE_LEN])
{
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok = s != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(s), out, HALF) == HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(s), out + HALF, HALF) == HALF;

	ECDSA_SIG_free(s);
	return ok;
}

int
nsm_sim_pki_sign(const struct nsm_sim_pki *p, struct bytes message,
    uint8_t out[static NSM_SIM_SIGNATURE_LEN])
{
	uint8_t der[NSM_SIM_SIGNATURE_LEN + 16];
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha384(),
	    NULL, p->leaf.key) == 1 &&
	    EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1 &&
	    to_raw(der, n, out);

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? 0 : ERR_SYSTEM;
}
