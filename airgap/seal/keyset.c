/*
 * The key set: derivation from a seed, public keys and signatures as bytes
 * and text (QOS wire, sections 1.1 to 1.3 and 1.6).
 */
#include "airgap/seal/ct.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/keyset.h"
#include "airgap/seal/p256.h"

#define PUBLIC_TEXT_MAX 256	/* bytes of hex before "too long" */

/* Offsets of the three secrets, in the order of keyset.h. */
#define ENCRYPT_AT 0
#define SIGN_AT SCALAR_LEN
#define AES_AT (2 * SCALAR_LEN)

static void
derive(const char *path, const uint8_t seed[static SEED_LEN], uint8_t *out)
{
	hkdf_sha512(bytes_str(path), bytes_of(seed, SEED_LEN),
	    bytes_of(NULL, 0), out, SCALAR_LEN);
}

int
keyset_from_seed(struct keyset *ks, const uint8_t seed[static SEED_LEN],
    struct err *e)
{
	int r = ERR_INTERNAL;
	uint8_t *b;

	memset(ks, 0, sizeof(*ks));
	if ((r = secret_new(&ks->scalars, 2 * SCALAR_LEN + AES_KEY_LEN,
	    e)) != 0)
		return r;
	b = ks->scalars.b;
	derive("qos_p256_encrypt", seed, b + ENCRYPT_AT);
	derive("qos_p256_sign", seed, b + SIGN_AT);
	derive("qos_aes_gcm_encrypt", seed, b + AES_AT);
	if (!p256_scalar_valid(b + ENCRYPT_AT) ||
	    !p256_scalar_valid(b + SIGN_AT)) {
		r = err_set(e, ERR_SEED, "this seed gives no valid P-256 key: "
		    "make another one");
		goto out;
	}
	if ((r = p256_public(b + ENCRYPT_AT, ks->pub.b, e)) != 0 ||
	    (r = p256_public(b + SIGN_AT, ks->pub.b + POINT_LEN, e)) != 0)
		goto out;
	r = 0;
out:
	if (r != 0)
		keyset_free(ks);
	wipe_stack();
	return r;
}

void
keyset_free(struct keyset *ks)
{
	if (ks == NULL)
		return;
	secret_free(&ks->scalars);
	memset(&ks->pub, 0, sizeof(ks->pub));
}

int
public_key_check(struct bytes key)
{
	if (key.n > PUBLIC_KEY_LEN)
		return ERR_KEY_LONG;
	if (key.n < PUBLIC_KEY_LEN)
		return ERR_KEY_SHORT;
	if (!p256_point_valid(key.p) || !p256_point_valid(key.p + POINT_LEN))
		return ERR_KEY_POINT;
	return 0;
}

int
public_key_read(struct bytes key, struct public_key *out, struct err *e)
{
	int r = public_key_check(key);

	if (r == ERR_KEY_POINT)
		return err_set(e, r, "public key: %s half is not a point of "
		    "P-256", p256_point_valid(key.p) ? "the signing" :
		    "the encryption");
	if (r != 0)
		return err_set(e, r, "public key: %zu bytes where %d are "
		    "expected", key.n, PUBLIC_KEY_LEN);
	memcpy(out->b, key.p, PUBLIC_KEY_LEN);
	return 0;
}

int
public_key_from_text(struct bytes text, struct public_key *out,
    struct err *e)
{
	int r = ERR_INTERNAL;
	uint8_t raw[PUBLIC_TEXT_MAX];
	size_t n;

	if ((r = hex_decode(hex_trim(text), raw, sizeof(raw), &n, e)) != 0) {
		(void)err_prefix(e, "public key");
		return r;
	}
	return public_key_read(bytes_of(raw, n), out, e);
}

int
seed_from_text(struct bytes text, struct secret *seed, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = secret_new(seed, SEED_LEN, e)) != 0)
		return r;
	if (hex_decode_exact(hex_trim(text), seed->b, SEED_LEN, NULL) == 0)
		return 0;
	secret_free(seed);
	/* as QOS, no word on what is wrong with a secret */
	return err_set(e, ERR_SEED, "not a master seed: %d hex digits are "
	    "expected", SEED_HEX_LEN);
}

int
keyset_sign(const struct keyset *ks, struct bytes msg, struct signature *out,
    struct err *e)
{
	struct digest256 digest = sha256(msg);
	int r = p256_sign(ks->scalars.b + SIGN_AT, &digest, out, e);

	wipe_stack();
	return r;
}

int
signature_verify(struct bytes key, struct bytes msg, struct bytes sig)
{
	int r = ERR_INTERNAL;
	struct digest256 digest;
	struct signature s;

	if ((r = public_key_check(key)) != 0)
		return r;
	if (sig.n != SIGNATURE_LEN)
		return ERR_SIG_FORM;
	memcpy(s.b, sig.p, SIGNATURE_LEN);
	digest = sha256(msg);
	return p256_verify(key.p + POINT_LEN, &digest, &s);
}
