/*
 * quorate: everything that happens offline.  Drops what it does not need,
 * then runs one command.
 */
#include <stdio.h>
#include <string.h>

#include "airgap/cli/cmd_bundle.h"
#include "airgap/seal/secret.h"
#include "airgap/version.h"
#include "ceremony/commands.h"
#include "qr/carry/receive.h"
#include "qr/carry/send.h"

static int
version(struct cmd *c)
{
	const struct opt opts[] = { END };
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0)
		return r;
	printf("quorate %s\n", QUORATE_VERSION);
	return 0;
}

static const struct command nouns[] = {
	{ "plan", "", "who holds the quorum key: persons, threshold, mode",
	    NULL, NULL, commands_plan },
	{ "genesis", "", "make the quorum key, split it, seal the shares",
	    NULL, NULL, commands_genesis },
	{ "share", "", "an operator's share: accept it, release it to an "
	    "enclave", NULL, NULL, commands_share },
	{ "manifest", "", "what may run: make, show, approve, assemble, check",
	    NULL, NULL, commands_manifest },
	{ "attestation", "", "what an enclave proves: show, verify, "
	    "challenge", NULL, NULL, commands_attestation },
	{ "token", "", "an operator's YubiKey: provision, attest, PIN, reset",
	    NULL, NULL, commands_token },
	{ "bundle", "", BUNDLE_SUMMARY, NULL, NULL, commands_bundle },
	{ "doctor", "", "does this machine do what it must: camera", NULL,
	    NULL, commands_doctor },
	{ "key", "", "plumbing: keys, sealed messages, signatures", NULL,
	    NULL, commands_key },
	{ "shamir", "", "plumbing: split and join secrets", NULL, NULL,
	    commands_shamir },
	{ "json", "", "plumbing: QOS canonical JSON", NULL, NULL,
	    commands_json },
	{ "send", "FILE...", SEND_SUMMARY, SEND_NOTES, send_cmd, NULL },
	{ "receive", "[SOURCE]", RECEIVE_SUMMARY, RECEIVE_NOTES, receive_cmd,
	    NULL },
	{ "qr", "", "plumbing: texts to codes, codes to texts", NULL, NULL,
	    commands_qr },
	{ "ur", "", "plumbing: messages as lines of text (UR), and back",
	    NULL, NULL, commands_ur },
	{ "version", "", "print the version", NULL, version, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

static const struct command top = { "quorate", "",
	"offline ceremonies for a quorum key",
	"exit status: 0 done, 1 refused, 2 usage, 3 input, 4 token, 5 system, "
	"6 peer,\n130 interrupted after clean-up", NULL, nouns };

int
main(int argc, char **argv)
{
	struct err e;
	int r;

	if ((r = secret_process_init(&e)) != 0) {
		fprintf(stderr, "quorate: %s\n", e.text);
		return err_exit_status(r);
	}
	return cmd_main(&top, argc, argv);
}
