/*
 * One run of the setup of a card: PIN and PUK, keys and certificates, a test
 * of each key, and the management key last.
 */
#include <stdarg.h>
#include <stdio.h>

#include "airgap/seal/envelope.h"
#include "token/piv/setup.h"

#define NONCE 32
#define LINE_MAX_LEN 120

void
setup_say(const struct setup_run *u, const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell_line(REPLY_WORKING, "token %u: %s", u->c->info.serial, text);
}

int
setup_login(struct setup_run *u, struct err *e)
{
	struct secret key = { 0 };
	bool right = false;
	int r;

	if (u->x.management == MANAGEMENT_DEFAULT)
		r = management_factory(&key, e);
	else if ((r = pin_verify(u->c, u->now, e)) == 0)
		r = management_copy(u->c, &key, e);
	if (r == 0)
		r = management_login(u->c, u->x.algorithm, &key, &right, e);
	secret_free(&key);
	if (r == 0 && !right)
		r = err_set(e, ERR_TOKEN, "token %u: its management key is "
		    "not the one that it was a moment ago, or not the copy "
		    "that it holds", u->c->info.serial);
	return r;
}

/* A signature for a purpose of its own, checked where it is made. */
static int
test_signature(struct setup_run *u, struct err *e)
{
	uint8_t body[PUBLIC_KEY_LEN + NONCE];
	struct signature sig;
	struct buf msg = { 0 };
	int r;

	memcpy(body, u->pub.b, PUBLIC_KEY_LEN);
	random_bytes(body + PUBLIC_KEY_LEN, NONCE);
	if ((r = signed_message(PURPOSE_TOKEN, u->s->mode,
	    bytes_of(body, sizeof(body)), &msg, e)) != 0)
		return r;
	setup_say(u, "slot 9C: a test signature");
	r = piv_sign(u->c, &u->from, buf_bytes(&msg), &sig, e);
	buf_free(&msg);
	return r;
}

static int
test_opening(struct setup_run *u, struct err *e)
{
	uint8_t plain[NONCE], sealed[NONCE + ENVELOPE_OVERHEAD];
	struct secret got = { 0 };
	int r;

	random_bytes(plain, sizeof(plain));
	if ((r = envelope_seal(bytes_of(u->pub.b, PUBLIC_KEY_LEN),
	    bytes_of(plain, sizeof(plain)), sealed, e)) != 0)
		return r;
	setup_say(u, "slot 9D: a test message is opened");
	r = piv_open(u->c, &u->from, bytes_of(sealed, sizeof(sealed)), &got,
	    e);
	if (r == 0 && (got.len != NONCE ||
	    secret_equal(got.b, plain, NONCE) != 1))
		r = err_set(e, ERR_TOKEN, "token %u opened a test message to "
		    "something else; do not use this token",
		    u->c->info.serial);
	secret_free(&got);
	return r;
}

static int
lock(struct setup_run *u, struct err *e)
{
	int r;

	if (!u->steps.lock)
		return 0;
	if ((r = setup_login(u, e)) != 0 ||
	    (r = pin_verify(u->c, u->now, e)) != 0 ||
	    (r = management_lock(u->c, u->s->protect, e)) != 0)
		return r;
	setup_say(u, u->s->protect ? "a new management key, behind the PIN" :
	    "a new management key, which nobody has");
	return 0;
}

/* With the card held: nobody else can write to it meanwhile. */
static int
work(struct setup_run *u, struct err *e)
{
	int r;

	if ((r = codes_find(u, e)) != 0 ||
	    (u->steps.codes && (r = codes_set(u, e)) != 0))
		return r;
	u->from.known = u->now;
	for (size_t i = 0; i < SETUP_SLOTS; i++)
		if ((r = setup_slot(u, i, e)) != 0)
			return r;
	if ((r = test_signature(u, e)) != 0 ||
	    (r = test_opening(u, e)) != 0)
		return r;
	return lock(u, e);
}

static int
run(struct setup_run *u, struct err *e)
{
	int r;

	if ((r = card_examine(u->c, &u->x, e)) != 0 ||
	    (r = token_steps_of(&u->x, u->s, &u->steps, e)) != 0 ||
	    (r = codes_ask(u, e)) != 0 || (r = card_hold(u->c, e)) != 0)
		return r;
	r = work(u, e);
	card_release(u->c);
	return r;
}

int
card_setup(struct card *c, const struct pin_source *from,
    const struct token_setup *s, const struct secret *scalars,
    struct public_key *out, struct err *e)
{
	struct setup_run u = { .c = c, .s = s, .scalars = scalars,
	    .from = *from };
	int r = run(&u, e);

	*out = u.pub;
	secret_free(&u.factory);
	secret_free(&u.pin);
	secret_free(&u.puk);
	wipe_stack();
	return r;
}
