/*
 * What a PIN or PUK may look like, and what was typed by the token itself.
 */
#ifndef TOKEN_PIN_TEXT_H
#define TOKEN_PIN_TEXT_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define PIN_MIN 6
#define PIN_MAX 8
#define OTP_RUN 32		/* modhex letters of the shortest one */

/*
 * True for a one-time password that a touched YubiKey types: 32 letters of
 * modhex or more in a row, whatever stands before or behind them.  It is no
 * PIN and must not cost a try.
 */
bool pin_is_otp(struct bytes typed);

/*
 * 6 to 8 bytes: less would be sent by the library and cost a try.
 * ERR_TOKEN if not, before anything is sent.
 */
int pin_check(struct bytes typed, struct err *e) MUST_CHECK;

/*
 * What a new PIN or PUK must be: 6 to 8 visible ASCII characters (the same
 * on every keyboard and firmware), and not the one from the factory.
 * ERR_TOKEN if not.
 */
int pin_check_new(struct bytes typed, struct err *e) MUST_CHECK;

#endif
