/*
 * The management key (management.h): authentication as libykpiv 2.2.0 does
 * not know it for AES, and the copy behind the PIN in the form of Yubico's
 * tools: object 5FC109, and a flag in 5FFF00.
 *
 * The copy is stored before the card gets the key, so that an interruption
 * between the two leaves a card that still has its old key.
 */
#include <openssl/evp.h>

#include "token/piv/management.h"

#define REFERENCE 0x9b
#define TAG_AUTH 0x7c
#define TAG_WITNESS 0x80
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE 0x82
#define BLOCK_MAX 16
#define SW_SECURITY 0x6982

#define OBJECT_COPY 0x5fc109
#define OBJECT_ADMIN 0x5fff00
#define TAG_COPY 0x88
#define TAG_COPY_KEY 0x89
#define TAG_ADMIN 0x80
#define TAG_FLAGS 0x81
#define FLAG_PROTECTED 0x02

static size_t
block_of(uint8_t algorithm)
{
	return algorithm == MANAGEMENT_3DES ? 8 : 16;
}

/* One block under the key, in either direction. */
static int
block(uint8_t algorithm, const struct secret *key, bool forward,
    const uint8_t *in, uint8_t *out, struct err *e)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *how = algorithm == MANAGEMENT_3DES ?
	    EVP_des_ede3_ecb() : EVP_aes_192_ecb();
	int n = 0;
	bool good = x != NULL && EVP_CipherInit_ex(x, how, NULL, key->b, NULL,
	    forward) == 1 && EVP_CIPHER_CTX_set_padding(x, 0) == 1 &&
	    EVP_CipherUpdate(x, out, &n, in, (int)block_of(algorithm)) == 1 &&
	    n == (int)block_of(algorithm);

	EVP_CIPHER_CTX_free(x);
	return good ? 0 : err_set(e, ERR_SYSTEM, "the cipher of management "
	    "keys is not there");
}

static int
authenticate(struct card *c, uint8_t algorithm, struct bytes list,
    struct answer *a, struct err *e)
{
	struct command q = { YKPIV_INS_AUTHENTICATE, algorithm, REFERENCE,
	    list };

	return card_send(c, &q, a, e);
}

/* A block in the answer, by its tag. */
static const uint8_t *
answer_block(const struct answer *a, uint8_t tag, size_t n)
{
	struct bytes f = tlv_field(tlv_field(bytes_of(a->b, a->n), TAG_AUTH),
	    tag);

	return a->sw == SW_OK && f.n == n ? f.p : NULL;
}

/* Its witness, decrypted, and a challenge of ours. */
static int
respond(struct card *c, uint8_t algorithm, const struct secret *key,
    const uint8_t *witness, const uint8_t *challenge, struct answer *a,
    struct err *e)
{
	size_t n = block_of(algorithm), at = 0, len = 0;
	uint8_t plain[BLOCK_MAX], in[2 * BLOCK_MAX + 8], list[sizeof(in) + 2];
	int r = block(algorithm, key, false, witness, plain, e);

	if (r != 0)
		return r;
	tlv_put(in, sizeof(in), &at, TAG_WITNESS, bytes_of(plain, n));
	tlv_put(in, sizeof(in), &at, TAG_CHALLENGE, bytes_of(challenge, n));
	tlv_put(list, sizeof(list), &len, TAG_AUTH, bytes_of(in, at));
	return authenticate(c, algorithm, bytes_of(list, len), a, e);
}

int
management_login(struct card *c, uint8_t algorithm, const struct secret *key,
    bool *right, struct err *e)
{
	static const uint8_t begin[] = { TAG_AUTH, 2, TAG_WITNESS, 0 };
	static const char what[] = "the check of the management key";
	uint8_t challenge[BLOCK_MAX], want[BLOCK_MAX];
	size_t n = block_of(algorithm);
	static struct answer a;
	const uint8_t *got;
	int r;

	*right = false;
	if ((r = authenticate(c, algorithm, bytes_of(begin, sizeof(begin)),
	    &a, e)) != 0)
		return r;
	if ((got = answer_block(&a, TAG_WITNESS, n)) == NULL)
		return card_failed(c, what, a.sw, e);
	random_bytes(challenge, n);
	if ((r = respond(c, algorithm, key, got, challenge, &a, e)) != 0 ||
	    (r = block(algorithm, key, true, challenge, want, e)) != 0 ||
	    a.sw == SW_SECURITY)
		return r;
	if ((got = answer_block(&a, TAG_RESPONSE, n)) == NULL)
		return card_failed(c, what, a.sw, e);
	*right = secret_equal(got, want, n) == 1;
	return 0;
}

