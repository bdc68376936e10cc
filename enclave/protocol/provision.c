/*
 * Provisioning (QOS wire 13; DESIGN, "Provisioning in the enclave").
 *
 * A member's new post replaces the one before; once there are as many posts
 * as the threshold, those that give the quorum key are looked for.  The
 * stored manifest names the approvals of the posts that are kept, and in the
 * end of those that fitted.
 */
#include <stdlib.h>

#include "enclave/protocol/parts.h"

/* A post under way. */
struct attempt {
	struct approval approval;
	struct secret share;
	struct secret seed;		/* once found */
	struct posts_change change;
	bool found;
	bool used[POSTS_MAX];		/* once found: which posts fitted */
};

static const struct set *
share_set(const struct machine *m)
{
	return &m->stored.envelope.manifest.share_set;
}

#define SHOWN(b) (int)((b).n < 80 ? (b).n : 80), (const char *)(b).p

/* Which member of the set; at is its place.  The copy outlives the request. */
static bool
find_member(const struct set *s, const struct member *m, struct member *own,
    size_t *at)
{
	struct rd rd = list_walk(&s->members);

	for (*at = 0; list_next(&rd, &type_member, own); (*at)++)
		if (member_equal(own, m))
			return true;
	return false;
}

static int
check_approval(const struct machine *m, struct job *j, struct approval *out,
    size_t *at)
{
	const struct approval *a = &j->request->u.provision.approval;

	/* a key that is none counts as a signature that does not verify */
	if (signature_verify(a->member.pub_key, bytes_of(m->stored.hash.b,
	    SHA256_LEN), a->signature) != 0)
		return refuse(j, PE_COULD_NOT_VERIFY_APPROVAL);
	*out = *a;
	if (!find_member(share_set(m), &a->member, &out->member, at))
		return refuse(j, PE_NOT_SHARE_MEMBER);
	return 0;
}

static int
open_share(const struct machine *m, struct job *j, struct secret *share)
{
	struct secret seed;
	struct keyset ks;
	int r;

	if ((r = seed_load(m, j, FILE_EPHEMERAL, PE_FAILED_GET_EPHEMERAL,
	    &seed, &ks)) != 0)
		return r;
	secret_free(&seed);
	r = envelope_open(&ks, j->request->u.provision.share, share, NULL);
	keyset_free(&ks);
	if (r != 0)
		return r == ERR_SYSTEM ? r : refuse(j, PE_DECRYPTION_FAILED);
	if (share->len == 0)
		return refuse(j, PE_INVALID_SHARE);
	if (share->len != SHARE_LEN)
		return refuse(j, PE_SECRET_LEN);
	/* indices are public, and no share has index 0 */
	return share->b[0] != 0 ? 0 : refuse(j, PE_INVALID_SHARE);
}

static int
check_share(const struct machine *m, struct job *j, const struct attempt *a,
    size_t at)
{
	struct digest512 hash;
	struct member whose;

	if (m->stored.share_hashes != NULL) {
		hash = sha512(bytes_of(a->share.b, a->share.len));
		if (!digest512_equal(&hash, &m->stored.share_hashes[at])) {
			machine_log(m, "the share posted under the approval "
			    "of %.*s is not the one that the manifest names",
			    SHOWN(a->approval.member.alias));
			return refuse(j, PE_INVALID_SHARE);
		}
	}
	if (posts_same_elsewhere(&m->posts, &a->approval.member, a->share.b,
	    &whose))
		return refuse_text(j, PE_QOS_CRYPTO, "the same share was "
		    "posted under the approval of %.*s", SHOWN(whose.alias));
	return 0;
}

/* --- the approvals in the stored manifest */

static int
pack_approvals(const struct machine *m, const struct attempt *a,
    struct list *out, struct buf *own)
{
	const struct posts *p = &m->posts;
	struct approval *list = calloc(p->count, sizeof(*list));
	size_t n = 0;
	int r;

	if (list == NULL)
		return ERR_SYSTEM;
	for (size_t i = 0; i < p->count; i++)
		if (!a->found || a->used[i])
			list[n++] = (struct approval){
			    bytes_of(p->list[i].signature.b, SIGNATURE_LEN),
			    p->list[i].member };
	r = list_pack(&type_approval, list, n, out, own, NULL);
	free(list);
	return r == 0 ? 0 : ERR_SYSTEM;
}

