/*
 * ECDSA over P-384 with libcrypto's EVP_PKEY.
 *
 * One EVP_PKEY with the curve is made once and takes each public key in
 * turn: making a key anew, curve and all, costs what a tenth of a
 * verification does, and a document needs five.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "enclave/attestation/p384.h"

#define DER_SCALAR_MAX (2 + 1 + P384_SCALAR_LEN)

static const uint8_t order[P384_SCALAR_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
	0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
};

static EVP_PKEY *the_key;		/* the curve, and the last point */

static int
key_make(void)
{
	EVP_PKEY_CTX *ctx;

	if (the_key != NULL)
		return 0;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_paramgen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_group_name(ctx, "P-384") != 1 ||
	    EVP_PKEY_paramgen(ctx, &the_key) != 1)
		the_key = NULL;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return the_key == NULL ? ERR_SYSTEM : 0;
}

int
p384_point_check(struct bytes point)
{
	int r;

	if ((r = key_make()) != 0)
		return r;
	if (point.n != P384_POINT_LEN || point.p[0] != 0x04)
		return ERR_KEY_POINT;
	/* libcrypto holds the point against the curve's equation */
	r = EVP_PKEY_set1_encoded_public_key(the_key, point.p, point.n) == 1 ?
	    0 : ERR_KEY_POINT;
	ERR_clear_error();
	return r;
}

static bool
scalar_valid(const uint8_t k[static P384_SCALAR_LEN])
{
	static const uint8_t zero[P384_SCALAR_LEN];

	return memcmp(k, zero, sizeof(zero)) != 0 &&
	    memcmp(k, order, sizeof(order)) < 0;
}

bool
p384_signature_valid(const uint8_t sig[static P384_SIGNATURE_LEN])
{
	return scalar_valid(sig) && scalar_valid(sig + P384_SCALAR_LEN);
}

int
p384_verify(struct bytes point, const struct digest384 *digest,
    struct bytes sig)
{
	EVP_PKEY_CTX *ctx;
	int r;

	if ((r = p384_point_check(point)) != 0)
		return r;
	r = ERR_SYSTEM;
	ctx = EVP_PKEY_CTX_new(the_key, NULL);
	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1)
		r = EVP_PKEY_verify(ctx, sig.p, sig.n, digest->b,
		    sizeof(digest->b)) == 1 ? 0 : ERR_SIG_WRONG;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

/* INTEGER: no leading zeros but one before a high bit.  Returns its size. */
static size_t
put_scalar(uint8_t *out, const uint8_t k[static P384_SCALAR_LEN])
{
	size_t skip = 0, pad;

	while (skip < P384_SCALAR_LEN - 1 && k[skip] == 0)
		skip++;
	pad = k[skip] >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(P384_SCALAR_LEN - skip + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, k + skip, P384_SCALAR_LEN - skip);
	return 2u + out[1];
}

int
p384_verify_raw(struct bytes point, const struct digest384 *digest,
    const uint8_t sig[static P384_SIGNATURE_LEN])
{
	uint8_t der[2 + 2 * DER_SCALAR_MAX];
	size_t n;

	n = put_scalar(der + 2, sig);
	n += put_scalar(der + 2 + n, sig + P384_SCALAR_LEN);
	der[0] = 0x30;
	der[1] = (uint8_t)n;	/* at most 102: one byte tells it */
	return p384_verify(point, digest, bytes_of(der, 2 + n));
}
