/*
 * quorate manifest assemble: a manifest and its approvals into an envelope
 * (QOS wire 6.4, 7).
 *
 * One bad approval would make the enclave refuse them all, so each one is
 * judged here and named with its file.  They are written in the order of
 * the manifest set: the same approvals give the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/manifest_flow.h"
#include "airgap/cli/ui.h"

#define APPROVAL_FILE_MAX 65536		/* bytes */
#define APPROVALS_MAX 4096		/* files */
#define ENVELOPE_NAME "manifest_envelope"

struct found {
	char *path;
	struct buf file;
	struct arena arena;
	struct approval a;
	bool good;
};

struct assembly {
	struct loaded l;
	const char *dir;
	struct found *v;
	size_t n;
	int first;		/* code of the first refusal, and how many */
	size_t refused;
	struct err *e;
};

static void
assembly_free(struct assembly *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->v[i].path);
		arena_free(&x->v[i].arena);
		buf_free(&x->v[i].file);
	}
	free(x->v);
	loaded_free(&x->l);
}

/* A path joins the list; it is read later, in one place. */
static int
add_path(struct assembly *x, const char *path)
{
	struct found *v;

	if (x->n == APPROVALS_MAX)
		return err_set(x->e, ERR_INPUT, "more than %d approvals",
		    APPROVALS_MAX);
	v = reallocarray(x->v, x->n + 1, sizeof(*v));
	if (v == NULL)
		return err_set(x->e, ERR_SYSTEM, "out of memory");
	x->v = v;
	memset(&v[x->n], 0, sizeof(*v));
	if ((v[x->n].path = strdup(path)) == NULL)
		return err_set(x->e, ERR_SYSTEM, "out of memory");
	x->n++;
	return 0;
}

static int
add_from_dir(const char *name, void *ctx)
{
	static const char end[] = ".approval";
	struct assembly *x = ctx;
	size_t n = strlen(name);
	char path[1024];

	if (n < sizeof(end) || strcmp(name + n - (sizeof(end) - 1), end) != 0)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", x->dir, name) >=
	    (int)sizeof(path))
		return err_set(x->e, ERR_INPUT, "%s: path too long", x->dir);
	return add_path(x, path);
}

/* Whose earlier approval is from the same member?  NULL: nobody's. */
static const struct found *
same_member(const struct assembly *x, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (x->v[j].good && member_equal(&x->v[j].a.member,
		    &x->v[i].a.member))
			return &x->v[j];
	return NULL;
}

static int
judge(struct assembly *x, size_t i, struct err *e)
{
	struct found *f = &x->v[i];
	const struct found *twin;
	int r;

	if ((r = file_read(f->path, APPROVAL_FILE_MAX, &f->file, e)) != 0)
		return r;
	if ((r = approval_read(buf_bytes(&f->file), &f->a, &f->arena,
	    e)) != 0 || (r = approval_check(&f->a, &x->l.hash,
	    &x->l.env.manifest.manifest_set, NULL, e)) != 0) {
		(void)err_prefix(e, "%s", f->path);
		return r;
	}
	if ((twin = same_member(x, i)) != NULL)
		return err_set(e, ERR_REFUSED, "%s: a second approval of the "
		    "same member; the first is %s", f->path, twin->path);
	f->good = true;
	return 0;
}

/* Every refusal is told; the last line sums up. */
static int
judge_all(struct assembly *x)
{
	struct err e;
	int r;

	for (size_t i = 0; i < x->n; i++) {
		if ((r = judge(x, i, &e)) == 0)
			continue;
		x->first = x->refused++ == 0 ? r : x->first;
		if (x->n > 1)
			ui_error(e.text);
		else
			(void)err_set(x->e, r, "%s", e.text);
	}
	if (x->refused > 0 && x->n > 1)
		(void)err_set(x->e, x->first, "%zu of %zu approvals refused; "
		    "no envelope was made", x->refused, x->n);
	return x->refused > 0 ? x->first : 0;
}

static int
pack(struct assembly *x, struct buf *own)
{
	const struct list *members = &x->l.env.manifest.manifest_set.members;
	struct rd rd = list_walk(members);
	struct approval *sorted = calloc(x->n + 1, sizeof(*sorted));
	struct member m;
	size_t n = 0;
	int r;

	if (sorted == NULL)
		return err_set(x->e, ERR_SYSTEM, "out of memory");
	while (list_next(&rd, &type_member, &m))
		for (size_t i = 0; i < x->n; i++)
			if (member_equal(&x->v[i].a.member, &m) && n < x->n)
				sorted[n++] = x->v[i].a;
	r = list_pack(&type_approval, sorted, n,
	    &x->l.env.manifest_approvals, own, x->e);
	free(sorted);
	return r;
}

static int
assemble(struct assembly *x, const char *out, bool force)
{
	struct buf own = { 0 }, b = { 0 };
	int r;

	if ((r = manifest_rules(&x->l.env.manifest, x->e)) != 0 ||
	    (r = judge_all(x)) != 0 || (r = pack(x, &own)) != 0)
		goto out;
	if ((r = envelope_check_approvals(&x->l.env, NULL, x->e)) != 0 ||
	    (r = envelope_write(&x->l.env, &b, x->e)) != 0)
		goto out;
	r = file_output(out, buf_bytes(&b), FILE_MODE_PUBLIC, force, false,
	    x->e);
	if (r == 0)
		ui_say("envelope with %zu approvals, threshold %u: %s", x->n,
		    x->l.env.manifest.manifest_set.threshold, out);
out:
	buf_free(&own);
	buf_free(&b);
	return r;
}

int
manifest_assemble_run(struct cmd *c)
{
	struct assembly x = { .e = &c->e };
	const char *out = ENVELOPE_NAME;
	bool force = false;
	const struct opt opts[] = {
		TEXT("--approvals", "DIR", &x.dir,
		    "take every *.approval of a folder"),
		TEXT("-o", "OUT", &out, "else " ENVELOPE_NAME),
		FLAG("--force", &force, "replace OUT"),
		END
	};
	int r;

	if ((r = cmd_parse(c, opts, 1, APPROVALS_MAX)) != 0)
		return r;
	if ((r = manifest_load_kind(cmd_arg(c, 0), false, &x.l, &c->e)) != 0)
		return r;
	for (int i = 1; r == 0 && i < c->nargs; i++)
		r = add_path(&x, cmd_arg(c, i));
	if (r == 0 && x.dir != NULL)
		r = file_list(x.dir, add_from_dir, &x, &c->e);
	if (r == 0 && x.n == 0)
		r = cmd_usage(c, "no approvals given: name files, or "
		    "--approvals with a folder that has some");
	if (r == 0)
		r = assemble(&x, out, force);
	assembly_free(&x);
	return r;
}
