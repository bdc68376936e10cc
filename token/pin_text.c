/*
 * PIN rules (pin_text.h).  The looks of a one-time password become public;
 * of a PIN only its length does.
 */
#include "token/pin_text.h"

bool
pin_is_otp(struct bytes typed)
{
	if (typed.n != OTP_LEN)
		return false;
	for (size_t i = 0; i < typed.n; i++)
		if (memchr("cbdefghijklnrtuv", typed.p[i], 16) == NULL)
			return false;
	return true;
}

int
pin_check(struct bytes typed, struct err *e)
{
	if (typed.n >= PIN_MIN && typed.n <= PIN_MAX &&
	    memchr(typed.p, 0, typed.n) == NULL)
		return 0;
	return err_set(e, ERR_TOKEN, "a PIV PIN has %d to %d characters; "
	    "nothing was sent, no try was lost", PIN_MIN, PIN_MAX);
}
