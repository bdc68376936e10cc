/*
 * The plan: decoding in two walks (the first checks and counts, so that what
 * is allocated was really there), and the rules.
 */
#include <stdlib.h>

#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/plan.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/shamir.h"

/* --- form */

/* Where a walk puts what it reads; persons NULL: it only counts. */
struct walk {
	struct plan_person *persons;
	struct public_key *keys;
	size_t person_count, key_count;
};

/* A person while it is read: its spares go to the walk's keys. */
struct entry {
	struct plan_person person;
	struct walk *walk;
};

static int
read_spares(struct cbor_rd *r, void *value)
{
	struct entry *x = value;
	struct walk *w = x->walk;
	struct cbor_items a;
	struct bytes b;
	bool more;
	int c = cbor_array_begin(r, &a);

	if (c == 0 && a.left > PLAN_SPARES_MAX)
		return cbor_fail(r, "more than %d spare keys",
		    PLAN_SPARES_MAX);
	x->person.spares = w->keys == NULL ? NULL : w->keys + w->key_count;
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more) {
		if ((c = cbor_bytes(r, &b)) != 0)
			break;
		if (b.n != PUBLIC_KEY_LEN)
			return cbor_fail(r, "a spare key has %zu bytes, "
			    "not %d", b.n, PUBLIC_KEY_LEN);
		if (w->keys != NULL)
			memcpy(w->keys[w->key_count].b, b.p, b.n);
		w->key_count++;
		x->person.spare_count++;
	}
	return c;
}

static int
write_spares(struct sink *s, const void *value)
{
	const struct plan_person *p = value;
	int r = cbor_put_array(s, p->spare_count);

	for (size_t i = 0; r == 0 && i < p->spare_count; i++)
		r = cbor_put_bytes(s, bytes_of(p->spares[i].b,
		    PUBLIC_KEY_LEN));
	return r;
}

static const struct form_field person_fields[] = {
	{ .key = "key", .kind = F_FIXED,
	    .at = offsetof(struct plan_person, key), .max = PUBLIC_KEY_LEN },
	{ .key = "alias", .kind = F_TEXT,
	    .at = offsetof(struct plan_person, alias), .min = 1,
	    .max = ALIAS_MAX },
	{ .key = "spares", .kind = F_LIST, .read = read_spares,
	    .write = write_spares },
};
static const struct form person_form = {
	.what = "person", .fields = person_fields,
	.count = FORM_COUNT(person_fields),
};

static int
walk_persons(struct cbor_rd *r, struct walk *w)
{
	struct entry x;
	struct cbor_items a;
	bool more;
	int c = cbor_array_begin(r, &a);

	if (c == 0 && a.left > SHAMIR_MAX)
		return cbor_fail(r, "more than %d persons", SHAMIR_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more) {
		x = (struct entry){ .walk = w };
		if ((c = form_read_entry(&person_form, r, &x)) != 0) {
			err_prefix(r->e, "person %zu", w->person_count + 1);
			break;
		}
		if (w->persons != NULL)
			w->persons[w->person_count] = x.person;
		w->person_count++;
	}
	return c;
}

static int
read_persons(struct cbor_rd *r, void *value)
{
	struct cbor_rd first = *r;
	struct plan *p = value;
	struct walk w = { 0 };
	int c = walk_persons(&first, &w);

	if (c != 0 || w.person_count == 0)
		return c != 0 ? c : walk_persons(r, &w);
	/* one block: the persons, then all spare keys (bytes) */
	p->heap = calloc(1, w.person_count * sizeof(*w.persons) +
	    w.key_count * sizeof(*w.keys));
	if (p->heap == NULL)
		return err_set(r->e, ERR_SYSTEM, "out of memory");
	w.persons = p->heap;
	w.keys = (struct public_key *)(void *)(w.persons + w.person_count);
	p->persons = w.persons;
	p->n = w.person_count;
	w.person_count = w.key_count = 0;
	return walk_persons(r, &w);
}

static int
write_persons(struct sink *s, const void *value)
{
	const struct plan *p = value;
	int r = cbor_put_array(s, p->n);

	for (size_t i = 0; r == 0 && i < p->n; i++)
		r = form_write_entry(&person_form, s, &p->persons[i]);
	return r;
}

