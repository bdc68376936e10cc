/*
 * quorate token change-pin, change-puk, unblock-pin, reset: what changes a
 * token but makes no key.  PIN and PUK are asked by quorate-token; only the
 * serial number of a token to be wiped is asked here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "airgap/cli/ui.h"
#include "ceremony/operator_options.h"
#include "ceremony/token_care.h"
#include "token/token_key.h"

#define SERIAL_TEXT 16

static int
change(struct cmd *c, enum token_op op, const char *done)
{
	struct operator_options k = { 0 };
	const struct opt opts[] = {
		TEXT("--serial", "N", &k.serial, "the token's serial number"),
		TEXT("--pin-fd", "N", &k.pin_fd, "from there, a line each"),
		END };
	const struct token_info *t;
	int r = ERR_INTERNAL, fd;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = token_find(c, &k, &fd, &t)) != 0 ||
	    (r = token_care(t, op, fd, &c->e)) != 0)
		return r;
	ui_say("token %" PRIu32 ": %s", t->serial, done);
	return 0;
}

int
token_change_pin_cmd(struct cmd *c)
{
	return change(c, TOKEN_CHANGE_PIN, "the PIN is changed");
}

int
token_change_puk_cmd(struct cmd *c)
{
	return change(c, TOKEN_CHANGE_PUK, "the PUK is changed");
}

int
token_unblock_pin_cmd(struct cmd *c)
{
	return change(c, TOKEN_UNBLOCK_PIN, "the PIN is new, and open again");
}

/* --- reset */

static void
say_what_is_lost(const struct token_info *t)
{
	ui_say("This wipes the PIV part of token %" PRIu32 ", for ever:\n"
	    "  the keys and certificates of all its slots; what is sealed to "
	    "them, a share\n  too, is opened by this token never again;\n"
	    "  PIN, PUK and management key, which go back to those of the "
	    "factory.\n"
	    "FIDO2, OTP and OpenPGP stay as they are.", t->serial);
}

static int
sure(const struct token_info *t, const char *wipe, struct err *e)
{
	char want[SERIAL_TEXT];

	snprintf(want, sizeof(want), "%" PRIu32, t->serial);
	if (wipe != NULL && strcmp(wipe, want) != 0)
		return err_set(e, ERR_REFUSED, "--wipe %.20s: the token is %s; "
		    "nothing was done", wipe, want);
	if (wipe == NULL && !isatty(STDIN_FILENO))
		return err_set(e, ERR_REFUSED, "no terminal to type the "
		    "serial number on: give --wipe with it");
	say_what_is_lost(t);
	return wipe != NULL ? 0 : ui_type(e, want, "Type its serial number to "
	    "wipe it: ");
}

int
token_reset_cmd(struct cmd *c)
{
	struct operator_options k = { 0 };
	const char *wipe = NULL;
	const struct opt opts[] = {
		TEXT("--serial", "N", &k.serial, "the token's serial number"),
		TEXT("--wipe", "N", &wipe, "its serial number, not asked then"),
		END };
	const struct token_info *t;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = token_find(c, &k, NULL, &t)) != 0 ||
	    (r = sure(t, wipe, &c->e)) != 0 ||
	    (r = token_care(t, TOKEN_RESET, -1, &c->e)) != 0)
		return r;
	ui_say("token %" PRIu32 " is as from the factory: PIN 123456, PUK "
	    "12345678; provision it before use", t->serial);
	return 0;
}
