/*
 * The tokens in the room: persons of a plan come with theirs, all plugged in
 * at once or one after the other.  The plan says whose token it is, so no
 * serial number need be given; where the plan has the proof that a token
 * made a key, the token must be that one.
 *
 * On a terminal a token that is not there is waited for, and what went wrong
 * at a token is tried again if the person says so.  Without one both end the
 * run with ERR_TOKEN: a script can start it again.
 *
 * Who waits holds secrets in memory, so no wait is without a limit: it ends
 * the run when for wait_s nothing was typed and no token came or went.
 */
#ifndef CEREMONY_ROOM_H
#define CEREMONY_ROOM_H

#include "airgap/record/plan.h"
#include "token/token_key.h"

#define ROOM_ONLY_MAX 64
#define ROOM_WAIT_S 900
#define ROOM_WAIT_MAX_S 3600

struct room {
	bool tokens;		/* --token; else nothing is looked for */
	bool terminal;
	int pin_fd;		/* a line a PIN; -1: the terminal */
	int wait_s;		/* 1 to ROOM_WAIT_MAX_S */
	size_t only_count;	/* 0: any token of the plan */
	uint32_t only[ROOM_ONLY_MAX];
	struct token_list list;	/* as of the last look */
};

/*
 * What is plugged in now, compared with the plan.  0, ERR_TOKEN (a token
 * that is not what the plan says of it, no pcscd) or ERR_SYSTEM.
 */
int room_look(struct room *room, const struct plan *plan,
    struct err *e) MUST_CHECK;

/* The token with that key as of the last look, or NULL. */
const struct token_info *room_find(const struct room *room,
    const struct public_key *key);

/* Which token is waited for. */
struct room_want {
	const char *whose;	/* "the token of bob (serial 22)" */
	bool (*fits)(const void *of, const struct public_key *key);
	const void *of;
};

/* A token that fits, as of the last look; *out is its key. */
bool room_next(const struct room *room, const struct room_want *want,
    struct public_key *out);

/*
 * Looks until a token that fits is there; *out is its key.  Returns 0,
 * ERR_TOKEN (no terminal, or time is up), ERR_REFUSED (the person says no) or
 * ERR_SYSTEM.
 */
int room_bring(struct room *room, const struct plan *plan,
    const struct room_want *want, struct public_key *out,
    struct err *e) MUST_CHECK;

/*
 * Has the token with that key open what was sealed to it; `whose` as above.
 * As operator_key_open, and as room_bring.
 */
int room_open(struct room *room, const struct plan *plan, const char *whose,
    const struct public_key *key, struct bytes sealed, struct secret *out,
    struct err *e) MUST_CHECK;

/* "the token of bob (serial 22, or 23)"; no serial where no proof is. */
#define ROOM_WHOSE_MAX 256
void room_whose(const struct plan *plan, const struct plan_person *who,
    char out[static ROOM_WHOSE_MAX]);

#endif
