/*
 * GenesisOutput (QOS wire section 15.2, 15.3): the fixture in every form,
 * public checks, hostile texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/envelope.h"
#include "airgap/seal/hash.h"
#include "tests/unit/stable.h"

static json_t *vectors;
static struct buf fixture;

static int
load(void **state)
{
	(void)state;
	vectors = vectors_load("genesis");
	fixture = vector_buf(vector_named(vectors, "genesis_output fixture"),
	    "borsh");
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	buf_free(&fixture);
	json_decref(vectors);
	return 0;
}

/* Borrows from the fixture. */
static struct genesis_output
read_fixture(void)
{
	struct genesis_output g;

	assert_int_equal(genesis_output_read(buf_bytes(&fixture), &g, NULL),
	    0);
	return g;
}

static void
is_bytes(struct buf *b, struct bytes want)
{
	assert_int_equal(b->n, want.n);
	assert_memory_equal(b->p, want.p, want.n);
	buf_free(b);
}

static void
the_fixture_has_its_bytes_its_json_and_its_attested_hash(void **state)
{
	const json_t *v = vector_named(vectors, "genesis_output fixture");
	struct bytes json = bytes_str(vector_text(v, "json_wire_form (own)"));
	struct genesis_output g = read_fixture(), again;
	struct digest256 h;
	struct arena arena;
	uint8_t want[32];
	struct buf out;
	(void)state;

	assert_int_equal(genesis_output_write(&g, &out, NULL), 0);
	is_bytes(&out, buf_bytes(&fixture));
	assert_int_equal(schema_encode(&type_genesis_output, &g,
	    FORM_JSON_CANONICAL, &out, NULL), 0);
	is_bytes(&out, json);
	assert_int_equal(schema_from_json(&type_genesis_output, json, &arena,
	    &again, NULL), 0);
	assert_int_equal(genesis_output_write(&again, &out, NULL), 0);
	is_bytes(&out, buf_bytes(&fixture));
	arena_free(&arena);
	vector_hex(v, "qos_hash_attested_as_user_data", want, 32);
	assert_int_equal(schema_sha256(&type_genesis_output, &g, FORM_BORSH,
	    &h, NULL), 0);
	assert_memory_equal(h.b, want, 32);
}

static void
recovery_text_is_the_file_qos_writes(void **state)
{
	struct genesis_output g = read_fixture();
	struct buf out;
	(void)state;

	assert_int_equal(genesis_dr_artifacts(&g, &out, NULL), 0);
	is_bytes(&out, bytes_str(vector_text(vector_named(vectors,
	    "genesis_dr_artifacts file for that output"), "text")));
}

static void
the_second_writer_has_the_same_bytes(void **state)
{
	json_t *all = vectors_load("own_record");
	size_t n = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		struct genesis_output g;
		struct buf b, out;

		if (strcmp(vector_text(v, "kind"), "genesis_output") != 0)
			continue;
		b = vector_buf(v, "borsh");
		assert_int_equal(genesis_output_read(buf_bytes(&b), &g, NULL),
		    0);
		assert_int_equal(schema_encode(&type_genesis_output, &g,
		    FORM_JSON_CANONICAL, &out, NULL), 0);
		is_bytes(&out, bytes_str(vector_text(v, "json")));
		refuses_truncations(buf_bytes(&b), stable_genesis_output);
		refuses_wrong_lengths(v, stable_genesis_output);
		assert_true(survives_changes(buf_bytes(&b),
		    stable_genesis_output) > 1000);
		buf_free(&b);
		n++;
	}
	assert_int_equal(n, 3);
	json_decref(all);
}

static void
the_fixture_passes_the_public_checks(void **state)
{
	struct genesis_output g = read_fixture();
	struct member_output o;
	struct member m;
	struct rd rd = list_walk(&g.set.members);
	(void)state;

	assert_int_equal(genesis_output_check(&g, NULL), 0);
	assert_int_equal(g.set.members.count, 3);
	while (list_next(&rd, &type_member, &m)) {
		assert_true(genesis_output_find(&g, m.alias, m.pub_key, &o));
		assert_true(member_equal(&o.member, &m));
		assert_true(genesis_output_find(&g, bytes_of(NULL, 0),
		    m.pub_key, &o));
		assert_false(genesis_output_find(&g, bytes_str("nobody"),
		    m.pub_key, &o));
		assert_false(genesis_output_find(&g, m.alias, g.quorum_key,
		    &o));
	}
}

