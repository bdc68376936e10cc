/*
 * Reading a genesis folder.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "ceremony/genesis_dir.h"
#include "ceremony/genesis_load.h"
#include "airgap/cli/ui.h"

static int
read_part(const char *dir, const char *name, struct buf *out, struct err *e)
{
	char path[GENESIS_PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return err_set(e, ERR_USAGE, "path too long: %.60s...", dir);
	return file_read(path, GENESIS_PART_MAX, out, e);
}

static int
read_files(const char *dir, const char *plan, struct genesis_files *g,
    struct err *e)
{
	struct plan p;
	int r;

	if ((r = plan != NULL ? file_read(plan, GENESIS_PART_MAX, &g->in[0],
	    e) : read_part(dir, "plan.cbor", &g->in[0], e)) != 0 ||
	    (r = read_part(dir, "genesis_output", &g->in[1], e)) != 0 ||
	    (r = read_part(dir, "spares.cbor", &g->in[2], e)) != 0 ||
	    (r = read_part(dir, "genesis_statement.cbor", &g->in[3],
	    e)) != 0)
		return r;
	if ((r = plan_decode(buf_bytes(&g->in[0]), &p, e)) != 0) {
		(void)err_prefix(e, "%s%s", plan != NULL ? plan : dir,
		    plan != NULL ? "" : "/plan.cbor");
		return r;
	}
	g->commit = (struct genesis_commit){ p.mode, buf_bytes(&g->in[0]),
	    buf_bytes(&g->in[1]), buf_bytes(&g->in[2]),
	    buf_bytes(&g->in[3]) };
	plan_free(&p);
	return 0;
}

/* A plan given by hand must be the commit's own. */
static int
compare_plan(const char *plan, const struct genesis_commit *c, struct err *e)
{
	struct buf in;
	bool same;
	int r;

	if (plan == NULL)
		return 0;
	if ((r = file_read(plan, GENESIS_PART_MAX, &in, e)) != 0)
		return r;
	same = bytes_equal(buf_bytes(&in), c->plan);
	buf_free(&in);
	return same ? 0 : err_set(e, ERR_REFUSED, "%s is not the plan that "
	    "this genesis was made from", plan);
}

int
genesis_load(const char *dir, const char *plan, struct genesis_files **out,
    struct err *e)
{
	struct genesis_files *g = calloc(1, sizeof(*g));
	bool committed;
	int r;

	*out = NULL;
	if (g == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	committed = genesis_dir_committed(dir);
	if (!committed)
		r = read_files(dir, plan, g, e);
	else if ((r = genesis_dir_read(dir, &g->in[0], &g->commit, e)) == 0)
		r = compare_plan(plan, &g->commit, e);
	if (r == 0 && (r = genesis_parts_read(&g->commit, &g->parts,
	    e)) != 0)
		(void)err_prefix(e, "%s%s", dir, committed ?
		    "/genesis.commit" : "");
	if (r == 0)
		r = genesis_dir_compare(dir, &g->commit, &g->parts, &g->here,
		    &g->all, e);
	if (r != 0) {
		genesis_unload(g);
		return r;
	}
	*out = g;
	return 0;
}

void
genesis_unload(struct genesis_files *g)
{
	if (g == NULL)
		return;
	genesis_parts_free(&g->parts);
	for (size_t i = 0; i < 4; i++)
		buf_free(&g->in[i]);
	free(g);
}

int
genesis_confirm_plan(const struct digest256 *fingerprint, const char *hex,
    struct err *e)
{
	char shown[80], digits[2 * SHA256_LEN];
	struct digest256 given;
	size_t n = 0;

	ui_fingerprint(fingerprint, shown);
	if (hex == NULL) {
		ui_say("plan fingerprint  %.35s\n                  %s", shown,
		    shown + 36);
		return ui_confirm(e, "is this the fingerprint on your paper?");
	}
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		if (n == sizeof(digits))
			return err_set(e, ERR_USAGE, "--fingerprint: more "
			    "than 64 digits");
		digits[n++] = *hex;
	}
	if (hex_decode_exact(bytes_of(digits, n), given.b, sizeof(given.b),
	    NULL) != 0)
		return err_set(e, ERR_USAGE, "--fingerprint: 64 hex digits "
		    "are meant");
	if (!digest256_equal(&given, fingerprint))
		return err_set(e, ERR_REFUSED, "the plan's fingerprint is %s, "
		    "not the one you gave; do not go on", shown);
	return 0;
}
