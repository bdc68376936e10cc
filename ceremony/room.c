/*
 * Tokens in the room.  What is plugged in is looked at anew before each use:
 * tokens come and go, and none is used on the word of an old list.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/fd.h"
#include "ceremony/room.h"

#define PAUSE_MS 1000		/* between two looks */
#define LIST_TEXT 160
#define SPAN_TEXT 32

static bool
is_meant(const struct room *room, uint32_t serial)
{
	for (size_t i = 0; i < room->only_count; i++)
		if (room->only[i] == serial)
			return true;
	return room->only_count == 0;
}

static void
keep_meant(struct room *room)
{
	struct token_list *l = &room->list;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->tokens[i].busy != BUSY_NOT ||
		    is_meant(room, l->tokens[i].serial))
			l->tokens[n++] = l->tokens[i];
	l->count = n;
}

static const struct plan_proof *
proof_of_serial(const struct plan *plan, uint32_t serial)
{
	for (size_t i = 0; i < plan->proof_count; i++)
		if (plan->proofs[i].serial == serial)
			return &plan->proofs[i];
	return NULL;
}

/* Both ways: what the plan says of the token, and of the key in it. */
static int
compare(const struct plan *plan, const struct token_info *t, struct err *e)
{
	const struct plan_proof *made = proof_of_serial(plan, t->serial);
	const struct plan_proof *mine;
	struct public_key pub;
	int r = token_public(t, &pub, e);

	if (r != 0)
		return made != NULL ? r : 0;
	if (made != NULL && memcmp(made->key.b, pub.b, PUBLIC_KEY_LEN) != 0)
		return err_set(e, ERR_TOKEN, "token %u holds another key than "
		    "the plan says: it was provisioned again, or is not that "
		    "token; take it out", t->serial);
	mine = plan_proof(plan, &pub);
	if (mine != NULL && mine->serial != t->serial)
		return err_set(e, ERR_TOKEN, "token %u holds a key that, by "
		    "the plan, was made in token %u and cannot leave it; take "
		    "it out", t->serial, (unsigned)mine->serial);
	return 0;
}

int
room_look(struct room *room, const struct plan *plan, struct err *e)
{
	int r;

	room->list.count = 0;
	if (!room->tokens)
		return 0;
	if ((r = token_list_read(&room->list, e)) != 0)
		return r;
	keep_meant(room);
	for (size_t i = 0; i < room->list.count; i++)
		if (room->list.tokens[i].busy == BUSY_NOT &&
		    (r = compare(plan, &room->list.tokens[i], e)) != 0)
			return r;
	return 0;
}

static bool
same_key(const void *of, const struct public_key *key)
{
	const struct public_key *wanted = of;

	return memcmp(wanted->b, key->b, PUBLIC_KEY_LEN) == 0;
}

const struct token_info *
room_find(const struct room *room, const struct public_key *key)
{
	struct public_key pub;

	for (size_t i = 0; i < room->list.count; i++) {
		const struct token_info *t = &room->list.tokens[i];

		if (t->busy == BUSY_NOT && token_public(t, &pub, NULL) == 0 &&
		    same_key(key, &pub))
			return t;
	}
	return NULL;
}

bool
room_next(const struct room *room, const struct room_want *want,
    struct public_key *out)
{
	for (size_t i = 0; i < room->list.count; i++) {
		const struct token_info *t = &room->list.tokens[i];

		if (t->busy == BUSY_NOT && token_public(t, out, NULL) == 0 &&
		    want->fits(want->of, out))
			return true;
	}
	return false;
}

/* --- waiting */

struct wait {
	int64_t until, remind;	/* of clock_boot_ms */
	bool reminded;
	char said[ERR_TEXT_MAX];
};

/* "15 min", "90 s" */
static void
span_text(int seconds, char out[static SPAN_TEXT])
{
	snprintf(out, SPAN_TEXT, seconds % 60 == 0 ? "%d min" : "%d s",
	    seconds % 60 == 0 ? seconds / 60 : seconds);
}

/* Somebody is here. */
static void
wait_anew(struct wait *w, const struct room *room)
{
	int64_t whole = (int64_t)room->wait_s * 1000;

	w->until = clock_boot_ms() + whole;
	w->remind = w->until - whole / 4;
	w->reminded = false;
}

