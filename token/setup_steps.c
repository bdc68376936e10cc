/*
 * What is to be done to a token (setup.h), from what it shows.
 *
 * A key without a certificate is in nobody's use: QOS and we find a key by
 * its certificate.  So a good key without one is that of an interrupted run
 * and gets its certificate; whatever else is there is somebody's.
 */
#include "token/setup.h"

#define GENERATED 1
#define IMPORTED 2
#define PIN_ALWAYS 3
#define TOUCH_ALWAYS 2

const char *
setup_slot_name(size_t slot)
{
	return slot == SETUP_9C ? "9C" : "9D";
}

/* The half of a public key that belongs into a slot. */
static const uint8_t *
half(const struct public_key *pub, size_t slot)
{
	return pub->b + (slot == SETUP_9C ? POINT_LEN : 0);
}

static bool
same_point(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, POINT_LEN) == 0;
}

static bool
key_as(const struct slot_exam *s, uint8_t origin)
{
	return s->key == KEY_THERE && s->point[0] == 4 &&
	    s->origin == origin && s->pin_policy == PIN_ALWAYS &&
	    s->touch_policy == TOUCH_ALWAYS;
}

bool
slot_key_good(const struct slot_exam *s)
{
	return key_as(s, GENERATED);
}

/* Keys that the token makes itself. */
static enum slot_step
step_generated(const struct slot_exam *s)
{
	if (!s->object && slot_key_good(s))
		return STEP_CERTIFY;
	if (s->object)
		return s->certificate && slot_key_good(s) &&
		    same_point(s->certified, s->point) ? STEP_KEEP :
		    STEP_FOREIGN;
	return s->key == KEY_THERE ? STEP_FOREIGN : STEP_MAKE;
}

/*
 * Keys that come from a seed.  Where the firmware does not tell the key, the
 * same key is put in once more, with the policies that it must have.
 */
static enum slot_step
step_imported(const struct slot_exam *s, const uint8_t *want, bool writable)
{
	bool certified = s->certificate && same_point(s->certified, want);

	if (s->object && !certified)
		return STEP_FOREIGN;
	if (s->key == KEY_THERE && (!key_as(s, IMPORTED) ||
	    !same_point(s->point, want)))
		return STEP_FOREIGN;
	if (s->key == KEY_THERE)
		return certified ? STEP_KEEP : STEP_CERTIFY;
	return certified && !writable ? STEP_KEEP : STEP_MAKE;
}

static bool
codes_wrong(const struct token_exam *x, const struct token_setup *s)
{
	return x->told && (x->pin_default || x->puk_default ||
	    x->pin_tries != s->pin_tries || x->puk_tries != s->puk_tries);
}

static bool
all_kept(const struct token_steps *p)
{
	return p->slot[SETUP_9C] == STEP_KEEP && p->slot[SETUP_9D] == STEP_KEEP;
}

static int
refuse_foreign(const struct token_steps *p, struct err *e)
{
	bool c = p->slot[SETUP_9C] == STEP_FOREIGN;
	bool d = p->slot[SETUP_9D] == STEP_FOREIGN;

	if (!c && !d)
		return 0;
	return err_set(e, ERR_REFUSED, "%s of this token %s in use already; "
	    "nothing was changed: take another token, or give --replace, "
	    "which destroys what is there", c && d ? "slots 9C and 9D" :
	    c ? "slot 9C" : "slot 9D", c && d ? "are" : "is");
}

int
token_steps_of(const struct token_exam *x, const struct token_setup *s,
    struct token_steps *out, struct err *e)
{
	bool writable = x->management != MANAGEMENT_OTHER;
	int r;

	*out = (struct token_steps){ 0 };
	for (size_t i = 0; i < SETUP_SLOTS; i++) {
		const struct slot_exam *slot = &x->slot[i];

		out->slot[i] = s->replace ? STEP_MAKE : s->import ?
		    step_imported(slot, half(&s->pub, i), writable) :
		    step_generated(slot);
	}
	if ((r = refuse_foreign(out, e)) != 0)
		return r;
	if (!writable && !all_kept(out))
		return err_set(e, ERR_TOKEN, "nothing can be written to this "
		    "token: its management key is not the factory's, and the "
		    "token holds no copy of it; only a reset of the token, "
		    "which destroys its keys, makes it usable again");
	out->lock = x->management == MANAGEMENT_DEFAULT ||
	    (x->management == MANAGEMENT_PROTECTED && !s->protect);
	out->codes = x->management == MANAGEMENT_DEFAULT || (writable &&
	    (!all_kept(out) || codes_wrong(x, s)));
	return 0;
}

static int
slot_ready(const struct slot_exam *s, size_t i, const struct token_setup *w,
    const uint8_t *want, struct err *e)
{
	const char *name = setup_slot_name(i);

	if (!s->certificate || !same_point(s->certified, want))
		return err_set(e, ERR_TOKEN, "slot %s does not hold the "
		    "certificate that was written to it", name);
	if (w->import && s->key == KEY_UNKNOWN)
		return 0;
	if (!key_as(s, w->import ? IMPORTED : GENERATED) ||
	    !same_point(s->point, want))
		return err_set(e, ERR_TOKEN, "slot %s does not hold the key "
		    "that was made in it, with PIN and touch always", name);
	if (!w->import && s->attestation.n == 0)
		return err_set(e, ERR_TOKEN, "slot %s is not attested", name);
	return 0;
}

int
token_exam_ready(const struct token_exam *x, const struct token_setup *s,
    const struct public_key *pub, struct err *e)
{
	int r;

	for (size_t i = 0; i < SETUP_SLOTS; i++)
		if ((r = slot_ready(&x->slot[i], i, s, half(pub, i), e)) != 0)
			return r;
	if (x->management == MANAGEMENT_DEFAULT)
		return err_set(e, ERR_TOKEN, "the management key is the "
		    "factory's still");
	if (x->told && (x->pin_default || x->puk_default))
		return err_set(e, ERR_TOKEN, "the %s is the factory's; change "
		    "it", x->pin_default ? "PIN" : "PUK");
	return 0;
}
