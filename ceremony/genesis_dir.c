/*
 * The folder of a genesis.  After the commit every file follows from it, so
 * writing them again after a crash gives the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "airgap/record/label.h"
#include "airgap/seal/hex.h"
#include "ceremony/genesis_dir.h"
#include "airgap/cli/ui.h"

#define JOURNAL_MAX (1 << 20)

static int
join(char out[static GENESIS_PATH_MAX], const char *dir, const char *name,
    struct err *e)
{
	int n = snprintf(out, GENESIS_PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < GENESIS_PATH_MAX ? 0 :
	    err_set(e, ERR_USAGE, "path too long: %.60s...", dir);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
genesis_dir_committed(const char *dir)
{
	char path[GENESIS_PATH_MAX];

	return join(path, dir, "genesis.commit", NULL) == 0 &&
	    file_exists(path);
}

static const char *const fixed_names[] = {
	"plan.cbor", "genesis_statement.cbor", "spares.cbor",
	"genesis_output", "quorum_key.pub", "genesis_dr_artifacts",
	"quorum_threshold", "dr_wrapped_quorum_key",
};

static int
refuse_path(const char *path, struct err *e)
{
	return err_set(e, ERR_EXISTS, "%s is there already, but no "
	    "genesis.commit; use an empty folder", path);
}

struct listing {
	const char *dir;
	const struct plan *plan;
	struct err *e;
};

static int
refuse_share(const char *name, void *ctx)
{
	const struct listing *l = ctx;
	char path[GENESIS_PATH_MAX];
	int r = join(path, l->dir, name, l->e);

	return r != 0 ? r : refuse_path(path, l->e);
}

static int
refuse_not_folder(const char *path, struct err *e)
{
	return !file_exists(path) || is_folder(path) ? 0 :
	    err_set(e, ERR_INPUT, "%s is there already and is no folder",
	    path);
}

int
genesis_dir_check(const char *dir, struct err *e)
{
	char path[GENESIS_PATH_MAX];
	struct listing l = { .dir = path, .e = e };
	int r;

	if ((r = refuse_not_folder(dir, e)) != 0)
		return r;
	for (size_t i = 0; i < COUNT(fixed_names); i++) {
		if ((r = join(path, dir, fixed_names[i], e)) != 0)
			return r;
		if (file_exists(path))
			return refuse_path(path, e);
	}
	if ((r = join(path, dir, "shares", e)) != 0 ||
	    (r = refuse_not_folder(path, e)) != 0 || !file_exists(path))
		return r;
	return file_list(path, refuse_share, &l, e);
}

int
genesis_dir_prepare(const char *dir, struct err *e)
{
	char path[GENESIS_PATH_MAX];
	int r;

	if ((r = file_mkdir(dir, 0755, e)) != 0 ||
	    (r = join(path, dir, "shares", e)) != 0)
		return r;
	return file_mkdir(path, 0755, e);
}

int
genesis_dir_commit(const char *dir, struct bytes commit, struct err *e)
{
	char path[GENESIS_PATH_MAX];
	int r;

	if ((r = join(path, dir, "genesis.commit", e)) != 0)
		return r;
	return file_write_checked(path, commit, FILE_MODE_PUBLIC, false, e);
}

int
genesis_dir_read(const char *dir, struct buf *in, struct genesis_commit *c,
    struct err *e)
{
	char path[GENESIS_PATH_MAX];
	int r;

	*in = (struct buf){ 0 };
	if ((r = join(path, dir, "genesis.commit", e)) != 0 ||
	    (r = file_read(path, GENESIS_COMMIT_MAX, in, e)) != 0)
		return r;
	if ((r = genesis_commit_decode(buf_bytes(in), c, e)) != 0) {
		(void)err_prefix(e, "%s", path);
		buf_free(in);
	}
	return r;
}

/* --- the files that follow from a genesis */

/* What is done with each of them. */
struct visit {
	const char *dir;
	bool write;		/* those that are missing */
	size_t here, all;
	struct err *e;
};

/* One file: written if missing and wanted; never changed; compared. */
static int
visit_file(struct visit *v, const char *name, struct bytes data)
{
	char path[GENESIS_PATH_MAX];
	struct buf back;
	bool same;
	int r;

	v->all++;
	if ((r = join(path, v->dir, name, v->e)) != 0)
		return r;
	if (!file_exists(path)) {
		if (!v->write)
			return 0;
		if ((r = file_write_checked(path, data, FILE_MODE_PUBLIC,
		    false, v->e)) != 0)
			return r;
	}
	if ((r = file_read(path, GENESIS_COMMIT_MAX, &back, v->e)) != 0)
		return r;
	same = bytes_equal(buf_bytes(&back), data);
	buf_free(&back);
	v->here++;
	return same ? 0 : err_set(v->e, ERR_REFUSED, "%s is not the file of "
	    "this genesis; %s", path, v->write ? "move it away and run this "
	    "again" : "it was changed, or swapped");
}

