/*
 * The folder of a genesis.  After the commit every file follows from it, so
 * writing them again after a crash gives the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/label.h"
#include "airgap/seal/hex.h"
#include "ceremony/genesis_dir.h"
#include "ceremony/ui.h"

#define JOURNAL_MAX (1 << 20)

static int
join(char out[static GENESIS_PATH_MAX], const char *dir, const char *name,
    struct err *e)
{
	int n = snprintf(out, GENESIS_PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < GENESIS_PATH_MAX ? 0 :
	    err_set(e, ERR_USAGE, "%s: path too long", dir);
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
make_shares_dir(const char *dir, struct err *e)
{
	char path[GENESIS_PATH_MAX];
	int r = join(path, dir, "shares", e);

	return r != 0 ? r : file_mkdir(path, 0755, e);
}

static int
refuse_share(const char *name, void *ctx)
{
	struct err *e = ctx;

	return err_set(e, ERR_EXISTS, "shares/%s is there already, but no "
	    "genesis.commit; use an empty folder", name);
}

int
genesis_dir_prepare(const char *dir, struct err *e)
{
	char path[GENESIS_PATH_MAX];
	int r;

	if ((r = file_mkdir(dir, 0755, e)) != 0 ||
	    (r = make_shares_dir(dir, e)) != 0)
		return r;
	for (size_t i = 0; i < COUNT(fixed_names); i++) {
		if ((r = join(path, dir, fixed_names[i], e)) != 0)
			return r;
		if (file_exists(path))
			return err_set(e, ERR_EXISTS, "%s is there already, "
			    "but no genesis.commit; use an empty folder",
			    path);
	}
	if ((r = join(path, dir, "shares", e)) != 0)
		return r;
	return file_list(path, refuse_share, e, e);
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

/* One file of the folder: written if missing, never changed, then read. */
static int
emit(const char *dir, const char *name, struct bytes data, size_t *count,
    struct err *e)
{
	char path[GENESIS_PATH_MAX];
	struct buf back;
	bool same;
	int r;

	if ((r = join(path, dir, name, e)) != 0)
		return r;
	if (!file_exists(path) && (r = file_write_checked(path, data,
	    FILE_MODE_PUBLIC, false, e)) != 0)
		return r;
	if ((r = file_read(path, GENESIS_COMMIT_MAX, &back, e)) != 0)
		return r;
	same = bytes_equal(buf_bytes(&back), data);
	buf_free(&back);
	if (!same)
		return err_set(e, ERR_REFUSED, "%s is not what the commit "
		    "holds; move it away and run this again", path);
	++*count;
	return 0;
}

static int
emit_shares(const char *dir, const struct genesis_parts *p, size_t *count,
    struct err *e)
{
	struct rd rd = list_walk(&p->output.member_outputs);
	struct member_output o;
	char name[32 + ALIAS_MAX];
	int r;

	/* genesis_parts_read checked the aliases: they are file names */
	while (list_next(&rd, &type_member_output, &o)) {
		snprintf(name, sizeof(name), "shares/%.*s.share",
		    (int)o.member.alias.n, (const char *)o.member.alias.p);
		if ((r = emit(dir, name, o.sealed_share, count, e)) != 0)
			return r;
	}
	return 0;
}

static int
emit_derived(const char *dir, const struct genesis_parts *p, size_t *count,
    struct err *e)
{
	char hex[PUBLIC_KEY_HEX_LEN], threshold[16];
	struct buf artifacts = { 0 };
	int r;

	hex_encode(p->output.quorum_key.p, PUBLIC_KEY_LEN, hex);
	snprintf(threshold, sizeof(threshold), "%u\n",
	    p->output.set.threshold);
	if ((r = genesis_dr_artifacts(&p->output, &artifacts, e)) != 0 ||
	    (r = emit(dir, "genesis_dr_artifacts", buf_bytes(&artifacts),
	    count, e)) != 0 ||
	    (r = emit(dir, "quorum_threshold", bytes_str(threshold), count,
	    e)) != 0 ||
	    (r = emit(dir, "quorum_key.pub", bytes_of(hex, sizeof(hex)),
	    count, e)) != 0)
		goto out;
	if (p->output.dr_wrapped.present)
		r = emit(dir, "dr_wrapped_quorum_key", p->output.dr_wrapped.v,
		    count, e);
out:
	buf_free(&artifacts);
	return r;
}

int
genesis_dir_emit(const char *dir, const struct genesis_commit *c,
    size_t *count, struct err *e)
{
	struct genesis_parts *p = calloc(1, sizeof(*p));
	int r;

	*count = 0;
	if (p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = genesis_parts_read(c, p, e)) != 0)
		goto out;
	if ((r = make_shares_dir(dir, e)) == 0 &&
	    (r = emit(dir, "plan.cbor", c->plan, count, e)) == 0 &&
	    (r = emit(dir, "genesis_output", c->output, count, e)) == 0 &&
	    (r = emit(dir, "spares.cbor", c->spares, count, e)) == 0 &&
	    (r = emit(dir, "genesis_statement.cbor", c->statement, count,
	    e)) == 0 &&
	    (r = emit_shares(dir, p, count, e)) == 0)
		r = emit_derived(dir, p, count, e);
	genesis_parts_free(p);
out:
	free(p);
	return r;
}

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
