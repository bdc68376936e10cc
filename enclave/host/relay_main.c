/*
 * quorate-relay: between the operators' files and an enclave's host.
 */
#include "airgap/cli/cmd_bundle.h"
#include "enclave/host/relay.h"
#include "qr/carry/receive.h"
#include "qr/carry/send.h"

static const struct command commands[] = {
	{ "status", "", "phase, manifest, who posted, how long is left",
	    "all of it as the host tells it; exit status 6 where the host or "
	    "its enclave\ndoes not answer", relay_status, NULL },
	{ "boot", "", "sends an approved manifest and its pivot",
	    "refused here, before anything is sent: approvals that do not "
	    "hold, another\npivot than the manifest's", relay_boot, NULL },
	{ "attestation", "", "fetches an attestation document",
	    "for 'quorate share release' and 'quorate attestation verify'",
	    relay_attestation, NULL },
	{ "post", "", "posts one person's sealed share",
	    "refused here, before anything is sent: files that do not belong "
	    "together or\nto this boot, and a person who has posted",
	    relay_post, NULL },
	{ "send", "FILE...", SEND_SUMMARY, SEND_NOTES, send_cmd, NULL },
	{ "receive", "[SOURCE]", RECEIVE_SUMMARY, RECEIVE_NOTES,
	    receive_relay_cmd, NULL },
	{ "bundle", "", BUNDLE_SUMMARY, NULL, NULL, commands_bundle },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	static const struct command top = { "quorate-relay", "",
	    "carries messages to an enclave's host; holds no secret",
	    "exit status: 0 done, 1 refused, 2 usage, 3 input, 5 system, 6 "
	    "peer unreachable\nor protocol error", NULL, commands };

	return cmd_main(&top, argc, argv);
}
