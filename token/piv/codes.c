/*
 * PIN and PUK of a setup.
 *
 * Setting the retry limits puts both back to the factory's, so it comes
 * first; the PUK comes before the PIN, so that a token with the new PIN has
 * the new PUK too.  What was typed in the run that finishes is what counts.
 *
 * Whether the PIN is the factory's is told by firmware 5.3; before that it
 * can only be tried.  Which of the two is likelier follows from the slots:
 * keys are made after the PIN is set.
 */
#include <stdio.h>

#include "token/pin_text.h"
#include "token/piv/setup.h"

#define FACTORY_PIN "123456"
#define FACTORY_PUK "12345678"
#define CODE_BUF (PIN_MAX + 1)
#define PIN_REFERENCE 0x80
#define PUK_REFERENCE 0x81
/* firmware 5.7 may want codes to be complex */
#define SW_CONDITIONS 0x6985
#define SW_DATA 0x6a80

static int
factory_pin(struct setup_run *u, struct err *e)
{
	int r = secret_new(&u->factory, CODE_BUF, e);

	if (r == 0)
		memcpy(u->factory.b, FACTORY_PIN, strlen(FACTORY_PIN));
	return r;
}

/* Is one of the keys made?  Then the PIN was set before it. */
static bool
keys_begun(const struct setup_run *u)
{
	for (size_t i = 0; i < SETUP_SLOTS; i++)
		if (u->x.slot[i].object || u->x.slot[i].key == KEY_THERE)
			return true;
	return false;
}

/* Two candidates, a wrong one costs a try, the last try is never taken. */
static int
guess(struct setup_run *u, struct err *e)
{
	const struct secret *list[2] = { &u->factory, &u->pin };
	bool right = false;
	int r;

	if (keys_begun(u)) {
		list[0] = &u->pin;
		list[1] = &u->factory;
	}
	for (size_t i = 0; i < 2; i++) {
		if (u->c->info.tries < 2)
			break;
		if ((r = pin_try(u->c, list[i], &right, e)) != 0)
			return r;
		if (right) {
			u->now = list[i];
			return 0;
		}
	}
	return err_set(e, ERR_TOKEN, "token %u: its PIN is neither the "
	    "factory's nor the one that was given; %u %s left; give the PIN "
	    "that it has", u->c->info.serial, u->c->info.tries,
	    u->c->info.tries == 1 ? "try is" : "tries are");
}

static bool
guessing(const struct setup_run *u)
{
	return u->steps.codes && !u->x.told;
}

/* A token whose PIN is its owner's keeps it; else there is a new one. */
static int
ask_pin(struct setup_run *u, struct err *e)
{
	if (!u->steps.codes || (u->x.told && !u->x.pin_default))
		return pin_ask(&u->from, &u->c->info, CODE_PIN, &u->pin, e);
	if (u->c->info.tries == 0)
		return err_set(e, ERR_TOKEN, "token %u: the PIN is locked (no "
		    "tries left); unblock it with the PUK: quorate token "
		    "unblock-pin", u->c->info.serial);
	if (guessing(u))
		prompt_say(&u->from, "token %u: this firmware does not tell "
		    "whether the PIN is still the\nfactory's.  Type the PIN "
		    "that the token shall have.  If it has a third one now,\n"
		    "finding out costs two of %u tries: stop with Ctrl-C, and "
		    "give that one.\n", u->c->info.serial,
		    u->c->info.tries);
	return pin_ask_new(&u->from, &u->c->info, CODE_PIN, &u->pin, e);
}

int
codes_ask(struct setup_run *u, struct err *e)
{
	int r;

	if ((r = factory_pin(u, e)) != 0 || (r = ask_pin(u, e)) != 0 ||
	    (u->steps.codes && (r = pin_ask_new(&u->from, &u->c->info,
	    CODE_PUK, &u->puk, e)) != 0))
		return r;
	if (u->puk.b != NULL &&
	    secret_equal(u->pin.b, u->puk.b, CODE_BUF) == 1)
		return err_set(e, ERR_REFUSED, "PIN and PUK are the same; "
		    "nothing was changed");
	return 0;
}

int
codes_find(struct setup_run *u, struct err *e)
{
	if (guessing(u))
		return guess(u, e);
	u->now = u->x.told && u->x.pin_default ? &u->factory : &u->pin;
	return u->now == &u->pin ? pin_verify(u->c, u->now, e) : 0;
}

static int
change(struct setup_run *u, uint8_t reference, const char *old,
    const struct secret *code, struct err *e)
{
	struct secret was = { 0 };
	uint8_t in[16];
	struct command q = { YKPIV_INS_CHANGE_REFERENCE, 0, reference,
	    bytes_of(in, sizeof(in)) };
	static struct answer a;
	int r = secret_new(&was, CODE_BUF, e);

	if (r != 0)
		return r;
	memcpy(was.b, old, strlen(old));
	code_pad(&was, in);
	code_pad(code, in + 8);
	r = card_send(u->c, &q, &a, e);
	wipe(in, sizeof(in));
	secret_free(&was);
	if (r == 0 && (a.sw == SW_CONDITIONS || a.sw == SW_DATA))
		return err_set(e, ERR_TOKEN, "token %u takes no %s that is so "
		    "simple; run the same command again with another",
		    u->c->info.serial, reference == PIN_REFERENCE ? "PIN" :
		    "PUK");
	if (r == 0 && a.sw != SW_OK)
		r = card_failed(u->c, reference == PIN_REFERENCE ?
		    "setting the PIN" : "setting the PUK", a.sw, e);
	return r;
}

int
codes_set(struct setup_run *u, struct err *e)
{
	struct command limits = { .ins = YKPIV_INS_SET_PIN_RETRIES,
	    .p1 = u->s->pin_tries, .p2 = u->s->puk_tries };
	static struct answer a;
	int r;

	if ((r = setup_login(u, e)) != 0 ||
	    (r = pin_verify(u->c, u->now, e)) != 0 ||
	    (r = card_do(u->c, &limits, "setting the retry limits", &a,
	    e)) != 0)
		return r;
	u->now = &u->factory;
	if ((r = change(u, PUK_REFERENCE, FACTORY_PUK, &u->puk, e)) != 0 ||
	    (r = change(u, PIN_REFERENCE, FACTORY_PIN, &u->pin, e)) != 0)
		return r;
	u->now = &u->pin;
	setup_say(u, "%u tries for the PIN, %u for the PUK; both are yours",
	    u->s->pin_tries, u->s->puk_tries);
	return 0;
}
