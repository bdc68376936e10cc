/*
 * Commands as they are, data objects, and the PIN sent once (command.h).
 */
#include <stdio.h>

#include "token/piv/command.h"

#define TAG_OBJECT 0x53
#define TAG_ID 0x5c
#define SW_NOT_FOUND 0x6a82
#define SW_BLOCKED 0x6983
#define SW_TRIES 0x63c0
#define CODE_LEN 8
#define PIN_REFERENCE 0x80

int
card_send(struct card *c, const struct command *q, struct answer *a,
    struct err *e)
{
	uint8_t head[4] = { 0, q->ins, q->p1, q->p2 };
	unsigned long n = sizeof(a->b);
	ykpiv_rc rc;

	a->sw = 0;
	a->n = 0;
	rc = ykpiv_transfer_data(c->st, head, q->data.p, (long)q->data.n,
	    a->b, &n, &a->sw);
	if (rc != YKPIV_OK || n > sizeof(a->b))
		return card_gone(c, e);
	a->n = n;
	return 0;
}

int
card_failed(const struct card *c, const char *what, int sw, struct err *e)
{
	return err_set(e, ERR_TOKEN, "token %u: %s failed (status %04X); run "
	    "the same command again: it goes on where it stopped",
	    c->info.serial, what, (unsigned)sw & 0xffff);
}

int
card_do(struct card *c, const struct command *q, const char *what,
    struct answer *a, struct err *e)
{
	int r = card_send(c, q, a, e);

	return r != 0 || a->sw == SW_OK ? r : card_failed(c, what, a->sw, e);
}

void
tlv_put(uint8_t *out, size_t cap, size_t *n, uint8_t tag, struct bytes value)
{
	size_t head = value.n > 0xff ? 4 : value.n > 0x7f ? 3 : 2;
	uint8_t *p = out + *n;

	if (value.n > 0xffff || cap - *n < head + value.n)
		return;
	p[0] = tag;
	if (head == 4) {
		p[1] = 0x82;
		p[2] = (uint8_t)(value.n >> 8);
	} else if (head == 3) {
		p[1] = 0x81;
	}
	p[head - 1] = (uint8_t)value.n;
	if (value.n > 0)
		memcpy(p + head, value.p, value.n);
	*n += head + value.n;
}

static struct command
object_command(uint8_t ins, struct bytes data)
{
	return (struct command){ .ins = ins, .p1 = 0x3f, .p2 = 0xff,
	    .data = data };
}

int
object_get(struct card *c, uint32_t id, struct answer *a, struct bytes *out,
    struct err *e)
{
	uint8_t in[5] = { TAG_ID, 3, (uint8_t)(id >> 16), (uint8_t)(id >> 8),
	    (uint8_t)id };
	struct command q = object_command(YKPIV_INS_GET_DATA,
	    bytes_of(in, sizeof(in)));
	int r;

	*out = (struct bytes){ 0 };
	if ((r = card_send(c, &q, a, e)) != 0 || a->sw == SW_NOT_FOUND)
		return r;
	if (a->sw != SW_OK)
		return card_failed(c, "reading it", a->sw, e);
	*out = tlv_field(bytes_of(a->b, a->n), TAG_OBJECT);
	return 0;
}

int
object_put(struct card *c, uint32_t id, struct bytes data, struct err *e)
{
	static uint8_t in[OBJECT_MAX + 16];
	static struct answer a;
	uint8_t name[3] = { (uint8_t)(id >> 16), (uint8_t)(id >> 8),
	    (uint8_t)id };
	struct command q;
	struct bytes back;
	size_t n = 0;
	int r;

	tlv_put(in, sizeof(in), &n, TAG_ID, bytes_of(name, sizeof(name)));
	tlv_put(in, sizeof(in), &n, TAG_OBJECT, data);
	q = object_command(YKPIV_INS_PUT_DATA, bytes_of(in, n));
	if ((r = card_do(c, &q, "writing to it", &a, e)) == 0 &&
	    (r = object_get(c, id, &a, &back, e)) == 0 &&
	    !bytes_equal(back, data))
		r = err_set(e, ERR_TOKEN, "token %u does not give back what "
		    "was written to it; do not use this token",
		    c->info.serial);
	wipe(in, sizeof(in));
	wipe(&a, sizeof(a));
	return r;
}

void
code_pad(const struct secret *code, uint8_t out[static CODE_LEN])
{
	memset(out, 0xff, CODE_LEN);
	for (size_t i = 0; i < CODE_LEN && code->b[i] != 0; i++)
		out[i] = code->b[i];
}

int
pin_try(struct card *c, const struct secret *pin, bool *right, struct err *e)
{
	uint8_t in[CODE_LEN];
	struct command q = { YKPIV_INS_VERIFY, 0, PIN_REFERENCE,
	    bytes_of(in, sizeof(in)) };
	static struct answer a;
	int r;

	code_pad(pin, in);
	r = card_send(c, &q, &a, e);
	wipe(in, sizeof(in));
	*right = r == 0 && a.sw == SW_OK;
	if (r != 0 || *right)
		return r;
	if (a.sw != SW_BLOCKED && (a.sw & 0xfff0) != SW_TRIES)
		return card_failed(c, "checking the PIN", a.sw, e);
	c->info.tries = a.sw == SW_BLOCKED ? 0 : (uint8_t)(a.sw & 15);
	return 0;
}

int
pin_verify(struct card *c, const struct secret *pin, struct err *e)
{
	bool right;
	int r = pin_try(c, pin, &right, e);

	if (r != 0 || right)
		return r;
	return pin_error(c, CODE_PIN, c->info.tries == 0 ? YKPIV_PIN_LOCKED :
	    YKPIV_WRONG_PIN, c->info.tries, e);
}