#define AT(m) .at = offsetof(struct plan_proof, m)
static const struct form_field proof_fields[] = {
	{ .key = "key", .kind = F_FIXED, AT(key), .max = PUBLIC_KEY_LEN },
	{ .key = "bundle", .kind = F_FIXED, AT(bundle), .max = SHA256_LEN },
	{ .key = "serial", .kind = F_UINT, AT(serial), .min = 1,
	    .max = PLAN_SERIAL_MAX },
	{ .key = "firmware", .kind = F_UINT, AT(firmware), .min = 1,
	    .max = PLAN_FIRMWARE_MAX },
};
static const struct form proof_form = {
	.what = "proof", .fields = proof_fields,
	.count = FORM_COUNT(proof_fields),
};

/* list NULL: only checks and counts. */
static int
walk_proofs(struct cbor_rd *r, struct plan_proof *list, size_t *count)
{
	struct plan_proof x;
	struct cbor_items a;
	bool more;
	int c = cbor_array_begin(r, &a);

	*count = 0;
	if (c == 0 && (a.left < 1 || a.left > PLAN_PROOFS_MAX))
		return cbor_fail(r, "not 1 to %d proofs", PLAN_PROOFS_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more) {
		if ((c = form_read_entry(&proof_form, r, &x)) != 0) {
			err_prefix(r->e, "proof %zu", *count + 1);
			break;
		}
		if (list != NULL)
			list[*count] = x;
		++*count;
	}
	return c;
}

static int
read_proofs(struct cbor_rd *r, void *value)
{
	struct cbor_rd first = *r;
	struct plan *p = value;
	size_t n;
	int c = walk_proofs(&first, NULL, &n);

	if (c != 0)
		return c;
	if ((p->proof_heap = calloc(n, sizeof(*p->proofs))) == NULL)
		return err_set(r->e, ERR_SYSTEM, "out of memory");
	p->proofs = p->proof_heap;
	return walk_proofs(r, p->proof_heap, &p->proof_count);
}

static int
write_proofs(struct sink *s, const void *value)
{
	const struct plan *p = value;
	int r = cbor_put_array(s, p->proof_count);

	for (size_t i = 0; r == 0 && i < p->proof_count; i++)
		r = form_write_entry(&proof_form, s, &p->proofs[i]);
	return r;
}

static const struct form_field plan_fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "dr", .kind = F_FIXED, .at = offsetof(struct plan, dr),
	    .max = PUBLIC_KEY_LEN,
	    .present = offsetof(struct plan, has_dr) },
	{ .key = "mode", .kind = F_MODE, .at = offsetof(struct plan, mode) },
	{ .key = "name", .kind = F_TEXT, .at = offsetof(struct plan, name),
	    .min = 1, .max = PLAN_NAME_MAX },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "proofs", .kind = F_LIST, .read = read_proofs,
	    .write = write_proofs,
	    .present = offsetof(struct plan, has_proofs) },
	{ .key = "persons", .kind = F_LIST, .read = read_persons,
	    .write = write_persons },
	{ .key = "threshold", .kind = F_UINT,
	    .at = offsetof(struct plan, k), .min = 2, .max = SHAMIR_MAX },
	{ .key = "unattested", .kind = F_TEXT,
	    .at = offsetof(struct plan, unattested), .min = 1,
	    .max = PLAN_REASON_MAX,
	    .present = offsetof(struct plan, has_unattested) },
};
static const struct form plan_form = {
	.type = PLAN_TYPE, .what = "plan", .fields = plan_fields,
	.count = FORM_COUNT(plan_fields),
};

/* --- rules */

static int
compare_persons(const struct plan_person *a, const struct plan_person *b)
{
	int c = bytes_compare(a->alias, b->alias);

	return c != 0 ? c : memcmp(a->key.b, b->key.b, PUBLIC_KEY_LEN);
}

static int
by_alias(const void *a, const void *b)
{
	return compare_persons(a, b);
}

void
plan_sort(struct plan_person *persons, size_t n)
{
	if (n > 1)
		qsort(persons, n, sizeof(*persons), by_alias);
}

const struct plan_person *
plan_person(const struct plan *p, struct bytes alias)
{
	for (size_t i = 0; i < p->n; i++)
		if (bytes_equal(p->persons[i].alias, alias))
			return &p->persons[i];
	return NULL;
}

const struct public_key *
plan_person_key(const struct plan_person *p, size_t spare)
{
	return spare == 0 ? &p->key : &p->spares[spare - 1];
}

