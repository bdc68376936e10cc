/*
 * The two uses of a key.  Each: the PIN is asked, verified, and the key used
 * at once, with no command to the card in between (PIN policy "always" is
 * spoilt by one); the result is checked before it leaves.
 *
 * Status 6982 has one code in libykpiv for three causes; the time that
 * passed and the question for the tries left tell them apart.
 */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <unistd.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/p256.h"
#include "token/piv/command.h"

#define DER_MAX 128
#define TOUCH_SECONDS 15
#define TOUCH_MIN_MS 2500	/* refusals for another cause come at once */

static int
check_slot(const struct card *c, const struct token_slot *t, const char *name,
    struct err *e)
{
	switch (t->state) {
	case SLOT_KEY:
		return 0;
	case SLOT_EMPTY:
		return err_set(e, ERR_TOKEN, "token %u: slot %s is empty; "
		    "this token was not provisioned", c->info.serial, name);
	case SLOT_MISMATCH:
		return err_set(e, ERR_TOKEN, "token %u: the certificate in "
		    "slot %s is not that of the key in the slot; do not use "
		    "this token", c->info.serial, name);
	case SLOT_UNREADABLE:
		break;
	}
	return err_set(e, ERR_TOKEN, "token %u: slot %s holds no readable "
	    "P-256 certificate", c->info.serial, name);
}

/* PIN asked and verified, the card held; its use must follow at once. */
static int
unlock(struct card *c, const struct pin_source *from,
    const struct token_slot *t, struct err *e)
{
	int r = from->known != NULL ? pin_verify(c, from->known, e) :
	    pin_unlock(c, from, e);

	if (r == 0 && t->touch_policy != POLICY_NEVER)
		tell_line(REPLY_TOUCH, "Touch your YubiKey (serial %u, %d s)",
		    c->info.serial, TOUCH_SECONDS);
	return r;
}

/* A setup holds the card longer than a use. */
static void
used(struct card *c, const struct pin_source *from)
{
	if (from->known == NULL)
		card_release(c);
}

static int
use_error(struct card *c, ykpiv_rc rc, int64_t took, struct err *e)
{
	int tries = -1;
	ykpiv_rc now = ykpiv_verify(c->st, NULL, &tries);

	if (rc == YKPIV_PCSC_ERROR || (now != YKPIV_OK &&
	    now != YKPIV_WRONG_PIN && now != YKPIV_PIN_LOCKED))
		return card_gone(c, e);
	if (now == YKPIV_PIN_LOCKED)
		return err_set(e, ERR_TOKEN, "token %u: the PIN is locked; "
		    "unblock it with the PUK: quorate token unblock-pin",
		    c->info.serial);
	if (took >= TOUCH_MIN_MS ||
	    (rc == YKPIV_AUTHENTICATION_ERROR && now == YKPIV_OK))
		return err_set(e, ERR_TOKEN, "token %u was not touched in "
		    "time; nothing is lost: start again and touch it when it "
		    "blinks", c->info.serial);
	if (rc == YKPIV_AUTHENTICATION_ERROR)
		return err_set(e, ERR_TOKEN, "token %u forgot the PIN: "
		    "another program uses it; close that and start again",
		    c->info.serial);
	return err_set(e, ERR_TOKEN, "token %u refused to use the key: the "
	    "slot has none, or one of another kind", c->info.serial);
}

static int
from_der(const uint8_t *der, size_t n, struct signature *out)
{
	const unsigned char *at = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	int r = sig != NULL && at == der + n &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out->b, SCALAR_LEN) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out->b + SCALAR_LEN,
	    SCALAR_LEN) > 0 ? 0 : ERR_SIG_FORM;

	ECDSA_SIG_free(sig);
	return r;
}

