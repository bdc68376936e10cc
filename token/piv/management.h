/*
 * The management key (private to quorate-token): whoever knows it can write
 * certificates and make keys.  3DES, or AES-192 from firmware 5.4.2 on; both
 * 24 bytes.
 */
#ifndef TOKEN_PIV_MANAGEMENT_H
#define TOKEN_PIV_MANAGEMENT_H

#include "token/piv/command.h"
#include "token/setup.h"

#define MANAGEMENT_LEN 24

/*
 * Mutual authentication.  *right: the card has this key, and the session may
 * write now.  0 or ERR_TOKEN.
 */
int management_login(struct card *c, uint8_t algorithm,
    const struct secret *key, bool *right, struct err *e) MUST_CHECK;

/* The factory's key; free with secret_free. */
int management_factory(struct secret *key, struct err *e) MUST_CHECK;

/* The copy behind the PIN, which is verified; free with secret_free. */
int management_copy(struct card *c, struct secret *key,
    struct err *e) MUST_CHECK;

/* Does the token say that it holds a copy? */
int management_protected(struct card *c, bool *yes,
    struct err *e) MUST_CHECK;

/*
 * Makes a new key and puts it into the card, logged in and with the PIN
 * verified; protect: a copy goes behind the PIN first.  It is nowhere else.
 */
int management_lock(struct card *c, bool protect, struct err *e) MUST_CHECK;

#endif
