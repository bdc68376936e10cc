/*
 * The plan: each rule broken alone is refused with its own sentence, when
 * it is encoded and when it is decoded.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>

#include "airgap/record/cbor.h"
#include "airgap/seal/hash.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

static void
assert_rule(const struct plan *p, int code, const char *sentence)
{
	struct err e = { 0 };
	struct buf b;
	int r = plan_encode(p, &b, &e);

	if (r != code || strstr(e.text, sentence) == NULL)
		fail_msg("%d '%s', not %d '%s'", r, e.text, code, sentence);
	assert_null(b.p);
	assert_int_equal(strncmp(e.text, "plan: ", 6), 0);
}

static void
a_plan_comes_back_as_it_was(void **state)
{
	struct sample_plan s;
	struct plan p;
	struct buf b;
	struct err e;

	(void)state;
	sample_plan(&s, MODE_REHEARSAL);
	assert_int_equal(plan_encode(&s.plan, &b, &e), 0);
	assert_int_equal(plan_decode(buf_bytes(&b), &p, &e), 0);
	assert_int_equal(p.mode, MODE_REHEARSAL);
	assert_true(bytes_equal(p.name, s.plan.name));
	assert_true(bytes_equal(p.unattested, s.plan.unattested));
	assert_true(p.has_dr);
	assert_memory_equal(&p.dr, sample_key(5), PUBLIC_KEY_LEN);
	assert_int_equal(p.k, 2);
	assert_int_equal(p.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(bytes_equal(p.persons[i].alias,
		    s.persons[i].alias));
		assert_memory_equal(&p.persons[i].key, sample_key(i),
		    PUBLIC_KEY_LEN);
		assert_int_equal(p.persons[i].spare_count, i == 1 ? 2 : 0);
	}
	assert_memory_equal(p.persons[1].spares, s.spares, sizeof(s.spares));
	assert_ptr_equal(plan_person(&p, bytes_str("rehearsal-bob")),
	    &p.persons[1]);
	assert_null(plan_person(&p, bytes_str("rehearsal-bo")));
	plan_free(&p);
	plan_free(&p);
	plan_free(NULL);
	buf_free(&b);
}

static void
the_fingerprint_is_the_hash_of_the_bytes(void **state)
{
	struct sample_plan s;
	struct digest256 a, c;
	struct buf b, d;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	assert_int_equal(plan_encode(&s.plan, &b, NULL), 0);
	a = plan_fingerprint(buf_bytes(&b));
	c = sha256(buf_bytes(&b));
	assert_true(digest256_equal(&a, &c));
	s.plan.k = 3;
	assert_int_equal(plan_encode(&s.plan, &d, NULL), 0);
	c = plan_fingerprint(buf_bytes(&d));
	assert_false(digest256_equal(&a, &c));
	buf_free(&b);
	buf_free(&d);
}

static void
k_and_n_count_persons_within_bounds(void **state)
{
	struct sample_plan s;
	struct buf b;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.k = 3;
	assert_int_equal(plan_encode(&s.plan, &b, NULL), 0);
	buf_free(&b);
	s.plan.k = 1;
	assert_rule(&s.plan, ERR_INPUT, "key 'threshold': 1, not 2 to 255");
	s.plan.k = 4;	/* five keys, but three persons */
	assert_rule(&s.plan, ERR_INPUT, "the threshold 4 is not 2 to the 3");
	s.plan.k = 256;
	assert_rule(&s.plan, ERR_INPUT, "256, not 2 to 255");
	s.plan.k = 2;
	s.plan.n = 1;
	assert_rule(&s.plan, ERR_INPUT, "1 persons, not 2 to 255");
	s.plan.n = 0;
	assert_rule(&s.plan, ERR_INPUT, "0 persons");
}

static void
names_carry_the_mark_of_the_mode(void **state)
{
	struct sample_plan s;

	(void)state;
	sample_plan(&s, MODE_REHEARSAL);
	s.plan.name = bytes_str("vault");
	assert_rule(&s.plan, ERR_REFUSED, "must begin with 'REHEARSAL/'");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.name = bytes_str("REHEARSAL/vault");
	assert_rule(&s.plan, ERR_REFUSED, "the mode is production");
	sample_plan(&s, MODE_REHEARSAL);
	s.persons[2].alias = bytes_str("zoe");
	assert_rule(&s.plan, ERR_REFUSED, "must begin with 'rehearsal-'");
	sample_plan(&s, MODE_PRODUCTION);
	s.persons[2].alias = bytes_str("rehearsal-zoe");
	assert_rule(&s.plan, ERR_REFUSED, "alias 'rehearsal-zoe' begins");
}

