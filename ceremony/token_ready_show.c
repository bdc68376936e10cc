/*
 * The screen before a token is made ready (token_ready.h).
 */
#include <inttypes.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "ceremony/token_ready.h"

static const char *
slot_now(const struct slot_exam *s)
{
	if (s->object)
		return "holds a key with a certificate";
	switch (s->key) {
	case KEY_NONE:
		return "is empty";
	case KEY_THERE:
		return "holds a key without a certificate";
	case KEY_UNKNOWN:
		break;
	}
	return "has no certificate; this firmware would not show an imported "
	    "key";
}

static const char *
slot_then(enum slot_step step, const struct token_setup *s)
{
	switch (step) {
	case STEP_KEEP:
		return "it stays as it is";
	case STEP_CERTIFY:
		return "it gets one";
	case STEP_MAKE:
		return s->import ? "the key of the seed is put in" :
		    "a key is made in it";
	case STEP_FOREIGN:
		break;
	}
	return "it is in use";
}

static const char *
management_then(const struct token_exam *x, const struct token_setup *s,
    const struct token_steps *p)
{
	if (p->lock)
		return s->protect ? "a new one, behind the PIN" :
		    "a new one, which nobody has";
	return x->management == MANAGEMENT_PROTECTED ? "stays behind the PIN" :
	    "was changed before, and stays";
}

void
token_ready_show(const struct token_info *t, const struct token_exam *x,
    const struct token_setup *s, const struct token_steps *p)
{
	ui_say("token %" PRIu32 ", firmware %u.%u.%u", t->serial,
	    t->version[0], t->version[1], t->version[2]);
	for (size_t i = 0; i < SETUP_SLOTS; i++)
		ui_say("  slot %s         %s: %s", setup_slot_name(i),
		    slot_now(&x->slot[i]), slot_then(p->slot[i], s));
	if (p->codes)
		ui_say("  PIN and PUK     are set; %u and %u tries",
		    s->pin_tries, s->puk_tries);
	ui_say("  management key  %s", management_then(x, s, p));
}

int
token_ready_confirm(const struct token_info *t, const struct token_exam *x,
    struct err *e)
{
	char serial[16];
	bool any = false;

	for (size_t i = 0; i < SETUP_SLOTS; i++)
		any = any || x->slot[i].object ||
		    x->slot[i].key == KEY_THERE;
	if (!any)
		return 0;
	for (size_t i = 0; i < SETUP_SLOTS; i++)
		ui_say("slot %s %s", setup_slot_name(i),
		    slot_now(&x->slot[i]));
	snprintf(serial, sizeof(serial), "%" PRIu32, t->serial);
	return ui_type(e, serial, "These keys will be DESTROYED: what is "
	    "sealed to them can never be opened again.\nType the serial "
	    "number of this token (%s) to destroy them: ", serial);
}