static int
visit_shares(struct visit *v, const struct genesis_parts *p)
{
	struct rd rd = list_walk(&p->output.member_outputs);
	struct member_output o;
	char name[32 + ALIAS_MAX];
	int r;

	/* genesis_parts_read checked the aliases: they are file names */
	while (list_next(&rd, &type_member_output, &o)) {
		snprintf(name, sizeof(name), "shares/%.*s.share",
		    (int)o.member.alias.n, (const char *)o.member.alias.p);
		if ((r = visit_file(v, name, o.sealed_share)) != 0)
			return r;
	}
	return 0;
}

static int
visit_derived(struct visit *v, const struct genesis_parts *p)
{
	char hex[PUBLIC_KEY_HEX_LEN], threshold[16];
	struct buf artifacts = { 0 };
	int r;

	hex_encode(p->output.quorum_key.p, PUBLIC_KEY_LEN, hex);
	snprintf(threshold, sizeof(threshold), "%u\n",
	    p->output.set.threshold);
	if ((r = genesis_dr_artifacts(&p->output, &artifacts, v->e)) != 0 ||
	    (r = visit_file(v, "genesis_dr_artifacts",
	    buf_bytes(&artifacts))) != 0 ||
	    (r = visit_file(v, "quorum_threshold",
	    bytes_str(threshold))) != 0 ||
	    (r = visit_file(v, "quorum_key.pub",
	    bytes_of(hex, sizeof(hex)))) != 0)
		goto out;
	if (p->output.dr_wrapped.present)
		r = visit_file(v, "dr_wrapped_quorum_key",
		    p->output.dr_wrapped.v);
out:
	buf_free(&artifacts);
	return r;
}

static int
visit_all(struct visit *v, const struct genesis_commit *c,
    const struct genesis_parts *p)
{
	int r;

	if ((r = visit_file(v, "plan.cbor", c->plan)) != 0 ||
	    (r = visit_file(v, "genesis_output", c->output)) != 0 ||
	    (r = visit_file(v, "spares.cbor", c->spares)) != 0 ||
	    (r = visit_file(v, "genesis_statement.cbor",
	    c->statement)) != 0 ||
	    (r = visit_shares(v, p)) != 0)
		return r;
	return visit_derived(v, p);
}

int
genesis_dir_emit(const char *dir, const struct genesis_commit *c,
    size_t *count, struct err *e)
{
	struct genesis_parts *p = calloc(1, sizeof(*p));
	struct visit v = { .dir = dir, .write = true, .e = e };
	int r;

	*count = 0;
	if (p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = genesis_parts_read(c, p, e)) != 0)
		goto out;
	if ((r = genesis_dir_prepare(dir, e)) == 0)
		r = visit_all(&v, c, p);
	*count = v.here;
	genesis_parts_free(p);
out:
	free(p);
	return r;
}

/* A name in shares/ must be that of a person. */
static int
known_share(const char *name, void *ctx)
{
	const struct listing *l = ctx;
	size_t n = strlen(name), end = strlen(".share");

	if (n > end && strcmp(name + n - end, ".share") == 0 &&
	    plan_person(l->plan, bytes_of(name, n - end)) != NULL)
		return 0;
	return err_set(l->e, ERR_REFUSED, "%s/%s is not a file of this "
	    "genesis: no person of the plan has that alias", l->dir, name);
}

static int
refuse_strangers(const char *dir, const struct genesis_parts *p,
    struct err *e)
{
	char path[GENESIS_PATH_MAX];
	struct listing l = { path, &p->plan, e };
	int r;

	if ((r = join(path, dir, "dr_wrapped_quorum_key", e)) != 0)
		return r;
	if (!p->output.dr_wrapped.present && file_exists(path))
		return err_set(e, ERR_REFUSED, "%s is not a file of this "
		    "genesis: it has no disaster-recovery key", path);
	if ((r = join(path, dir, "shares", e)) != 0 || !file_exists(path))
		return r;
	return file_list(path, known_share, &l, e);
}

int
genesis_dir_compare(const char *dir, const struct genesis_commit *c,
    const struct genesis_parts *p, size_t *here, size_t *all, struct err *e)
{
	struct visit v = { .dir = dir, .e = e };
	int r;

	if ((r = visit_all(&v, c, p)) == 0)
		r = refuse_strangers(dir, p, e);
	*here = v.here;
	*all = v.all;
	return r;
}

/* --- the journal */

int
genesis_dir_journal(const char *dir, const char *text, struct err *e)
{
	char path[GENESIS_PATH_MAX], now[32];
	struct buf old = { 0 };
	char *all = NULL;
	size_t n;
	int r;

	if ((r = join(path, dir, "genesis.journal", e)) != 0)
		return r;
	if (file_exists(path) &&
	    (r = file_read(path, JOURNAL_MAX, &old, e)) != 0)
		return r;
	ui_time(ui_now(), now);
	n = old.n + strlen(now) + strlen(text) + 3;
	if ((all = malloc(n + 1)) == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	if (old.n > 0)
		memcpy(all, old.p, old.n);
	snprintf(all + old.n, n + 1 - old.n, "%s  %s\n", now, text);
	r = file_write(path, bytes_str(all), FILE_MODE_PUBLIC, true, e);
out:
	free(all);
	buf_free(&old);
	return r;
}
