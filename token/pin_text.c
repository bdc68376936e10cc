/*
 * PIN rules (pin_text.h).  The looks of a one-time password become public;
 * of a PIN only its length does, of a new one also why it is refused.
 */
#include "airgap/seal/secret.h"
#include "token/pin_text.h"

bool
pin_is_otp(struct bytes typed)
{
	size_t run = 0;

	for (size_t i = 0; i < typed.n && typed.n >= OTP_RUN; i++) {
		if (memchr("cbdefghijklnrtuv", typed.p[i], 16) == NULL)
			run = 0;
		else if (++run == OTP_RUN)
			return true;
	}
	return false;
}

int
pin_check(struct bytes typed, struct err *e)
{
	if (typed.n >= PIN_MIN && typed.n <= PIN_MAX &&
	    memchr(typed.p, 0, typed.n) == NULL)
		return 0;
	return err_set(e, ERR_TOKEN, "a PIV PIN or PUK has %d to %d "
	    "characters; nothing was sent, no try was lost", PIN_MIN, PIN_MAX);
}

static int
is(struct bytes typed, const char *text)
{
	return typed.n == strlen(text) &&
	    secret_equal(typed.p, text, typed.n);
}

int
pin_check_new(struct bytes typed, struct err *e)
{
	int hidden = 0, r;

	if ((r = pin_check(typed, e)) != 0)
		return r;
	for (size_t i = 0; i < typed.n; i++)
		hidden |= (typed.p[i] < 0x21) | (typed.p[i] > 0x7e);
	if (hidden)
		return err_set(e, ERR_TOKEN, "only letters, digits and signs "
		    "of a plain keyboard can be in a new PIN or PUK");
	if (is(typed, "123456") | is(typed, "12345678"))
		return err_set(e, ERR_TOKEN, "that is the one from the "
		    "factory, which everybody knows; choose another");
	return 0;
}