int
management_factory(struct secret *key, struct err *e)
{
	int r = secret_new(key, MANAGEMENT_LEN, e);

	for (size_t i = 0; r == 0 && i < MANAGEMENT_LEN; i++)
		key->b[i] = (uint8_t)(i % 8 + 1);
	return r;
}

int
management_protected(struct card *c, bool *yes, struct err *e)
{
	static struct answer a;
	struct bytes admin, flags;
	int r = object_get(c, OBJECT_ADMIN, &a, &admin, e);

	flags = tlv_field(tlv_field(admin, TAG_ADMIN), TAG_FLAGS);
	*yes = r == 0 && flags.n == 1 && (flags.p[0] & FLAG_PROTECTED) != 0;
	return r;
}

int
management_copy(struct card *c, struct secret *key, struct err *e)
{
	static struct answer a;
	struct bytes object, copy;
	int r = object_get(c, OBJECT_COPY, &a, &object, e);

	copy = tlv_field(tlv_field(object, TAG_COPY), TAG_COPY_KEY);
	if (r == 0 && copy.n != MANAGEMENT_LEN)
		r = err_set(e, ERR_TOKEN, "token %u says that it holds its "
		    "management key, and does not", c->info.serial);
	if (r == 0 && (r = secret_new(key, MANAGEMENT_LEN, e)) == 0)
		memcpy(key->b, copy.p, MANAGEMENT_LEN);
	wipe(&a, sizeof(a));
	return r;
}

static int
store_flag(struct card *c, uint8_t flag, struct err *e)
{
	uint8_t admin[] = { TAG_ADMIN, 3, TAG_FLAGS, 1, flag };

	return object_put(c, OBJECT_ADMIN, bytes_of(admin, sizeof(admin)), e);
}

static int
store_copy(struct card *c, const struct secret *key, struct err *e)
{
	uint8_t copy[MANAGEMENT_LEN + 4] = { TAG_COPY, MANAGEMENT_LEN + 2,
	    TAG_COPY_KEY, MANAGEMENT_LEN };
	int r;

	memcpy(copy + 4, key->b, MANAGEMENT_LEN);
	r = object_put(c, OBJECT_COPY, bytes_of(copy, sizeof(copy)), e);
	wipe(copy, sizeof(copy));
	return r;
}

/* A flag that would send others to a copy that is none is taken back. */
static int
store(struct card *c, bool protect, const struct secret *key, struct err *e)
{
	bool flagged;
	int r;

	if (protect)
		return (r = store_copy(c, key, e)) != 0 ? r :
		    store_flag(c, FLAG_PROTECTED, e);
	if ((r = management_protected(c, &flagged, e)) != 0 || !flagged)
		return r;
	if ((r = store_flag(c, 0, e)) != 0)
		return r;
	return object_put(c, OBJECT_COPY, (struct bytes){ 0 }, e);
}

static bool
has_aes(const struct card *c)
{
	const uint8_t *v = c->info.version;

	return (v[0] << 16 | v[1] << 8 | v[2]) >= (5 << 16 | 4 << 8 | 2);
}

static int
set(struct card *c, uint8_t algorithm, const struct secret *key,
    struct err *e)
{
	uint8_t in[3 + MANAGEMENT_LEN] = { algorithm, REFERENCE,
	    MANAGEMENT_LEN };
	struct command q = { YKPIV_INS_SET_MGMKEY, 0xff, 0xff,
	    bytes_of(in, sizeof(in)) };
	static struct answer a;
	int r;

	memcpy(in + 3, key->b, MANAGEMENT_LEN);
	r = card_do(c, &q, "changing the management key", &a, e);
	wipe(in, sizeof(in));
	return r;
}

int
management_lock(struct card *c, bool protect, struct err *e)
{
	uint8_t algorithm = has_aes(c) ? MANAGEMENT_AES192 : MANAGEMENT_3DES;
	struct secret key = { 0 };
	bool right = false;
	int r;

	if ((r = secret_new(&key, MANAGEMENT_LEN, e)) != 0)
		return r;
	random_bytes(key.b, MANAGEMENT_LEN);
	if ((r = store(c, protect, &key, e)) == 0 &&
	    (r = set(c, algorithm, &key, e)) == 0)
		r = management_login(c, algorithm, &key, &right, e);
	if (r == 0 && !right)
		r = err_set(e, ERR_TOKEN, "token %u does not know the "
		    "management key that it was given; do not use this token",
		    c->info.serial);
	secret_free(&key);
	return r;
}
