/*
 * PIV reset.  The card does it only when PIN and PUK are both blocked, so
 * they are blocked first, with codes that nobody has.  Each step looks at
 * the card, so that a reset that was cut short is run again from the start.
 */
#include "airgap/seal/hex.h"
#include "token/pin_text.h"
#include "token/piv/piv.h"

#define TRIES_MAX 255		/* the most a card can be set to */

static void
random_code(char code[static PIN_MAX + 1])
{
	uint8_t b[PIN_MAX / 2];

	random_bytes(b, sizeof(b));
	hex_text(b, sizeof(b), code);
}

/* One wrong try; the card's answer. */
static ykpiv_rc
spoil(struct card *c, enum code code)
{
	char wrong[PIN_MAX + 1], other[PIN_MAX + 1];
	int tries = -1;

	random_code(wrong);
	random_code(other);
	return code == CODE_PIN ? ykpiv_verify(c->st, wrong, &tries) :
	    ykpiv_change_puk(c->st, wrong, PIN_MAX, other, PIN_MAX, &tries);
}

/* A code that happens to be right only fills the counter up again. */
static int
block(struct card *c, enum code code, struct err *e)
{
	for (int i = 0; i < 2 * TRIES_MAX; i++) {
		ykpiv_rc rc = spoil(c, code);

		tell(REPLY_WORKING);	/* 255 tries take their time */
		if (rc == YKPIV_PIN_LOCKED)
			return 0;
		if (rc != YKPIV_WRONG_PIN && rc != YKPIV_OK)
			return card_gone(c, e);
	}
	return err_set(e, ERR_TOKEN, "token %u does not block its %s; it was "
	    "not reset", c->info.serial, code == CODE_PIN ? "PIN" : "PUK");
}

int
piv_reset(struct card *c, struct err *e)
{
	int r = card_hold(c, e);

	if (r != 0)
		return r;
	if ((r = block(c, CODE_PIN, e)) == 0 &&
	    (r = block(c, CODE_PUK, e)) == 0 &&
	    ykpiv_util_reset(c->st) != YKPIV_OK)
		r = err_set(e, ERR_TOKEN, "token %u did not reset itself; its "
		    "PIN and PUK are blocked: run the same command again",
		    c->info.serial);
	card_release(c);
	return r;
}
