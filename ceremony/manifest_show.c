/*
 * quorate manifest show: everything that is signed, for a person to read.
 *
 * Names, arguments and values come from outside; they are printed quoted,
 * through ui_print_quoted only, so that none can pass for another line.
 */
#include <stdio.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "ceremony/fingerprint.h"
#include "ceremony/manifest_flow.h"
#include "airgap/cli/ui.h"

#define LABEL "%-15s "
#define INDENT 6

static void
show_quoted(const char *label, struct bytes text)
{
	printf(LABEL, label);
	ui_print_quoted(text, 16);
	putchar('\n');
}

static void
show_head(const struct loaded *l)
{
	const struct manifest *m = &l->env.manifest;

	printf(LABEL "manifest%s %s\n", "what",
	    l->is_envelope ? " envelope" : "",
	    manifest_version_text(m->version));
	digest_show("hash", &l->hash);
	if (l->mode == MODE_REHEARSAL)
		printf(LABEL "*** REHEARSAL *** nothing real may depend on "
		    "it\n", "mode");
	else
		printf(LABEL "production\n", "mode");
}

static void
show_namespace(const struct name_space *ns)
{
	show_quoted("namespace", ns->name);
	printf(LABEL "%u\n", "nonce", ns->nonce);
	ui_print_hex("quorum key", ns->quorum_key);
	printf("  fingerprint   %s\n", key_fingerprint(ns->quorum_key).text);
	if (public_key_check(ns->quorum_key) != 0)
		puts("    WARNING: not a valid quorum key");
}

static void
show_bridges(const struct list *l)
{
	struct rd rd = list_walk(l);
	struct bridge b;

	printf(LABEL "%u\n", "bridges", l->count);
	for (unsigned i = 1; list_next(&rd, &type_bridge, &b); i++) {
		printf("  %3u %s, port %u", i, b.kind == BRIDGE_SERVER ?
		    "server" : "client", b.port);
		if (b.has_host) {
			fputs("\n      host ", stdout);
			ui_print_quoted(b.host, INDENT);
		}
		puts(b.kind == BRIDGE_SERVER ? "" :
		    "\n      WARNING: egress, not supported here");
	}
}

/* Strings, one a line, counted so that none can hide. */
static void
show_strings(const char *label, const struct list *l)
{
	struct rd rd = list_walk(l);
	struct bytes text;

	printf(LABEL "%u\n", label, l->count);
	for (unsigned i = 1; list_next(&rd, &type_str, &text); i++) {
		printf("  %3u ", i);
		ui_print_quoted(text, INDENT);
		putchar('\n');
	}
}

static void
show_env(const struct list *l)
{
	struct rd rd = list_walk(l);
	struct env_var v;

	printf(LABEL "%u\n", "environment", l->count);
	for (unsigned i = 1; list_next(&rd, &type_env_var, &v); i++) {
		printf("  %3u ", i);
		ui_print_quoted(v.name, INDENT);
		printf("\n      = ");
		ui_print_quoted(v.value, INDENT);
		putchar('\n');
	}
}

static void
show_pivot(const struct manifest *m)
{
	const struct pivot *p = &m->pivot;
	struct digest256 d;

	memcpy(d.b, p->hash, sizeof(d.b));
	digest_show("pivot hash", &d);
	printf(LABEL "%s\n", "restart", p->restart == RESTART_ALWAYS ?
	    "always" : "never");
	if (m->version >= 1)
		printf(LABEL "%s\n", "debug mode", p->debug_mode ?
		    "ON: WARNING: the application's output leaves the "
		    "enclave" : "off");
	show_strings("arguments", &p->args);
	if (m->version >= 1)
		show_bridges(&p->bridges);
	if (m->version < 2)
		return;
	show_env(&p->env);
	if (!m->dns.present)
		printf(LABEL "not configured\n", "dns");
	else
		show_strings("dns resolvers", &m->dns.resolvers);
}

