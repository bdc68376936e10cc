/*
 * Commands of the SIMULATED card: chains and long answers put together
 * (ISO 7816-4, short form), applications selected, data objects, reset.
 * The numbers it answers are those libykpiv and Yubico's documents name.
 */
#include <string.h>

#include "tests/card/card.h"

void
reply_add(struct card *c, const void *p, size_t n)
{
	if (n > sizeof(c->reply) - c->reply_n)
		n = sizeof(c->reply) - c->reply_n;
	memcpy(c->reply + c->reply_n, p, n);
	c->reply_n += n;
}

void
reply_byte(struct card *c, unsigned int b)
{
	uint8_t v = (uint8_t)b;

	reply_add(c, &v, 1);
}

void
reply_tag(struct card *c, unsigned int tag, size_t n)
{
	reply_byte(c, tag);
	if (n > 0xff)
		reply_byte(c, 0x82);
	else if (n > 0x7f)
		reply_byte(c, 0x81);
	if (n > 0xff)
		reply_byte(c, (unsigned int)(n >> 8));
	reply_byte(c, (unsigned int)(n & 0xff));
}

const uint8_t *
tlv_find(const uint8_t *p, size_t n, unsigned int tag, size_t *value_n)
{
	size_t at = 0;

	while (n - at >= 2) {
		unsigned int t = p[at++];
		size_t len = p[at++], bytes;

		if (len > 0x80) {
			if ((bytes = len & 0x7f) > 2 || bytes > n - at)
				return NULL;
			for (len = 0; bytes > 0; bytes--)
				len = len << 8 | p[at++];
		}
		if (len > n - at)
			return NULL;
		if (t == tag) {
			*value_n = len;
			return p + at;
		}
		at += len;
	}
	return NULL;
}

bool
card_version_from(const struct card *c, int major, int minor, int patch)
{
	int is = c->version[0] << 16 | c->version[1] << 8 | c->version[2];

	return is >= (major << 16 | minor << 8 | patch);
}

void
card_power(struct card *c)
{
	c->applet = APPLET_NONE;
	c->verified = false;
	c->fresh = false;
	c->authorised = false;
	c->witness_n = 0;
	c->touched_at = 0;
	c->chain_n = 0;
	c->reply_n = 0;
	c->reply_at = 0;
}

static bool
aid_is(const struct apdu *a, const void *aid, size_t n)
{
	return a->n >= n && memcmp(a->data, aid, n) == 0;
}

static unsigned int
applet_select(struct card *c, const struct apdu *a)
{
	static const uint8_t piv[] = { 0x61, 0x11, 0x4f, 0x06, 0x00, 0x00,
		0x10, 0x00, 0x01, 0x00, 0x79, 0x07, 0x4f, 0x05, 0xa0, 0x00,
		0x00, 0x03, 0x08 };
	enum applet was = c->applet;

	if (a->p1 != 4)
		return SW_P1P2;
	if (aid_is(a, "\xa0\x00\x00\x03\x08", 5))
		c->applet = APPLET_PIV;
	else if (aid_is(a, "\xa0\x00\x00\x05\x27\x47\x11\x17", 8))
		c->applet = APPLET_MANAGEMENT;
	else if (aid_is(a, "\xa0\x00\x00\x05\x27\x20\x01\x01", 8))
		c->applet = APPLET_OTP;
	else
		return SW_NO_OBJECT;
	if (c->applet != was || c->drop_pin) {
		c->verified = false;
		c->fresh = false;
		c->authorised = false;
	}
	if (c->applet == APPLET_PIV)
		reply_add(c, piv, sizeof(piv));
	return SW_OK;
}

static void
reply_serial(struct card *c)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		reply_byte(c, c->serial >> shift & 0xff);
}

static unsigned int
otp_command(struct card *c, const struct apdu *a)
{
	if (a->ins != 0x01 || a->p1 != 0x10)
		return SW_INS;
	reply_serial(c);
	return SW_OK;
}

bool
card_reset(struct card *c)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].id != 0xf9)
			c->slot[i].origin = 0;
	for (size_t i = 0; i < OBJECTS; i++)
		if (c->object[i].id != 0x5fff01)
			c->object[i].id = 0;
	c->pin.total = 0;
	c->puk.total = 0;
	card_codes_default(c);
	card_mgm_default(c);
	c->verified = false;
	c->fresh = false;
	c->authorised = false;
	return card_save(c);
}

static unsigned int
reset(struct card *c)
{
	if (c->pin.left != 0 || c->puk.left != 0)
		return SW_CONDITIONS;
	return card_reset(c) ? SW_OK : SW_BROKEN;
}

/* the identity of a data object: 5C and one or three bytes */
static uint32_t
object_id(const struct apdu *a, size_t *n)
{
	uint32_t id = 0;
	const uint8_t *p = tlv_find(a->data, a->n, 0x5c, n);

	if (p == NULL || *n > 3)
		return 0;
	for (size_t i = 0; i < *n; i++)
		id = id << 8 | p[i];
	return id;
}

