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
	{ "release", "", "hand your share to one enclave that proved itself",
	    "Checks approvals and attestation, compares with your own "
	    "sources and your trust\nfile, shows all of it and asks. Then "
	    "opens your share in memory, seals it to the\nsetup key of that "
	    "enclave, and writes ALIAS.sealed, ALIAS.approval and\n"
	    "ALIAS.release. A source that is not given is taken on the "
	    "approvers' word and\nasked for; a nonce lower than the trust "
	    "file remembers is refused.", share_release_cmd, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
