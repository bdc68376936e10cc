/*
 * The commit of a genesis, and the checks that bind its parts together.
 */
#include "airgap/record/form.h"
#include "airgap/record/genesis_commit.h"
#include "airgap/seal/hash.h"

#define PART(m) .kind = F_BYTES, .at = offsetof(struct genesis_commit, m), \
	.min = 1, .max = GENESIS_PART_MAX

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "mode", .kind = F_MODE,
	    .at = offsetof(struct genesis_commit, mode) },
	{ .key = "plan", PART(plan) },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "output", PART(output) },
	{ .key = "spares", PART(spares) },
	{ .key = "statement", PART(statement) },
};
static const struct form form = {
	.type = GENESIS_COMMIT_TYPE, .what = "genesis commit",
	.fields = fields, .count = FORM_COUNT(fields),
};

int
genesis_commit_decode(struct bytes in, struct genesis_commit *out,
    struct err *e)
{
	*out = (struct genesis_commit){ 0 };
	return form_decode(&form, in, out, e);
}

int
genesis_commit_encode(const struct genesis_commit *c, struct buf *out,
    struct err *e)
{
	return form_encode(&form, c, out, e);
}

void
genesis_parts_free(struct genesis_parts *p)
{
	if (p == NULL)
		return;
	plan_free(&p->plan);
	spares_free(&p->spares);
	*p = (struct genesis_parts){ 0 };
}

static struct bytes
key_bytes(const struct public_key *k)
{
	return bytes_of(k->b, sizeof(k->b));
}

/* The set of the output is the plan: same persons, order, threshold, DR. */
static int
check_plan(const struct genesis_parts *p, struct err *e)
{
	const struct genesis_output *g = &p->output;
	struct rd rd = list_walk(&g->set.members);
	struct member m;

	if (g->set.threshold != p->plan.k || g->set.members.count != p->plan.n)
		return err_set(e, ERR_REFUSED, "genesis output: %u of %u, but "
		    "the plan says %u of %zu", g->set.threshold,
		    g->set.members.count, (unsigned)p->plan.k, p->plan.n);
	for (size_t i = 0; list_next(&rd, &type_member, &m); i++)
		if (!bytes_equal(m.alias, p->plan.persons[i].alias) ||
		    !bytes_equal(m.pub_key,
		    key_bytes(&p->plan.persons[i].key)))
			return err_set(e, ERR_REFUSED, "genesis output: member "
			    "%zu is not that of the plan", i + 1);
	if (g->dr_key.present != p->plan.has_dr || (p->plan.has_dr &&
	    !bytes_equal(g->dr_key.v, key_bytes(&p->plan.dr))))
		return err_set(e, ERR_REFUSED, "genesis output: its disaster-"
		    "recovery key is not that of the plan");
	return mode_check_test_message(p->plan.mode, g->test_message, e);
}

/* A spare of the plan with the share hash of its person. */
static int
check_spare(const struct genesis_parts *p, const struct spare *s,
    struct err *e)
{
	const struct plan_person *who = plan_person(&p->plan, s->alias);
	struct member_output o;
	size_t i = 0;

	while (who != NULL && i < who->spare_count &&
	    memcmp(who->spares[i].b, s->key.b, sizeof(s->key.b)) != 0)
		i++;
	if (who == NULL || i == who->spare_count)
		return err_set(e, ERR_REFUSED, "spares: a share is sealed to a "
		    "key that is no spare of the plan");
	if (!genesis_output_find(&p->output, who->alias,
	    key_bytes(&who->key), &o) ||
	    memcmp(o.share_hash, s->share.hash.b, SHA512_LEN) != 0)
		return err_set(e, ERR_REFUSED, "spares: the share of \"%.*s\" "
		    "is not the one in the genesis output", (int)s->alias.n,
		    (const char *)s->alias.p);
	return 0;
}

static int
check_spares(const struct genesis_parts *p, struct err *e)
{
	size_t wanted = 0;
	int r;

	if (!digest256_equal(&p->spares.plan, &p->fingerprint))
		return err_set(e, ERR_REFUSED, "spares: made for another plan");
	for (size_t i = 0; i < p->plan.n; i++)
		wanted += p->plan.persons[i].spare_count;
	if (p->spares.count != wanted)
		return err_set(e, ERR_REFUSED, "spares: %zu, but the plan has "
		    "%zu", p->spares.count, wanted);
	for (size_t i = 0; i < p->spares.count; i++)
		if ((r = check_spare(p, &p->spares.list[i], e)) != 0)
			return r;
	return mode_check_same(p->plan.mode, p->spares.mode,
	    "the spares record", e);
}

static int
check_statement(const struct genesis_parts *p, const struct genesis_commit *c,
    struct err *e)
{
	if (!bytes_equal(key_bytes(&p->statement.quorum),
	    p->output.quorum_key))
		return err_set(e, ERR_REFUSED, "genesis statement: its quorum "
		    "key is not that of the genesis output");
	return genesis_statement_check(&p->statement, p->plan.mode, c->plan,
	    c->output, c->spares, e);
}

int
genesis_parts_read(const struct genesis_commit *c, struct genesis_parts *out,
    struct err *e)
{
	int r;

	*out = (struct genesis_parts){ 0 };
	if ((r = plan_decode(c->plan, &out->plan, e)) != 0 ||
	    (r = genesis_output_read(c->output, &out->output, e)) != 0 ||
	    (r = spares_decode(c->spares, &out->spares, e)) != 0 ||
	    (r = genesis_statement_decode(c->statement, &out->statement,
	    e)) != 0)
		goto out;
	out->fingerprint = plan_fingerprint(c->plan);
	out->output_hash = sha256(c->output);
	if ((r = genesis_output_check(&out->output, e)) != 0) {
		(void)err_prefix(e, "genesis output");
		goto out;
	}
	if ((r = mode_check_same(out->plan.mode, c->mode,
	    "the genesis commit", e)) != 0 ||
	    (r = check_statement(out, c, e)) != 0 ||
	    (r = check_plan(out, e)) != 0 || (r = check_spares(out, e)) != 0)
		goto out;
out:
	if (r != 0)
		genesis_parts_free(out);
	return r;
}
