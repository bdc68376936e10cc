/*
 * Operator keys in PIV tokens.  Nothing here talks to a token: each
 * operation starts quorate-token, which lies next to the running program,
 * waits for it no longer than a person may need, and takes its answer.
 */
#ifndef TOKEN_TOKEN_KEY_H
#define TOKEN_TOKEN_KEY_H

#include "token/operator_key.h"
#include "token/setup.h"
#include "token/wire.h"

struct token_choice {
	bool any;		/* the only one there is; else by serial */
	uint32_t serial;
	int pin_fd;		/* a line a PIN; -1: the terminal */
};

/* What is plugged in.  0, ERR_TOKEN (no pcscd, ...) or ERR_SYSTEM. */
int token_list_read(struct token_list *out, struct err *e) MUST_CHECK;

/*
 * The token that is meant: refused with the list where that is not clear.
 * *out borrows l.  Returns 0 or ERR_TOKEN.
 */
int token_choose(const struct token_list *l, const struct token_choice *c,
    const struct token_info **out, struct err *e) MUST_CHECK;

/* "11, 22": the serials of l, and what is busy; "none". */
void token_list_text(const struct token_list *l, char *out, size_t cap);

/* ERR_USAGE where fd (not -1) is no open descriptor, or below 3. */
int token_pin_fd_check(int fd, struct err *e) MUST_CHECK;

/*
 * Its public key: slot 9D, then 9C, as QOS has it; ERR_TOKEN where a slot is
 * empty or its certificate is not that of its key.
 */
int token_public(const struct token_info *t, struct public_key *out,
    struct err *e) MUST_CHECK;

/*
 * TOKEN_CHANGE_PIN, TOKEN_CHANGE_PUK, TOKEN_UNBLOCK_PIN or TOKEN_RESET on t;
 * PIN and PUK from pin_fd, or the terminal (-1).  Returns 0, ERR_USAGE
 * (pin_fd), ERR_TOKEN, ERR_REFUSED or ERR_SYSTEM.
 */
int token_care(const struct token_info *t, enum token_op op, int pin_fd,
    struct err *e) MUST_CHECK;

/*
 * What lies in it, from close by; no PIN, no change.  x borrows data
 * (buf_free).  Returns 0, ERR_TOKEN or ERR_SYSTEM.
 */
int token_examine(const struct token_info *t, struct buf *data,
    struct token_exam *x, struct err *e) MUST_CHECK;

/*
 * Makes it ready and locks it (setup.h).  scalars: of an import, else NULL.
 * Returns 0, ERR_REFUSED, ERR_USAGE (pin_fd), ERR_TOKEN or ERR_SYSTEM.
 */
int token_make_ready(const struct token_info *t, int pin_fd,
    const struct token_setup *s, const struct secret *scalars,
    struct public_key *out, struct err *e) MUST_CHECK;

/*
 * The key of a token.  No PIN is asked yet.  Free with operator_key_free.
 * Returns 0, ERR_USAGE (pin_fd), ERR_TOKEN or ERR_SYSTEM.
 */
int operator_key_open_token(const struct token_choice *c,
    struct operator_key **out, struct err *e) MUST_CHECK;

/* The same of a token that was listed; ERR_TOKEN or ERR_SYSTEM. */
int operator_key_of_token(const struct token_info *t, int pin_fd,
    struct operator_key **out, struct err *e) MUST_CHECK;

#endif
