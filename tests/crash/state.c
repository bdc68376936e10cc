/*
 * The rules of a genesis folder, written down a second time: from the
 * commit's bytes by the record library, not by the code that emits files.
 */
#include <stdio.h>

#include "airgap/record/genesis_commit.h"
#include "airgap/seal/hex.h"
#include "tests/crash/state.h"
#include "tests/crash/tap.h"

struct bytes
state_commit(const struct tree *t)
{
	const struct entry *e = tree_find(t, "genesis.commit");

	return e == NULL ? bytes_of(NULL, 0) : bytes_of(e->p, e->n);
}

static void
follow_shares(const struct genesis_parts *p, struct tree *t)
{
	struct rd rd = list_walk(&p->output.member_outputs);
	struct member_output o;
	char path[320];

	tree_add(t, "shares", true, bytes_of(NULL, 0));
	while (list_next(&rd, &type_member_output, &o)) {
		snprintf(path, sizeof(path), "shares/%.*s.share",
		    (int)o.member.alias.n, (const char *)o.member.alias.p);
		tree_add(t, path, false, o.sealed_share);
	}
}

static void
follow_derived(const struct genesis_parts *p, struct tree *t)
{
	char hex[PUBLIC_KEY_HEX_LEN + 1], threshold[16];
	struct buf text;

	hex_text(p->output.quorum_key.p, PUBLIC_KEY_LEN, hex);
	tree_add(t, "quorum_key.pub", false, bytes_str(hex));
	snprintf(threshold, sizeof(threshold), "%u\n",
	    (unsigned)p->plan.k);
	tree_add(t, "quorum_threshold", false, bytes_str(threshold));
	if (p->output.dr_wrapped.present)
		tree_add(t, "dr_wrapped_quorum_key", false,
		    p->output.dr_wrapped.v);
	if (genesis_dr_artifacts(&p->output, &text, NULL) != 0)
		tap_stop("no text of the output");
	tree_add(t, "genesis_dr_artifacts", false, buf_bytes(&text));
	buf_free(&text);
}

/* All that follows from a commit; false where it is none. */
static bool
follow(struct bytes commit, struct tree *t, char why[static WHY_MAX])
{
	struct genesis_commit c;
	struct genesis_parts p;
	struct err e = { 0 };

	*t = (struct tree){ 0 };
	if (genesis_commit_decode(commit, &c, &e) != 0 ||
	    genesis_parts_read(&c, &p, &e) != 0) {
		snprintf(why, WHY_MAX, "genesis.commit, %zu bytes, is not "
		    "valid: %.200s", commit.n, e.text);
		return false;
	}
	tree_add(t, "genesis.commit", false, commit);
	tree_add(t, "plan.cbor", false, c.plan);
	tree_add(t, "genesis_output", false, c.output);
	tree_add(t, "spares.cbor", false, c.spares);
	tree_add(t, "genesis_statement.cbor", false, c.statement);
	follow_shares(&p, t);
	follow_derived(&p, t);
	genesis_parts_free(&p);
	return true;
}

static bool
is_journal(const struct entry *e)
{
	return strcmp(e->path, "genesis.journal") == 0;
}

/* "YYYY-MM-DD HH:MM:SS UTC  text", every line of it. */
static bool
journal_whole(const struct entry *e)
{
	const uint8_t *p = e->p, *end = e->p + e->n, *eol;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL || eol - p < 26 || memcmp(p, "20", 2) != 0 ||
		    memcmp(p + 19, " UTC  ", 6) != 0)
			return false;
	}
	return true;
}

static bool
entry_possible(const struct entry *e, const struct tree *follows,
    char why[static WHY_MAX])
{
	const struct entry *want;
	size_t n;

	if (e->folder ? strcmp(e->path, "shares") == 0 :
	    is_temporary(last_part(e->path), &n))
		return true;
	if (is_journal(e)) {
		snprintf(why, WHY_MAX, "genesis.journal is not whole lines");
		return journal_whole(e);
	}
	want = tree_find(follows, e->path);
	if (want == NULL)
		snprintf(why, WHY_MAX, "%s is there, %s", e->path,
		    follows->n == 0 ? "but no commit" :
		    "but does not follow from the commit");
	else if (want->n != e->n || memcmp(want->p, e->p, e->n) != 0)
		snprintf(why, WHY_MAX, "%s, %zu bytes, is not what follows "
		    "from the commit", e->path, e->n);
	else
		return true;
	return false;
}

static bool
check(const struct tree *t, bool finished, char why[static WHY_MAX])
{
	struct bytes commit = state_commit(t);
	struct tree follows = { 0 };
	bool good = true;

	if (tree_find(t, "genesis.commit") == NULL && finished) {
		snprintf(why, WHY_MAX, "no genesis.commit");
		return false;
	}
	if (tree_find(t, "genesis.commit") != NULL &&
	    !follow(commit, &follows, why))
		return false;
	for (size_t i = 0; i < t->n && good; i++)
		good = entry_possible(&t->v[i], &follows, why);
	for (size_t i = 0; i < follows.n && finished && good; i++) {
		good = tree_find(t, follows.v[i].path) != NULL;
		if (!good)
			snprintf(why, WHY_MAX, "%s is not there",
			    follows.v[i].path);
	}
	tree_free(&follows);
	return good;
}

bool
state_possible(const struct tree *t, char why[static WHY_MAX])
{
	return check(t, false, why);
}

bool
state_finished(const struct tree *t, char why[static WHY_MAX])
{
	return check(t, true, why);
}

bool
state_resumed(const struct tree *before, const struct tree *after,
    char why[static WHY_MAX])
{
	const struct entry *old = tree_find(before, "genesis.journal");
	const struct entry *new = tree_find(after, "genesis.journal");
	struct bytes commit = state_commit(before);

	if (!state_possible(before, why) || !state_finished(after, why))
		return false;
	if (commit.n > 0 && !bytes_equal(commit, state_commit(after))) {
		snprintf(why, WHY_MAX, "two keys: another commit took the "
		    "place of the first");
		return false;
	}
	if (new == NULL || (old != NULL && (new->n < old->n ||
	    memcmp(old->p, new->p, old->n) != 0))) {
		snprintf(why, WHY_MAX, "the journal forgot");
		return false;
	}
	return true;
}

struct found {
	const struct piece *piece;
};

static void
keep(void *ctx, const struct piece *piece, size_t offset)
{
	struct found *f = ctx;

	(void)offset;
	f->piece = piece;
}

bool
state_free_of(const struct tree *t, const struct needles *n,
    const char *what, char why[static WHY_MAX])
{
	struct found f;

	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->v[i];

		if (needles_find(n, e->p, e->n, keep, &f) == 0 &&
		    needles_find(n, e->path, strlen(e->path), keep, &f) == 0)
			continue;
		snprintf(why, WHY_MAX, "%s: %s shows %s (%s)", what, e->path,
		    f.piece->secret, f.piece->form);
		return false;
	}
	return true;
}