static void
names_are_printable_and_bounded(void **state)
{
	static char name[258], reason[514];
	struct sample_plan s;
	struct buf b;

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(reason, 'r', sizeof(reason));
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.name = bytes_of(name, 256);
	s.plan.unattested = bytes_of(reason, 512);
	assert_int_equal(plan_encode(&s.plan, &b, NULL), 0);
	buf_free(&b);
	s.plan.name.n = 257;
	assert_rule(&s.plan, ERR_INPUT, "key 'name': 257 bytes");
	s.plan.name.n = 0;
	assert_rule(&s.plan, ERR_INPUT, "key 'name': 0 bytes");
	s.plan.name = bytes_str("two\nlines");
	assert_rule(&s.plan, ERR_INPUT, "name has a character that cannot");
	s.plan.name = bytes_str("\xff");
	assert_rule(&s.plan, ERR_INPUT, "not UTF-8");
	s.plan.name = bytes_str("vault");
	s.plan.unattested.n = 513;
	assert_rule(&s.plan, ERR_INPUT, "key 'unattested': 513 bytes");
	s.plan.unattested = bytes_str("\x1b[2J");
	assert_rule(&s.plan, ERR_INPUT, "'unattested' has a character");
}

static void
production_says_why_keys_without_proof_are_accepted(void **state)
{
	struct sample_plan s;
	struct buf b;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.has_unattested = false;
	assert_rule(&s.plan, ERR_REFUSED, "'unattested'");
	sample_plan(&s, MODE_REHEARSAL);
	s.plan.has_unattested = false;
	assert_int_equal(plan_encode(&s.plan, &b, NULL), 0);
	buf_free(&b);
}

static void
aliases_are_distinct_ordered_file_names(void **state)
{
	struct sample_plan s;
	struct plan_person swap;
	struct buf b;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	s.persons[1].alias = s.persons[0].alias;
	assert_rule(&s.plan, ERR_INPUT, "alias 'alice' is there twice");
	sample_plan(&s, MODE_PRODUCTION);
	swap = s.persons[0];
	s.persons[0] = s.persons[1];
	s.persons[1] = swap;
	assert_rule(&s.plan, ERR_INPUT, "'alice' stands too late");
	plan_sort(s.persons, 3);
	assert_int_equal(plan_encode(&s.plan, &b, NULL), 0);
	buf_free(&b);
	s.persons[0].alias = bytes_str("../alice");
	assert_rule(&s.plan, ERR_INPUT, "'/'");
	s.persons[0].alias = bytes_str("al.ice");
	assert_rule(&s.plan, ERR_INPUT, "before the first dot");
}

static void
no_two_keys_share_a_half(void **state)
{
	struct sample_plan s;

	(void)state;
	for (int i = 0; i < 7; i++) {
		const uint8_t *enc = sample_key(0)->b;

		sample_plan(&s, MODE_PRODUCTION);
		if (i == 0)
			s.persons[2].key = *sample_key(0);
		else if (i == 1)	/* the encryption half only */
			memcpy(s.persons[1].key.b, enc, POINT_LEN);
		else if (i == 2)	/* the signing half only */
			memcpy(s.spares[0].b + POINT_LEN, enc + POINT_LEN,
			    POINT_LEN);
		else if (i == 3)	/* halves crossed */
			memcpy(s.spares[1].b + POINT_LEN, enc, POINT_LEN);
		else if (i == 4)
			s.spares[1] = s.spares[0];
		else if (i == 5)
			memcpy(s.plan.dr.b, enc, POINT_LEN);
		else	/* both halves of one key */
			memcpy(s.persons[0].key.b + POINT_LEN, enc,
			    POINT_LEN);
		assert_rule(&s.plan, ERR_INPUT, "share a half");
	}
}

static void
each_key_is_a_pair_of_points(void **state)
{
	struct sample_plan s;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	s.persons[2].key.b[1] ^= 1;
	assert_rule(&s.plan, ERR_INPUT, "a key of 'carol': public key is not");
	sample_plan(&s, MODE_PRODUCTION);
	s.spares[1].b[100] ^= 1;
	assert_rule(&s.plan, ERR_INPUT, "a key of 'bob': public key is not");
	sample_plan(&s, MODE_PRODUCTION);
	s.plan.dr.b[0] = 2;
	assert_rule(&s.plan, ERR_INPUT, "a key of 'disaster recovery'");
}

static void
a_person_has_eight_spares_at_most(void **state)
{
	static struct public_key nine[9];
	struct sample_plan s;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	for (size_t i = 0; i < 9; i++)
		nine[i] = *sample_key(i % SAMPLE_KEYS);
	s.persons[0].spares = nine;
	s.persons[0].spare_count = 9;
	assert_rule(&s.plan, ERR_INPUT, "'alice' has more than 8 spare keys");
}