static int
check_texts(const struct plan *p, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = label_check("name", p->name, PLAN_NAME_MAX, e)) != 0 ||
	    (r = mode_check_namespace(p->mode, p->name, e)) != 0)
		return r;
	if (p->has_unattested)
		return label_check("the reason in 'unattested'",
		    p->unattested, PLAN_REASON_MAX, e);
	return 0;
}

static int
check_counts(const struct plan *p, struct err *e)
{
	if (p->n < 2 || p->n > SHAMIR_MAX)
		return err_set(e, ERR_INPUT, "%zu persons, not 2 to %d",
		    p->n, SHAMIR_MAX);
	if (p->k < 2 || p->k > p->n)
		return err_set(e, ERR_INPUT, "the threshold %llu is not 2 to "
		    "the %zu persons", (unsigned long long)p->k, p->n);
	for (size_t i = 0; i < p->n; i++)
		if (p->persons[i].spare_count > PLAN_SPARES_MAX)
			return err_set(e, ERR_INPUT, "'%.*s' has more than "
			    "%d spare keys", (int)p->persons[i].alias.n,
			    (const char *)p->persons[i].alias.p,
			    PLAN_SPARES_MAX);
	return 0;
}

static int
check_person_names(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct bytes alias = p->persons[i].alias;
		int r = label_check_alias(alias, e);

		if (r != 0 || (r = mode_check_alias(p->mode, alias, e)) != 0)
			return r;
		if (i == 0)
			continue;
		if (bytes_equal(p->persons[i - 1].alias, alias))
			return err_set(e, ERR_INPUT,
			    "alias '%.*s' is there twice", (int)alias.n,
			    (const char *)alias.p);
		if (compare_persons(&p->persons[i - 1], &p->persons[i]) > 0)
			return err_set(e, ERR_INPUT, "persons are not in "
			    "order: '%.*s' stands too late", (int)alias.n,
			    (const char *)alias.p);
	}
	return 0;
}

/* --- keys */

/* Half a key and whose it is. */
struct half {
	const uint8_t *p;
	struct bytes owner;
};

static int
by_half(const void *a, const void *b)
{
	const struct half *x = a, *y = b;

	return memcmp(x->p, y->p, POINT_LEN);
}

static int
check_key(const struct public_key *key, struct bytes owner, struct half *halves,
    size_t *count, struct err *e)
{
	int r = public_key_check(bytes_of(key->b, PUBLIC_KEY_LEN));

	if (r != 0)
		return err_set(e, ERR_INPUT, "a key of '%.*s': %s",
		    (int)owner.n, (const char *)owner.p, err_text(r));
	halves[(*count)++] = (struct half){ key->b, owner };
	halves[(*count)++] = (struct half){ key->b + POINT_LEN, owner };
	return 0;
}

static int
check_each_key(const struct plan *p, struct half *halves, size_t *count,
    struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n; i++) {
		const struct plan_person *x = &p->persons[i];

		r = check_key(&x->key, x->alias, halves, count, e);
		for (size_t j = 0; r == 0 && j < x->spare_count; j++)
			r = check_key(&x->spares[j], x->alias, halves, count,
			    e);
	}
	if (r == 0 && p->has_dr)
		r = check_key(&p->dr, bytes_str("disaster recovery"), halves,
		    count, e);
	return r;
}

static int
check_keys(const struct plan *p, struct err *e)
{
	size_t most = p->n + 1, count = 0;
	struct half *h;
	int r = ERR_INTERNAL;

	for (size_t i = 0; i < p->n; i++)
		most += p->persons[i].spare_count;
	if ((h = calloc(2 * most, sizeof(*h))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = check_each_key(p, h, &count, e)) != 0)
		goto out;
	qsort(h, count, sizeof(*h), by_half);
	for (size_t i = 1; r == 0 && i < count; i++)
		if (by_half(&h[i - 1], &h[i]) == 0)
			r = err_set(e, ERR_INPUT, "a key of '%.*s' and a key "
			    "of '%.*s' share a half; each key must be new",
			    (int)h[i - 1].owner.n,
			    (const char *)h[i - 1].owner.p,
			    (int)h[i].owner.n, (const char *)h[i].owner.p);
out:
	free(h);
	return r;
}

/* --- proofs */

