/*
 * A new PIN or PUK.  All is asked and checked before the card is held; then
 * one command does it, so there is no state in between.
 */
#include "token/pin_text.h"
#include "token/piv/piv.h"

struct change {
	enum code proof, sets;	/* what is asked, what becomes new */
	ykpiv_rc (*run)(ykpiv_state *, const char *, size_t, const char *,
	    size_t, int *);
};

static const struct change *
change_of(enum token_op op)
{
	static const struct change pin = { CODE_PIN, CODE_PIN,
	    ykpiv_change_pin }, puk = { CODE_PUK, CODE_PUK,
	    ykpiv_change_puk }, unblock = { CODE_PUK, CODE_PIN,
	    ykpiv_unblock_pin };

	return op == TOKEN_CHANGE_PIN ? &pin : op == TOKEN_CHANGE_PUK ? &puk :
	    &unblock;
}

/* With the card held. */
static int
run(struct card *c, const struct change *how, const struct secret *old,
    const struct secret *new, struct err *e)
{
	const char *a = (const char *)old->b, *b = (const char *)new->b;
	int tries = -1;
	ykpiv_rc rc = how->run(c->st, a, strlen(a), b, strlen(b), &tries);

	if (rc == YKPIV_OK)
		return 0;
	/* the right one, but firmware 5.7 may want a PIN to be complex */
	if (rc == YKPIV_GENERIC_ERROR)
		return err_set(e, ERR_TOKEN, "token %u did not take the new "
		    "one: it was taken out, or wants one that is less "
		    "simple; quorate token status says what is left",
		    c->info.serial);
	return pin_error(c, how->proof, rc, tries, e);
}

int
piv_change(struct card *c, enum token_op op, const struct pin_source *from,
    struct err *e)
{
	const struct change *how = change_of(op);
	struct secret old = { 0 }, new = { 0 };
	int r = ERR_INTERNAL;

	if ((r = pin_ask(from, &c->info, how->proof, &old, e)) != 0 ||
	    (r = pin_ask_new(from, &c->info, how->sets, &new, e)) != 0)
		goto out;
	if (secret_equal(old.b, new.b, PIN_MAX + 1)) {
		r = err_set(e, ERR_REFUSED, op == TOKEN_UNBLOCK_PIN ?
		    "the PIN must not be the PUK; nothing was changed" :
		    "that is the old one; nothing was changed");
		goto out;
	}
	if ((r = card_hold(c, e)) != 0)
		goto out;
	r = run(c, how, &old, &new, e);
	card_release(c);
out:
	secret_free(&old);
	secret_free(&new);
	wipe_stack();
	return r;
}
