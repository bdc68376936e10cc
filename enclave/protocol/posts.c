/*
 * Posted shares and the search among them.
 *
 * Indices of shares are public (the first byte of each); what follows is
 * secret and goes only through secret_equal, shamir_join and wiping.
 */
#include <stdlib.h>

#include "enclave/protocol/posts.h"

int
posts_new(struct posts *p, size_t cap)
{
	*p = (struct posts){ .cap = cap };
	p->list = calloc(cap, sizeof(*p->list));
	if (p->list == NULL ||
	    secret_new(&p->shares, (cap + 1) * SHARE_LEN, NULL) != 0) {
		posts_free(p);
		return ERR_SYSTEM;
	}
	return 0;
}

void
posts_free(struct posts *p)
{
	if (p == NULL)
		return;
	secret_free(&p->shares);
	free(p->list);
	*p = (struct posts){ 0 };
}

static uint8_t *
slot_at(const struct posts *p, size_t slot)
{
	return p->shares.b + slot * SHARE_LEN;
}

const uint8_t *
posts_share(const struct posts *p, size_t i)
{
	return slot_at(p, p->list[i].slot);
}

static uint8_t
index_of(const struct posts *p, size_t i)
{
	return posts_share(p, i)[0];
}

static void
slot_clear(struct posts *p, size_t slot)
{
	wipe(slot_at(p, slot), SHARE_LEN);
	p->busy[slot] = false;
}

bool
posts_same_elsewhere(const struct posts *p, const struct member *m,
    const uint8_t share[static SHARE_LEN], struct member *whose)
{
	for (size_t i = 0; i < p->count; i++) {
		*whose = p->list[i].member;
		if (!member_equal(whose, m) &&
		    secret_equal(posts_share(p, i), share, SHARE_LEN))
			return true;
	}
	return false;
}

static size_t
place_of(const struct posts *p, const struct member *m, uint8_t index,
    bool by_x)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (member_equal(&p->list[i].member, m) &&
		    (!by_x || index_of(p, i) == index))
			break;
	return i;
}

int
posts_put(struct posts *p, const struct approval *a,
    const uint8_t share[static SHARE_LEN], bool by_x,
    struct posts_change *change)
{
	size_t at = place_of(p, &a->member, share[0], by_x), slot = 0;
	struct post *post;

	if (at == p->cap)
		return ERR_REFUSED;
	while (p->busy[slot])
		slot++;		/* one slot more than posts: ends */
	post = &p->list[at];
	*change = (struct posts_change){ at, at < p->count, *post };
	*post = (struct post){ .member = a->member, .slot = slot };
	memcpy(post->signature.b, a->signature.p, SIGNATURE_LEN);
	memcpy(slot_at(p, slot), share, SHARE_LEN);
	p->busy[slot] = true;
	p->count += !change->replaced;
	return 0;
}

void
posts_keep(struct posts *p, const struct posts_change *change)
{
	if (change->replaced)
		slot_clear(p, change->old.slot);
}

void
posts_undo(struct posts *p, const struct posts_change *change)
{
	slot_clear(p, p->list[change->at].slot);
	if (change->replaced)
		p->list[change->at] = change->old;
	else
		p->count--;
}

/* --- the search */

/* Posts grouped by index; a candidate chooses groups and one post of each. */
struct search {
	const struct posts *p;
	const struct public_key *key;
	struct secret *seed;
	size_t tried;
	size_t groups;
	size_t post[POSTS_MAX];		/* ordered by index */
	size_t first[POSTS_MAX + 1];	/* of a group, in post */
	size_t choice[POSTS_MAX];	/* groups, ascending */
	size_t turn[POSTS_MAX];		/* which post of each chosen group */
	const uint8_t *share[POSTS_MAX];
	size_t len[POSTS_MAX];
};

static void
search_group(struct search *s, const struct posts *p)
{
	size_t n = 0;

	s->p = p;
	for (unsigned x = 1; x <= SHAMIR_MAX; x++) {
		s->first[s->groups] = n;
		for (size_t i = 0; i < p->count; i++)
			if (index_of(p, i) == x)
				s->post[n++] = i;
		s->groups += n > s->first[s->groups];
	}
	s->first[s->groups] = n;
}

size_t
posts_distinct(const struct posts *p)
{
	bool seen[SHAMIR_MAX + 1] = { false };
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		n += !seen[index_of(p, i)];
		seen[index_of(p, i)] = true;
	}
	return n;
}

static size_t
chosen(const struct search *s, size_t i)
{
	return s->post[s->first[s->choice[i]] + s->turn[i]];
}

/* Do these size shares give the key?  0, ERR_REFUSED or ERR_SYSTEM. */
static int
search_try(struct search *s, size_t size)
{
	struct keyset ks = { 0 };
	bool fits;
	int r;

	s->tried++;
	for (size_t i = 0; i < size; i++)
		s->share[i] = posts_share(s->p, chosen(s, i));
	if ((r = shamir_join(s->share, s->len, size, s->seed->b, NULL)) != 0 ||
	    (r = keyset_from_seed(&ks, s->seed->b, NULL)) != 0)
		return r == ERR_SYSTEM ? r : ERR_REFUSED;
	fits = memcmp(ks.pub.b, s->key->b, PUBLIC_KEY_LEN) == 0;
	keyset_free(&ks);
	return fits ? 0 : ERR_REFUSED;
}

static bool
next_turns(struct search *s, size_t size)
{
	for (size_t i = size; i-- > 0; s->turn[i] = 0) {
		size_t g = s->choice[i];

		if (++s->turn[i] < s->first[g + 1] - s->first[g])
			return true;
	}
	return false;
}

static bool
next_choice(struct search *s, size_t size)
{
	for (size_t i = size; i-- > 0;) {
		if (s->choice[i] == s->groups - size + i)
			continue;
		s->choice[i]++;
		for (size_t j = i + 1; j < size; j++)
			s->choice[j] = s->choice[j - 1] + 1;
		return true;
	}
	return false;
}

static int
search_size(struct search *s, size_t size)
{
	int r;

	for (size_t i = 0; i < size; i++) {
		s->choice[i] = i;
		s->turn[i] = 0;
	}
	do {
		do {
			if (s->tried == CANDIDATES_MAX)
				return ERR_REFUSED;
			if ((r = search_try(s, size)) != ERR_REFUSED)
				return r;
		} while (next_turns(s, size));
	} while (next_choice(s, size));
	return ERR_REFUSED;
}

int
posts_search(const struct posts *p, size_t threshold,
    const struct public_key *key, struct secret *seed,
    bool used[static POSTS_MAX], size_t *tried)
{
	struct search *s = calloc(1, sizeof(*s));
	int r = ERR_SYSTEM;

	*tried = 0;
	memset(used, 0, POSTS_MAX * sizeof(*used));
	if (s == NULL || secret_new(seed, SEED_LEN, NULL) != 0)
		goto out;
	s->key = key;
	s->seed = seed;
	for (size_t i = 0; i < POSTS_MAX; i++)
		s->len[i] = SHARE_LEN;
	search_group(s, p);
	r = ERR_REFUSED;
	for (size_t size = s->groups; size >= threshold && size >= 2 &&
	    r == ERR_REFUSED && s->tried < CANDIDATES_MAX; size--) {
		r = search_size(s, size);
		for (size_t i = 0; r == 0 && i < size; i++)
			used[chosen(s, i)] = true;
	}
	*tried = s->tried;
out:
	if (r != 0)
		secret_free(seed);
	free(s);
	return r;
}
