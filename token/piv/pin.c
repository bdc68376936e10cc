/*
 * PIN and PUK: what is said before they are asked, and what the card says of
 * them.  The tries left stand before every question; below three they are a
 * warning, and the last one is not taken without a yes on the terminal.
 */
#include <stdio.h>

#include "token/pin_text.h"
#include "token/piv/piv.h"

#define WARN_BELOW 3
#define ROUNDS 3
#define QUESTION_MAX 160

static const char *const names[] = { "PIN", "PUK" };

static uint8_t
tries_of(const struct token_info *t, enum code code)
{
	return code == CODE_PIN ? t->tries : t->puk_tries;
}

static int
locked(const struct token_info *t, enum code code, struct err *e)
{
	if (code == CODE_PIN)
		return err_set(e, ERR_TOKEN, "token %u: the PIN is locked "
		    "(no tries left); unblock it with the PUK: quorate token "
		    "unblock-pin", t->serial);
	return err_set(e, ERR_TOKEN, "token %u: the PUK is locked (no tries "
	    "left): nothing but quorate token reset helps, and its keys are "
	    "lost then", t->serial);
}

/* The last try locks it if it is wrong. */
static int
confirm_last(const struct pin_source *from, enum code code, struct err *e)
{
	if (from->tty < 0)
		return err_set(e, ERR_TOKEN, "one try is left for the %s: "
		    "it must be typed and confirmed on a terminal",
		    names[code]);
	return prompt_confirm(from, code == CODE_PIN ?
	    "Only ONE try is left: a wrong PIN locks the token until the PUK "
	    "is used.\nGo on? [yes/no] " :
	    "Only ONE try is left: a wrong PUK locks it for ever.\n"
	    "Go on? [yes/no] ",
	    e);
}

static int
show_tries(const struct pin_source *from, const struct token_info *t,
    enum code code, struct err *e)
{
	uint8_t tries = tries_of(t, code);

	if (tries == 0)
		return locked(t, code, e);
	if (tries == TRIES_UNKNOWN && code == CODE_PIN)
		return err_set(e, ERR_TOKEN, "token %u does not say how many "
		    "tries the PIN has left; take it out and put it in again",
		    t->serial);
	if (tries == 1)
		return confirm_last(from, code, e);
	if (tries == TRIES_UNKNOWN)
		prompt_say(from, "Warning: this firmware does not tell how "
		    "many tries the PUK has left.\n");
	else if (tries < WARN_BELOW)
		prompt_say(from, "Warning: only %u tries are left.\n", tries);
	return 0;
}

int
pin_ask(const struct pin_source *from, const struct token_info *t,
    enum code code, struct secret *out, struct err *e)
{
	char question[QUESTION_MAX], left[32] = "";
	uint8_t tries = tries_of(t, code);
	int r;

	if ((r = prompt_possible(from, e)) != 0 ||
	    (r = show_tries(from, t, code, e)) != 0)
		return r;
	if (tries != TRIES_UNKNOWN)
		snprintf(left, sizeof(left), "; %u %s left", tries,
		    tries == 1 ? "try" : "tries");
	snprintf(question, sizeof(question), code == CODE_PIN ?
	    "PIN of token %u (the PIV PIN, not the FIDO2 one%s): " :
	    "PUK of token %u (the PIV PUK%s): ", t->serial, left);
	return prompt_code(from, question, pin_check, out, e);
}

/* A descriptor gives it once; whoever types may mistype. */
int
pin_ask_new(const struct pin_source *from, const struct token_info *t,
    enum code code, struct secret *out, struct err *e)
{
	char question[QUESTION_MAX], again[QUESTION_MAX];
	int r;

	snprintf(question, sizeof(question), "New %s for token %u (%d to %d "
	    "characters): ", names[code], t->serial, PIN_MIN, PIN_MAX);
	snprintf(again, sizeof(again), "The new %s again: ", names[code]);
	for (int i = 0; i < ROUNDS; i++) {
		struct secret second = { 0 };
		int same;

		if ((r = prompt_code(from, question, pin_check_new, out,
		    e)) != 0 || from->fd >= 0)
			return r;
		if ((r = prompt_code(from, again, pin_check, &second,
		    e)) != 0) {
			secret_free(out);
			return r;
		}
		same = secret_equal(out->b, second.b, PIN_MAX + 1);
		secret_free(&second);
		if (same)
			return 0;
		secret_free(out);
		prompt_say(from, "The two are not the same.\n");
	}
	return err_set(e, ERR_REFUSED, "the new %s was not typed twice the "
	    "same; nothing was changed", names[code]);
}

int
pin_error(const struct card *c, enum code code, ykpiv_rc rc, int tries,
    struct err *e)
{
	if (rc == YKPIV_WRONG_PIN && tries > 0)
		return err_set(e, ERR_TOKEN, "token %u: %s refused, %d %s "
		    "left", c->info.serial, names[code], tries,
		    tries == 1 ? "try" : "tries");
	if (rc != YKPIV_WRONG_PIN && rc != YKPIV_PIN_LOCKED)
		return card_gone(c, e);
	if (code == CODE_PUK)
		return err_set(e, ERR_TOKEN, "token %u: PUK refused, and it "
		    "is locked now: nothing but quorate token reset helps if "
		    "the PIN is locked too", c->info.serial);
	return err_set(e, ERR_TOKEN, "token %u: PIN refused, and it is locked "
	    "now; unblock it with the PUK: quorate token unblock-pin",
	    c->info.serial);
}

int
pin_unlock(struct card *c, const struct pin_source *from, struct err *e)
{
	struct secret pin = { 0 };
	int r, tries = -1;
	ykpiv_rc rc;

	if ((r = pin_ask(from, &c->info, CODE_PIN, &pin, e)) != 0)
		return r;
	if ((r = card_hold(c, e)) != 0)
		goto out;
	rc = ykpiv_verify(c->st, (const char *)pin.b, &tries);
	if (rc != YKPIV_OK) {
		r = pin_error(c, CODE_PIN, rc, tries, e);
		card_release(c);
	}
out:
	secret_free(&pin);
	return r;
}
