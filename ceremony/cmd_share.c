/*
 * quorate share: what an operator does with a share.
 */
#include "ceremony/commands.h"
#include "ceremony/share_cmds.h"

const struct command commands_share[] = {
	{ "accept", "", "open your share once, check it, sign a receipt",
	    "Checks the statement and that it names this plan; finds what is "
	    "sealed to your\nkey; opens it in memory; compares its hash with "
	    "the genesis output; writes\nALIAS.share (still sealed) and "
	    "ALIAS.receipt for the coordinator.", share_accept_cmd, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
