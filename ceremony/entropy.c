/*
 * Entropy of a genesis.  If either source alone is good, the seed is good:
 * HKDF-Extract (RFC 5869) takes both as one input.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hash.h"
#include "ceremony/entropy.h"
#include "ceremony/quiet_tty.h"

#define SYSTEM_LEN 64
#define SALT "quorate/genesis-seed/v1"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_erase(uint8_t c)
{
	return c == 0x7f || c == '\b';
}

/* On a terminal: a star a roll, a bell for what is none, backspace works. */
static bool
taken_by_hand(size_t *n, uint8_t c)
{
	const char *show = "*";
	bool roll = c >= '1' && c <= '6' && *n < DICE_MAX;

	if (is_erase(c)) {
		show = *n > 0 ? "\b \b" : "";
		*n -= *n > 0;
	} else if (is_blank(c)) {
		show = " ";
	} else if (!roll) {
		show = "\a";
	}
	(void)!write(STDERR_FILENO, show, strlen(show));
	return !roll;
}

static int
add_roll(struct secret *room, size_t *n, uint8_t c, struct err *e)
{
	if (c < '1' || c > '6')
		return err_set(e, ERR_INPUT, "dice: only the digits 1 to 6 "
		    "and blanks; nothing was made, start again");
	if (*n == DICE_MAX)
		return err_set(e, ERR_INPUT, "dice: more than %d rolls; "
		    "nothing was made", DICE_MAX);
	room->b[(*n)++] = c;
	return 0;
}

/*
 * One byte at a time, so that no stdio buffer ever holds a roll.
 * A line break right after a line break ends the input.
 */
static int
read_rolls(struct secret *room, size_t *n, bool by_hand, struct err *e)
{
	bool line_empty = true;
	uint8_t c = 0;
	ssize_t got;
	int r = 0;

	while (r == 0) {
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			r = err_set(e, ERR_SYSTEM, "cannot read the dice: %s",
			    strerror(errno));
		if (got <= 0 || (c == '\n' && line_empty))
			break;
		if (c == '\n')
			ui_say("%s%zu rolls so far; an empty line ends",
			    by_hand ? "\n" : "", *n);
		line_empty = c == '\n' || (line_empty && is_blank(c));
		if (c != '\n' && by_hand && taken_by_hand(n, c))
			continue;
		if (c != '\n' && !is_blank(c))
			r = add_roll(room, n, c, e);
	}
	wipe(&c, sizeof(c));
	return r;
}

int
entropy_read_dice(struct secret *dice, struct err *e)
{
	struct secret room = { 0 };
	size_t n = 0;
	bool by_hand;
	int r;

	*dice = (struct secret){ 0 };
	if ((r = secret_new(&room, DICE_MAX, e)) != 0)
		return r;
	/* before the prompt: what is typed at once is neither shown nor lost */
	by_hand = quiet_tty_begin();
	ui_say("type your dice rolls: digits 1 to 6, at least %d (100 make "
	    "258 bits)\nkeep them off camera; destroy every note of them\n"
	    "an empty line ends", DICE_MIN);
	r = read_rolls(&room, &n, by_hand, e);
	quiet_tty_end();
	if (r != 0)
		goto out;
	if (n < DICE_MIN) {
		r = err_set(e, ERR_INPUT, "dice: %zu rolls, at least %d are "
		    "needed; nothing was made", n, DICE_MIN);
		goto out;
	}
	if ((r = secret_new(dice, n, e)) == 0)
		memcpy(dice->b, room.b, n);
out:
	secret_free(&room);
	return r;
}

int
entropy_seed(const struct secret *dice, const struct digest256 *fingerprint,
    struct secret *seed, struct keyset *ks, struct err *e)
{
	struct secret ikm = { 0 };
	int r;

	*seed = (struct secret){ 0 };
	*ks = (struct keyset){ 0 };
	if ((r = secret_new(&ikm, SYSTEM_LEN + dice->len, e)) != 0 ||
	    (r = secret_new(seed, SEED_LEN, e)) != 0)
		goto out;
	if (dice->len > 0)
		memcpy(ikm.b + SYSTEM_LEN, dice->b, dice->len);
	do {
		random_bytes(ikm.b, SYSTEM_LEN);
		hkdf_sha512(bytes_str(SALT), bytes_of(ikm.b, ikm.len),
		    bytes_of(fingerprint->b, sizeof(fingerprint->b)), seed->b,
		    SEED_LEN);
		r = keyset_from_seed(ks, seed->b, e);
	} while (r == ERR_SEED);
out:
	secret_free(&ikm);
	if (r != 0)
		secret_free(seed);
	return r;
}