static int
sign_in(struct card *c, const struct pin_source *from, uint8_t slot,
    struct bytes msg, struct signature *out, struct err *e)
{
	bool signing = slot == YKPIV_KEY_SIGNATURE;
	const struct token_slot *t = signing ? &c->info.sign :
	    &c->info.encrypt;
	struct digest256 d = sha256(msg);
	uint8_t der[DER_MAX];
	size_t n = sizeof(der);
	int64_t began;
	ykpiv_rc rc;
	int r = ERR_INTERNAL;

	if ((r = check_slot(c, t, signing ? "9C" : "9D", e)) != 0 ||
	    (r = unlock(c, from, t, e)) != 0)
		return r;
	began = clock_ms();
	rc = ykpiv_sign_data(c->st, d.b, SHA256_LEN, der, &n,
	    YKPIV_ALGO_ECCP256, slot);
	tell(REPLY_WORKING);
	if (rc != YKPIV_OK)
		r = use_error(c, rc, clock_ms() - began, e);
	used(c, from);
	if (rc != YKPIV_OK)
		return r;
	if (from_der(der, n, out) != 0 || p256_verify(t->point, &d, out) != 0)
		return err_set(e, ERR_TOKEN, "token %u: its signature is not "
		    "that of the certificate in slot %s; do not use this "
		    "token", c->info.serial, signing ? "9C" : "9D");
	return 0;
}

int
piv_sign(struct card *c, const struct pin_source *from, struct bytes msg,
    struct signature *out, struct err *e)
{
	return sign_in(c, from, YKPIV_KEY_SIGNATURE, msg, out, e);
}

int
piv_sign_encrypt(struct card *c, const struct pin_source *from,
    struct bytes msg, struct signature *out, struct err *e)
{
	return sign_in(c, from, YKPIV_KEY_KEYMGM, msg, out, e);
}

static bool
all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	while (n > 0)
		any |= p[--n];
	return any == 0;
}

/* z, ECDH_LEN bytes: the X coordinate, never infinity's zero. */
static int
ecdh(struct card *c, const struct pin_source *from, struct bytes point,
    struct secret *z, struct err *e)
{
	size_t n = z->len;
	int64_t began = clock_ms();
	ykpiv_rc rc = ykpiv_decipher_data(c->st, point.p, point.n, z->b, &n,
	    YKPIV_ALGO_ECCP256, YKPIV_KEY_KEYMGM);
	int r = 0;

	tell(REPLY_WORKING);
	if (rc != YKPIV_OK)
		r = use_error(c, rc, clock_ms() - began, e);
	used(c, from);
	if (rc != YKPIV_OK)
		return r;
	if (n != ECDH_LEN || all_zero(z->b, n))
		return err_set(e, ERR_TOKEN, "token %u gave no shared secret; "
		    "do not use this token", c->info.serial);
	return 0;
}

/*
 * Without metadata nobody has compared the certificate of 9D with its key
 * before: then that may be why the message does not open.
 */
static int
not_opened(const struct card *c, int r, struct err *e)
{
	if (r != ERR_ENV_TAG || c->info.encrypt.origin != 0)
		return r;
	return err_set(e, ERR_TOKEN, "token %u did not open it: it is sealed "
	    "to another key or damaged, or the certificate in slot 9D is not "
	    "that of the key (firmware below 5.3 does not tell)",
	    c->info.serial);
}

/* The sender's point is checked here: cards exist that take any. */
int
piv_open(struct card *c, const struct pin_source *from, struct bytes env,
    struct secret *out, struct err *e)
{
	const struct token_slot *t = &c->info.encrypt;
	struct secret z = { 0 };
	struct bytes point;
	int r = ERR_INTERNAL;

	if ((r = envelope_point(env, &point, e)) != 0 ||
	    (r = check_slot(c, t, "9D", e)) != 0 ||
	    (r = secret_new(&z, ECDH_LEN, e)) != 0)
		return r;
	if ((r = unlock(c, from, t, e)) == 0 &&
	    (r = ecdh(c, from, point, &z, e)) == 0)
		r = not_opened(c, envelope_open_shared(z.b, t->point, env, out,
		    e), e);
	secret_free(&z);
	wipe_stack();
	return r;
}