/* --- the same rules where only the bytes are wrong */

static void
assert_bytes_refused(struct buf b, const char *sentence)
{
	struct err e = { 0 };
	struct plan p;

	assert_int_equal(plan_decode(buf_bytes(&b), &p, &e), ERR_INPUT);
	assert_sentence(&e, sentence);
	assert_null(p.heap);
	buf_free(&b);
}

static void
hostile_person_lists_are_refused_before_memory_is_taken(void **state)
{
	struct buf b = samples[0].make(MODE_PRODUCTION);
	struct bytes in = buf_bytes(&b);

	(void)state;
	assert_bytes_refused(sample_with(in, "persons",
	    bytes_of("\x80", 1)), "0 persons, not 2 to 255");
	assert_bytes_refused(sample_with(in, "persons",
	    bytes_of("\x81\xa0", 2)), "person 1: the key 'key' is missing");
	assert_bytes_refused(sample_with(in, "persons",
	    bytes_of("\x81\xa1\x63key\x41\x00", 8)),
	    "key 'persons': person 1: key 'key': byte");
	assert_bytes_refused(sample_with(in, "persons",
	    bytes_of("\x81\xa1\x65" "admin\xf5", 9)), "unknown key 'admin'");
	assert_bytes_refused(sample_with(in, "persons",
	    bytes_of("\x82\xa0\x00", 3)), "person 1");
	assert_bytes_refused(sample_with(in, "threshold",
	    bytes_of("\x01", 1)), "1, not 2 to 255");
	assert_bytes_refused(sample_with(in, "threshold",
	    bytes_of("\x04", 1)), "the threshold 4");
	buf_free(&b);
}

static struct buf
many(size_t n, size_t spares)
{
	struct plan_person *persons = calloc(n, sizeof(*persons));
	struct public_key *keys = calloc(n * (1 + spares), sizeof(*keys));
	char (*names)[16] = calloc(n, sizeof(*names));
	struct plan p = { .mode = MODE_REHEARSAL, .n = n, .k = 2,
	    .name = bytes_str("REHEARSAL/many"), .persons = persons };
	uint8_t seed[SEED_LEN] = { 1 };
	struct keyset ks;
	struct buf b;

	assert_true(persons != NULL && keys != NULL && names != NULL);
	for (size_t i = 0; i < n * (1 + spares); i++) {
		seed[1] = (uint8_t)i;
		seed[2] = (uint8_t)(i >> 8);
		assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
		keys[i] = ks.pub;
		keyset_free(&ks);
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "rehearsal-%03zu", i);
		persons[i] = (struct plan_person){
			.alias = bytes_str(names[i]), .key = keys[i],
			.spares = keys + n + i * spares,
			.spare_count = spares };
	}
	assert_int_equal(plan_encode(&p, &b, NULL), 0);
	free(persons);
	free(keys);
	free(names);
	return b;
}

static void
a_plan_of_255_persons_comes_back(void **state)
{
	struct buf b = many(255, 1), again;
	struct plan p;

	(void)state;
	assert_int_equal(plan_decode(buf_bytes(&b), &p, NULL), 0);
	assert_int_equal(p.n, 255);
	/* with the input itself at most three times the input */
	assert_true(malloc_usable_size(p.heap) <= 2 * b.n);
	assert_int_equal(plan_encode(&p, &again, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&again)));
	plan_free(&p);
	buf_free(&again);
	buf_free(&b);
}

