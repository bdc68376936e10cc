/*
 * Commands to a card as they are (private to quorate-token): for what
 * libykpiv 2.2.0 does not know, and so that it remembers no PIN and no
 * management key and can replay neither.  Chains and long answers are its
 * work still (ykpiv_transfer_data).
 */
#ifndef TOKEN_PIV_COMMAND_H
#define TOKEN_PIV_COMMAND_H

#include "token/piv/piv.h"

#define SW_OK 0x9000
#define ANSWER_MAX 4096
#define OBJECT_MAX 3072

struct command {
	uint8_t ins, p1, p2;
	struct bytes data;
};

/* Answers never hold a secret but the protected management key: wiped. */
struct answer {
	int sw;
	size_t n;
	uint8_t b[ANSWER_MAX];
};

/* 0, or ERR_TOKEN: the card is gone.  The status word is the caller's. */
int card_send(struct card *c, const struct command *q, struct answer *a,
    struct err *e) MUST_CHECK;

/* As card_send, where any status but 9000 is ERR_TOKEN; `what` failed. */
int card_do(struct card *c, const struct command *q, const char *what,
    struct answer *a, struct err *e) MUST_CHECK;

/* "token N: what failed (SW); run the same command again". */
int card_failed(const struct card *c, const char *what, int sw,
    struct err *e) MUST_CHECK;

/*
 * A data object: *out borrows a, n 0 where there is none.  0 or ERR_TOKEN;
 * status 6982 (it wants the PIN) too.
 */
int object_get(struct card *c, uint32_t id, struct answer *a,
    struct bytes *out, struct err *e) MUST_CHECK;

/* Writes it (n 0: takes it away), reads it back, compares. */
int object_put(struct card *c, uint32_t id, struct bytes data,
    struct err *e) MUST_CHECK;

/* One tag of a list of them (look.c); n 0: not there. */
struct bytes tlv_field(struct bytes list, uint8_t tag);

/* Appends a tag, its length in shortest form, and value. */
void tlv_put(uint8_t *out, size_t cap, size_t *n, uint8_t tag,
    struct bytes value);

/* VERIFY; the PIN that is right is not kept. 0, or ERR_TOKEN. */
int pin_verify(struct card *c, const struct secret *pin,
    struct err *e) MUST_CHECK;

/* As pin_verify; *right false where the PIN is another one. */
int pin_try(struct card *c, const struct secret *pin, bool *right,
    struct err *e) MUST_CHECK;

/* PIN or PUK as cards want it: 8 bytes, filled up with FF. */
void code_pad(const struct secret *code, uint8_t out[static 8]);

#endif
