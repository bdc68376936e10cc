/*
 * Private to quorate-token: cards, PIN and PUK, the two uses of a key.
 */
#ifndef TOKEN_PIV_PIV_H
#define TOKEN_PIV_PIV_H

#include <winscard.h>
#include <ykpiv/ykpiv.h>

#include "token/wire.h"

#define POLICY_NEVER 1		/* of touch, in metadata */

struct card {
	ykpiv_state *st;	/* NULL: busy, or not connected yet */
	SCARDCONTEXT context;	/* ours, and lent to st */
	SCARDHANDLE handle;
	int lock;		/* an abstract socket; -1: not ours */
	struct token_info info;
};

/*
 * Where PIN and PUK come from: a terminal, lines of a descriptor, or, for
 * the uses of a key in a setup that holds the card, what was asked before.
 */
struct pin_source {
	int tty, fd;			/* -1: not there */
	const struct secret *known;	/* NULL: it is asked */
};

enum code { CODE_PIN, CODE_PUK };

/*
 * Takes the lock of each reader (of q->reader, where it is given) and opens
 * pcscd's socket for it: what the sandbox forbids.  No card is spoken to.
 * Close with cards_close, also when cards_open left some out.
 * Returns 0 or ERR_TOKEN.
 */
int cards_reach(const struct token_request *q, struct card *cards, size_t *n,
    struct err *e) MUST_CHECK;

/* In the sandbox: connects to them; readers without a token are left out. */
void cards_open(struct card *cards, size_t *n);
void cards_close(struct card *cards, size_t n);

/* Fills c->info: slots, PIN and PUK tries.  Leaves no PIN verified. */
void card_look(struct card *c);

/*
 * From here to card_release no other program can say a word to the card, nor
 * reset it: what libykpiv would answer with a silent PIN VERIFY of its own.
 * Refused (ERR_TOKEN) where the PIN tries are not those that were shown.
 */
int card_hold(struct card *c, struct err *e) MUST_CHECK;

/* Resets the card: no PIN stays verified. */
void card_release(struct card *c);

/* "token N was taken out ..."; ERR_TOKEN. */
int card_gone(const struct card *c, struct err *e);

/* A seccomp filter: from here on no file and no socket can be opened. */
int sandbox_enter(struct err *e) MUST_CHECK;

/* --- prompt.c: lines from a person */

/* SIGHUP, SIGINT and SIGTERM end the process with the terminal put right. */
void prompt_signals(void);

/* Where there is neither terminal nor descriptor: ERR_TOKEN. */
int prompt_possible(const struct pin_source *from, struct err *e) MUST_CHECK;

/* A line to the person, before the question. */
void prompt_say(const struct pin_source *from, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* yes (0) or no (ERR_REFUSED), on the terminal only. */
int prompt_confirm(const struct pin_source *from, const char *question,
    struct err *e) MUST_CHECK;

/*
 * Asks, without echo, until check (pin_check, pin_check_new) likes the line;
 * a descriptor is read once.  The code is followed by a zero byte; free with
 * secret_free.  Returns 0, ERR_TOKEN, ERR_REFUSED (end of input, Ctrl-C) or
 * ERR_SYSTEM.
 */
typedef int prompt_check(struct bytes typed, struct err *e);
int prompt_code(const struct pin_source *from, const char *question,
    prompt_check *check, struct secret *out, struct err *e) MUST_CHECK;

/* --- pin.c */

/* The PIN or PUK as it is, after the tries left were shown; as prompt_code. */
int pin_ask(const struct pin_source *from, const struct token_info *t,
    enum code code, struct secret *out, struct err *e) MUST_CHECK;

/* A new one, on a terminal twice; as prompt_code. */
int pin_ask_new(const struct pin_source *from, const struct token_info *t,
    enum code code, struct secret *out, struct err *e) MUST_CHECK;

/* Why the card refused a PIN or PUK; ERR_TOKEN. */
int pin_error(const struct card *c, enum code code, ykpiv_rc rc, int tries,
    struct err *e);

/* Asks, holds the card, verifies: the key's use must follow at once. */
int pin_unlock(struct card *c, const struct pin_source *from,
    struct err *e) MUST_CHECK;

/* --- operations: change.c, reset.c, use.c */

/* TOKEN_CHANGE_PIN, TOKEN_CHANGE_PUK, TOKEN_UNBLOCK_PIN. */
int piv_change(struct card *c, enum token_op op,
    const struct pin_source *from, struct err *e) MUST_CHECK;

/* Blocks PIN and PUK, then resets; can be run again at any point. */
int piv_reset(struct card *c, struct err *e) MUST_CHECK;

/* Signs msg in 9C; the signature is verified before it is returned. */
int piv_sign(struct card *c, const struct pin_source *from, struct bytes msg,
    struct signature *out, struct err *e) MUST_CHECK;

/* The same in slot 9D: for its own certificate, and nothing else. */
int piv_sign_encrypt(struct card *c, const struct pin_source *from,
    struct bytes msg, struct signature *out, struct err *e) MUST_CHECK;

/* The key of an X.509 certificate, if it is of P-256. */
bool certificate_point(struct bytes der, uint8_t point[static POINT_LEN]);

/* Opens a sealed message in 9D. */
int piv_open(struct card *c, const struct pin_source *from, struct bytes env,
    struct secret *out, struct err *e) MUST_CHECK;

/* Tells the caller what goes on, and what to show of it (main.c). */
void tell(enum reply_kind kind);
void tell_line(enum reply_kind kind, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
