/*
 * What a card says of itself without a PIN: certificates, metadata (firmware
 * 5.3 and later), the tries left.
 *
 * The public key of a slot is that of its certificate, as in QOS; whoever
 * can write certificates could swap it, so where metadata tells the real key
 * the two are compared, and every use of a key is checked by its result.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "airgap/seal/p256.h"
#include "token/piv/command.h"

#define METADATA_MAX 1024
#define PUK_ID 0x81

bool
certificate_point(struct bytes der, uint8_t point[static POINT_LEN])
{
	const unsigned char *at = der.p;
	X509 *x = der.n > (1U << 16) ? NULL : d2i_X509(NULL, &at,
	    (long)der.n);
	EVP_PKEY *key = x == NULL ? NULL : X509_get0_pubkey(x);
	char group[32] = "";
	size_t len = 0;
	bool ok;

	ok = key != NULL &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0 &&
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
	    point, POINT_LEN, &len) == 1 && len == POINT_LEN &&
	    p256_point_valid(point);
	X509_free(x);
	return ok;
}

struct bytes
tlv_field(struct bytes list, uint8_t tag)
{
	size_t i = 0, len;

	while (i + 2 <= list.n) {
		uint8_t t = list.p[i++];

		if ((len = list.p[i++]) == 0x81 && i < list.n) {
			len = list.p[i++];
		} else if (len == 0x82 && list.n - i >= 2) {
			len = (size_t)list.p[i] << 8 | list.p[i + 1];
			i += 2;
		}
		if (len > list.n - i)
			break;
		if (t == tag)
			return bytes_of(list.p + i, len);
		i += len;
	}
	return (struct bytes){ 0 };
}

static void
look_metadata(struct card *c, uint8_t slot, struct token_slot *t)
{
	struct bytes m, f, key;
	uint8_t in[METADATA_MAX];
	size_t n = sizeof(in);

	if (ykpiv_get_metadata(c->st, slot, in, &n) != YKPIV_OK)
		return;
	m = bytes_of(in, n);
	if ((f = tlv_field(m, 0x02)).n == 2) {
		t->pin_policy = f.p[0];
		t->touch_policy = f.p[1];
	}
	if ((f = tlv_field(m, 0x03)).n == 1)
		t->origin = f.p[0];
	key = tlv_field(tlv_field(m, 0x04), 0x86);
	if (t->state == SLOT_KEY && key.n > 0 &&
	    !bytes_equal(key, bytes_of(t->point, POINT_LEN)))
		t->state = SLOT_MISMATCH;
}

static void
look_slot(struct card *c, uint8_t slot, struct token_slot *t)
{
	uint8_t *der = NULL;
	size_t n = 0;
	ykpiv_rc rc = ykpiv_util_read_cert(c->st, slot, &der, &n);

	t->state = SLOT_UNREADABLE;
	if (rc == YKPIV_INVALID_OBJECT || (rc == YKPIV_OK && n == 0))
		t->state = SLOT_EMPTY;
	else if (rc == YKPIV_OK &&
	    certificate_point(bytes_of(der, n), t->point))
		t->state = SLOT_KEY;
	if (der != NULL)
		(void)ykpiv_util_free(c->st, der);
	look_metadata(c, slot, t);
}

/* Tag 06 of the PUK's metadata: tries in all, tries left. */
static uint8_t
puk_tries(struct card *c)
{
	uint8_t in[METADATA_MAX];
	size_t n = sizeof(in);
	struct bytes f;

	if (ykpiv_get_metadata(c->st, PUK_ID, in, &n) != YKPIV_OK)
		return TRIES_UNKNOWN;
	f = tlv_field(bytes_of(in, n), 0x06);
	return f.n == 2 ? f.p[1] : TRIES_UNKNOWN;
}

void
card_look(struct card *c)
{
	int tries = TRIES_UNKNOWN;
	ykpiv_rc rc;

	if (c->st == NULL)
		return;
	look_slot(c, YKPIV_KEY_KEYMGM, &c->info.encrypt);
	look_slot(c, YKPIV_KEY_SIGNATURE, &c->info.sign);
	c->info.puk_tries = puk_tries(c);
	rc = ykpiv_verify(c->st, NULL, &tries);
	if (rc == YKPIV_PIN_LOCKED)
		c->info.tries = 0;
	else if (rc == YKPIV_WRONG_PIN && tries >= 0 && tries < TRIES_UNKNOWN)
		c->info.tries = (uint8_t)tries;
}
