/*
 * quorate manifest: what may run with the quorum key, and who says so.  The
 * table of verbs; each verb is in its own file.
 */
#include <stdio.h>

#include "airgap/seal/hex.h"
#include "ceremony/commands.h"
#include "ceremony/manifest_flow.h"

static const char new_notes[] =
"All options without \"V2\" are needed but --arg, --bridge, --debug-mode,\n"
"--genesis-output, --spares, -o and --force; --patch-set with V1 only.\n"
"\n"
"Version 1 is the default because it is QOS's: every released client and\n"
"enclave reads it.  Version 2 adds environment and DNS, and its hash is over\n"
"canonical JSON.\n"
"\n"
"A namespace REHEARSAL/... makes a rehearsal: then every alias of manifest\n"
"and share set must begin with rehearsal-, and otherwise none may.\n"
"\n"
"--share-hashes sets QUORATE_SHARE_HASHES to the SHA-512 of each share,\n"
"128 lower case hex digits, joined by \",\", in the order of the share set.";

static const char approve_notes[] =
"Each source given must equal the manifest, or nothing is signed; a source\n"
"that is not given is asked for by its own yes.  Then all that is signed is\n"
"shown.  The approval is ALIAS-NAMESPACE-NONCE.approval, \"/\" written as -.";

static const char check_notes[] =
"Without --manifest-set only self-consistency can be judged: whoever made\n"
"the envelope may have chosen the approvers.  That is exit status 1.";

const struct command commands_manifest[] = {
	{ "new", "", "make a manifest", new_notes, manifest_new_run, NULL },
	{ "show", "[FILE]", "everything that is signed, and by whom", NULL,
	    manifest_show_run, NULL },
	{ "hash", "[FILE]", "the hash that approvals sign", NULL,
	    manifest_hash_run, NULL },
	{ "approve", "MANIFEST", "compare, show, ask, sign", approve_notes,
	    manifest_approve_run, NULL },
	{ "assemble", "MANIFEST [APPROVAL ...]",
	    "a manifest and its approvals into an envelope", NULL,
	    manifest_assemble_run, NULL },
	{ "check", "ENVELOPE", "all rules of an envelope, a verdict a line",
	    check_notes, manifest_check_run, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

int
manifest_hash_run(struct cmd *c)
{
	const struct opt opts[] = { END };
	char hex[2 * SHA256_LEN + 1];
	struct loaded l;
	int r;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = manifest_load(cmd_arg(c, 0), &l, &c->e)) != 0)
		return r;
	hex_text(l.hash.b, sizeof(l.hash.b), hex);
	puts(hex);
	loaded_free(&l);
	return 0;
}
