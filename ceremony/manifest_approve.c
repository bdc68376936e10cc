/*
 * quorate manifest approve: an operator compares a manifest with their own
 * sources, sees all that is signed, says yes, and signs the hash (QOS wire
 * 7, 19.3).
 *
 * Before any question: the rules hold, no source differs, and the key is
 * that of a member.  So a yes is only ever asked about something that can be
 * approved.
 */
#include <stdio.h>

#include "airgap/record/label.h"
#include "ceremony/fingerprint.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/operator_options.h"
#include "ceremony/sources.h"
#include "airgap/cli/ui.h"

#define PATH_MAX_TEXT 1024
#define NAMESPACE_MAX 256	/* bytes that may become a file name */

struct approve {
	const char *manifest, *alias, *dir;
	struct operator_options k;
	struct source_paths paths;
	struct loaded l;
	struct operator_key *key;
	struct comparison cmp;
	char path[PATH_MAX_TEXT];
};

/* The names become a file name: nothing invisible, no way out of the folder. */
static int
output_path(struct approve *a, struct err *e)
{
	struct bytes name = a->l.env.manifest.ns.name;
	char flat[NAMESPACE_MAX + 1];

	if (label_check_alias(bytes_str(a->alias), e) != 0 ||
	    label_check("namespace", name, NAMESPACE_MAX, e) != 0)
		return ERR_REFUSED;
	for (size_t i = 0; i < name.n; i++)
		flat[i] = name.p[i] == '/' ? '-' : (char)name.p[i];
	flat[name.n] = '\0';
	if (snprintf(a->path, sizeof(a->path), "%s/%s-%s-%u.approval",
	    a->dir, a->alias, flat, a->l.env.manifest.ns.nonce) >=
	    (int)sizeof(a->path))
		return err_set(e, ERR_USAGE, "-o: the path is too long");
	if (file_exists(a->path))
		return err_set(e, ERR_EXISTS, "%s is there already; move it "
		    "away if it is to be made again", a->path);
	return 0;
}

static struct member
self(const struct approve *a)
{
	return (struct member){ bytes_str(a->alias),
		bytes_of(operator_key_public(a->key)->b, PUBLIC_KEY_LEN) };
}

static int
check_membership(const struct approve *a, struct err *e)
{
	const struct set *set = &a->l.env.manifest.manifest_set;
	struct member me = self(a), other;

	if (set_has(set, &me))
		return 0;
	if (set_find_key(set, me.pub_key, &other))
		return err_set(e, ERR_REFUSED, "%s is of \"%.*s\" in the "
		    "manifest set, not of \"%s\"", operator_key_name(a->key),
		    (int)(other.alias.n < 80 ? other.alias.n : 80),
		    (const char *)other.alias.p, a->alias);
	return err_set(e, ERR_REFUSED, "\"%s\" with %s is not a member of "
	    "the manifest set", a->alias, operator_key_name(a->key));
}

static int
compare(struct approve *a, struct err *e)
{
	struct sources s;
	int r;

	if ((r = sources_read(&a->paths, &s, e)) != 0)
		return r;
	if ((r = sources_compare(&s, &a->l.env.manifest, &a->cmp, e)) == 0)
		r = comparison_check(&a->cmp, e);
	sources_free(&s);
	return r;
}

static void
show_same(const struct comparison *c)
{
	const char *before = "same as yours    ";

	for (enum source_field f = 0; f < SOURCE_AWS_ROOT; f++) {
		if (c->verdict[f] != SOURCE_SAME)
			continue;
		printf("%s%s", before, source_name(f));
		before = ", ";
	}
	if (before[0] == ',')
		putchar('\n');
}

/*
 * What the questions are about, once more on the same screen: a manifest is
 * longer than a terminal, and a console does not scroll back.
 */
static void
show_decision(const struct approve *a)
{
	const struct manifest *m = &a->l.env.manifest;
	struct digest256 pivot;

	memcpy(pivot.b, m->pivot.hash, sizeof(pivot.b));
	puts("\n--- to decide: do you approve this manifest?  All of it stands "
	    "above, and");
	printf("    `quorate manifest show FILE | more` shows it page by "
	    "page\n");
	digest_show("manifest hash", &a->l.hash);
	digest_show("pivot hash", &pivot);
	printf("%-16s %s\n", "quorum key",
	    key_fingerprint(m->ns.quorum_key).text);
	printf("%-16s ", "namespace");
	ui_print_quoted(m->ns.name, 17);
	printf("\n%-16s %u\n", "nonce", m->ns.nonce);
	show_same(&a->cmp);
}

static int
ask(const struct approve *a, struct err *e)
{
	int r;

	for (enum source_field f = 0; f < SOURCE_FIELDS; f++)
		if (a->cmp.verdict[f] == SOURCE_NOT_GIVEN &&
		    (r = ui_confirm(e, "not compared: %s (%s); is it right "
		    "as shown?", source_name(f), source_option(f))) != 0)
			return r;
	return ui_confirm(e, "approve this %s manifest as shown, all of it?",
	    mode_text(a->l.mode));
}

static int
sign(struct approve *a, struct err *e)
{
	struct approval x = { .member = self(a) };
	struct signature sig;
	struct buf b;
	int r;

	if ((r = operator_key_approve(a->key, &a->l.hash, &sig, e)) != 0)
		return r;
	x.signature = bytes_of(sig.b, sizeof(sig.b));
	if ((r = approval_check(&x, &a->l.hash, &a->l.env.manifest.
	    manifest_set, NULL, e)) != 0 ||
	    (r = approval_write(&x, &b, e)) != 0)
		return r;
	if ((r = file_mkdir(a->dir, 0755, e)) == 0)
		r = file_write(a->path, buf_bytes(&b), FILE_MODE_PUBLIC,
		    false, e);
	buf_free(&b);
	if (r == 0)
		ui_say("approved: %s", a->path);
	return r;
}

static int
approve(struct approve *a, struct err *e)
{
	int r;

	if ((r = manifest_load_kind(a->manifest, false, &a->l, e)) != 0)
		return r;
	if ((r = manifest_rules(&a->l.env.manifest, e)) != 0) {
		(void)err_prefix(e, "%s", a->manifest);
		goto out;
	}
	if ((r = output_path(a, e)) != 0 ||
	    (r = operator_key_from_options(&a->k, &a->key, e)) != 0 ||
	    (r = check_membership(a, e)) != 0 || (r = compare(a, e)) != 0)
		goto out;
	putchar('\n');
	manifest_show(&a->l);
	show_decision(a);
	if ((r = ask(a, e)) == 0)
		r = sign(a, e);
out:
	operator_key_free(a->key);
	loaded_free(&a->l);
	return r;
}

int
manifest_approve_run(struct cmd *c)
{
	static struct approve a = { .dir = "." };
	const struct opt opts[] = {
		OPERATOR_KEY_OPTIONS(&a.k),
		TEXT("--alias", "NAME", &a.alias,
		    "your name in the manifest set"),
		SOURCE_OPTIONS(a.paths),
		TEXT("-o", "DIR", &a.dir, "folder for the approval; else ."),
		END
	};
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (r = operator_options_check(c, &a.k)) != 0 ||
	    (r = cmd_need(c, a.alias, "--alias")) != 0)
		return r;
	a.manifest = cmd_arg(c, 0);
	if (strcmp(a.manifest, "-") == 0)
		return cmd_usage(c, "MANIFEST must be a file: standard input "
		    "is for your answers");
	return approve(&a, &c->e);
}
