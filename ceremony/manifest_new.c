/*
 * quorate manifest new: a manifest from local sources.  Nothing comes out
 * that the rules refuse, or that does not fit the genesis it was given.
 */
#include <arpa/inet.h>

#include "airgap/record/label.h"
#include "airgap/seal/hex.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/manifest_make.h"
#include "airgap/cli/ui.h"

#define NAMESPACE_MAX 256	/* bytes */

static int
need_all(struct cmd *c, const struct manifest_inputs *in)
{
	const struct source_paths *p = &in->sources;
	int r;

	if ((r = cmd_need(c, in->name, "--namespace")) != 0 ||
	    (r = cmd_need(c, in->nonce == UINT64_MAX ? NULL : in,
	    "--nonce")) != 0 ||
	    (r = cmd_need(c, in->restart, "--restart")) != 0 ||
	    (r = cmd_need(c, p->pivot != NULL ? p->pivot : p->pivot_hash,
	    "--pivot or --pivot-hash")) != 0 ||
	    (r = cmd_need(c, p->pcrs, "--pcrs")) != 0 ||
	    (r = cmd_need(c, p->role_arn, "--role-arn-file")) != 0 ||
	    (r = cmd_need(c, p->manifest_set, "--manifest-set")) != 0 ||
	    (r = cmd_need(c, p->share_set, "--share-set")) != 0 ||
	    (r = cmd_need(c, p->quorum_key, "--quorum-key")) != 0)
		return r;
	return cmd_need(c, in->version == 1 ? p->patch_set : p->pcrs,
	    "--patch-set");
}

static bool
is_ipv4(struct bytes host)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr a;

	if (host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	return inet_pton(AF_INET, text, &a) == 1;
}

/* What is allowed and still worth a second look. */
static void
tell_notes(const struct manifest_inputs *in, const struct manifest *m)
{
	struct bridge b;
	struct rd rd;

	if (in->genesis_output == NULL)
		ui_say("note: without --genesis-output the share threshold %u "
		    "was not compared with the k of the genesis",
		    m->share_set.threshold);
	for (rd = list_walk(&m->pivot.bridges); list_next(&rd, &type_bridge,
	    &b);)
		if (!is_ipv4(b.host))
			ui_say("note: bridge port %u: the host is not an IPv4 "
			    "address; a QOS host skips this bridge", b.port);
	if (m->pivot.debug_mode)
		ui_say("note: debug mode: the application's output leaves "
		    "the enclave");
	if (m->pivot.env.count > 0)
		ui_say("note: the environment is public: everyone who sees "
		    "the manifest reads it");
}

static int
write_manifest(const struct manifest *m, const char *path, bool force,
    struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	struct digest256 hash;
	struct buf b;
	int r;

	if ((r = manifest_hash(m, &hash, e)) != 0 ||
	    (r = manifest_write(m, &b, e)) != 0)
		return r;
	r = file_output(path, buf_bytes(&b), FILE_MODE_PUBLIC, force, false,
	    e);
	buf_free(&b);
	if (r != 0)
		return r;
	hex_text(hash.b, sizeof(hash.b), hex);
	ui_say("manifest %s, mode %s, hash %s", manifest_version_text(
	    m->version), mode_text(manifest_mode(m)), hex);
	return 0;
}

int
manifest_new_run(struct cmd *c)
{
	static struct manifest_inputs in = { .version = 1,
		.nonce = UINT64_MAX };
	static struct made_manifest made;
	const char *out = NULL;
	bool force = false;
	const struct opt opts[] = {
		NUMBER("--manifest-version", "1|2", &in.version,
		    "1 unless said, as QOS: every enclave reads it"),
		TEXT("--namespace", "NAME", &in.name,
		    "REHEARSAL/... makes it a rehearsal"),
		NUMBER("--nonce", "N", &in.nonce,
		    "higher than that of the manifest it replaces"),
		TEXT("--restart", "WHEN", &in.restart, "never or always"),
		SOURCE_OPTIONS(in.sources),
		MANY("--arg", "TEXT", &in.args, "an argument of the "
		    "application, in order"),
		MANY("--bridge", "WHAT", &in.bridges,
		    "server:PORT:HOST, or a JSON file as QOS has it"),
		FLAG("--debug-mode", &in.debug_mode,
		    "the application's output leaves the enclave"),
		MANY("--env", "NAME=VALUE", &in.env, "V2; public"),
		TEXT("--env-file", "FILE", &in.env_file,
		    "V2: lines NAME=VALUE; # begins a comment line"),
		MANY("--dns", "ADDRESS", &in.dns, "V2: a resolver"),
		FLAG("--dns-none", &in.dns_none,
		    "V2: DNS configured, with no resolver"),
		TEXT("--genesis-output", "FILE", &in.genesis_output,
		    "compare quorum key, share set and k with it"),
		TEXT("--spares", "FILE", &in.spares,
		    "spare keys that may be in the share set"),
		FLAG("--share-hashes", &in.share_hashes,
		    "V2: the genesis' share hashes into its environment"),
		TEXT("-o", "OUT", &out, "the manifest; else standard output"),
		FLAG("--force", &force, "replace OUT"),
		END
	};
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 || (r = need_all(c, &in)) != 0)
		return r;
	if (label_check("--namespace", bytes_str(in.name), NAMESPACE_MAX,
	    &c->e) != 0)
		return c->e.code = ERR_USAGE;
	if ((r = manifest_make(&in, &made, &c->e)) != 0)
		return r;
	if ((r = manifest_rules(&made.m, &c->e)) == 0 &&
	    (r = write_manifest(&made.m, out, force, &c->e)) == 0)
		tell_notes(&in, &made.m);
	made_manifest_free(&made);
	return r;
}
