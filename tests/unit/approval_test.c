/*
 * Approvals and the checks of an envelope (QOS wire section 7): each rule
 * broken alone, and which of two broken rules speaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

#define KEYS 5
static struct keyset keys[KEYS];
static const char *const aliases[KEYS] = { "ann", "bob", "cyd", "dan", "eve" };

static int
make_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		uint8_t seed[SEED_LEN];

		memset(seed, (int)i + 1, sizeof(seed));
		if (keyset_from_seed(&keys[i], seed, NULL) != 0)
			return -1;
	}
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		keyset_free(&keys[i]);
	return 0;
}

static struct bytes
key_of(size_t i)
{
	return bytes_of(keys[i].pub.b, PUBLIC_KEY_LEN);
}

/*
 * A V1 envelope: ann, bob and cyd in the manifest set with threshold 2, ann
 * and bob in the share set; nothing owns but the bufs.
 */
struct scene {
	struct member members[KEYS];
	size_t count;			/* of the manifest set */
	struct approval approvals[KEYS];
	struct signature signatures[KEYS];
	size_t approvals_count;
	struct envelope env;
	struct buf own[4];
	uint8_t pcr[PCR_LEN];
};

static void
scene_free(struct scene *s)
{
	for (size_t i = 0; i < COUNT(s->own); i++)
		buf_free(&s->own[i]);
}

/* Packs members and approvals as they now are. */
static void
scene_pack(struct scene *s)
{
	struct envelope *env = &s->env;

	scene_free(s);
	assert_int_equal(list_pack(&type_member, s->members, s->count,
	    &env->manifest.manifest_set.members, &s->own[0], NULL), 0);
	assert_int_equal(list_pack(&type_member, s->members, 2,
	    &env->manifest.share_set.members, &s->own[1], NULL), 0);
	assert_int_equal(list_pack(&type_approval, s->approvals,
	    s->approvals_count, &env->manifest_approvals, &s->own[2], NULL),
	    0);
}

/* Member i signs the manifest as it now is. */
static void
scene_sign(struct scene *s, size_t slot, size_t i)
{
	struct digest256 h;

	scene_pack(s);
	assert_int_equal(manifest_hash(&s->env.manifest, &h, NULL), 0);
	assert_int_equal(keyset_sign(&keys[i], bytes_of(h.b, sizeof(h.b)),
	    &s->signatures[slot], NULL), 0);
	s->approvals[slot] = (struct approval){
		bytes_of(s->signatures[slot].b, SIGNATURE_LEN),
		{ bytes_str(aliases[i]), key_of(i) } };
}

static void
scene_make(struct scene *s)
{
	struct manifest *m = &s->env.manifest;

	*s = (struct scene){ .count = 3, .approvals_count = 2 };
	for (size_t i = 0; i < KEYS; i++)
		s->members[i] = (struct member){ bytes_str(aliases[i]),
		    key_of(i) };
	m->version = 1;
	m->ns = (struct name_space){ bytes_str("ns"), 1, key_of(4) };
	m->manifest_set.threshold = 2;
	m->share_set.threshold = 2;
	for (size_t i = 0; i < 4; i++)
		m->enclave.pcr[i] = bytes_of(s->pcr, PCR_LEN);
	scene_sign(s, 0, 0);
	scene_sign(s, 1, 1);
	scene_pack(s);
}

static void
checks(struct scene *s, enum refusal want)
{
	struct check_result res;
	struct err e = { 0 };
	int r;

	scene_pack(s);
	r = envelope_check_approvals(&s->env, &res, &e);
	if (res.why != want)
		fail_msg("refusal %d instead of %d: %s", res.why, want,
		    e.text);
	assert_int_equal(r == 0, want == REFUSAL_NONE);
	assert_int_equal(e.text[0] == '\0', want == REFUSAL_NONE);
	assert_int_equal(res.key_error != 0, want == REFUSAL_BAD_KEY);
	assert_int_equal(envelope_check_approvals(&s->env, NULL, NULL), r);
}

static void
enough_approvals_of_members_pass(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	checks(&s, REFUSAL_NONE);
	s.approvals_count = 3;		/* more than needed */
	scene_sign(&s, 2, 2);
	checks(&s, REFUSAL_NONE);
	scene_free(&s);
}

static void
threshold_zero_needs_none_as_qos_has_it(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals_count = 0;
	checks(&s, REFUSAL_NOT_ENOUGH);
	s.env.manifest.manifest_set.threshold = 0;
	checks(&s, REFUSAL_NONE);
	scene_free(&s);
}

