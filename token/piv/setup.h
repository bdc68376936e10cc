/*
 * Examination and setup of a card (private to quorate-token).
 */
#ifndef TOKEN_PIV_SETUP_H
#define TOKEN_PIV_SETUP_H

#include "token/piv/management.h"

/* Once a process: what it gives lies in memory of its own.  0, ERR_TOKEN. */
int card_examine(struct card *c, struct token_exam *x,
    struct err *e) MUST_CHECK;

/*
 * Makes the card ready and locks it; again after an interruption, until it
 * is.  scalars: what is imported (encryption, signing; 64 bytes), else NULL.
 * Returns 0, ERR_REFUSED, ERR_TOKEN or ERR_SYSTEM.
 */
int card_setup(struct card *c, const struct pin_source *from,
    const struct token_setup *s, const struct secret *scalars,
    struct public_key *out, struct err *e) MUST_CHECK;

/* The steps of card_setup share this. */
struct setup_run {
	struct card *c;
	const struct token_setup *s;
	const struct secret *scalars;
	struct pin_source from;
	struct token_exam x;
	struct token_steps steps;
	struct secret factory, pin, puk;	/* codes, zeros behind */
	const struct secret *now;	/* the PIN that the card has */
	struct public_key pub;
};

/* Asks for what the steps need (codes.c). */
int codes_ask(struct setup_run *u, struct err *e) MUST_CHECK;

/* Which PIN has the card now?  Costs a try at most, twice. */
int codes_find(struct setup_run *u, struct err *e) MUST_CHECK;

/* Retry limits, PUK, PIN. */
int codes_set(struct setup_run *u, struct err *e) MUST_CHECK;

/* Log in with the management key of now. */
int setup_login(struct setup_run *u, struct err *e) MUST_CHECK;

/* Key and certificate of one slot (make.c). */
int setup_slot(struct setup_run *u, size_t slot, struct err *e) MUST_CHECK;

/* A line about the work, for the caller to show. */
void setup_say(const struct setup_run *u, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

#endif
