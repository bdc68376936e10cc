/*
 * P-256: SEC 1 points and ECDH, ECDSA of FIPS 186-4 with the deterministic
 * nonce of RFC 6979, on libcrypto's EC_POINT and BIGNUM.
 *
 * The group, the constants of the order and a BN_CTX for public points are
 * made once.  Where a secret takes part the BN_CTX lives for one operation:
 * its temporaries hold secrets, and releasing it clears them.  Secrets enter
 * libcrypto in one place, secret_bn.
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/p256.h"

#define POINT_UNCOMPRESSED 0x04

static const uint8_t order_bytes[SCALAR_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
	0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

static struct {
	EC_GROUP *group;
	BIGNUM *order;
	BIGNUM *order_minus_2;	/* Fermat: k^(n-2) = 1/k mod n */
	BN_MONT_CTX *mont;
	BN_CTX *public;
	bool ready;
} curve;

static int
crypto_error(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_set(e, ERR_SYSTEM, "libcrypto cannot %s: out of memory, "
	    "or P-256 is switched off", what);
}

static int
curve_init(struct err *e)
{
	if (curve.ready)
		return 0;
	if ((curve.public = BN_CTX_new()) == NULL ||
	    (curve.group = EC_GROUP_new_by_curve_name(
	    NID_X9_62_prime256v1)) == NULL ||
	    (curve.order = BN_bin2bn(order_bytes, SCALAR_LEN, NULL)) == NULL ||
	    (curve.order_minus_2 = BN_dup(curve.order)) == NULL ||
	    BN_sub_word(curve.order_minus_2, 2) != 1 ||
	    (curve.mont = BN_MONT_CTX_new()) == NULL ||
	    BN_MONT_CTX_set(curve.mont, curve.order, curve.public) != 1)
		return crypto_error(e, "set up P-256");
	curve.ready = true;
	return 0;
}

/* A context for one operation, with the curve ready; NULL if not. */
static BN_CTX *
operation_begin(struct err *e)
{
	BN_CTX *ctx;

	if (curve_init(e) != 0)
		return NULL;
	if ((ctx = BN_CTX_new()) == NULL)
		(void)crypto_error(e, "begin");
	else
		BN_CTX_start(ctx);
	return ctx;
}

static void
operation_end(BN_CTX *ctx)
{
	if (ctx == NULL)
		return;
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
}

/* A big number from a secret, marked for constant-time paths. */
static BIGNUM *
secret_bn(const uint8_t k[static SCALAR_LEN])
{
	uint8_t copy[SCALAR_LEN];
	BIGNUM *bn = BN_new();

	memcpy(copy, k, sizeof(copy));
	/* declassified: a scalar enters libcrypto (P-256) */
	ct_public(copy, sizeof(copy));
	if (bn != NULL && BN_bin2bn(copy, SCALAR_LEN, bn) == NULL) {
		BN_clear_free(bn);
		bn = NULL;
	}
	if (bn != NULL)
		BN_set_flags(bn, BN_FLG_CONSTTIME);
	wipe(copy, sizeof(copy));
	return bn;
}

bool
p256_scalar_valid(const uint8_t k[static SCALAR_LEN])
{
	uint32_t borrow = 0, any = 0, good;

	/* k - n borrows at the top if and only if k < n */
	for (size_t i = SCALAR_LEN; i-- > 0;) {
		borrow = ((uint32_t)k[i] - order_bytes[i] - borrow) >> 31;
		any |= k[i];
	}
	good = borrow & ~ct_eq(any, 0);
	/* declassified: refused scalars are never used */
	ct_public(&good, sizeof(good));
	return good != 0;
}

/* The point of 65 bytes, or NULL where they are none. */
static EC_POINT *
point_read(const uint8_t p[static POINT_LEN])
{
	EC_POINT *point;

	/* libcrypto would also take the hybrid forms 06 and 07 */
	if (p[0] != POINT_UNCOMPRESSED)
		return NULL;
	point = EC_POINT_new(curve.group);
	if (point != NULL && EC_POINT_oct2point(curve.group, point, p,
	    POINT_LEN, curve.public) == 1 &&
	    EC_POINT_is_at_infinity(curve.group, point) == 0)
		return point;
	ERR_clear_error();
	EC_POINT_free(point);
	return NULL;
}

bool
p256_point_valid(const uint8_t p[static POINT_LEN])
{
	EC_POINT *point = curve_init(NULL) != 0 ? NULL : point_read(p);
	bool valid = point != NULL;

	EC_POINT_free(point);
	return valid;
}

int
p256_public(const uint8_t k[static SCALAR_LEN],
    uint8_t point[static POINT_LEN], struct err *e)
{
	int r = ERR_SYSTEM;
	BN_CTX *ctx = operation_begin(e);
	EC_POINT *p = NULL;
	BIGNUM *bn = NULL;

	if (ctx == NULL)
		return ERR_SYSTEM;
	if ((bn = secret_bn(k)) == NULL ||
	    (p = EC_POINT_new(curve.group)) == NULL ||
	    EC_POINT_mul(curve.group, p, bn, NULL, NULL, ctx) != 1 ||
	    EC_POINT_point2oct(curve.group, p, POINT_CONVERSION_UNCOMPRESSED,
	    point, POINT_LEN, ctx) != POINT_LEN)
		r = crypto_error(e, "compute a public key");
	else
		r = 0;
	EC_POINT_clear_free(p);
	BN_clear_free(bn);
	operation_end(ctx);
	return r;
}

