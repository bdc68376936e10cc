/*
 * What quorate and its helper quorate-token say to each other, over the
 * helper's standard input (one request) and standard output (replies, the
 * last of them the result).
 *
 * A frame is a length (u32, big-endian, at most WIRE_MAX) and that many
 * bytes of deterministic CBOR: a map with exactly the keys below.  Behind
 * the result of TOKEN_OPEN follow `plain` bytes as they are: the plaintext,
 * which so never passes through a codec; and behind a request of TOKEN_SETUP
 * that imports follow the two scalars (SCALARS_LEN).  No PIN crosses this
 * wire.
 *
 *   request  { op, body, mode, reader, serial, purpose }
 *   reply    { code, data, kind, text, plain }
 */
#ifndef TOKEN_WIRE_H
#define TOKEN_WIRE_H

#include "airgap/fd.h"
#include "airgap/file.h"
#include "airgap/record/signed.h"

#define WIRE_PLAIN_MAX ((size_t)1 << 20)
#define WIRE_MAX (WIRE_PLAIN_MAX + 4096)
#define SCALARS_LEN 64			/* encryption, signing */
#define READER_MAX 128			/* pcscd's own limit, with NUL */
#define TOKENS_MAX 16			/* readers of one pcscd */

enum token_op {
	TOKEN_LIST = 1,		/* all tokens, or the one of reader */
	TOKEN_APPROVE,		/* body: a manifest hash */
	TOKEN_SIGN,		/* purpose, mode, body */
	TOKEN_OPEN,		/* body: a sealed message */
	TOKEN_CHANGE_PIN,	/* these ask for all they need */
	TOKEN_CHANGE_PUK,
	TOKEN_UNBLOCK_PIN,
	TOKEN_RESET,
	TOKEN_EXAMINE,		/* gives a struct token_exam (setup.h) */
	TOKEN_SETUP,		/* body: a struct token_setup; gives a key */
	TOKEN_OP_END
};

struct token_request {
	enum token_op op;
	enum purpose purpose;
	enum mode mode;
	uint32_t serial;
	struct bytes reader, body;	/* reader empty: all */
	const struct secret *scalars;	/* NULL: none; not in the frame */
};

enum reply_kind {
	REPLY_RESULT,
	REPLY_ASKING,		/* a person is asked for the PIN */
	REPLY_TOUCH,		/* a person is to touch the token */
	REPLY_WORKING,		/* the machine is at work again */
};

struct token_reply {
	enum reply_kind kind;
	int code;		/* of a result: 0 or ERR_* */
	struct bytes data;
	struct bytes text;	/* why not; before a result: a line to show */
	size_t plain;
};

enum slot_state { SLOT_EMPTY, SLOT_KEY, SLOT_MISMATCH, SLOT_UNREADABLE };

/* One of the two slots; policies 0 where the firmware does not tell. */
struct token_slot {
	enum slot_state state;
	uint8_t point[POINT_LEN];
	uint8_t pin_policy, touch_policy, origin;
};

#define TRIES_UNKNOWN 255

/* Held by another process: nothing else is known of the token. */
enum token_busy { BUSY_NOT, BUSY_QUORATE, BUSY_PROGRAM };

struct token_info {
	char reader[READER_MAX];
	enum token_busy busy;
	uint32_t serial;
	uint8_t version[3];
	uint8_t tries;		/* PIN tries left */
	uint8_t puk_tries;	/* not told by firmware below 5.3 */
	struct token_slot encrypt, sign;	/* 9D and 9C */
};

struct token_list {
	size_t count;
	struct token_info tokens[TOKENS_MAX];
};

/* Encoders: free out with buf_free.  0 or ERR_SYSTEM. */
int wire_request(const struct token_request *q, struct buf *out,
    struct err *e) MUST_CHECK;
int wire_reply(const struct token_reply *p, struct buf *out,
    struct err *e) MUST_CHECK;
int wire_list(const struct token_list *l, struct buf *out,
    struct err *e) MUST_CHECK;

/* Decoders: what they give borrows in.  0 or ERR_INPUT. */
int wire_read_request(struct bytes in, struct token_request *q,
    struct err *e) MUST_CHECK;
int wire_read_reply(struct bytes in, struct token_reply *p,
    struct err *e) MUST_CHECK;
int wire_read_list(struct bytes in, struct token_list *l,
    struct err *e) MUST_CHECK;

/* Puts a frame on fd.  0 or ERR_SYSTEM. */
int frame_send(int fd, struct bytes body, struct err *e) MUST_CHECK;

/* Takes a frame from fd; free with buf_free.  As fd_read_exactly. */
int frame_receive(int fd, int64_t deadline, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
