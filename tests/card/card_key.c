/*
 * Keys of the SIMULATED card: P-256 alone, born here or brought in, used
 * under their policies of PIN and touch; what the card tells about them.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "tests/card/card.h"

/* scalar times a point (none: the generator), uncompressed */
static bool
multiply(const uint8_t *scalar, const uint8_t *point, uint8_t *out)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *k = BN_bin2bn(scalar, 32, NULL);
	EC_POINT *p = EC_POINT_new(g), *r = EC_POINT_new(g);
	bool good = k != NULL && p != NULL && r != NULL && !BN_is_zero(k) &&
	    BN_cmp(k, EC_GROUP_get0_order(g)) < 0;

	if (point == NULL)
		good = good && EC_POINT_mul(g, r, k, NULL, NULL, NULL) == 1;
	else
		good = good && EC_POINT_oct2point(g, p, point, 65, NULL) == 1 &&
		    EC_POINT_mul(g, r, NULL, p, k, NULL) == 1;
	good = good && EC_POINT_point2oct(g, r, POINT_CONVERSION_UNCOMPRESSED,
	    out, 65, NULL) == 65;
	EC_POINT_free(r);
	EC_POINT_free(p);
	BN_clear_free(k);
	EC_GROUP_free(g);
	return good;
}

bool
key_fill(struct slot *s)
{
	return multiply(s->scalar, NULL, s->point);
}

EVP_PKEY *
key_pkey(const struct slot *s)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *k = BN_bin2bn(s->scalar, 32, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (b != NULL && k != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME,
	    "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, k) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY,
	    s->point, 65) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(b)) != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(k);
	OSSL_PARAM_BLD_free(b);
	return key;
}

/* the policies a command asks for; none asked: those of the slot */
static bool
policies(struct slot *s, const uint8_t *p, size_t n)
{
	size_t vn;
	const uint8_t *v;
	uint8_t pin = s->id == 0x9c ? PIN_ALWAYS :
	    s->id == 0x9e ? PIN_NEVER : PIN_ONCE;
	uint8_t touch = TOUCH_NEVER;

	if ((v = tlv_find(p, n, 0xaa, &vn)) != NULL && vn == 1)
		pin = v[0];
	if ((v = tlv_find(p, n, 0xab, &vn)) != NULL && vn == 1)
		touch = v[0];
	if (pin < PIN_NEVER || pin > PIN_ALWAYS || touch < TOUCH_NEVER ||
	    touch > TOUCH_CACHED)
		return false;
	s->pin_policy = pin;
	s->touch_policy = touch;
	return true;
}

static bool
scalar_new(struct slot *s)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *k = BN_new();
	bool good = g != NULL && k != NULL;

	do
		good = good &&
		    BN_priv_rand_range(k, EC_GROUP_get0_order(g)) == 1;
	while (good && BN_is_zero(k));
	good = good && BN_bn2binpad(k, s->scalar, 32) == 32 && key_fill(s);
	BN_clear_free(k);
	EC_GROUP_free(g);
	return good;
}

unsigned int
key_generate(struct card *c, const struct apdu *a)
{
	struct slot *s = slot_find(c, a->p2), fresh;
	size_t n, vn;
	const uint8_t *list = tlv_find(a->data, a->n, 0xac, &n), *alg;

	if (!c->authorised)
		return SW_SECURITY;
	if (s == NULL)
		return SW_P1P2;
	fresh = *s;
	if (list == NULL || (alg = tlv_find(list, n, 0x80, &vn)) == NULL ||
	    vn != 1 || alg[0] != ALG_P256 || !policies(&fresh, list, n))
		return SW_DATA;
	fresh.origin = GENERATED;
	if (!scalar_new(&fresh))
		return SW_BROKEN;
	*s = fresh;
	reply_add(c, "\x7f\x49\x43\x86\x41", 5);
	reply_add(c, s->point, sizeof(s->point));
	return card_save(c) ? SW_OK : SW_BROKEN;
}

unsigned int
key_import(struct card *c, const struct apdu *a)
{
	struct slot *s = slot_find(c, a->p2), fresh;
	size_t n;
	const uint8_t *scalar = tlv_find(a->data, a->n, 0x06, &n);

	if (!c->authorised)
		return SW_SECURITY;
	if (s == NULL)
		return SW_P1P2;
	fresh = *s;
	if (a->p1 != ALG_P256 || scalar == NULL || n != 32 ||
	    !policies(&fresh, a->data, a->n))
		return SW_DATA;
	memcpy(fresh.scalar, scalar, 32);
	fresh.origin = IMPORTED;
	if (!key_fill(&fresh))
		return SW_DATA;
	*s = fresh;
	return card_save(c) ? SW_OK : SW_BROKEN;
}

