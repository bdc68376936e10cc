/*
 * quorate manifest check: all rules of an envelope, a verdict a line.
 *
 * An envelope can only vouch for itself: who made it may have chosen its
 * manifest set.  Therefore it passes only against a manifest set that the
 * checker has from elsewhere.
 */
#include <stdio.h>

#include "ceremony/manifest_flow.h"
#include "ceremony/sources.h"
#include "airgap/cli/ui.h"

struct verdicts {
	size_t failed;
};

static void
tell(struct verdicts *v, int r, const struct err *e, const char *rule)
{
	if (r == 0) {
		printf("ok: %s\n", rule);
		return;
	}
	v->failed++;
	printf("FAILED: %s: ", rule);
	ui_print_text(bytes_str(e->text));
	putchar('\n');
}

static int
check_quorum_key(const struct manifest *m, struct err *e)
{
	int r = public_key_check(m->ns.quorum_key);

	return r == 0 ? 0 : err_set(e, r, "%s", err_text(r));
}

static void
check_rules(struct verdicts *v, const struct manifest *m)
{
	size_t before = v->failed;
	char rule[80];
	struct err e;

	tell(v, check_quorum_key(m, &e), &e, "quorum key is a valid key");
	snprintf(rule, sizeof(rule), "manifest set: %u of %u, valid, distinct",
	    m->manifest_set.threshold, m->manifest_set.members.count);
	tell(v, set_check(&m->manifest_set, "manifest set", 1, NULL, &e), &e,
	    rule);
	snprintf(rule, sizeof(rule), "share set: %u of %u, valid, distinct",
	    m->share_set.threshold, m->share_set.members.count);
	tell(v, set_check(&m->share_set, "share set", 2, NULL, &e), &e, rule);
	/* manifest_check stops at the first rule, so the rest needs these */
	if (v->failed == before)
		tell(v, manifest_check(m, &e), &e,
		    "PCRs of 48 bytes, at most 255 holders, distinct bridge "
		    "ports");
	snprintf(rule, sizeof(rule), "marks of mode %s",
	    mode_text(manifest_mode(m)));
	tell(v, manifest_check_mode(m, &e), &e, rule);
}

static void
check_share_approvals(struct verdicts *v, const struct loaded *l)
{
	const struct list *list = &l->env.share_approvals;
	struct rd rd = list_walk(list);
	char rule[80] = "no share approvals, as boot wants it";
	struct approval a;
	struct err e;
	int r = 0;

	if (list->count > APPROVALS_SHOWN_MAX)
		r = err_set(&e, ERR_REFUSED, "%u share approvals",
		    list->count);
	while (r == 0 && list_next(&rd, &type_approval, &a))
		r = approval_check(&a, &l->hash, &l->env.manifest.share_set,
		    NULL, &e);
	if (list->count > 0)
		snprintf(rule, sizeof(rule), "%u share approvals (of an "
		    "enclave that was booted)", list->count);
	tell(v, r, &e, rule);
}

static void
check_approvals(struct verdicts *v, const struct loaded *l)
{
	char rule[80];
	struct err e;
	int r;

	snprintf(rule, sizeof(rule), "approvals: %u, threshold %u",
	    l->env.manifest_approvals.count,
	    l->env.manifest.manifest_set.threshold);
	r = envelope_check_approvals(&l->env, NULL, &e);
	tell(v, r, &e, rule);
	check_share_approvals(v, l);
}

static void
print_head(const struct loaded *l)
{
	char fp[80];

	ui_fingerprint(&l->hash, fp);
	printf("%s manifest %s, hash\n    %s\n", mode_text(l->mode),
	    manifest_version_text(l->env.manifest.version), fp);
}

static int
check(const struct loaded *l, const struct source_paths *paths,
    struct err *e)
{
	struct verdicts v = { 0 };
	struct comparison cmp;
	static struct sources s;
	int r;

	if ((r = sources_read(paths, &s, e)) != 0)
		return r;
	print_head(l);
	check_rules(&v, &l->env.manifest);
	check_approvals(&v, l);
	r = sources_compare(&s, &l->env.manifest, &cmp, e);
	sources_free(&s);
	if (r != 0)
		return r;
	if (v.failed > 0)
		return err_set(e, ERR_REFUSED, "%zu rules of the envelope "
		    "are broken", v.failed);
	if (cmp.differ > 0)
		return err_set(e, ERR_REFUSED, "the envelope holds together, "
		    "but %zu local sources say otherwise", cmp.differ);
	if (cmp.verdict[SOURCE_MANIFEST_SET] == SOURCE_NOT_GIVEN)
		return err_set(e, ERR_REFUSED, "self-consistent only: nothing "
		    "says that these are the right approvers; give "
		    "--manifest-set DIR");
	return 0;
}

int
manifest_check_run(struct cmd *c)
{
	static struct source_paths paths;
	const struct opt opts[] = { SOURCE_OPTIONS(paths), END };
	static struct loaded l;
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (r = manifest_load_kind(cmd_arg(c, 0), true, &l, &c->e)) != 0)
		return r;
	r = check(&l, &paths, &c->e);
	loaded_free(&l);
	return r;
}
