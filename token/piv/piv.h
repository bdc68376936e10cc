/*
 * Private to quorate-token: cards, the PIN, the two uses of a key.
 */
#ifndef TOKEN_PIV_PIV_H
#define TOKEN_PIV_PIV_H

#include <ykpiv/ykpiv.h>

#include "token/wire.h"

#define POLICY_NEVER 1		/* of touch, in metadata */

struct card {
	ykpiv_state *st;	/* NULL: busy */
	int lock;		/* an abstract socket: gone with the process */
	struct token_info info;
};

/* Where the PIN comes from: a terminal, or lines of a descriptor. */
struct pin_source {
	int tty, fd;		/* -1: not there */
};

/*
 * Connects to the tokens (to that of q->reader, where it is given), each
 * under its lock.  Before the sandbox: it opens pcscd's socket.
 * Close with cards_close.  Returns 0 or ERR_TOKEN.
 */
int cards_open(const struct token_request *q, struct card *cards, size_t *n,
    struct err *e) MUST_CHECK;
void cards_close(struct card *cards, size_t n);

/* Fills c->info: slots and PIN tries.  Leaves no PIN verified. */
void card_look(struct card *c);

/* A seccomp filter: from here on no file and no socket can be opened. */
int sandbox_enter(struct err *e) MUST_CHECK;

/* Asks for the PIN after the tries left were shown; ERR_TOKEN, ERR_REFUSED. */
int pin_ask(const struct pin_source *from, const struct token_info *t,
    struct secret *pin, struct err *e) MUST_CHECK;

/* Signs msg in 9C; the signature is verified before it is returned. */
int piv_sign(struct card *c, const struct pin_source *from, struct bytes msg,
    struct signature *out, struct err *e) MUST_CHECK;

/* Opens a sealed message in 9D. */
int piv_open(struct card *c, const struct pin_source *from, struct bytes env,
    struct secret *out, struct err *e) MUST_CHECK;

/* Tells the caller what goes on (main.c). */
void tell(enum reply_kind kind);

#endif
