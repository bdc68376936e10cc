/*
 * Sealed messages: ECDH on P-256, HMAC-SHA512 as key derivation, AES-256-GCM
 * (QOS wire, sections 1.4 and 1.5).
 *
 * Two places where the form is not what one would expect: the 162 bytes of
 * both points and the shared secret are the *key* of the HMAC and the
 * constant is its message, and in the associated data the length byte comes
 * *after* each point.
 */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/p256.h"

#define PLAIN_MAX ((size_t)1 << 30)	/* EVP counts in int */
#define AAD_LEN (2 * (POINT_LEN + 1))

static const char key_message[] = "qos_encryption_hmac_message";
static const char sym_aad[] = "qos_aes_gcm_256_hmac_sha512";

/* One sealing or opening under one key. */
struct box {
	uint8_t key[AES_KEY_LEN];
	uint8_t aad[AAD_LEN];
	size_t aad_len;
	const uint8_t *nonce;
};

/* The parts of an envelope; body is ciphertext || tag. */
struct parts {
	const uint8_t *nonce;
	const uint8_t *point;		/* NULL in the symmetric form */
	struct bytes body;
};

static EVP_CIPHER *
cipher(void)
{
	static EVP_CIPHER *fetched;

	if (fetched == NULL)
		fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	return fetched;
}

static int
cipher_error(struct err *e)
{
	ERR_clear_error();
	return err_set(e, ERR_SYSTEM, "libcrypto cannot run AES-256-GCM: out "
	    "of memory, or the algorithm is switched off");
}

/* A context keyed for the box with its associated data in; NULL if not. */
static EVP_CIPHER_CTX *
box_begin(const struct box *box, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[AES_KEY_LEN];
	int n;
	bool ok;

	memcpy(key, box->key, sizeof(key));
	/* declassified: an AES key enters libcrypto */
	ct_public(key, sizeof(key));
	ok = ctx != NULL && cipher() != NULL &&
	    EVP_CipherInit_ex2(ctx, cipher(), key, box->nonce, encrypt,
	    NULL) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, box->aad,
	    (int)box->aad_len) == 1;
	wipe(key, sizeof(key));
	if (ok)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* Writes plain.n + TAG_LEN bytes. */
static int
box_seal(const struct box *box, struct bytes plain, uint8_t *out,
    struct err *e)
{
	EVP_CIPHER_CTX *ctx = box_begin(box, 1);
	int n = 0, last = 0;
	bool ok;

	ok = ctx != NULL && (plain.n == 0 ||
	    EVP_CipherUpdate(ctx, out, &n, plain.p, (int)plain.n) == 1) &&
	    EVP_CipherFinal_ex(ctx, out + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    out + plain.n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	/* declassified: what is sealed may be seen by anyone */
	ct_public(out, plain.n + TAG_LEN);
	return ok ? 0 : cipher_error(e);
}

/* Opens body into a new secret; nothing is left in it if the tag is wrong. */
static int
box_open(const struct box *box, struct bytes body, struct secret *out,
    struct err *e)
{
	int r = ERR_INTERNAL;
	size_t len = body.n - TAG_LEN;
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t tag[TAG_LEN], none[1];
	int n = 0, last = 0;

	if (len > 0 && (r = secret_new(out, len, e)) != 0)
		return r;
	memcpy(tag, body.p + len, TAG_LEN);
	ctx = box_begin(box, 0);
	if (ctx == NULL || (len > 0 &&
	    EVP_CipherUpdate(ctx, out->b, &n, body.p, (int)len) != 1) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    tag) != 1)
		r = cipher_error(e);
	else if (EVP_CipherFinal_ex(ctx, len > 0 ? out->b + n : none,
	    &last) != 1)
		r = err_set(e, ERR_ENV_TAG, "sealed message does not open: "
		    "sealed to another key, or damaged");
	else
		r = 0;
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	if (r != 0)
		secret_free(out);
	if (out->b != NULL)
		ct_secret(out->b, out->len);
	return r;
}