static void
too_few_approvals_are_refused(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals_count = 1;
	checks(&s, REFUSAL_NOT_ENOUGH);
	scene_free(&s);
}

static void
the_same_member_twice_is_refused_even_with_another_signature(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals[1] = s.approvals[0];
	checks(&s, REFUSAL_DUPLICATE_APPROVAL);
	s.approvals_count = 3;		/* and with enough others */
	scene_sign(&s, 1, 1);
	s.approvals[2] = s.approvals[0];
	checks(&s, REFUSAL_DUPLICATE_APPROVAL);
	scene_free(&s);
}

static void
a_signature_of_anything_else_is_refused(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.env.manifest.ns.nonce++;
	checks(&s, REFUSAL_BAD_APPROVAL);
	s.env.manifest.ns.nonce--;
	s.approvals[1].signature.n--;
	checks(&s, REFUSAL_BAD_APPROVAL);
	s.approvals[1].signature.n = 0;
	checks(&s, REFUSAL_BAD_APPROVAL);
	s.approvals[1].signature = s.approvals[0].signature;
	checks(&s, REFUSAL_BAD_APPROVAL);
	scene_sign(&s, 1, 1);
	checks(&s, REFUSAL_NONE);
	s.signatures[1].b[40] ^= 1;
	checks(&s, REFUSAL_BAD_APPROVAL);
	scene_free(&s);
}

static void
one_bad_approval_spoils_enough_good_ones(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals_count = 3;
	scene_sign(&s, 2, 2);
	s.signatures[2].b[0] ^= 1;
	checks(&s, REFUSAL_BAD_APPROVAL);
	scene_free(&s);
}

static void
alias_and_key_must_both_be_a_members(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals[1].member.alias = bytes_str("bobby");
	checks(&s, REFUSAL_NOT_MEMBER);
	s.approvals[1].member.alias = bytes_str(aliases[2]);
	checks(&s, REFUSAL_NOT_MEMBER);
	scene_sign(&s, 1, 3);		/* dan is in no set */
	checks(&s, REFUSAL_NOT_MEMBER);
	s.approvals[1].member.alias = bytes_str(aliases[1]);
	checks(&s, REFUSAL_NOT_MEMBER);
	scene_free(&s);
}

static void
a_bad_key_is_named_before_its_signature_is_looked_at(void **state)
{
	uint8_t bent[PUBLIC_KEY_LEN];
	struct scene s;
	(void)state;

	scene_make(&s);
	s.approvals[1].member.pub_key.n--;
	s.signatures[1].b[0] ^= 1;
	checks(&s, REFUSAL_BAD_KEY);
	memcpy(bent, keys[1].pub.b, sizeof(bent));
	bent[100] ^= 1;
	s.approvals[1].member.pub_key = bytes_of(bent, sizeof(bent));
	checks(&s, REFUSAL_BAD_KEY);
	scene_free(&s);
}

static void
members_share_no_alias_and_no_half_of_a_key(void **state)
{
	uint8_t mixed[PUBLIC_KEY_LEN];
	struct scene s;
	(void)state;

	scene_make(&s);
	s.members[2].alias = s.members[0].alias;
	checks(&s, REFUSAL_DUPLICATE_MEMBER);
	for (size_t half = 0; half < 2; half++) {
		scene_free(&s);
		scene_make(&s);
		memcpy(mixed, keys[2].pub.b, sizeof(mixed));
		memcpy(mixed + half * POINT_LEN, keys[0].pub.b +
		    half * POINT_LEN, POINT_LEN);
		s.members[2].pub_key = bytes_of(mixed, sizeof(mixed));
		checks(&s, REFUSAL_DUPLICATE_MEMBER);
	}
	/* the halves of one key the other way round are two other points */
	memcpy(mixed, keys[0].pub.b + POINT_LEN, POINT_LEN);
	memcpy(mixed + POINT_LEN, keys[0].pub.b, POINT_LEN);
	scene_sign(&s, 0, 0);
	scene_sign(&s, 1, 1);
	checks(&s, REFUSAL_NONE);
	scene_free(&s);
}

static void
a_bad_key_in_the_set_is_refused(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.members[2].pub_key.n = POINT_LEN;
	checks(&s, REFUSAL_BAD_KEY);
	scene_free(&s);
}

