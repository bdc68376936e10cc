/*
 * PIN, PUK and management key of the SIMULATED card: counters, limits, and
 * the mutual authentication with 3DES or AES (Yubico's PIV extensions).
 */
#include <string.h>

#include <openssl/rand.h>

#include "tests/card/card.h"

static unsigned int
saved(const struct card *c, unsigned int sw)
{
	return card_save(c) ? sw : SW_BROKEN;
}

/* the counter is on disk before the answer is known */
static unsigned int
code_check(struct card *c, struct code *code, const uint8_t *value)
{
	if (code->left == 0)
		return SW_BLOCKED;
	code->left--;
	if (memcmp(code->value, value, sizeof(code->value)) != 0)
		return saved(c, SW_TRIES | code->left);
	code->left = code->total;
	return saved(c, SW_OK);
}

static bool
code_form_good(const uint8_t *value)
{
	size_t n = 0;

	while (n < 8 && value[n] != 0xff)
		n++;
	for (size_t i = n; i < 8; i++)
		if (value[i] != 0xff)
			return false;
	return n >= 6;
}

static unsigned int
code_set(struct card *c, struct code *code, const uint8_t *value)
{
	if (!code_form_good(value))
		return SW_DATA;
	memcpy(code->value, value, sizeof(code->value));
	code->left = code->total;
	code->is_default = false;
	return saved(c, SW_OK);
}

static unsigned int
pin_state(const struct card *c)
{
	if (c->verified)
		return SW_OK;
	return c->pin.left == 0 ? SW_BLOCKED : SW_TRIES | c->pin.left;
}

unsigned int
pin_verify(struct card *c, const struct apdu *a)
{
	unsigned int sw;

	if (a->p2 != 0x80)
		return SW_NO_KEY;
	if (a->p1 == 0xff && a->n == 0) {
		c->verified = false;
		c->fresh = false;
		return SW_OK;
	}
	if (a->n == 0)
		return pin_state(c);
	if (a->n != 8)
		return SW_LENGTH;
	sw = code_check(c, &c->pin, a->data);
	c->verified = sw == SW_OK;
	c->fresh = c->verified;
	return sw;
}

unsigned int
pin_change(struct card *c, const struct apdu *a)
{
	struct code *code = a->p2 == 0x81 ? &c->puk : &c->pin;
	unsigned int sw;

	if (a->p2 != 0x80 && a->p2 != 0x81)
		return SW_NO_KEY;
	if (a->n != 16)
		return SW_LENGTH;
	sw = code_check(c, code, a->data);
	if (code == &c->pin && sw != SW_OK)
		c->verified = c->fresh = false;
	return sw == SW_OK ? code_set(c, code, a->data + 8) : sw;
}

unsigned int
pin_unblock(struct card *c, const struct apdu *a)
{
	unsigned int sw;

	if (a->p2 != 0x80)
		return SW_NO_KEY;
	if (a->n != 16)
		return SW_LENGTH;
	sw = code_check(c, &c->puk, a->data);
	return sw == SW_OK ? code_set(c, &c->pin, a->data + 8) : sw;
}

unsigned int
pin_set_retries(struct card *c, const struct apdu *a)
{
	if (!c->authorised || !c->verified)
		return SW_SECURITY;
	if (a->p1 == 0 || a->p2 == 0)
		return SW_DATA;
	c->pin.total = a->p1;
	c->puk.total = a->p2;
	card_codes_default(c);
	c->verified = false;
	c->fresh = false;
	return saved(c, SW_OK);
}

static const EVP_CIPHER *
cipher_of(unsigned int alg, size_t *key_n, size_t *block)
{
	*block = alg == ALG_3DES ? 8 : 16;
	*key_n = alg == ALG_AES128 ? 16 : alg == ALG_AES256 ? 32 : 24;
	switch (alg) {
	case ALG_3DES:
		return EVP_des_ede3_ecb();
	case ALG_AES128:
		return EVP_aes_128_ecb();
	case ALG_AES192:
		return EVP_aes_192_ecb();
	case ALG_AES256:
		return EVP_aes_256_ecb();
	default:
		return NULL;
	}
}

/* one block under the management key */
static bool
encrypt(const struct card *c, const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t key_n, block;
	const EVP_CIPHER *cipher = cipher_of(c->mgm.alg, &key_n, &block);
	int n = 0;
	bool good = ctx != NULL &&
	    EVP_EncryptInit_ex(ctx, cipher, NULL, c->mgm.key, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, in, (int)block) == 1 &&
	    n == (int)block;

	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static unsigned int
witness_give(struct card *c, size_t block)
{
	uint8_t sealed[16];

	if (RAND_bytes(c->witness, (int)block) != 1 ||
	    !encrypt(c, c->witness, sealed))
		return SW_BROKEN;
	c->witness_n = block;
	reply_tag(c, 0x7c, block + 2);
	reply_tag(c, 0x80, block);
	reply_add(c, sealed, block);
	return SW_OK;
}

static unsigned int
witness_check(struct card *c, const uint8_t *mine, const uint8_t *theirs,
    size_t block)
{
	bool good = c->witness_n == block &&
	    memcmp(c->witness, mine, block) == 0;
	uint8_t sealed[16];

	c->witness_n = 0;
	c->authorised = false;
	if (!good || !encrypt(c, theirs, sealed))
		return SW_SECURITY;
	if (c->mgm.touch && !c->touch_wait(c))
		return SW_SECURITY;
	c->authorised = true;
	reply_tag(c, 0x7c, block + 2);
	reply_tag(c, 0x82, block);
	reply_add(c, sealed, block);
	return SW_OK;
}

unsigned int
mgm_authenticate(struct card *c, const struct apdu *a)
{
	size_t n, mine_n, theirs_n, key_n, block;
	const uint8_t *list = tlv_find(a->data, a->n, 0x7c, &n);
	const uint8_t *mine, *theirs;

	cipher_of(c->mgm.alg, &key_n, &block);
	if (list == NULL || a->p1 != c->mgm.alg)
		return SW_DATA;
	if ((mine = tlv_find(list, n, 0x80, &mine_n)) == NULL)
		return SW_DATA;
	if (mine_n == 0)
		return witness_give(c, block);
	theirs = tlv_find(list, n, 0x81, &theirs_n);
	if (theirs == NULL || mine_n != block || theirs_n != block)
		return SW_DATA;
	return witness_check(c, mine, theirs, block);
}

unsigned int
mgm_set(struct card *c, const struct apdu *a)
{
	size_t key_n, block;

	if (!c->authorised)
		return SW_SECURITY;
	if (a->p1 != 0xff || (a->p2 != 0xff && a->p2 != 0xfe))
		return SW_P1P2;
	if (a->n < 3 || a->data[1] != 0x9b ||
	    cipher_of(a->data[0], &key_n, &block) == NULL ||
	    a->data[2] != key_n || a->n != 3 + key_n)
		return SW_DATA;
	if (a->data[0] != ALG_3DES && !card_version_from(c, 5, 4, 2))
		return SW_DATA;
	c->mgm.alg = a->data[0];
	memcpy(c->mgm.key, a->data + 3, key_n);
	c->mgm.n = key_n;
	c->mgm.touch = a->p2 == 0xfe;
	c->mgm.is_default = false;
	return saved(c, SW_OK);
}
