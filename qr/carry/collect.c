/*
 * Feeding the decoder, and watching how it goes.
 *
 * Progress is the rank of what is known over what there is to know: it never
 * falls, and parts that come twice do not count.
 */
#include <strings.h>

#include "airgap/record/payload.h"
#include "qr/carry/collect.h"
#include "qr/draw/preset.h"

#define STALE_MS 3000		/* nothing read: something is wrong */
#define PAUSED_MS 6000		/* nothing new, though codes are read */
#define STRAY_MS 4000		/* how long a stray is worth a line */
#define FEW 40			/* percent read; below, it takes too long */
#define SETTLED 20		/* frames until a share means something */
#define DARK 30
#define BRIGHT 225
#define FLAT 40

int
collect_new(struct collect *c, int64_t now, struct err *e)
{
	*c = (struct collect){ .begun_ms = now, .wanted = 1 };
	return ur_decoder_new(&c->ur, e);
}

void
collect_free(struct collect *c)
{
	ur_decoder_free(c->ur);
	c->ur = NULL;
}

void
collect_reset(struct collect *c, int64_t now)
{
	struct ur_decoder *ur = c->ur;

	ur_decoder_reset(ur);
	*c = (struct collect){ .ur = ur, .begun_ms = now, .taken = c->taken,
	    .wanted = c->wanted };
}

/* The kind whose type text begins with, up to a "/" or the end. */
static const struct payload_kind *
kind_of(const char *text)
{
	size_t len = strcspn(text, "/");
	const struct payload_kind *k;

	for (size_t i = 0; (k = payload_kind_at(i)) != NULL; i++)
		if (strlen(k->ur) == len &&
		    strncasecmp(k->ur, text, len) == 0)
			return k;
	return NULL;
}

const char *
collect_kind(const char *type)
{
	const struct payload_kind *k = kind_of(type);

	return k == NULL ? NULL : k->what;
}

/* "UR:BYTES/1OF4/...": BCR-2020-005 before its second version. */
static bool
legacy(const char *rest)
{
	const char *p = strchr(rest, '/');

	if (p == NULL)
		return false;
	p += 1 + strspn(p + 1, "0123456789");
	return p[-1] != '/' && strncasecmp(p, "OF", 2) == 0 &&
	    p[2] >= '0' && p[2] <= '9';
}

static enum stray
stray_of(const char *text)
{
	if (strncasecmp(text, "UR:", 3) != 0)
		return STRAY_TEXT;
	if (legacy(text + 3))
		return STRAY_LEGACY;
	return kind_of(text + 3) != NULL ? STRAY_NONE : STRAY_TYPE;
}

static uint32_t
distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* Tenths of a pixel a module, by the longer of two neighbouring sides. */
static uint32_t
pixels_of(const struct sight_code *code, unsigned version)
{
	const uint32_t *c = code->corners;
	uint32_t a = distance(c[0], c[2]) + distance(c[1], c[3]);
	uint32_t b = distance(c[2], c[4]) + distance(c[3], c[5]);

	return version == 0 ? 0 :
	    10 * (a > b ? a : b) / SYMBOL_WIDTH(version);
}

/* 1: complete. */
static int
feed(struct collect *c, const struct sight_code *code, int64_t now,
    struct err *e)
{
	enum stray stray = stray_of(code->text);
	enum ur_event event = UR_KNOWN;
	struct err why = { 0 };
	int r;

	if (stray == STRAY_NONE) {
		r = ur_decoder_feed(c->ur, bytes_of(code->text, code->len),
		    &event, &why);
		if (r == ERR_SYSTEM)
			return err_set(e, r, "%s", why.text);
		if (r == 0)
			c->read_ms = now;
		else
			stray = STRAY_DAMAGED;
		/* a part that contradicts takes its stream with it */
		c->n = ur_decoder_streams(c->ur, c->streams);
	}
	if (stray != STRAY_NONE) {
		c->stray = stray;
		c->stray_ms = now;
		return 0;
	}
	c->version = symbol_version(code->len, LEVEL_M);
	c->pixels = pixels_of(code, c->version);
	if (event != UR_KNOWN)
		c->new_ms = now;
	return event == UR_COMPLETE;
}