static void
put_u32(uint8_t *out, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static size_t
get_u32(const uint8_t *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
}

static int
plain_check(struct bytes plain, struct err *e)
{
	if (plain.n > PLAIN_MAX)
		return err_set(e, ERR_INPUT, "message of %zu bytes: at most "
		    "1 GiB can be sealed", plain.n);
	return 0;
}

/* Takes nonce || point(point_len) || length || body apart. */
static int
parts_read(struct bytes env, size_t point_len, struct parts *out,
    struct err *e)
{
	size_t front = NONCE_LEN + point_len + 4;
	size_t announced;

	if (env.n < front + TAG_LEN || env.n - front > PLAIN_MAX)
		return err_set(e, ERR_ENV_FORM, "sealed message: %zu bytes, "
		    "at least %zu are expected", env.n, front + TAG_LEN);
	announced = get_u32(env.p + front - 4);
	if (announced != env.n - front)
		return err_set(e, ERR_ENV_FORM, "sealed message: announces "
		    "%zu bytes and holds %zu", announced, env.n - front);
	out->nonce = env.p;
	out->point = point_len > 0 ? env.p + NONCE_LEN : NULL;
	out->body = bytes_of(env.p + front, env.n - front);
	return 0;
}

/* Key and associated data from both points and the ECDH result. */
static void
box_derive(struct box *box, const uint8_t ephemeral[static POINT_LEN],
    const uint8_t recv[static POINT_LEN], const uint8_t z[static ECDH_LEN])
{
	uint8_t preimage[2 * POINT_LEN + ECDH_LEN], mac[SHA512_LEN];

	memcpy(preimage, ephemeral, POINT_LEN);
	memcpy(preimage + POINT_LEN, recv, POINT_LEN);
	memcpy(preimage + 2 * POINT_LEN, z, ECDH_LEN);
	hmac_sha512(bytes_of(preimage, sizeof(preimage)),
	    bytes_str(key_message), mac);
	memcpy(box->key, mac, AES_KEY_LEN);
	memcpy(box->aad, ephemeral, POINT_LEN);
	box->aad[POINT_LEN] = POINT_LEN;
	memcpy(box->aad + POINT_LEN + 1, recv, POINT_LEN);
	box->aad[2 * POINT_LEN + 1] = POINT_LEN;
	box->aad_len = AAD_LEN;
	wipe(preimage, sizeof(preimage));
	wipe(mac, sizeof(mac));
}

static void
box_symmetric(struct box *box, const struct keyset *ks)
{
	memcpy(box->key, ks->scalars.b + 2 * SCALAR_LEN, AES_KEY_LEN);
	memcpy(box->aad, sym_aad, sizeof(sym_aad) - 1);
	box->aad_len = sizeof(sym_aad) - 1;
}

/* The sentence for a key that is known to be bad. */
static int
key_error(struct bytes key, struct err *e)
{
	struct public_key none;
	int r = public_key_read(key, &none, e);

	return r == 0 ? ERR_INTERNAL : r;
}

/* Length of the key, and its half that sealing itself does not touch. */
static int
signing_half_check(struct bytes key, struct err *e)
{
	if (key.n != PUBLIC_KEY_LEN || !p256_point_valid(key.p + POINT_LEN))
		return key_error(key, e);
	return 0;
}

int
envelope_seal_with(struct bytes key, struct bytes plain,
    const uint8_t ephemeral[static SCALAR_LEN],
    const uint8_t nonce[static NONCE_LEN], uint8_t *out, struct err *e)
{
	int r = ERR_INTERNAL;
	struct box box = { .nonce = nonce };
	uint8_t z[ECDH_LEN] = { 0 };
	uint8_t *point = out + NONCE_LEN;

	if ((r = plain_check(plain, e)) != 0 ||
	    (r = signing_half_check(key, e)) != 0 ||
	    (r = p256_public(ephemeral, point, e)) != 0)
		goto out;
	/* checks the encryption half before it uses it */
	r = p256_ecdh(ephemeral, key.p, z, e);
	if (r == ERR_KEY_POINT)
		r = key_error(key, e);
	if (r != 0)
		goto out;
	memcpy(out, nonce, NONCE_LEN);
	put_u32(point + POINT_LEN, plain.n + TAG_LEN);
	box_derive(&box, point, key.p, z);
	r = box_seal(&box, plain, point + POINT_LEN + 4, e);
out:
	wipe_stack();
	wipe(&box, sizeof(box));
	wipe(z, sizeof(z));
	return r;
}

int
envelope_seal(struct bytes key, struct bytes plain, uint8_t *out,
    struct err *e)
{
	int r = ERR_INTERNAL;
	uint8_t ephemeral[SCALAR_LEN], nonce[NONCE_LEN];

	do {
		random_bytes(ephemeral, sizeof(ephemeral));
		ct_secret(ephemeral, sizeof(ephemeral));
	} while (!p256_scalar_valid(ephemeral));
	random_bytes(nonce, sizeof(nonce));
	r = envelope_seal_with(key, plain, ephemeral, nonce, out, e);
	wipe(ephemeral, sizeof(ephemeral));
	return r;
}

static int
point_error(struct err *e)
{
	return err_set(e, ERR_ENV_POINT, "sealed message: its ephemeral key "
	    "is not a point of P-256");
}

int
envelope_point(struct bytes env, struct bytes *point, struct err *e)
{
	int r = ERR_INTERNAL;
	struct parts parts;

	if ((r = parts_read(env, POINT_LEN, &parts, e)) != 0)
		return r;
	if (!p256_point_valid(parts.point))
		return point_error(e);
	*point = bytes_of(parts.point, POINT_LEN);
	return 0;
}

int
envelope_open_shared(const uint8_t z[static ECDH_LEN],
    const uint8_t recv[static POINT_LEN], struct bytes env,
    struct secret *out, struct err *e)
{
	int r = ERR_INTERNAL;
	struct parts parts;
	struct box box;

	*out = (struct secret){ 0 };
	if ((r = parts_read(env, POINT_LEN, &parts, e)) != 0)
		return r;
	if (!p256_point_valid(parts.point))
		return point_error(e);
	box.nonce = parts.nonce;
	box_derive(&box, parts.point, recv, z);
	r = box_open(&box, parts.body, out, e);
	wipe_stack();
	wipe(&box, sizeof(box));
	return r;
}

int
envelope_open(const struct keyset *ks, struct bytes env, struct secret *out,
    struct err *e)
{
	int r = ERR_INTERNAL;
	struct parts parts;
	struct box box;
	uint8_t z[ECDH_LEN];

	*out = (struct secret){ 0 };
	if ((r = parts_read(env, POINT_LEN, &parts, e)) != 0)
		return r;
	if ((r = p256_ecdh(ks->scalars.b, parts.point, z, e)) != 0)
		return r == ERR_KEY_POINT ? point_error(e) : r;
	box.nonce = parts.nonce;
	box_derive(&box, parts.point, ks->pub.b, z);
	r = box_open(&box, parts.body, out, e);
	wipe_stack();
	wipe(&box, sizeof(box));
	wipe(z, sizeof(z));
	return r;
}

int
sym_envelope_seal_with(const struct keyset *ks, struct bytes plain,
    const uint8_t nonce[static NONCE_LEN], uint8_t *out, struct err *e)
{
	int r = ERR_INTERNAL;
	struct box box = { .nonce = nonce };

	if ((r = plain_check(plain, e)) != 0)
		return r;
	memcpy(out, nonce, NONCE_LEN);
	put_u32(out + NONCE_LEN, plain.n + TAG_LEN);
	box_symmetric(&box, ks);
	r = box_seal(&box, plain, out + NONCE_LEN + 4, e);
	wipe_stack();
	wipe(&box, sizeof(box));
	return r;
}

int
sym_envelope_seal(const struct keyset *ks, struct bytes plain, uint8_t *out,
    struct err *e)
{
	uint8_t nonce[NONCE_LEN];

	random_bytes(nonce, sizeof(nonce));
	return sym_envelope_seal_with(ks, plain, nonce, out, e);
}

int
sym_envelope_open(const struct keyset *ks, struct bytes env,
    struct secret *out, struct err *e)
{
	int r = ERR_INTERNAL;
	struct parts parts = { 0 };
	struct box box;

	*out = (struct secret){ 0 };
	if ((r = parts_read(env, 0, &parts, e)) != 0)
		return r;
	box.nonce = parts.nonce;
	box_symmetric(&box, ks);
	r = box_open(&box, parts.body, out, e);
	wipe_stack();
	wipe(&box, sizeof(box));
	return r;
}
