/*
 * Approvals: signatures over the manifest hash, and who may give them.
 */
#include <stdlib.h>

#include "airgap/record/approval.h"

static int
refuse(struct check_result *res, enum refusal why, struct err *e,
    const struct approval *a, const char *what)
{
	res->why = why;
	res->approval = *a;
	return err_set(e, ERR_REFUSED, "approval of \"%.*s\": %s",
	    (int)(a->member.alias.n < 80 ? a->member.alias.n : 80),
	    (const char *)a->member.alias.p, what);
}

int
approval_check(const struct approval *a, const struct digest256 *hash,
    const struct set *set, struct check_result *res, struct err *e)
{
	struct check_result unused;
	int r;

	res = res != NULL ? res : &unused;
	*res = (struct check_result){ 0 };
	if ((r = public_key_check(a->member.pub_key)) != 0) {
		res->key_error = r;
		return refuse(res, REFUSAL_BAD_KEY, e, a, err_text(r));
	}
	if (signature_verify(a->member.pub_key, bytes_of(hash->b,
	    sizeof(hash->b)), a->signature) != 0)
		return refuse(res, REFUSAL_BAD_APPROVAL, e, a, "the signature "
		    "is not of this manifest; ask for a new approval");
	if (!set_has(set, &a->member))
		return refuse(res, REFUSAL_NOT_MEMBER, e, a, "alias and key "
		    "are not a member of the set");
	return 0;
}

/* Was the same member among the first n approvals? */
static bool
seen_before(const struct list *l, uint32_t n, const struct member *m)
{
	struct rd rd = list_walk(l);
	struct approval x;

	for (uint32_t i = 0; i < n && list_next(&rd, &type_approval, &x); i++)
		if (member_equal(&x.member, m))
			return true;
	return false;
}

int
envelope_check_approvals(const struct envelope *env, struct check_result *res,
    struct err *e)
{
	const struct set *set = &env->manifest.manifest_set;
	const struct list *l = &env->manifest_approvals;
	struct rd rd = list_walk(l);
	struct check_result unused;
	struct digest256 hash;
	struct approval a;
	uint32_t n = 0;
	int r;

	res = res != NULL ? res : &unused;
	*res = (struct check_result){ 0 };
	if ((r = set_check_unique(set, "manifest set", &res->why, e)) != 0) {
		if (res->why == REFUSAL_BAD_KEY)
			res->key_error = r;
		return r;
	}
	if ((r = manifest_hash(&env->manifest, &hash, e)) != 0)
		return r;
	for (; list_next(&rd, &type_approval, &a); n++) {
		if ((r = approval_check(&a, &hash, set, res, e)) != 0)
			return r;
		/* members are unique, so n stays <= SET_MEMBERS_MAX */
		if (seen_before(l, n, &a.member))
			return refuse(res, REFUSAL_DUPLICATE_APPROVAL, e, &a,
			    "it is there twice");
	}
	if (n >= set->threshold)
		return 0;
	res->why = REFUSAL_NOT_ENOUGH;
	return err_set(e, ERR_REFUSED, "%u of %u approvals that the manifest "
	    "set needs", n, set->threshold);
}

/* Ports must differ; one bit a port, so that a long list costs no more. */
static int
check_bridges(const struct manifest *m, struct err *e)
{
	struct rd rd = list_walk(&m->pivot.bridges);
	uint8_t *used = calloc(1, 65536 / 8);
	struct bridge b;
	int r = 0;

	if (used == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	while (r == 0 && list_next(&rd, &type_bridge, &b)) {
		const uint8_t bit = (uint8_t)(1u << (b.port & 7));

		if ((used[b.port >> 3] & bit) != 0)
			r = err_set(e, ERR_REFUSED, "bridge port %u is there "
			    "twice", b.port);
		used[b.port >> 3] |= bit;
	}
	free(used);
	return r;
}

int
manifest_check(const struct manifest *m, struct err *e)
{
	int r;

	if ((r = public_key_check(m->ns.quorum_key)) != 0)
		return err_set(e, r, "namespace.quorumKey: %s", err_text(r));
	if ((r = set_check(&m->manifest_set, "manifest set", 1, NULL, e)) != 0)
		return r;
	if ((r = set_check(&m->share_set, "share set", 2, NULL, e)) != 0)
		return r;
	if (m->share_set.members.count > 255)
		return err_set(e, ERR_REFUSED, "share set: more than 255 "
		    "members");
	for (size_t i = 0; i < 4; i++)
		if (m->enclave.pcr[i].n != PCR_LEN)
			return err_set(e, ERR_REFUSED, "enclave.pcr%zu: %zu "
			    "bytes, not %d", i, m->enclave.pcr[i].n, PCR_LEN);
	return check_bridges(m, e);
}

int
approval_read(struct bytes in, struct approval *a, struct arena *arena,
    struct err *e)
{
	return schema_from_json(&type_approval, in, arena, a, e);
}

int
approval_write(const struct approval *a, struct buf *out, struct err *e)
{
	return schema_encode(&type_approval, a, FORM_JSON_PLAIN, out, e);
}