/* X coordinate of k * peer, 32 bytes, leading zeros kept. */
static int
shared_x(const BIGNUM *k, const EC_POINT *peer, uint8_t z[static ECDH_LEN],
    BN_CTX *ctx)
{
	EC_POINT *p = EC_POINT_new(curve.group);
	BIGNUM *x = BN_new();
	bool ok = p != NULL && x != NULL &&
	    EC_POINT_mul(curve.group, p, NULL, peer, k, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(curve.group, p, x, NULL,
	    ctx) == 1 && BN_bn2binpad(x, z, ECDH_LEN) == ECDH_LEN;

	BN_clear_free(x);
	EC_POINT_clear_free(p);
	return ok ? 0 : ERR_SYSTEM;
}

int
p256_ecdh(const uint8_t k[static SCALAR_LEN],
    const uint8_t peer[static POINT_LEN], uint8_t z[static ECDH_LEN],
    struct err *e)
{
	int r = ERR_INTERNAL;
	BN_CTX *ctx = operation_begin(e);
	EC_POINT *q = NULL;
	BIGNUM *bn = NULL;

	if (ctx == NULL)
		return ERR_SYSTEM;
	if ((q = point_read(peer)) == NULL)
		r = err_set(e, ERR_KEY_POINT, "not a point of P-256");
	else if ((bn = secret_bn(k)) == NULL || shared_x(bn, q, z, ctx) != 0)
		r = crypto_error(e, "compute a shared secret");
	else
		r = 0;
	EC_POINT_free(q);
	BN_clear_free(bn);
	operation_end(ctx);
	ct_secret(z, ECDH_LEN);
	return r;
}

/* The HMAC-SHA256 generator of RFC 6979, section 3.2. */
struct nonces {
	uint8_t key[SHA256_LEN];
	uint8_t v[SHA256_LEN];
};

/* K = HMAC(K, V || tag || seed); V = HMAC(K, V). */
static void
nonces_mix(struct nonces *g, uint8_t tag, const uint8_t *seed, size_t n)
{
	uint8_t msg[SHA256_LEN + 1 + SCALAR_LEN + SHA256_LEN];

	memcpy(msg, g->v, SHA256_LEN);
	msg[SHA256_LEN] = tag;
	if (n > 0)
		memcpy(msg + SHA256_LEN + 1, seed, n);
	hmac_sha256(bytes_of(g->key, SHA256_LEN),
	    bytes_of(msg, SHA256_LEN + 1 + n), g->key);
	hmac_sha256(bytes_of(g->key, SHA256_LEN),
	    bytes_of(g->v, SHA256_LEN), g->v);
	wipe(msg, sizeof(msg));
}

static void
nonces_init(struct nonces *g, const uint8_t d[static SCALAR_LEN],
    const struct digest256 *digest)
{
	uint8_t seed[SCALAR_LEN + SHA256_LEN];

	memcpy(seed, d, SCALAR_LEN);
	memcpy(seed + SCALAR_LEN, digest->b, SHA256_LEN);
	memset(g->key, 0x00, sizeof(g->key));
	memset(g->v, 0x01, sizeof(g->v));
	nonces_mix(g, 0x00, seed, sizeof(seed));
	nonces_mix(g, 0x01, seed, sizeof(seed));
	wipe(seed, sizeof(seed));
}

static void
nonces_next(struct nonces *g, uint8_t k[static SCALAR_LEN])
{
	hmac_sha256(bytes_of(g->key, SHA256_LEN),
	    bytes_of(g->v, SHA256_LEN), g->v);
	memcpy(k, g->v, SCALAR_LEN);
}

/* out = a * b mod n; both below n, and b is not out. */
static int
order_mul(BIGNUM *out, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	/* (a R) b / R: one factor in Montgomery form, the product in none */
	return BN_to_montgomery(out, a, curve.mont, ctx) == 1 &&
	    BN_mod_mul_montgomery(out, out, b, curve.mont, ctx) == 1;
}

/* s = (h + r d) / k mod n. */
static int
signature_s(BIGNUM *s, const BIGNUM *k, const BIGNUM *h, const BIGNUM *r,
    const BIGNUM *d, BN_CTX *ctx)
{
	BIGNUM *inverse = BN_CTX_get(ctx);

	return inverse != NULL &&
	    BN_mod_exp_mont_consttime(inverse, k, curve.order_minus_2,
	    curve.order, ctx, curve.mont) == 1 &&
	    order_mul(s, r, d, ctx) == 1 &&
	    BN_mod_add_quick(s, s, h, curve.order) == 1 &&
	    order_mul(s, s, inverse, ctx) == 1;
}

/* One try with nonce k; *usable false where r or s came out as 0. */
static int
sign_with(const BIGNUM *d, const uint8_t k_bytes[static SCALAR_LEN],
    const struct digest256 *digest, struct signature *out, bool *usable,
    BN_CTX *ctx)
{
	BIGNUM *k = secret_bn(k_bytes);
	BIGNUM *h = BN_CTX_get(ctx), *r = BN_CTX_get(ctx);
	BIGNUM *s = BN_CTX_get(ctx);
	EC_POINT *p = EC_POINT_new(curve.group);
	bool ok;

	ok = k != NULL && s != NULL && p != NULL &&
	    EC_POINT_mul(curve.group, p, k, NULL, NULL, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(curve.group, p, r, NULL,
	    ctx) == 1 && BN_nnmod(r, r, curve.order, ctx) == 1 &&
	    BN_bin2bn(digest->b, SHA256_LEN, h) != NULL &&
	    BN_nnmod(h, h, curve.order, ctx) == 1 &&
	    signature_s(s, k, h, r, d, ctx) == 1 &&
	    BN_bn2binpad(r, out->b, SCALAR_LEN) == SCALAR_LEN &&
	    BN_bn2binpad(s, out->b + SCALAR_LEN, SCALAR_LEN) == SCALAR_LEN;
	*usable = ok && !BN_is_zero(r) && !BN_is_zero(s);
	EC_POINT_clear_free(p);
	BN_clear_free(k);
	return ok ? 0 : ERR_SYSTEM;
}

int
p256_sign(const uint8_t d[static SCALAR_LEN], const struct digest256 *digest,
    struct signature *out, struct err *e)
{
	int r = ERR_INTERNAL;
	BN_CTX *ctx = operation_begin(e);
	struct nonces g;
	uint8_t k[SCALAR_LEN];
	bool usable = false;
	BIGNUM *bn;

	if (ctx == NULL)
		return ERR_SYSTEM;
	r = (bn = secret_bn(d)) == NULL ? ERR_SYSTEM : 0;
	nonces_init(&g, d, digest);
	while (r == 0 && !usable) {
		nonces_next(&g, k);
		if (p256_scalar_valid(k))
			r = sign_with(bn, k, digest, out, &usable, ctx);
		if (r == 0 && !usable)
			nonces_mix(&g, 0x00, NULL, 0);
	}
	if (r != 0)
		r = crypto_error(e, "sign");
	BN_clear_free(bn);
	operation_end(ctx);
	wipe(&g, sizeof(g));
	wipe(k, sizeof(k));
	return r;
}

/* True if the X coordinate of (h / s) G + (r / s) Q is r modulo n. */
static bool
verify_with(const EC_POINT *q, const struct digest256 *digest,
    const struct signature *sig, BN_CTX *ctx)
{
	BIGNUM *r = BN_CTX_get(ctx), *s = BN_CTX_get(ctx);
	BIGNUM *u1 = BN_CTX_get(ctx), *u2 = BN_CTX_get(ctx);
	BIGNUM *x = BN_CTX_get(ctx);
	EC_POINT *p = EC_POINT_new(curve.group);
	bool ok;

	ok = p != NULL && x != NULL &&
	    BN_bin2bn(sig->b, SCALAR_LEN, r) != NULL &&
	    BN_bin2bn(sig->b + SCALAR_LEN, SCALAR_LEN, s) != NULL &&
	    BN_bin2bn(digest->b, SHA256_LEN, u1) != NULL &&
	    BN_mod_inverse(s, s, curve.order, ctx) != NULL &&
	    BN_mod_mul(u1, u1, s, curve.order, ctx) == 1 &&
	    BN_mod_mul(u2, r, s, curve.order, ctx) == 1 &&
	    EC_POINT_mul(curve.group, p, u1, q, u2, ctx) == 1 &&
	    EC_POINT_is_at_infinity(curve.group, p) == 0 &&
	    EC_POINT_get_affine_coordinates(curve.group, p, x, NULL,
	    ctx) == 1 && BN_nnmod(x, x, curve.order, ctx) == 1 &&
	    BN_cmp(x, r) == 0;
	EC_POINT_free(p);
	return ok;
}

int
p256_verify(const uint8_t point[static POINT_LEN],
    const struct digest256 *digest, const struct signature *sig)
{
	int r = ERR_INTERNAL;
	BN_CTX *ctx = operation_begin(NULL);
	EC_POINT *q = NULL;

	if (ctx == NULL)
		return ERR_SYSTEM;
	if ((q = point_read(point)) == NULL)
		r = ERR_KEY_POINT;
	else if (!p256_scalar_valid(sig->b) ||
	    !p256_scalar_valid(sig->b + SCALAR_LEN))
		r = ERR_SIG_FORM;
	else
		r = verify_with(q, digest, sig, ctx) ? 0 : ERR_SIG_WRONG;
	ERR_clear_error();
	EC_POINT_free(q);
	operation_end(ctx);
	return r;
}