int
collect_rest(struct collect *c, int64_t now, struct err *e)
{
	int r = 0;

	while (r == 0 && c->sight != NULL && c->next < c->sight->n)
		r = feed(c, &c->sight->codes[c->next++], now, e);
	if (r == 0)
		c->sight = NULL;
	return r;
}

void
collect_took(struct collect *c, int64_t now)
{
	c->taken++;
	c->begun_ms = c->frame_ms = c->read_ms = c->new_ms = now;
}

int
collect_sight(struct collect *c, const struct sight *s, int64_t now,
    struct err *e)
{
	int64_t before = c->read_ms;
	bool got;
	int r;

	c->mean = s->light.mean;
	c->contrast = s->light.contrast;
	c->frames++;
	c->frame_ms = now;
	if (s->foreign > 0) {
		c->stray = STRAY_TEXT;
		c->stray_ms = now;
	}
	c->read_ms = -1;
	c->sight = s;
	c->next = 0;
	r = collect_rest(c, now, e);
	got = c->read_ms == now;
	if (!got) {
		c->read_ms = before;
	} else {
		if (c->read++ == 0)
			c->first_ms = now;
		if (c->read == 1 || now - before > STALE_MS)
			c->share = 100;		/* before, they aimed */
	}
	/* a running mean of 16, rounded towards what is new */
	c->share = (c->share * 15 + (got ? 115 : 0)) / 16;
	return r;
}

static const char *
stray_hint(enum stray stray)
{
	switch (stray) {
	case STRAY_LEGACY:
		return "a code of the first UR version is in view; send it "
		    "with a newer program";
	case STRAY_TYPE:
		return "a UR of another kind is in view; it is not read here";
	case STRAY_TEXT:
		return "a code of something else is in view; cover it";
	case STRAY_DAMAGED:
		return "parts arrive damaged or contradict each other; is it "
		    "one sender?";
	case STRAY_NONE:
		break;
	}
	return NULL;
}

static const char *
blind_hint(const struct collect *c)
{
	if (c->mean < DARK && c->contrast < FLAT)
		return "the picture is dark; is the camera covered?";
	if (c->mean > BRIGHT && c->contrast < FLAT)
		return "the picture is all light; make the sender's screen "
		    "darker (its key b)";
	if (c->contrast < FLAT)
		return "hardly any contrast; more light on paper, less on a "
		    "screen";
	if (c->pixels != 0 && c->pixels < PIXELS_GOOD)
		return "closer: let the code fill most of the picture";
	return "no code is read; let it fill most of the picture, straight "
	    "and in focus";
}

const char *
collect_hint(const struct collect *c, int64_t now)
{
	int64_t since = c->read_ms > 0 ? c->read_ms : c->begun_ms;

	if (now - (c->frames > 0 ? c->frame_ms : c->begun_ms) > STALE_MS)
		return "no picture comes";
	if (c->stray != STRAY_NONE && now - c->stray_ms < STRAY_MS &&
	    now - since > STRAY_MS / 4)
		return stray_hint(c->stray);
	if (now - since > STALE_MS)
		return blind_hint(c);
	if (c->read == 0)
		return NULL;
	if (c->pixels != 0 && c->pixels < PIXELS_JUST)
		return "closer, or a larger window there: the modules are too "
		    "small";
	if (c->frames > SETTLED && c->share < FEW)
		return "many frames are not read: closer, slower (- there), "
		    "or hold it still";
	if (now - c->new_ms > PAUSED_MS)
		return "nothing new comes; is the sender paused?";
	return NULL;
}
