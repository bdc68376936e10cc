/*
 * SHA-256 and SHA-384 over libcrypto (FIPS 180-4), for public bytes: the
 * contexts are made once and keep what they last hashed.  SHA-512, HMAC
 * (RFC 2104) and HKDF (RFC 5869) go through secrets, so they use libsodium's
 * code, whose whole state lies on the stack here and is wiped.
 *
 * Not for several threads at once.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/secret.h"

struct hasher {
	const char *name;
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

static struct hasher hasher256 = { .name = "SHA256" };
static struct hasher hasher384 = { .name = "SHA384" };

/* No caller could go on without a hash: the process stops. */
static _Noreturn void
hash_stop(const char *name)
{
	fprintf(stderr, "libcrypto does not compute %s: out of memory, or "
	    "the algorithm is switched off\n", name);
	abort();
}

static void
hash_two(struct hasher *h, struct bytes a, struct bytes b, uint8_t *out)
{
	if (h->ctx == NULL) {
		h->md = EVP_MD_fetch(NULL, h->name, NULL);
		h->ctx = EVP_MD_CTX_new();
	}
	if (h->md == NULL || h->ctx == NULL ||
	    EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1 ||
	    EVP_DigestUpdate(h->ctx, a.p, a.n) != 1 ||
	    EVP_DigestUpdate(h->ctx, b.p, b.n) != 1 ||
	    EVP_DigestFinal_ex(h->ctx, out, NULL) != 1)
		hash_stop(h->name);
}

struct digest256
sha256(struct bytes in)
{
	return sha256_two(in, bytes_of(NULL, 0));
}

struct digest384
sha384(struct bytes in)
{
	return sha384_two(in, bytes_of(NULL, 0));
}

struct digest256
sha256_two(struct bytes a, struct bytes b)
{
	struct digest256 d;

	hash_two(&hasher256, a, b, d.b);
	return d;
}

struct digest384
sha384_two(struct bytes a, struct bytes b)
{
	struct digest384 d;

	hash_two(&hasher384, a, b, d.b);
	return d;
}

struct digest512
sha512(struct bytes in)
{
	crypto_hash_sha512_state state;
	struct digest512 d;

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, in.p, in.n);
	crypto_hash_sha512_final(&state, d.b);
	wipe(&state, sizeof(state));
	return d;
}

void
hmac_sha512(struct bytes key, struct bytes msg, uint8_t out[static SHA512_LEN])
{
	crypto_auth_hmacsha512_state state;

	crypto_auth_hmacsha512_init(&state, key.p, key.n);
	crypto_auth_hmacsha512_update(&state, msg.p, msg.n);
	crypto_auth_hmacsha512_final(&state, out);
	wipe(&state, sizeof(state));
}

void
hmac_sha256(struct bytes key, struct bytes msg, uint8_t out[static SHA256_LEN])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key.p, key.n);
	crypto_auth_hmacsha256_update(&state, msg.p, msg.n);
	crypto_auth_hmacsha256_final(&state, out);
	wipe(&state, sizeof(state));
}

/* RFC 5869 with one block of output: T(1) = HMAC(PRK, info || 0x01). */
void
hkdf_sha512(struct bytes salt, struct bytes ikm, struct bytes info,
    uint8_t *out, size_t n)
{
	static const uint8_t one = 1;
	crypto_auth_hmacsha512_state state;
	uint8_t prk[SHA512_LEN], block[SHA512_LEN];

	if (n > sizeof(block))
		hash_stop("HKDF over 64 bytes");
	hmac_sha512(salt, ikm, prk);
	crypto_auth_hmacsha512_init(&state, prk, sizeof(prk));
	crypto_auth_hmacsha512_update(&state, info.p, info.n);
	crypto_auth_hmacsha512_update(&state, &one, 1);
	crypto_auth_hmacsha512_final(&state, block);
	memcpy(out, block, n);
	wipe(&state, sizeof(state));
	wipe(prk, sizeof(prk));
	wipe(block, sizeof(block));
}

bool
digest256_equal(const struct digest256 *a, const struct digest256 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
digest512_equal(const struct digest512 *a, const struct digest512 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