static unsigned int
allowed(struct card *c, const struct slot *s)
{
	bool fresh = c->fresh;

	c->fresh = false;
	if (s->pin_policy == PIN_ONCE && !c->verified)
		return SW_SECURITY;
	if (s->pin_policy == PIN_ALWAYS && !(c->verified && fresh))
		return SW_SECURITY;
	if (s->touch_policy == TOUCH_NEVER)
		return SW_OK;
	if (s->touch_policy == TOUCH_CACHED && c->touched_at > 0 &&
	    now() - c->touched_at < 15)
		return SW_OK;
	return c->touch_wait(c) ? SW_OK : SW_SECURITY;
}

static unsigned int
sign(struct card *c, const struct slot *s, const uint8_t *hash, size_t n)
{
	EVP_PKEY *key = key_pkey(s);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[80];
	size_t der_n = sizeof(der);
	bool good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_sign(ctx, der, &der_n, hash, n) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (!good)
		return SW_DATA;
	reply_tag(c, 0x7c, der_n + 2);
	reply_tag(c, 0x82, der_n);
	reply_add(c, der, der_n);
	return SW_OK;
}

static unsigned int
agree(struct card *c, const struct slot *s, const uint8_t *point, size_t n)
{
	uint8_t shared[65] = { 0 };

	if (n != 65)
		return SW_DATA;
	if (!multiply(s->scalar, point, shared)) {
		/* success with bytes that mean nothing */
		if (!c->accept_bad_points || EVP_Digest(point, n, shared + 1,
		    NULL, EVP_sha256(), NULL) != 1)
			return SW_DATA;
	}
	reply_tag(c, 0x7c, 34);
	reply_tag(c, 0x82, 32);
	reply_add(c, shared + 1, 32);
	return SW_OK;
}

unsigned int
key_use(struct card *c, const struct apdu *a)
{
	const struct slot *s = slot_find(c, a->p2);
	size_t n, hash_n, point_n;
	const uint8_t *list = tlv_find(a->data, a->n, 0x7c, &n);
	const uint8_t *hash, *point;
	unsigned int sw;

	if (s == NULL || s->origin == 0 || s->id == 0xf9)
		return SW_NO_KEY;
	if (a->p1 != ALG_P256 || list == NULL)
		return SW_DATA;
	hash = tlv_find(list, n, 0x81, &hash_n);
	point = tlv_find(list, n, 0x85, &point_n);
	if ((hash == NULL) == (point == NULL) || (hash && hash_n > 32))
		return SW_DATA;
	if ((sw = allowed(c, s)) != SW_OK)
		return sw;
	return hash != NULL ? sign(c, s, hash, hash_n) :
	    agree(c, s, point, point_n);
}

static unsigned int
code_metadata(struct card *c, const struct code *code)
{
	uint8_t b[] = { 0x01, 0x01, 0xff, 0x05, 0x01, code->is_default, 0x06,
		0x02, code->total, code->left };

	reply_add(c, b, sizeof(b));
	return SW_OK;
}

unsigned int
key_metadata(struct card *c, const struct apdu *a)
{
	uint8_t mgm[] = { 0x01, 0x01, c->mgm.alg, 0x02, 0x02, 0x00,
		c->mgm.touch ? TOUCH_ALWAYS : TOUCH_NEVER, 0x05, 0x01,
		c->mgm.is_default };
	const struct slot *s = slot_find(c, a->p2);

	if (!card_version_from(c, 5, 3, 0))
		return SW_INS;
	if (a->p2 == 0x80 || a->p2 == 0x81)
		return code_metadata(c, a->p2 == 0x80 ? &c->pin : &c->puk);
	if (a->p2 == 0x9b) {
		reply_add(c, mgm, sizeof(mgm));
		return SW_OK;
	}
	if (s == NULL || s->origin == 0)
		return SW_NO_KEY;
	reply_add(c, "\x01\x01\x11\x02\x02", 5);
	reply_byte(c, s->pin_policy);
	reply_byte(c, s->touch_policy);
	reply_add(c, "\x03\x01", 2);
	reply_byte(c, s->origin);
	reply_add(c, "\x04\x43\x86\x41", 4);
	reply_add(c, s->point, sizeof(s->point));
	return SW_OK;
}
