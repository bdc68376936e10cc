/*
 * Operator keys in tokens: which token, its public key, and the operations,
 * each a run of the helper.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "token/helper.h"
#include "token/operator_ops.h"
#include "token/token_key.h"

#define PIN_FD_MIN 3

struct token_key {
	char reader[READER_MAX];
	uint32_t serial;
	int pin_fd;
	struct public_key pub;
};

static int
by_serial(const void *a, const void *b)
{
	const struct token_info *x = a, *y = b;

	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return strcmp(x->reader, y->reader);
}

int
token_list_read(struct token_list *out, struct err *e)
{
	struct token_request q = { .op = TOKEN_LIST };
	struct secret none = { 0 };
	struct buf data;
	int r = ERR_INTERNAL;

	memset(out, 0, sizeof(*out));
	if ((r = helper_run(&q, -1, &data, &none, e)) != 0)
		return r;
	if (wire_read_list(buf_bytes(&data), out, NULL) != 0)
		r = err_set(e, ERR_TOKEN, "quorate-token is not of this "
		    "version");
	else
		qsort(out->tokens, out->count, sizeof(out->tokens[0]),
		    by_serial);
	buf_free(&data);
	return r;
}

void
token_list_text(const struct token_list *l, char *out, size_t cap)
{
	size_t n = 0;

	snprintf(out, cap, "none");
	for (size_t i = 0; i < l->count && n < cap; i++) {
		const struct token_info *t = &l->tokens[i];
		int got = t->busy != BUSY_NOT ? snprintf(out + n, cap - n,
		    "%sa busy one in %s", i == 0 ? "" : ", ", t->reader) :
		    snprintf(out + n, cap - n, "%s%u", i == 0 ? "" : ", ",
		    t->serial);

		n += got < 0 ? 0 : (size_t)got;
	}
}

int
token_choose(const struct token_list *l, const struct token_choice *c,
    const struct token_info **out, struct err *e)
{
	char text[300];

	*out = NULL;
	token_list_text(l, text, sizeof(text));
	if (l->count == 0)
		return err_set(e, ERR_TOKEN, "no token is plugged in; put "
		    "yours in and start again");
	if (c->any && l->count > 1)
		return err_set(e, ERR_TOKEN, "%zu tokens are plugged in (%s): "
		    "name yours with --serial N", l->count, text);
	for (size_t i = 0; i < l->count; i++)
		if (l->tokens[i].busy == BUSY_NOT && (c->any ||
		    l->tokens[i].serial == c->serial))
			*out = &l->tokens[i];
	if (*out != NULL)
		return 0;
	if (c->any)
		return err_set(e, ERR_TOKEN, "the token in %s is in use by "
		    "another %s; end that and start again",
		    l->tokens[0].reader, l->tokens[0].busy == BUSY_QUORATE ?
		    "quorate" : "program");
	return err_set(e, ERR_TOKEN, "no token with serial %u; plugged in: %s",
	    c->serial, text);
}

static int
check_slot(const struct token_info *t, const struct token_slot *s,
    const char *name, struct err *e)
{
	switch (s->state) {
	case SLOT_KEY:
		return 0;
	case SLOT_EMPTY:
		return err_set(e, ERR_TOKEN, "token %u: slot %s is empty; "
		    "this token was not provisioned", t->serial, name);
	case SLOT_MISMATCH:
		return err_set(e, ERR_TOKEN, "token %u: the certificate in "
		    "slot %s is not that of the key in the slot; do not use "
		    "this token", t->serial, name);
	case SLOT_UNREADABLE:
		break;
	}
	return err_set(e, ERR_TOKEN, "token %u: slot %s holds no readable "
	    "P-256 certificate", t->serial, name);
}

int
token_public(const struct token_info *t, struct public_key *out,
    struct err *e)
{
	int r;

	if ((r = check_slot(t, &t->encrypt, "9D", e)) != 0 ||
	    (r = check_slot(t, &t->sign, "9C", e)) != 0)
		return r;
	memcpy(out->b, t->encrypt.point, POINT_LEN);
	memcpy(out->b + POINT_LEN, t->sign.point, POINT_LEN);
	if (public_key_check(bytes_of(out->b, PUBLIC_KEY_LEN)) != 0)
		return err_set(e, ERR_TOKEN, "token %u: not a P-256 key",
		    t->serial);
	return 0;
}

static struct token_request
request(const struct token_key *k, enum token_op op, struct bytes body)
{
	return (struct token_request){ .op = op, .serial = k->serial,
	    .reader = bytes_str(k->reader), .body = body };
}

static int
take_signature(const struct token_key *k, const struct token_request *q,
    struct bytes msg, struct signature *out, struct err *e)
{
	struct secret none = { 0 };
	struct buf data;
	int r;

	if ((r = helper_run(q, k->pin_fd, &data, &none, e)) != 0)
		return r;
	if (data.n != SIGNATURE_LEN ||
	    signature_verify(bytes_of(k->pub.b, PUBLIC_KEY_LEN), msg,
	    buf_bytes(&data)) != 0)
		r = err_set(e, ERR_TOKEN, "token %u: its signature is not "
		    "that of its public key", k->serial);
	else
		memcpy(out->b, data.p, SIGNATURE_LEN);
	buf_free(&data);
	return r;
}

static int
approve(void *state, const struct digest256 *manifest_hash,
    struct signature *out, struct err *e)
{
	struct bytes hash = bytes_of(manifest_hash->b, SHA256_LEN);
	struct token_request q = request(state, TOKEN_APPROVE, hash);

	return take_signature(state, &q, hash, out, e);
}

static int
sign(void *state, enum purpose purpose, enum mode mode, struct bytes body,
    struct signature *out, struct err *e)
{
	struct token_request q = request(state, TOKEN_SIGN, body);
	struct buf msg;
	int r;

	q.purpose = purpose;
	q.mode = mode;
	if ((r = signed_message(purpose, mode, body, &msg, e)) != 0)
		return r;
	r = take_signature(state, &q, buf_bytes(&msg), out, e);
	buf_free(&msg);
	return r;
}

static int
open_sealed(void *state, struct bytes envelope, struct secret *out,
    struct err *e)
{
	struct token_request q = request(state, TOKEN_OPEN, envelope);
	const struct token_key *k = state;
	struct buf data;
	int r = helper_run(&q, k->pin_fd, &data, out, e);

	buf_free(&data);
	return r;
}

static const struct operator_ops ops = { approve, sign, open_sealed, free };

int
token_pin_fd_check(int fd, struct err *e)
{
	if (fd < 0 || (fd >= PIN_FD_MIN && fcntl(fd, F_GETFD) >= 0))
		return 0;
	return err_set(e, ERR_USAGE, "--pin-fd %d: not an open descriptor, or "
	    "below %d", fd, PIN_FD_MIN);
}

int
token_care(const struct token_info *t, enum token_op op, int pin_fd,
    struct err *e)
{
	struct token_request q = { .op = op, .serial = t->serial,
	    .reader = bytes_str(t->reader) };
	struct secret none = { 0 };
	struct buf data;
	int r = token_pin_fd_check(pin_fd, e);

	if (r != 0)
		return r;
	r = helper_run(&q, pin_fd, &data, &none, e);
	buf_free(&data);
	return r;
}

int
token_examine(const struct token_info *t, struct buf *data,
    struct token_exam *x, struct err *e)
{
	struct token_request q = { .op = TOKEN_EXAMINE, .serial = t->serial,
	    .reader = bytes_str(t->reader) };
	struct secret none = { 0 };
	int r = helper_run(&q, -1, data, &none, e);

	if (r == 0 && (r = exam_decode(buf_bytes(data), x, NULL)) != 0) {
		buf_free(data);
		r = err_set(e, ERR_TOKEN, "quorate-token is not of this "
		    "version");
	}
	return r;
}

int
token_make_ready(const struct token_info *t, int pin_fd,
    const struct token_setup *s, const struct secret *scalars,
    struct public_key *out, struct err *e)
{
	struct token_request q = { .op = TOKEN_SETUP, .serial = t->serial,
	    .reader = bytes_str(t->reader), .scalars = scalars };
	struct secret none = { 0 };
	struct buf body = { 0 }, data = { 0 };
	int r;

	if ((r = token_pin_fd_check(pin_fd, e)) != 0 ||
	    (r = setup_encode(s, &body, e)) != 0)
		return r;
	q.body = buf_bytes(&body);
	r = helper_run(&q, pin_fd, &data, &none, e);
	if (r == 0)
		r = public_key_read(buf_bytes(&data), out, e);
	buf_free(&data);
	buf_free(&body);
	return r;
}

int
operator_key_of_token(const struct token_info *t, int pin_fd,
    struct operator_key **out, struct err *e)
{
	struct token_key *k;
	struct public_key pub;
	char name[32];
	int r = ERR_INTERNAL;

	*out = NULL;
	if ((r = token_public(t, &pub, e)) != 0)
		return r;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	memcpy(k->reader, t->reader, READER_MAX);
	k->serial = t->serial;
	k->pin_fd = pin_fd;
	k->pub = pub;
	snprintf(name, sizeof(name), "token %u", t->serial);
	return operator_key_make(&ops, k, &pub, name, out, e);
}

int
operator_key_open_token(const struct token_choice *c,
    struct operator_key **out, struct err *e)
{
	const struct token_info *t;
	static struct token_list l;
	int r = ERR_INTERNAL;

	*out = NULL;
	if ((r = token_pin_fd_check(c->pin_fd, e)) != 0 ||
	    (r = token_list_read(&l, e)) != 0 ||
	    (r = token_choose(&l, c, &t, e)) != 0)
		return r;
	return operator_key_of_token(t, c->pin_fd, out, e);
}