/* Set first; then for each approval key, signature, member, repeat; count. */
static void
of_two_broken_rules_the_earlier_one_speaks(void **state)
{
	struct scene s;
	(void)state;

	scene_make(&s);
	s.env.manifest.manifest_set.threshold = 3;
	checks(&s, REFUSAL_BAD_APPROVAL);	/* the hash is another */
	scene_sign(&s, 0, 0);
	scene_sign(&s, 1, 1);
	checks(&s, REFUSAL_NOT_ENOUGH);
	s.approvals[1] = s.approvals[0];
	checks(&s, REFUSAL_DUPLICATE_APPROVAL);
	scene_sign(&s, 0, 3);
	s.approvals[1] = s.approvals[0];
	checks(&s, REFUSAL_NOT_MEMBER);
	s.signatures[0].b[9] ^= 1;
	checks(&s, REFUSAL_BAD_APPROVAL);
	s.approvals[0].member.pub_key.n = 3;
	checks(&s, REFUSAL_BAD_KEY);
	s.members[1].alias = s.members[0].alias;
	checks(&s, REFUSAL_DUPLICATE_MEMBER);
	scene_free(&s);
}

static void
the_first_bad_approval_is_the_one_reported(void **state)
{
	struct check_result res;
	struct scene s;
	(void)state;

	scene_make(&s);
	s.signatures[1].b[0] ^= 1;
	scene_pack(&s);
	assert_int_equal(envelope_check_approvals(&s.env, &res, NULL),
	    ERR_REFUSED);
	assert_true(bytes_equal(res.approval.member.alias,
	    bytes_str("bob")));
	scene_free(&s);
}

static void
one_approval_is_checked_against_any_set(void **state)
{
	struct digest256 h;
	struct scene s;
	(void)state;

	scene_make(&s);
	assert_int_equal(manifest_hash(&s.env.manifest, &h, NULL), 0);
	assert_int_equal(approval_check(&s.approvals[0], &h,
	    &s.env.manifest.share_set, NULL, NULL), 0);
	scene_sign(&s, 0, 2);
	assert_int_equal(approval_check(&s.approvals[0], &h,
	    &s.env.manifest.share_set, NULL, NULL), ERR_REFUSED);
	assert_int_equal(approval_check(&s.approvals[0], &h,
	    &s.env.manifest.manifest_set, NULL, NULL), 0);
	h.b[0] ^= 1;
	assert_int_equal(approval_check(&s.approvals[0], &h,
	    &s.env.manifest.manifest_set, NULL, NULL), ERR_REFUSED);
	scene_free(&s);
}

/* --- manifest_check */

static void
manifest_is(struct scene *s, const char *want)
{
	struct err e = { 0 };
	int r;

	scene_pack(s);
	r = manifest_check(&s->env.manifest, &e);
	assert_int_equal(r == 0, want == NULL);
	if (want != NULL && strstr(e.text, want) == NULL)
		fail_msg("%s", e.text);
}

static void
thresholds_are_from_one_and_from_two_to_the_members(void **state)
{
	static const struct { uint32_t t, k; const char *want; } cases[] = {
		{ 1, 2, NULL }, { 3, 2, NULL }, { 0, 2, "manifest set" },
		{ 4, 2, "manifest set" }, { UINT32_MAX, 2, "manifest set" },
		{ 1, 0, "share set" }, { 1, 1, "share set" },
		{ 1, 3, "share set" }, { 1, UINT32_MAX, "share set" },
	};
	struct scene s;
	(void)state;

	scene_make(&s);
	for (size_t i = 0; i < COUNT(cases); i++) {
		s.env.manifest.manifest_set.threshold = cases[i].t;
		s.env.manifest.share_set.threshold = cases[i].k;
		manifest_is(&s, cases[i].want);
	}
	scene_free(&s);
}

static void
keys_pcrs_and_members_of_a_manifest_are_checked(void **state)
{
	struct scene s;
	struct manifest *m = &s.env.manifest;
	(void)state;

	scene_make(&s);
	for (size_t i = 0; i < 4; i++) {
		char want[16];

		snprintf(want, sizeof(want), "pcr%zu: 47", i);
		m->enclave.pcr[i].n--;
		manifest_is(&s, want);
		m->enclave.pcr[i].n++;
	}
	m->ns.quorum_key.n++;
	manifest_is(&s, "namespace.quorumKey: ");
	m->ns.quorum_key.n--;
	s.members[1].alias = s.members[0].alias;
	manifest_is(&s, "twice");
	scene_free(&s);
}

