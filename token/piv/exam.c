/*
 * The examination: what lies in the two slots, and who can write to the
 * card.  No PIN, no change.  Metadata tell it from firmware 5.3 on; before
 * that the attestation tells a key that was made in the card, and the
 * factory's management key is tried, which costs nothing.
 */
#include "token/attest/attest.h"
#include "token/piv/setup.h"

#define INS_METADATA YKPIV_INS_GET_METADATA
#define SW_NO_KEY 0x6a88
#define GENERATED 1

/* What the examination borrows; large, one process. */
static struct {
	size_t n;
	uint8_t b[OBJECT_MAX];
} attestations[SETUP_SLOTS], device;
static struct answer a;

static const uint8_t slots[SETUP_SLOTS] = { YKPIV_KEY_SIGNATURE,
	YKPIV_KEY_KEYMGM };

static bool
tells(const struct card *c)
{
	const uint8_t *v = c->info.version;

	return v[0] > 5 || (v[0] == 5 && v[1] >= 3);
}

static struct bytes
answer_bytes(void)
{
	return bytes_of(a.b, a.n);
}

static int
exam_certificate(struct card *c, size_t i, struct slot_exam *s, struct err *e)
{
	struct bytes object, info;
	int r = object_get(c, ykpiv_util_slot_object(slots[i]), &a, &object,
	    e);

	if (r != 0 || object.n == 0)
		return r;
	s->object = true;
	info = tlv_field(object, 0x71);
	s->certificate = info.n == 1 && info.p[0] == 0 &&
	    certificate_point(tlv_field(object, 0x70), s->certified);
	return 0;
}

/* The slot has none, or it was not made in the card. */
static bool
no_attestation(int sw)
{
	return sw >> 8 == 0x69 || sw >> 8 == 0x6a || sw >> 8 == 0x6b ||
	    sw >> 8 == 0x6d;
}

static int
exam_attestation(struct card *c, size_t i, struct slot_exam *s, struct err *e)
{
	struct command q = { .ins = YKPIV_INS_ATTEST, .p1 = slots[i] };
	struct attest_said said;
	int r = card_send(c, &q, &a, e);

	if (r != 0 || no_attestation(a.sw))
		return r;
	if (a.sw != SW_OK || a.n > OBJECT_MAX)
		return card_failed(c, "asking for an attestation", a.sw, e);
	memcpy(attestations[i].b, a.b, a.n);
	attestations[i].n = a.n;
	s->attestation = bytes_of(attestations[i].b, a.n);
	if (tells(c) || !attest_said_of(s->attestation, &said))
		return 0;
	s->key = KEY_THERE;
	s->origin = GENERATED;
	s->pin_policy = said.pin;
	s->touch_policy = said.touch;
	if (said.p256)
		memcpy(s->point, said.point, POINT_LEN);
	return 0;
}

static int
metadata(struct card *c, uint8_t of, struct err *e)
{
	struct command q = { .ins = INS_METADATA, .p2 = of };

	return card_send(c, &q, &a, e);
}

static uint8_t
field_byte(uint8_t tag, size_t n, size_t i)
{
	struct bytes f = tlv_field(answer_bytes(), tag);

	return f.n == n ? f.p[i] : 0;
}

static int
exam_metadata(struct card *c, size_t i, struct slot_exam *s, struct err *e)
{
	struct bytes point;
	int r = metadata(c, slots[i], e);

	if (r != 0)
		return r;
	s->key = a.sw == SW_NO_KEY ? KEY_NONE : KEY_THERE;
	if (s->key == KEY_NONE)
		return 0;
	if (a.sw != SW_OK)
		return card_failed(c, "asking what a slot holds", a.sw, e);
	s->pin_policy = field_byte(2, 2, 0);
	s->touch_policy = field_byte(2, 2, 1);
	s->origin = field_byte(3, 1, 0);
	point = tlv_field(tlv_field(answer_bytes(), 4), 0x86);
	if (field_byte(1, 1, 0) == YKPIV_ALGO_ECCP256 && point.n == POINT_LEN)
		memcpy(s->point, point.p, POINT_LEN);
	return 0;
}

static int
exam_slot(struct card *c, size_t i, struct slot_exam *s, struct err *e)
{
	int r;

	if ((r = exam_certificate(c, i, s, e)) != 0 ||
	    (tells(c) && (r = exam_metadata(c, i, s, e)) != 0))
		return r;
	return exam_attestation(c, i, s, e);
}

static int
exam_code(struct card *c, uint8_t of, bool *factory, uint8_t *limit,
    struct err *e)
{
	int r = metadata(c, of, e);

	if (r != 0)
		return r;
	if (a.sw != SW_OK)
		return card_failed(c, "asking about PIN and PUK", a.sw, e);
	*factory = field_byte(5, 1, 0) != 0;
	*limit = field_byte(6, 2, 0);
	return 0;
}

/* Firmware that does not tell: the factory's key is tried. */
static int
factory_key(struct card *c, bool *factory, struct err *e)
{
	struct secret key = { 0 };
	int r = management_factory(&key, e);

	if (r == 0)
		r = management_login(c, MANAGEMENT_3DES, &key, factory, e);
	secret_free(&key);
	return r;
}

static int
exam_management(struct card *c, struct token_exam *x, struct err *e)
{
	bool factory = false, copy = false;
	int r;

	x->algorithm = MANAGEMENT_3DES;
	if (!tells(c)) {
		r = factory_key(c, &factory, e);
	} else if ((r = metadata(c, YKPIV_KEY_CARDMGM, e)) == 0) {
		if (a.sw != SW_OK)
			return card_failed(c, "asking about the management "
			    "key", a.sw, e);
		x->algorithm = field_byte(1, 1, 0);
		factory = field_byte(5, 1, 0) != 0;
	}
	if (r != 0 || (r = management_protected(c, &copy, e)) != 0)
		return r;
	if (x->algorithm != MANAGEMENT_3DES &&
	    x->algorithm != MANAGEMENT_AES192)
		copy = factory = false;		/* not of 24 bytes */
	x->management = factory ? MANAGEMENT_DEFAULT : copy ?
	    MANAGEMENT_PROTECTED : MANAGEMENT_OTHER;
	return 0;
}

static int
exam_device(struct card *c, struct token_exam *x, struct err *e)
{
	struct bytes object, der;
	int r = object_get(c, YKPIV_OBJ_ATTESTATION, &a, &object, e);

	der = tlv_field(object, 0x70);
	if (r != 0 || der.n == 0 || der.n > OBJECT_MAX)
		return r;
	memcpy(device.b, der.p, der.n);
	x->f9 = bytes_of(device.b, der.n);
	return 0;
}

int
card_examine(struct card *c, struct token_exam *x, struct err *e)
{
	int r = 0;

	*x = (struct token_exam){ .told = tells(c) };
	for (size_t i = 0; r == 0 && i < SETUP_SLOTS; i++)
		r = exam_slot(c, i, &x->slot[i], e);
	if (r != 0 || (x->told && ((r = exam_code(c, 0x80, &x->pin_default,
	    &x->pin_tries, e)) != 0 || (r = exam_code(c, 0x81,
	    &x->puk_default, &x->puk_tries, e)) != 0)) ||
	    (r = exam_management(c, x, e)) != 0)
		return r;
	return exam_device(c, x, e);
}
