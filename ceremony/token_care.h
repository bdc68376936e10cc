/*
 * Verbs of `quorate token` that change a token but make no key, and the
 * choice of a token that all of its verbs share.
 */
#ifndef CEREMONY_TOKEN_CARE_H
#define CEREMONY_TOKEN_CARE_H

#include "airgap/cli/cmd.h"

struct operator_options;
struct token_info;

/*
 * The token that --serial names, or the only one (cmd_token.c); *pin_fd
 * (or NULL) is that of --pin-fd, else -1.  *out stays until the next call.
 * Returns 0, ERR_USAGE, ERR_TOKEN or ERR_SYSTEM.
 */
int token_find(struct cmd *c, const struct operator_options *k, int *pin_fd,
    const struct token_info **out) MUST_CHECK;

int token_change_pin_cmd(struct cmd *c);
int token_change_puk_cmd(struct cmd *c);
int token_unblock_pin_cmd(struct cmd *c);
int token_reset_cmd(struct cmd *c);

#define TOKEN_CODE_NOTES \
	"6 to 8 characters of a plain keyboard, not that of the factory."

#define TOKEN_CHANGE_PIN_NOTES \
	"Asks for the PIN, then for the new one, twice.\n" TOKEN_CODE_NOTES \
	"\nFrom --pin-fd: two lines, the PIN and the new one."

#define TOKEN_CHANGE_PUK_NOTES \
	"Asks for the PUK, then for the new one, twice.\n" TOKEN_CODE_NOTES \
	"\nFrom --pin-fd: two lines, the PUK and the new one."

#define TOKEN_UNBLOCK_PIN_NOTES \
	"For a PIN that is locked or forgotten: asks for the PUK, then for " \
	"the new PIN,\ntwice.  " TOKEN_CODE_NOTES \
	"\nFrom --pin-fd: two lines, the PUK and the new PIN."

#define TOKEN_RESET_NOTES \
	"Its keys are lost: say the serial number at the terminal, or with " \
	"--wipe.\nPIN and PUK are blocked first; a reset that was cut short " \
	"is run again."

#endif
