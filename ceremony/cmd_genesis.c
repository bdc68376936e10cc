/*
 * quorate genesis: the verbs.
 */
#include "ceremony/commands.h"
#include "ceremony/genesis_cmds.h"

const struct command commands_genesis[] = {
	{ "run", "", "make the key, seal the shares, commit once",
	    "Before the commit nothing has begun; after it the same command "
	    "finishes what was\ninterrupted, with the same bytes and without "
	    "any key.\n\nEvery person opens their sealed share before the "
	    "commit: with --key files, or\nwith --token by tokens, in the "
	    "order of the plan; on a terminal a token that is\nnot plugged in "
	    "is waited for. Who is not here must be named with --absent, and\n"
	    "must run `quorate share accept` before the key is used.\n\n"
	    "The folder holds only public and sealed things.",
	    genesis_run_cmd, NULL },
	{ "show", "[GENESIS_OUTPUT]", "print a genesis output (QOS's too)",
	    NULL, genesis_show_cmd, NULL },
	{ "check", "DIR", "what the files of a genesis prove, and what not",
	    NULL, genesis_check_cmd, NULL },
	{ "drill", "DIR", "bring the key back in memory, compare, wipe",
	    "Present holders open their shares; the seed is joined in "
	    "guarded memory; its\npublic key, hash and test signature are "
	    "compared with the genesis output; it is\nwiped. Nothing is "
	    "written. The disaster-recovery key alone does the same.",
	    genesis_drill_cmd, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
