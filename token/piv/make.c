/*
 * Key and certificate of one slot.  A certificate goes away before its key
 * does, so that none ever stands over a key that is not its own.
 */
#include "token/piv/certificate.h"
#include "token/piv/setup.h"

#define PIN_ALWAYS 3
#define TOUCH_ALWAYS 2
#define TAG_SCALAR 0x06

#define POLICIES YKPIV_PINPOLICY_TAG, 1, PIN_ALWAYS, YKPIV_TOUCHPOLICY_TAG, \
	1, TOUCH_ALWAYS

static const uint8_t ids[SETUP_SLOTS] = { YKPIV_KEY_SIGNATURE,
	YKPIV_KEY_KEYMGM };

static int
generate(struct setup_run *u, size_t slot, uint8_t point[static POINT_LEN],
    struct err *e)
{
	static const uint8_t in[] = { 0xac, 9, YKPIV_ALGO_TAG, 1,
	    YKPIV_ALGO_ECCP256, POLICIES };
	struct command q = { YKPIV_INS_GENERATE_ASYMMETRIC, 0, ids[slot],
	    bytes_of(in, sizeof(in)) };
	static struct answer a;
	struct bytes p = { 0 };
	int r = card_do(u->c, &q, "making a key", &a, e);

	if (r != 0)
		return r;
	/* 7F49 L 86 41 point: the second byte of the tag is read as one */
	if (a.n > 1)
		p = tlv_field(tlv_field(bytes_of(a.b + 1, a.n - 1), 0x49),
		    0x86);
	if (p.n != POINT_LEN)
		return card_failed(u->c, "reading a new key", a.sw, e);
	memcpy(point, p.p, POINT_LEN);
	return 0;
}

static int
import(struct setup_run *u, size_t slot, uint8_t point[static POINT_LEN],
    struct err *e)
{
	size_t at = slot == SETUP_9C ? 1 : 0;	/* encryption, then signing */
	uint8_t in[2 + SCALAR_LEN + 6] = { TAG_SCALAR, SCALAR_LEN };
	const uint8_t policies[] = { POLICIES };
	struct command q = { YKPIV_INS_IMPORT_KEY, YKPIV_ALGO_ECCP256,
	    ids[slot], bytes_of(in, sizeof(in)) };
	static struct answer a;
	int r;

	memcpy(in + 2, u->scalars->b + at * SCALAR_LEN, SCALAR_LEN);
	memcpy(in + 2 + SCALAR_LEN, policies, sizeof(policies));
	r = card_do(u->c, &q, "putting a key in", &a, e);
	wipe(in, sizeof(in));
	if (r == 0)
		memcpy(point, u->s->pub.b + at * POINT_LEN, POINT_LEN);
	return r;
}

static int
make_key(struct setup_run *u, size_t slot, uint8_t point[static POINT_LEN],
    struct err *e)
{
	const struct slot_exam *s = &u->x.slot[slot];
	int r;

	if ((r = setup_login(u, e)) != 0 || (s->object &&
	    (r = object_put(u->c, (uint32_t)ykpiv_util_slot_object(ids[slot]),
	    (struct bytes){ 0 }, e)) != 0))
		return r;
	r = u->s->import ? import(u, slot, point, e) :
	    generate(u, slot, point, e);
	if (r == 0)
		setup_say(u, "slot %s: key %s", setup_slot_name(slot),
		    u->s->import ? "put in" : "made");
	return r;
}

static int
certify(struct setup_run *u, size_t slot, const uint8_t *point,
    struct err *e)
{
	struct certificate body, x, object;
	struct signature sig;
	int r;

	if ((r = certificate_body(point, u->s->now, &body, e)) != 0)
		return r;
	setup_say(u, "slot %s: the key signs its certificate",
	    setup_slot_name(slot));
	r = slot == SETUP_9C ? piv_sign(u->c, &u->from, bytes_of(body.b,
	    body.n), &sig, e) : piv_sign_encrypt(u->c, &u->from,
	    bytes_of(body.b, body.n), &sig, e);
	if (r != 0 || (r = certificate_finish(&body, &sig, &x, e)) != 0 ||
	    (r = setup_login(u, e)) != 0)
		return r;
	certificate_object(&x, &object);
	return object_put(u->c, (uint32_t)ykpiv_util_slot_object(ids[slot]),
	    bytes_of(object.b, object.n), e);
}

/* From here on the card may use it. */
static void
take_point(struct setup_run *u, size_t slot, const uint8_t *point)
{
	struct token_slot *t = slot == SETUP_9C ? &u->c->info.sign :
	    &u->c->info.encrypt;

	*t = (struct token_slot){ .state = SLOT_KEY,
	    .pin_policy = PIN_ALWAYS, .touch_policy = TOUCH_ALWAYS };
	memcpy(t->point, point, POINT_LEN);
	memcpy(u->pub.b + (slot == SETUP_9C ? POINT_LEN : 0), point,
	    POINT_LEN);
}

int
setup_slot(struct setup_run *u, size_t slot, struct err *e)
{
	const struct slot_exam *s = &u->x.slot[slot];
	enum slot_step step = u->steps.slot[slot];
	uint8_t point[POINT_LEN];
	int r;

	memcpy(point, step == STEP_KEEP ? s->certified : s->point, POINT_LEN);
	if (step == STEP_MAKE && (r = make_key(u, slot, point, e)) != 0)
		return r;
	take_point(u, slot, point);
	return step == STEP_KEEP ? 0 : certify(u, slot, point, e);
}