/* Each edit of the value breaks one rule, and the sentence says which. */
static void no_threshold(struct genesis_output *g) { g->set.threshold = 1; }
static void high_threshold(struct genesis_output *g) { g->set.threshold = 4; }
static void short_key(struct genesis_output *g) { g->quorum_key.n--; }
static void no_dr_key(struct genesis_output *g) { g->dr_key.present = false; }
static void short_dr_key(struct genesis_output *g) { g->dr_key.v.n--; }
static void short_signature(struct genesis_output *g) { g->test_signature.n--; }

static void
no_wrapped_key(struct genesis_output *g)
{
	g->dr_wrapped.present = false;
}

static void
one_output_less(struct genesis_output *g)
{
	g->member_outputs.count--;
}

static void
a_permutation(struct genesis_output *g)
{
	g->recovery_permutations.count = 1;
}

static void
another_message(struct genesis_output *g)
{
	g->test_message = bytes_str("another");
}

static void
another_signer(struct genesis_output *g)
{
	g->quorum_key = g->dr_key.v;
}

static void
every_broken_rule_is_refused_with_its_own_sentence(void **state)
{
	static const struct {
		void (*edit)(struct genesis_output *g);
		const char *want;
	} cases[] = {
		{ no_threshold, "threshold 1" },
		{ high_threshold, "threshold 4" },
		{ one_output_less, "2 shares for 3 members" },
		{ short_key, "quorum_key: " },
		{ a_permutation, "permutations" },
		{ no_dr_key, "both" }, { no_wrapped_key, "both" },
		{ short_dr_key, "dr_key: " },
		{ another_message, "test message: " },
		{ short_signature, "test message: " },
		{ another_signer, "test message: " },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct genesis_output g = read_fixture();
		struct err e = { 0 };

		cases[i].edit(&g);
		assert_int_not_equal(genesis_output_check(&g, &e), 0);
		if (strstr(e.text, cases[i].want) == NULL)
			fail_msg("case %zu: %s", i, e.text);
	}
}

/* The byte that follows at of the fixture, changed. */
static void
check_fails(size_t at, uint8_t to, const char *want)
{
	uint8_t *copy = malloc(fixture.n);
	struct genesis_output g;
	struct err e = { 0 };

	assert_non_null(copy);
	memcpy(copy, fixture.p, fixture.n);
	assert_int_not_equal(copy[at], to);
	copy[at] = to;
	assert_int_equal(genesis_output_read(bytes_of(copy, fixture.n), &g,
	    NULL), 0);
	assert_int_not_equal(genesis_output_check(&g, &e), 0);
	if (strstr(e.text, want) == NULL)
		fail_msg("byte %zu: %s", at, e.text);
	free(copy);
}

static void
members_and_sealed_shares_must_match_and_be_well_formed(void **state)
{
	struct genesis_output g = read_fixture();
	struct member_output o;
	struct rd rd = list_walk(&g.member_outputs);
	size_t alias, point;
	(void)state;

	assert_true(list_next(&rd, &type_member_output, &o));
	alias = (size_t)(o.member.alias.p - fixture.p);
	point = (size_t)(o.sealed_share.p - fixture.p) + NONCE_LEN;
	check_fails(alias, '?', "not in its place");
	check_fails(point, 3, "not well formed");
	check_fails(point + 1, (uint8_t)(fixture.p[point + 1] ^ 1),
	    "not well formed");
	/* first member's key: neither compressed nor off the curve */
	check_fails(8 + 5 + 4, 2, "key of \"user1\"");
	/* its alias the same as that of the second */
	check_fails(8 + 4, '2', "twice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_fixture_has_its_bytes_its_json_and_its_attested_hash),
		cmocka_unit_test(recovery_text_is_the_file_qos_writes),
		cmocka_unit_test(the_second_writer_has_the_same_bytes),
		cmocka_unit_test(the_fixture_passes_the_public_checks),
		cmocka_unit_test(
		    every_broken_rule_is_refused_with_its_own_sentence),
		cmocka_unit_test(
		    members_and_sealed_shares_must_match_and_be_well_formed),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
