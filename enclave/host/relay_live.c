/*
 * What a booted enclave shows: its document, its envelope, who posted.
 */
#include "enclave/host/relay.h"

static int
take_live(struct live *l, struct err *e)
{
	const struct opt_envelope *env = &l->a.m.u.live.env;
	int r;

	if (!env->present)
		return err_set(e, ERR_PEER, "the enclave has no manifest yet: "
		    "boot it first");
	l->env = &env->v;
	if ((r = nsm_document(&l->a.m.u.live.nsm, &l->document, e)) != 0)
		return r;
	if (document_facts(l->document, &l->facts, e) != 0) {
		(void)err_prefix(e, "the enclave's attestation document");
		return ERR_PEER;
	}
	return manifest_hash(&l->env->manifest, &l->hash, e);
}

int
relay_live(struct relay *r, struct live *out, struct err *e)
{
	const struct message m = { .tag = PM_LIVE_DOC_REQ };
	int rc;

	*out = (struct live){ 0 };
	if ((rc = ask(&r->by, &m, PM_LIVE_DOC, &out->a, e)) != 0)
		return rc;
	return take_live(out, e);
}

void
live_free(struct live *l)
{
	answer_free(&l->a);
}

bool
board_posted(const struct envelope *env, const struct member *m)
{
	struct rd rd = list_walk(&env->share_approvals);
	struct approval a;

	while (list_next(&rd, &type_approval, &a))
		if (bytes_equal(a.member.alias, m->alias) ||
		    bytes_equal(a.member.pub_key, m->pub_key))
			return true;
	return false;
}

int
board_count(const struct envelope *env, struct board *out, struct err *e)
{
	const struct set *s = &env->manifest.share_set;
	struct rd rd = list_walk(&s->members);
	struct member m;

	*out = (struct board){ .members = s->members.count,
	    .threshold = s->threshold };
	/* bounds the pairwise work that follows */
	if (s->members.count > SET_MEMBERS_MAX ||
	    env->share_approvals.count > SET_MEMBERS_MAX)
		return err_set(e, ERR_PEER, "a share set or its approvals "
		    "with over %d entries", SET_MEMBERS_MAX);
	while (list_next(&rd, &type_member, &m))
		out->posted += board_posted(env, &m);
	if (out->posted < s->threshold)
		out->to_go = s->threshold - out->posted;
	return 0;
}