static int
record(struct machine *m, struct job *j, const struct attempt *a)
{
	const struct effects *f = m->c.effects;
	struct envelope env = m->stored.envelope;
	struct buf own = { 0 }, text = { 0 };
	int r;

	if ((r = pack_approvals(m, a, &env.share_approvals, &own)) != 0)
		goto out;
	if (envelope_write(&env, &text, NULL) != 0) {
		r = ERR_SYSTEM;
		goto out;
	}
	if (f->replace(f->ctx, FILE_MANIFEST, buf_bytes(&text)) != 0) {
		r = refuse(j, PE_FAILED_PUT_MANIFEST);
		goto out;
	}
	buf_free(&m->stored.approvals);
	m->stored.approvals = own;
	m->stored.envelope.share_approvals = env.share_approvals;
	own = (struct buf){ 0 };
out:
	buf_free(&own);
	buf_free(&text);
	return r;
}

/* --- enough posts? */

static int
look_for_key(struct machine *m, struct attempt *a, bool *tried)
{
	const struct manifest *mf = &m->stored.envelope.manifest;
	struct public_key key;
	size_t n = 0;
	int r;

	*tried = false;
	if (posts_distinct(&m->posts) < mf->share_set.threshold)
		return 0;
	if (public_key_read(mf->ns.quorum_key, &key, NULL) != 0)
		return ERR_INTERNAL;
	*tried = true;
	r = posts_search(&m->posts, mf->share_set.threshold, &key, &a->seed,
	    a->used, &n);
	a->found = r == 0;
	machine_log(m, "%zu posts, %zu combinations tried: %s", m->posts.count,
	    n, a->found ? "the quorum key" : n == CANDIDATES_MAX ? "not the "
	    "quorum key, and no more are tried for one post" :
	    "not the quorum key");
	return r == ERR_REFUSED ? 0 : r;
}

static void
log_posts(const struct machine *m, const struct attempt *a)
{
	const struct posts *p = &m->posts;

	if (!a->found)
		machine_log(m, "a share was posted under the approval of "
		    "%.*s: %zu posted, %u needed",
		    SHOWN(a->approval.member.alias), p->count,
		    share_set(m)->threshold);
	for (size_t i = 0; a->found && i < p->count; i++)
		if (!a->used[i])
			machine_log(m, "the share posted under the approval "
			    "of %.*s does not fit and is left out",
			    SHOWN(p->list[i].member.alias));
}

static int
answer(struct job *j, bool reconstructed)
{
	j->reply = (struct message){ .tag = PM_PROVISION };
	j->reply.u.reconstructed = reconstructed;
	return 0;
}

/* The post is in its place: search, record, and install what was found. */
static int
proceed(struct machine *m, struct job *j, struct attempt *a)
{
	bool tried;
	int r;

	if ((r = look_for_key(m, a, &tried)) != 0 ||
	    (r = record(m, j, a)) != 0) {
		posts_undo(&m->posts, &a->change);
		return r;
	}
	posts_keep(&m->posts, &a->change);
	log_posts(m, a);
	if (a->found)
		return (r = seed_install(m, j, a->seed.b)) != 0 ? r :
		    answer(j, true);
	return tried ? refuse(j, PE_RECONSTRUCTION_WRONG_KEY) :
	    answer(j, false);
}

int
provision_handle(struct machine *m, struct job *j)
{
	struct attempt a = { 0 };
	size_t at = 0;
	int r;

	if ((r = check_approval(m, j, &a.approval, &at)) != 0 ||
	    (r = open_share(m, j, &a.share)) != 0 ||
	    (r = check_share(m, j, &a, at)) != 0)
		goto out;
	r = posts_put(&m->posts, &a.approval, a.share.b, m->dev_boot,
	    &a.change);
	r = r == 0 ? proceed(m, j, &a) : refuse(j, PE_INVALID_SHARE);
out:
	secret_free(&a.share);
	secret_free(&a.seed);
	return r;
}