static int
compare_proofs(const void *a, const void *b)
{
	const struct plan_proof *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, PUBLIC_KEY_LEN);
}

void
plan_sort_proofs(struct plan_proof *proofs, size_t n)
{
	if (n > 1)
		qsort(proofs, n, sizeof(*proofs), compare_proofs);
}

const struct plan_proof *
plan_proof(const struct plan *p, const struct public_key *key)
{
	for (size_t i = 0; i < p->proof_count; i++)
		if (memcmp(p->proofs[i].key.b, key->b, PUBLIC_KEY_LEN) == 0)
			return &p->proofs[i];
	return NULL;
}

bool
plan_all_files(const struct plan *p)
{
	return p->mode == MODE_REHEARSAL && p->proof_count == 0 &&
	    !p->has_unattested;
}

/* How many keys have no proof, and whose the first of them is. */
static size_t
count_unproven(const struct plan *p, size_t *keys, struct bytes *first)
{
	size_t n = 0;

	*keys = p->n;
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_person *x = &p->persons[i];
		size_t before = n;

		n += plan_proof(p, &x->key) == NULL;
		for (size_t j = 0; j < x->spare_count; j++)
			n += plan_proof(p, &x->spares[j]) == NULL;
		*keys += x->spare_count;
		if (before == 0 && n > 0)
			*first = x->alias;
	}
	if (!p->has_dr)
		return n;
	++*keys;
	if (plan_proof(p, &p->dr) != NULL)
		return n;
	if (n == 0)
		*first = bytes_str("disaster recovery");
	return n + 1;
}

static int
check_one_token_each(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->proof_count; i++) {
		if (i > 0 && compare_proofs(&p->proofs[i - 1],
		    &p->proofs[i]) >= 0)
			return err_set(e, ERR_INPUT, "proof %zu is there "
			    "twice or not in order", i + 1);
		for (size_t j = 0; j < i; j++)
			if (p->proofs[i].serial == p->proofs[j].serial)
				return err_set(e, ERR_REFUSED, "two keys were "
				    "made in one token, serial %u; each key "
				    "wants its own",
				    (unsigned)p->proofs[i].serial);
	}
	return 0;
}

static int
check_proofs(const struct plan *p, struct err *e)
{
	struct bytes first = bytes_str("");
	size_t keys, unproven;

	if (p->has_proofs != (p->proof_count > 0))
		return err_set(e, ERR_INPUT, "an empty list of proofs");
	unproven = count_unproven(p, &keys, &first);
	if (p->proof_count != keys - unproven)
		return err_set(e, ERR_INPUT, "a proof is of a key that is "
		    "not in the plan");
	if (unproven == 0 || p->has_unattested || plan_all_files(p))
		return 0;
	return err_set(e, ERR_REFUSED, "%zu of %zu keys, the first of '%.*s', "
	    "come without proof that tokens made them; a %s must say in "
	    "'unattested' why that is accepted", unproven, keys, (int)first.n,
	    (const char *)first.p, p->mode == MODE_PRODUCTION ?
	    "production plan" : "plan with proof of some");
}

/* Each stands alone: what one refuses the others let pass. */
static int (*const rules[])(const struct plan *p, struct err *e) = {
	check_counts, check_texts, check_person_names, check_keys,
	check_one_token_each, check_proofs };
#define RULES (sizeof(rules) / sizeof(rules[0]))

static int
check_rules(const struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < RULES; i++)
		r = rules[i](p, e);
	if (r != 0)
		(void)err_prefix(e, "plan");
	return r;
}

int
plan_check(const struct plan *p, struct err *e)
{
	int r = form_check(&plan_form, p, e);

	return r != 0 ? r : check_rules(p, e);
}

/* --- */

void
plan_free(struct plan *p)
{
	if (p == NULL)
		return;
	free(p->heap);
	free(p->proof_heap);
	*p = (struct plan){ 0 };
}

int
plan_decode(struct bytes in, struct plan *out, struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct plan){ 0 };
	if ((r = form_decode(&plan_form, in, out, e)) != 0 ||
	    (r = check_rules(out, e)) != 0)
		plan_free(out);
	return r;
}

int
plan_encode(const struct plan *p, struct buf *out, struct err *e)
{
	int r = plan_check(p, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&plan_form, p, out, e);
}

struct digest256
plan_fingerprint(struct bytes encoded)
{
	return sha256(encoded);
}