static void
show_member(const struct member *m)
{
	fputs("  - ", stdout);
	ui_print_quoted(m->alias, INDENT);
	printf("\n    key %s\n", key_fingerprint(m->pub_key).text);
	if (public_key_check(m->pub_key) != 0)
		puts("    WARNING: not a valid key");
}

static void
show_set(const char *label, const struct set *s)
{
	struct rd rd = list_walk(&s->members);
	struct member m;

	printf(LABEL "%u of %u\n", label, s->threshold, s->members.count);
	while (list_next(&rd, &type_member, &m))
		show_member(&m);
}

static void
show_patch_set(const struct set *s)
{
	struct rd rd = list_walk(&s->members);
	struct bytes key;

	printf(LABEL "%u of %u (no part of QOS uses it)\n", "patch set",
	    s->threshold, s->members.count);
	while (list_next(&rd, &type_patch_member, &key))
		printf("    key %s\n", key_fingerprint(key).text);
}

static bool
all_zero(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] != 0)
			return false;
	return true;
}

static void
show_enclave(const struct enclave_config *x)
{
	static const char *const what[] = { "PCR0, the image",
		"PCR1, kernel and boot", "PCR2, application part",
		"PCR3, the instance's role" };
	struct digest256 root = sha256(x->aws_root);

	for (size_t i = 0; i < 4; i++) {
		ui_print_hex(what[i], x->pcr[i]);
		if (i < 3 && all_zero(x->pcr[i]))
			puts("    WARNING: zeros: an enclave in debug mode "
			    "that proves nothing");
	}
	digest_show("AWS root, SHA-256", &root);
	printf("    %s\n", bytes_equal(x->aws_root, aws_root_der()) ?
	    "the pinned AWS Nitro Root-G1" :
	    "WARNING: not the pinned AWS Nitro Root-G1");
	show_quoted("QOS commit", x->qos_commit);
}

static void
show_approvals(const char *label, const struct loaded *l,
    const struct list *list, const struct set *set)
{
	struct rd rd = list_walk(list);
	struct approval a;
	struct err e;

	printf(LABEL "%u\n", label, list->count);
	for (uint32_t i = 0; list_next(&rd, &type_approval, &a); i++) {
		if (i == APPROVALS_SHOWN_MAX) {
			puts("    WARNING: too many; the rest was not "
			    "verified");
			return;
		}
		show_member(&a.member);
		if (approval_check(&a, &l->hash, set, NULL, &e) == 0) {
			puts("    signature ok, a member of the set");
			continue;
		}
		fputs("    BAD: ", stdout);
		ui_print_text(bytes_str(e.text));
		putchar('\n');
	}
}

static void
show_rules(const struct manifest *m)
{
	struct err e;

	printf(LABEL, "rules");
	if (manifest_rules(m, &e) == 0) {
		puts("all hold");
		return;
	}
	fputs("BROKEN: ", stdout);
	ui_print_text(bytes_str(e.text));
	putchar('\n');
}

void
manifest_show(const struct loaded *l)
{
	const struct manifest *m = &l->env.manifest;

	show_head(l);
	show_namespace(&m->ns);
	show_pivot(m);
	show_set("manifest set", &m->manifest_set);
	show_set("share set", &m->share_set);
	if (m->version < 2)
		show_patch_set(&m->patch_set);
	show_enclave(&m->enclave);
	show_rules(m);
	if (!l->is_envelope)
		return;
	show_approvals("approvals", l, &l->env.manifest_approvals,
	    &m->manifest_set);
	show_approvals("share approvals", l, &l->env.share_approvals,
	    &m->share_set);
}

int
manifest_show_run(struct cmd *c)
{
	bool json = false;
	const struct opt opts[] = {
		FLAG("--json", &json, "one JSON object; see manifest-show.md"),
		END
	};
	struct loaded l;
	int r;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = manifest_load(cmd_arg(c, 0), &l, &c->e)) != 0)
		return r;
	if (json)
		manifest_show_json(&l);
	else
		manifest_show(&l);
	loaded_free(&l);
	return 0;
}
