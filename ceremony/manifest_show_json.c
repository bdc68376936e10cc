/*
 * quorate manifest show --json (docs/formats/manifest-show.md): the same
 * facts and verdicts for programs.  The text is ASCII: everything else is
 * escaped, so that it is also safe on a terminal.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "ceremony/manifest_flow.h"

static void
put_hex(struct bytes b)
{
	putchar('"');
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", b.p[i]);
	putchar('"');
}

static void
put_fingerprint(struct bytes of)
{
	struct digest256 d = sha256(of);

	put_hex(bytes_of(d.b, sizeof(d.b)));
}

static const char *
truth(bool b)
{
	return b ? "true" : "false";
}

static void
put_strings(const struct list *l)
{
	struct rd rd = list_walk(l);
	struct bytes text;

	putchar('[');
	for (bool more = false; list_next(&rd, &type_str, &text);
	    more = true) {
		fputs(more ? "," : "", stdout);
		ui_json_text(text);
	}
	putchar(']');
}

static void
put_bridges(const struct list *l)
{
	struct rd rd = list_walk(l);
	struct bridge b;

	putchar('[');
	for (bool more = false; list_next(&rd, &type_bridge, &b);
	    more = true) {
		printf("%s{\"type\":\"%s\",\"port\":%u", more ? "," : "",
		    b.kind == BRIDGE_SERVER ? "server" : "client", b.port);
		if (b.has_host) {
			fputs(",\"host\":", stdout);
			ui_json_text(b.host);
		}
		putchar('}');
	}
	putchar(']');
}

static void
put_env(const struct list *l)
{
	struct rd rd = list_walk(l);
	struct env_var v;

	putchar('[');
	for (bool more = false; list_next(&rd, &type_env_var, &v);
	    more = true) {
		fputs(more ? ",{\"name\":" : "{\"name\":", stdout);
		ui_json_text(v.name);
		fputs(",\"value\":", stdout);
		ui_json_text(v.value);
		putchar('}');
	}
	putchar(']');
}

static void
put_pivot(const struct manifest *m)
{
	fputs(",\"pivot\":{\"hash\":", stdout);
	put_hex(bytes_of(m->pivot.hash, sizeof(m->pivot.hash)));
	printf(",\"restart\":\"%s\",\"args\":",
	    m->pivot.restart == RESTART_ALWAYS ? "always" : "never");
	put_strings(&m->pivot.args);
	printf(",\"debugMode\":%s,\"bridges\":", truth(m->pivot.debug_mode));
	put_bridges(&m->pivot.bridges);
	fputs(",\"env\":", stdout);
	put_env(&m->pivot.env);
	fputs("},\"dnsResolvers\":", stdout);
	if (m->dns.present)
		put_strings(&m->dns.resolvers);
	else
		fputs("null", stdout);
}

static void
put_member(const struct member *m)
{
	fputs("{\"alias\":", stdout);
	ui_json_text(m->alias);
	fputs(",\"key\":", stdout);
	put_hex(m->pub_key);
	fputs(",\"keySha256\":", stdout);
	put_fingerprint(m->pub_key);
}

static void
put_set(const char *name, const struct set *s, bool keys_only)
{
	struct rd rd = list_walk(&s->members);
	struct member m = { .alias = bytes_str("") };

	printf(",\"%s\":{\"threshold\":%u,\"members\":[", name, s->threshold);
	for (bool more = false; list_next(&rd, keys_only ?
	    &type_patch_member : &type_member, keys_only ?
	    (void *)&m.pub_key : (void *)&m); more = true) {
		fputs(more ? "," : "", stdout);
		put_member(&m);
		putchar('}');
	}
	fputs("]}", stdout);
}

static void
put_enclave(const struct enclave_config *x)
{
	fputs(",\"enclave\":{", stdout);
	for (size_t i = 0; i < 4; i++) {
		printf("\"pcr%zu\":", i);
		put_hex(x->pcr[i]);
		putchar(',');
	}
	fputs("\"awsRootSha256\":", stdout);
	put_fingerprint(x->aws_root);
	printf(",\"awsRootPinned\":%s,\"qosCommit\":",
	    truth(bytes_equal(x->aws_root, aws_root_der())));
	ui_json_text(x->qos_commit);
	putchar('}');
}

static void
put_problem(int r, const struct err *e)
{
	if (r == 0)
		fputs("null", stdout);
	else
		ui_json_text(bytes_str(e->text));
}

static void
put_approvals(const char *name, const struct loaded *l,
    const struct list *list, const struct set *set)
{
	struct rd rd = list_walk(list);
	struct approval a;
	struct err e;

	printf(",\"%s\":[", name);
	for (uint32_t i = 0; list_next(&rd, &type_approval, &a); i++) {
		int r = i < APPROVALS_SHOWN_MAX ? approval_check(&a, &l->hash,
		    set, NULL, &e) : err_set(&e, ERR_REFUSED,
		    "too many approvals: not verified");

		fputs(i > 0 ? "," : "", stdout);
		put_member(&a.member);
		printf(",\"valid\":%s,\"problem\":", truth(r == 0));
		put_problem(r, &e);
		putchar('}');
	}
	putchar(']');
}

void
manifest_show_json(const struct loaded *l)
{
	const struct manifest *m = &l->env.manifest;
	struct err e;
	int r = manifest_rules(m, &e);

	printf("{\"kind\":\"%s\",\"version\":\"%s\",\"hash\":",
	    l->is_envelope ? "envelope" : "manifest",
	    manifest_version_text(m->version));
	put_hex(bytes_of(l->hash.b, sizeof(l->hash.b)));
	printf(",\"mode\":\"%s\",\"namespace\":{\"name\":",
	    mode_text(l->mode));
	ui_json_text(m->ns.name);
	printf(",\"nonce\":%u,\"quorumKey\":", m->ns.nonce);
	put_hex(m->ns.quorum_key);
	fputs(",\"quorumKeySha256\":", stdout);
	put_fingerprint(m->ns.quorum_key);
	putchar('}');
	put_pivot(m);
	put_set("manifestSet", &m->manifest_set, false);
	put_set("shareSet", &m->share_set, false);
	if (m->version < 2)
		put_set("patchSet", &m->patch_set, true);
	put_enclave(&m->enclave);
	printf(",\"rulesHold\":%s,\"problem\":", truth(r == 0));
	put_problem(r, &e);
	if (l->is_envelope) {
		put_approvals("manifestSetApprovals", l,
		    &l->env.manifest_approvals, &m->manifest_set);
		put_approvals("shareSetApprovals", l,
		    &l->env.share_approvals, &m->share_set);
	}
	puts("}");
}