static unsigned int
data_get(struct card *c, const struct apdu *a)
{
	static const uint8_t discovery[] = { 0x7e, 0x12, 0x4f, 0x0b, 0xa0,
		0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
		0x5f, 0x2f, 0x02, 0x40, 0x00 };
	size_t n;
	uint32_t id = object_id(a, &n);
	const struct object *o;

	if (id == 0x7e) {
		reply_add(c, discovery, sizeof(discovery));
		return SW_OK;
	}
	if (id == 0 || (o = object_find(c, id)) == NULL)
		return SW_NO_OBJECT;
	if (id == 0x5fc109 && !c->verified)
		return SW_SECURITY;
	reply_tag(c, 0x53, o->n);
	reply_add(c, o->bytes, o->n);
	return SW_OK;
}

static unsigned int
data_put(struct card *c, const struct apdu *a)
{
	size_t n, value_n;
	uint32_t id = object_id(a, &n);
	const uint8_t *value = tlv_find(a->data, a->n, 0x53, &value_n);

	if (!c->authorised)
		return SW_SECURITY;
	if (id == 0 || n != 3 || value == NULL)
		return SW_DATA;
	if (!object_put(c, id, value, value_n))
		return SW_NO_ROOM;
	return card_save(c) ? SW_OK : SW_BROKEN;
}

static unsigned int
piv_command(struct card *c, const struct apdu *a)
{
	switch (a->ins) {
	case 0x20:
		return pin_verify(c, a);
	case 0x24:
		return pin_change(c, a);
	case 0x2c:
		return pin_unblock(c, a);
	case 0x47:
		return key_generate(c, a);
	case 0x87:
		return a->p2 == 0x9b ? mgm_authenticate(c, a) : key_use(c, a);
	case 0xcb:
		return data_get(c, a);
	case 0xdb:
		return data_put(c, a);
	case 0xf7:
		return key_metadata(c, a);
	case 0xf8:
		if (!card_version_from(c, 5, 0, 0))
			return SW_INS;
		reply_serial(c);
		return SW_OK;
	case 0xf9:
		return attest(c, a);
	case 0xfa:
		return pin_set_retries(c, a);
	case 0xfb:
		return reset(c);
	case 0xfd:
		reply_add(c, c->version, sizeof(c->version));
		return SW_OK;
	case 0xfe:
		return key_import(c, a);
	case 0xff:
		return mgm_set(c, a);
	default:
		return SW_INS;
	}
}

static unsigned int
run(struct card *c, const struct apdu *a)
{
	unsigned int sw;

	c->reply_n = 0;
	c->reply_at = 0;
	if (a->ins == 0xa4)
		return applet_select(c, a);
	if (c->applet == APPLET_OTP)
		return otp_command(c, a);
	if (c->applet != APPLET_PIV)
		return SW_INS;
	sw = piv_command(c, a);
	/* SP 800-73: always means the command right before this one */
	if (c->drop_pin && a->ins != 0x20)
		c->fresh = false;
	return sw;
}

/* what is left of the answer, 256 bytes at a time */
static size_t
answer(struct card *c, unsigned int sw, uint8_t *out)
{
	size_t left = c->reply_n - c->reply_at, n = left > 256 ? 256 : left;

	if (sw == SW_OK) {
		memcpy(out, c->reply + c->reply_at, n);
		c->reply_at += n;
		left -= n;
		if (left > 0)
			sw = SW_MORE | (left > 255 ? 0 : (unsigned int)left);
	} else {
		n = 0;
	}
	out[n] = (uint8_t)(sw >> 8);
	out[n + 1] = (uint8_t)sw;
	return n + 2;
}

size_t
card_command(struct card *c, const uint8_t *in, size_t n, uint8_t *out)
{
	struct apdu a = { in[1], in[2], in[3], c->chain, 0 };
	size_t lc = n > 5 ? in[4] : 0;

	if (n > 5 && n != 5 + lc && n != 6 + lc) {
		c->chain_n = 0;
		return answer(c, SW_LENGTH, out);
	}
	if (a.ins == 0xc0 && c->reply_at < c->reply_n)
		return answer(c, SW_OK, out);
	c->reply_n = 0;
	c->reply_at = 0;
	if (lc > sizeof(c->chain) - c->chain_n) {
		c->chain_n = 0;
		return answer(c, SW_LENGTH, out);
	}
	memcpy(c->chain + c->chain_n, in + (n > 5 ? 5 : 0), lc);
	c->chain_n += lc;
	if ((in[0] & 0x10) != 0)
		return answer(c, SW_OK, out);
	a.n = c->chain_n;
	c->chain_n = 0;
	return answer(c, run(c, &a), out);
}
