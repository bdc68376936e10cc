/*
 * quorate attestation challenge: a nonce, drawn by who verifies, offline.
 */
#include "airgap/record/payload_forms.h"
#include "ceremony/attestation_cmds.h"
#include "ceremony/plumbing.h"

int
attestation_challenge_run(struct cmd *c)
{
	struct output o = { 0 };
	const char *text = NULL;
	const struct opt opts[] = {
		TEXT("--mode", "MODE", &text, "production or rehearsal"),
		OUTPUT_OPTIONS(&o), END };
	struct buf out = { 0 };
	enum mode mode;
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, text, "--mode")) != 0)
		return r;
	if (mode_from_text(bytes_str(text), &mode, NULL) != 0)
		return err_set(&c->e, ERR_USAGE, "--mode is production or "
		    "rehearsal");
	if ((r = challenge_make(mode, &out, &c->e)) == 0)
		r = file_output(o.path, buf_bytes(&out), FILE_MODE_PUBLIC,
		    o.force, true, &c->e);
	buf_free(&out);
	return r;
}