static void
ports_of_bridges_differ(void **state)
{
	struct bridge b[] = {
		{ .kind = BRIDGE_SERVER, .port = 0, .has_host = true },
		{ .kind = BRIDGE_CLIENT, .port = 65535 },
		{ .kind = BRIDGE_CLIENT, .port = 8 },
	};
	struct scene s;
	(void)state;

	scene_make(&s);
	for (uint16_t port = 8; port < 10; port++) {
		struct list *l = &s.env.manifest.pivot.bridges;

		b[0].port = port;
		assert_int_equal(list_pack(&type_bridge, b, 3, l, &s.own[3],
		    NULL), 0);
		assert_int_equal(manifest_check(&s.env.manifest, NULL) == 0,
		    port != 8);
		buf_free(&s.own[3]);
	}
	scene_free(&s);
}

/* --- sets, files */

static void
sets_are_the_same_in_any_order_of_members(void **state)
{
	const struct member a[] = { { bytes_str("a"), key_of(0) },
	    { bytes_str("b"), key_of(1) } };
	const struct member b[] = { a[1], a[0] };
	const struct member c[] = { a[0], { bytes_str("b"), key_of(2) } };
	struct set x = { .threshold = 1 }, y = x, z = x;
	struct buf own[3];
	struct member *sorted, found;
	bool same;
	(void)state;

	assert_int_equal(list_pack(&type_member, a, 2, &x.members, &own[0],
	    NULL), 0);
	assert_int_equal(list_pack(&type_member, b, 2, &y.members, &own[1],
	    NULL), 0);
	assert_int_equal(list_pack(&type_member, c, 2, &z.members, &own[2],
	    NULL), 0);
	assert_int_equal(set_same(&x, &y, &same, NULL), 0);
	assert_true(same);
	assert_int_equal(set_same(&x, &z, &same, NULL), 0);
	assert_false(same);
	y.threshold = 2;
	assert_int_equal(set_same(&x, &y, &same, NULL), 0);
	assert_false(same);
	assert_int_equal(set_sorted(&y, &sorted, NULL), 0);
	assert_true(member_equal(&sorted[0], &a[0]));
	free(sorted);
	assert_true(set_find_key(&z, key_of(2), &found));
	assert_true(member_equal(&found, &c[1]));
	assert_false(set_find_key(&z, key_of(1), &found));
	y.members.count = SET_MEMBERS_MAX + 1;
	assert_int_equal(set_sorted(&y, &sorted, NULL), ERR_REFUSED);
	assert_int_equal(set_check(&y, "s", 1, NULL, NULL), ERR_REFUSED);
	for (size_t i = 0; i < 3; i++)
		buf_free(&own[i]);
}

static void
an_approval_file_reads_and_writes_the_same(void **state)
{
	struct scene s;
	struct approval a;
	struct arena arena;
	struct buf out, again;
	(void)state;

	scene_make(&s);
	assert_int_equal(approval_write(&s.approvals[0], &out, NULL), 0);
	assert_memory_equal(out.p, "{\"signature\":\"", 14);
	assert_int_equal(approval_read(buf_bytes(&out), &a, &arena, NULL), 0);
	assert_true(member_equal(&a.member, &s.approvals[0].member));
	assert_int_equal(approval_write(&a, &again, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	refuses_truncations(buf_bytes(&out), stable_approval);
	assert_true(survives_changes(buf_bytes(&out), stable_approval) > 100);
	buf_free(&again);
	buf_free(&out);
	arena_free(&arena);
	scene_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enough_approvals_of_members_pass),
		cmocka_unit_test(threshold_zero_needs_none_as_qos_has_it),
		cmocka_unit_test(too_few_approvals_are_refused),
		cmocka_unit_test(
		the_same_member_twice_is_refused_even_with_another_signature),
		cmocka_unit_test(a_signature_of_anything_else_is_refused),
		cmocka_unit_test(one_bad_approval_spoils_enough_good_ones),
		cmocka_unit_test(alias_and_key_must_both_be_a_members),
		cmocka_unit_test(
		    a_bad_key_is_named_before_its_signature_is_looked_at),
		cmocka_unit_test(members_share_no_alias_and_no_half_of_a_key),
		cmocka_unit_test(a_bad_key_in_the_set_is_refused),
		cmocka_unit_test(of_two_broken_rules_the_earlier_one_speaks),
		cmocka_unit_test(the_first_bad_approval_is_the_one_reported),
		cmocka_unit_test(one_approval_is_checked_against_any_set),
		cmocka_unit_test(
		    thresholds_are_from_one_and_from_two_to_the_members),
		cmocka_unit_test(
		    keys_pcrs_and_members_of_a_manifest_are_checked),
		cmocka_unit_test(ports_of_bridges_differ),
		cmocka_unit_test(sets_are_the_same_in_any_order_of_members),
		cmocka_unit_test(an_approval_file_reads_and_writes_the_same),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