/* A plan that libcbor wrote, key by key, is one of ours. */
static void
a_plan_written_by_libcbor_is_accepted(void **state)
{
	struct buf want = samples[0].make(MODE_PRODUCTION);
	cbor_item_t *map = cbor_new_definite_map(8);
	cbor_item_t *persons = cbor_new_definite_array(3);
	unsigned char *out = NULL;
	struct sample_plan s;
	struct plan p;
	size_t size;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	for (size_t i = 0; i < 3; i++) {
		cbor_item_t *m = cbor_new_definite_map(3);
		cbor_item_t *sp = cbor_new_definite_array(i == 1 ? 2 : 0);

		for (size_t j = 0; i == 1 && j < 2; j++)
			assert_true(cbor_array_push(sp, cbor_move(
			    cbor_build_bytestring(s.spares[j].b,
			    PUBLIC_KEY_LEN))));
#define PUT(map, key, value) assert_true(cbor_map_add((map), \
	(struct cbor_pair){ cbor_move(cbor_build_string(key)), \
	cbor_move(value) }))
		PUT(m, "key", cbor_build_bytestring(s.persons[i].key.b,
		    PUBLIC_KEY_LEN));
		PUT(m, "alias", cbor_build_stringn(
		    (const char *)s.persons[i].alias.p,
		    s.persons[i].alias.n));
		PUT(m, "spares", sp);
		assert_true(cbor_array_push(persons, cbor_move(m)));
	}
	PUT(map, "v", cbor_build_uint8(1));
	PUT(map, "dr", cbor_build_bytestring(s.plan.dr.b, PUBLIC_KEY_LEN));
	PUT(map, "mode", cbor_build_string("production"));
	PUT(map, "name", cbor_build_string("vault"));
	PUT(map, "type", cbor_build_string("quorate/plan"));
	PUT(map, "persons", persons);
	PUT(map, "threshold", cbor_build_uint8(2));
	PUT(map, "unattested", cbor_build_stringn(
	    (const char *)s.plan.unattested.p, s.plan.unattested.n));
	assert_true(cbor_serialize_alloc(map, &out, &size) > 0);
	assert_int_equal(cbor_serialize(map, out, size), want.n);
	assert_memory_equal(out, want.p, want.n);
	assert_int_equal(plan_decode(bytes_of(out, want.n), &p, NULL), 0);
	plan_free(&p);
	free(out);
	cbor_decref(&map);
	buf_free(&want);
}

/* Every key of the sample gets a proof; returns how many. */
static size_t
prove_all(struct sample_plan *s, struct plan_proof *x)
{
	size_t n = 0;

	for (size_t i = 0; i < s->plan.n; i++) {
		x[n++].key = s->persons[i].key;
		for (size_t j = 0; j < s->persons[i].spare_count; j++)
			x[n++].key = s->persons[i].spares[j];
	}
	x[n++].key = s->plan.dr;
	for (size_t i = 0; i < n; i++) {
		x[i].serial = 100 + i;
		x[i].firmware = 0x050403;
	}
	plan_sort_proofs(x, n);
	s->plan.proofs = x;
	s->plan.proof_count = n;
	s->plan.has_proofs = true;
	s->plan.has_unattested = false;
	return n;
}

static void
a_token_serves_one_key_and_every_key_is_proven_or_excused(void **state)
{
	static struct plan_proof x[16];
	struct sample_plan s;
	struct buf out, again;
	struct plan back;
	uint64_t serial;
	size_t n;

	(void)state;
	sample_plan(&s, MODE_PRODUCTION);
	n = prove_all(&s, x);
	assert_int_equal(plan_encode(&s.plan, &out, NULL), 0);
	assert_int_equal(plan_decode(buf_bytes(&out), &back, NULL), 0);
	assert_int_equal(back.proof_count, n);
	assert_int_equal(plan_proof(&back, &s.plan.dr)->firmware, 0x050403);
	assert_int_equal(plan_encode(&back, &again, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	plan_free(&back);
	buf_free(&out);
	buf_free(&again);

	serial = x[1].serial;
	x[1].serial = x[n - 1].serial;
	assert_rule(&s.plan, ERR_REFUSED, "made in one token");
	x[1].serial = serial;
	s.plan.proof_count = n - 1;
	assert_rule(&s.plan, ERR_REFUSED, "'unattested'");
	s.plan.has_unattested = true;
	assert_int_equal(plan_check(&s.plan, NULL), 0);
	s.plan.proof_count = n;
	x[n - 1].key.b[1] ^= 1;
	plan_sort_proofs(x, n);
	assert_rule(&s.plan, ERR_INPUT, "a key that is not in the plan");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_comes_back_as_it_was),
		cmocka_unit_test(the_fingerprint_is_the_hash_of_the_bytes),
		cmocka_unit_test(k_and_n_count_persons_within_bounds),
		cmocka_unit_test(names_carry_the_mark_of_the_mode),
		cmocka_unit_test(names_are_printable_and_bounded),
		cmocka_unit_test(production_says_why_keys_without_proof_are_accepted),
		cmocka_unit_test(aliases_are_distinct_ordered_file_names),
		cmocka_unit_test(no_two_keys_share_a_half),
		cmocka_unit_test(each_key_is_a_pair_of_points),
		cmocka_unit_test(a_person_has_eight_spares_at_most),
		cmocka_unit_test(hostile_person_lists_are_refused_before_memory_is_taken),
		cmocka_unit_test(a_plan_of_255_persons_comes_back),
		cmocka_unit_test(a_token_serves_one_key_and_every_key_is_proven_or_excused),
		cmocka_unit_test(a_plan_written_by_libcbor_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
