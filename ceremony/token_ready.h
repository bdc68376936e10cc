/*
 * What is shown before a token is made ready.
 */
#ifndef CEREMONY_TOKEN_READY_H
#define CEREMONY_TOKEN_READY_H

#include "token/token_key.h"

/* What lies in it, and what will be done, on standard error. */
void token_ready_show(const struct token_info *t, const struct token_exam *x,
    const struct token_setup *s, const struct token_steps *p);

/*
 * Keys that are there will be destroyed: the serial must be typed.  0 if
 * there are none.
 */
int token_ready_confirm(const struct token_info *t,
    const struct token_exam *x, struct err *e) MUST_CHECK;

#endif
