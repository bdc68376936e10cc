/*
 * Quorum members and sets: types, uniqueness, comparison.
 */
#include <stdlib.h>

#include "airgap/record/member.h"

static const struct field member_fields[] = {
	{ "alias", offsetof(struct member, alias), &type_str, 0 },
	{ "pubKey", offsetof(struct member, pub_key), &type_bytes, 0 },
};
const struct type type_member = { .kind = K_STRUCT, .what = "a member",
	.size = sizeof(struct member), .fields = member_fields,
	.count = COUNT(member_fields) };
static const struct type type_members = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_member };

static const struct field set_fields[] = {
	{ "threshold", offsetof(struct set, threshold), &type_u32, 0 },
	{ "members", offsetof(struct set, members), &type_members, 0 },
};
const struct type type_set = { .kind = K_STRUCT, .what = "a set",
	.size = sizeof(struct set), .fields = set_fields,
	.count = COUNT(set_fields) };

static const struct field genesis_set_fields[] = {
	{ "members", offsetof(struct set, members), &type_members, 0 },
	{ "threshold", offsetof(struct set, threshold), &type_u32, 0 },
};
const struct type type_genesis_set = { .kind = K_STRUCT, .what = "a set",
	.size = sizeof(struct set), .fields = genesis_set_fields,
	.count = COUNT(genesis_set_fields) };

bool
member_equal(const struct member *a, const struct member *b)
{
	return bytes_equal(a->alias, b->alias) &&
	    bytes_equal(a->pub_key, b->pub_key);
}

bool
set_has(const struct set *s, const struct member *m)
{
	struct rd rd = list_walk(&s->members);
	struct member x;

	while (list_next(&rd, &type_member, &x))
		if (member_equal(&x, m))
			return true;
	return false;
}

bool
set_find_key(const struct set *s, struct bytes key, struct member *out)
{
	struct rd rd = list_walk(&s->members);

	while (list_next(&rd, &type_member, out))
		if (bytes_equal(out->pub_key, key))
			return true;
	return false;
}

static bool
share_a_half(struct bytes a, struct bytes b)
{
	return memcmp(a.p, b.p, POINT_LEN) == 0 ||
	    memcmp(a.p + POINT_LEN, b.p + POINT_LEN, POINT_LEN) == 0;
}

/* Compares m, the i-th member, with all before it. */
static int
check_against_earlier(const struct set *s, const char *name,
    const struct member *m, uint32_t i, enum refusal *why, struct err *e)
{
	struct rd rd = list_walk(&s->members);
	struct member x;

	for (uint32_t j = 0; j < i; j++) {
		if (!list_next(&rd, &type_member, &x))
			return ERR_INTERNAL;
		*why = REFUSAL_DUPLICATE_MEMBER;
		if (bytes_equal(x.alias, m->alias))
			return err_set(e, ERR_REFUSED, "%s: alias \"%.*s\" is "
			    "there twice", name, (int)m->alias.n,
			    (const char *)m->alias.p);
		if (share_a_half(x.pub_key, m->pub_key))
			return err_set(e, ERR_REFUSED, "%s: \"%.*s\" and "
			    "\"%.*s\" share a key", name, (int)x.alias.n,
			    (const char *)x.alias.p, (int)m->alias.n,
			    (const char *)m->alias.p);
	}
	*why = REFUSAL_NONE;
	return 0;
}

int
set_check_unique(const struct set *s, const char *name, enum refusal *why,
    struct err *e)
{
	struct rd rd = list_walk(&s->members);
	enum refusal unused;
	struct member m;
	int r;

	why = why != NULL ? why : &unused;
	*why = REFUSAL_NONE;
	if (s->members.count > SET_MEMBERS_MAX) {
		*why = REFUSAL_THRESHOLD;
		return err_set(e, ERR_REFUSED, "%s: %u members, more than %d",
		    name, s->members.count, SET_MEMBERS_MAX);
	}
	for (uint32_t i = 0; list_next(&rd, &type_member, &m); i++) {
		if ((r = public_key_check(m.pub_key)) != 0) {
			*why = REFUSAL_BAD_KEY;
			return err_set(e, r, "%s: key of \"%.*s\": %s", name,
			    (int)m.alias.n, (const char *)m.alias.p,
			    err_text(r));
		}
		if ((r = check_against_earlier(s, name, &m, i, why, e)) != 0)
			return r;
	}
	return 0;
}

int
set_check(const struct set *s, const char *name, uint32_t min,
    enum refusal *why, struct err *e)
{
	int r;

	if ((r = set_check_unique(s, name, why, e)) != 0)
		return r;
	if (s->threshold >= min && s->threshold <= s->members.count)
		return 0;
	if (why != NULL)
		*why = REFUSAL_THRESHOLD;
	return err_set(e, ERR_REFUSED, "%s: threshold %u of %u members; it "
	    "must be from %u to the number of members", name, s->threshold,
	    s->members.count, min);
}

static int
member_order(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = bytes_compare(x->alias, y->alias);

	return c != 0 ? c : bytes_compare(x->pub_key, y->pub_key);
}

int
set_sorted(const struct set *s, struct member **out, struct err *e)
{
	struct rd rd = list_walk(&s->members);
	uint32_t n = s->members.count;

	*out = NULL;
	if (n > SET_MEMBERS_MAX)
		return err_set(e, ERR_REFUSED, "a set of %u members, more "
		    "than %d", n, SET_MEMBERS_MAX);
	*out = calloc(n == 0 ? 1 : n, sizeof(**out));
	if (*out == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (uint32_t i = 0; i < n; i++)
		if (!list_next(&rd, &type_member, &(*out)[i])) {
			free(*out);
			*out = NULL;
			return err_set(e, ERR_INTERNAL, "damaged list");
		}
	qsort(*out, n, sizeof(**out), member_order);
	return 0;
}

int
set_same(const struct set *a, const struct set *b, bool *same, struct err *e)
{
	struct member *x = NULL, *y = NULL;
	int r = 0;

	*same = false;
	if (a->threshold != b->threshold ||
	    a->members.count != b->members.count)
		return 0;
	if ((r = set_sorted(a, &x, e)) != 0 || (r = set_sorted(b, &y, e)) != 0)
		goto out;
	*same = true;
	for (uint32_t i = 0; i < a->members.count; i++)
		*same = *same && member_equal(&x[i], &y[i]);
out:
	free(x);
	free(y);
	return r;
}