/* What keeps us waiting, said once until it changes. */
static void
say_waiting(struct wait *w, const struct room *room, int looked,
    const struct err *e)
{
	char text[ERR_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "plugged in: ");

	if (looked != 0)
		snprintf(text, sizeof(text), "%s", e->text);
	else
		token_list_text(&room->list, text + n, LIST_TEXT);
	if (strcmp(text, w->said) == 0)
		return;
	memcpy(w->said, text, sizeof(text));
	ui_say("%s; waiting", text);
	wait_anew(w, room);
}

static void
say_begin(const struct room *room, const char *whose)
{
	char span[SPAN_TEXT];

	span_text(room->wait_s, span);
	ui_say("put in %s\n    within %s, else all is wiped (Enter: wait "
	    "longer, no: stop)", whose, span);
}

/* One pause.  0, or why no more is waited; never without a reminder. */
static int
wait_on(struct wait *w, const struct room *room, const char *whose,
    struct err *e)
{
	char span[SPAN_TEXT];
	enum ui_heard heard = ui_listen(PAUSE_MS);

	span_text(room->wait_s, span);
	if (heard == UI_NO)
		return err_set(e, ERR_REFUSED, "you said no: %s was not put "
		    "in; nothing was made", whose);
	if (heard == UI_LINE) {
		wait_anew(w, room);
		ui_say("waiting for %s, %s from now", whose, span);
	} else if (w->reminded && clock_boot_ms() >= w->until) {
		return err_set(e, ERR_TOKEN, "%s did not come within %s: all "
		    "is wiped, nothing was made; run this again", whose,
		    span);
	} else if (!w->reminded && clock_boot_ms() >= w->remind) {
		w->reminded = true;
		ui_say("the time for %s is nearly up: Enter waits longer",
		    whose);
	}
	return 0;
}

int
room_bring(struct room *room, const struct plan *plan,
    const struct room_want *want, struct public_key *out, struct err *e)
{
	struct wait w = { 0 };
	char text[LIST_TEXT];
	bool asked = false;

	for (;;) {
		int r = room_look(room, plan, e);

		if (r == 0 && room_next(room, want, out))
			return 0;
		if (r != 0 && (r != ERR_TOKEN || !room->terminal))
			return r;
		token_list_text(&room->list, text, sizeof(text));
		if (!room->terminal)
			return err_set(e, ERR_TOKEN, "%s is not here; plugged "
			    "in: %s; put it in and run this again",
			    want->whose, text);
		if (!asked)
			say_begin(room, want->whose);
		asked = true;
		say_waiting(&w, room, r, e);
		if ((r = wait_on(&w, room, want->whose, e)) != 0)
			return r;
	}
}

/* --- opening */

static int
open_once(const struct room *room, const char *whose,
    const struct public_key *key, struct bytes sealed, struct secret *out,
    struct err *e)
{
	const struct token_info *t = room_find(room, key);
	struct operator_key *k = NULL;
	int r;

	if (t == NULL)
		return err_set(e, ERR_TOKEN, "%s is not here any more", whose);
	if ((r = operator_key_of_token(t, room->pin_fd, &k, e)) != 0)
		return r;
	r = operator_key_open(k, sealed, out, e);
	operator_key_free(k);
	return r;
}

int
room_open(struct room *room, const struct plan *plan, const char *whose,
    const struct public_key *key, struct bytes sealed, struct secret *out,
    struct err *e)
{
	const struct room_want want = { whose, same_key, key };
	struct public_key pub;
	int r;

	for (;;) {
		r = open_once(room, whose, key, sealed, out, e);
		if (r != ERR_TOKEN || !room->terminal)
			return r;
		ui_error(e->text);
		if ((r = ui_confirm_within(e, room->wait_s, "try again with "
		    "%s?", whose)) != 0 ||
		    (r = room_bring(room, plan, &want, &pub, e)) != 0)
			return r;
	}
}

void
room_whose(const struct plan *plan, const struct plan_person *who,
    char out[static ROOM_WHOSE_MAX])
{
	const char *before = " (serial ";
	int n = snprintf(out, ROOM_WHOSE_MAX, "the token of %.*s",
	    (int)who->alias.n, (const char *)who->alias.p);

	for (size_t j = 0; j <= who->spare_count &&
	    n < ROOM_WHOSE_MAX; j++) {
		const struct plan_proof *x = plan_proof(plan,
		    plan_person_key(who, j));

		if (x == NULL)
			continue;
		n += snprintf(out + n, (size_t)(ROOM_WHOSE_MAX - n), "%s%u",
		    before, (unsigned)x->serial);
		before = ", or ";
	}
	if (before[0] == ',' && n < ROOM_WHOSE_MAX)
		(void)snprintf(out + n, (size_t)(ROOM_WHOSE_MAX - n), ")");
}
