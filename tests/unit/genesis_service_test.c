/*
 * Genesis as a service of the enclave.
 */
#include "airgap/seal/hash.h"
#include "tests/unit/stage_assert.h"

static struct member member;
static struct buf packed;

static struct message
genesis_request(const struct stage *s)
{
	struct message q = { .tag = PM_BOOT_GENESIS_REQ };

	q.u.genesis.set = s->manifest.share_set;
	return q;
}

static void
assert_genesis(struct stage *s, const struct message *m, bool dr)
{
	const struct genesis_output *g = &m->u.genesis_done.output;
	struct digest256 digest;
	struct buf borsh;

	assert_int_equal(m->tag, PM_BOOT_GENESIS);
	assert_int_equal(m->u.genesis_done.nsm.tag, NSM_ATTESTATION);
	assert_int_equal(genesis_output_check(g, NULL), 0);
	assert_int_equal(g->member_outputs.count, s->n);
	assert_int_equal(g->dr_wrapped.present, dr);
	assert_int_equal(genesis_output_write(g, &borsh, NULL), 0);
	digest = sha256(buf_bytes(&borsh));
	assert_int_equal(s->fake.user_data.n, SHA256_LEN);
	assert_memory_equal(s->fake.user_data.p, digest.b, SHA256_LEN);
	assert_false(s->fake.had_key);
	assert_false(s->fake.had_nonce);
	assert_int_equal(machine_phase(s->m), PHASE_GENESIS_BOOTED);
	assert_int_equal(s->fake.written, 0);
	buf_free(&borsh);
}

/* Any k of the sealed shares open and give the quorum key. */
static void
assert_shares_join(const struct stage *s, const struct genesis_output *g)
{
	struct rd rd = list_walk(&g->member_outputs);
	struct secret share[3] = { { 0 } };
	struct member_output o;
	struct digest512 hash;
	uint8_t seed[SEED_LEN];
	struct keyset ks;

	for (size_t i = 0; i < 3; i++) {
		assert_true(list_next(&rd, &type_member_output, &o));
		assert_int_equal(envelope_open(stage_key(i), o.sealed_share,
		    &share[i], NULL), 0);
		hash = sha512(bytes_of(share[i].b, share[i].len));
		assert_memory_equal(hash.b, o.share_hash, SHA512_LEN);
	}
	assert_int_equal(s->k, 2);
	for (size_t skip = 0; skip < 3; skip++) {
		const uint8_t *two[] = { share[skip == 0].b,
		    share[2 - (skip == 2)].b };

		assert_int_equal(shamir_join(two, (const size_t[]){ SHARE_LEN,
		    SHARE_LEN }, 2, seed, NULL), 0);
		assert_int_equal(keyset_from_seed(&ks, seed, NULL), 0);
		assert_memory_equal(ks.pub.b, g->quorum_key.p,
		    PUBLIC_KEY_LEN);
		keyset_free(&ks);
	}
	for (size_t i = 0; i < 3; i++)
		secret_free(&share[i]);
}

static void
genesis_deals_a_key_whose_every_pair_of_shares_joins(void **state)
{
	static const char *const text[] = { "qos-test-message",
	    "REHEARSAL qos-test-message" };
	const struct message *m;
	struct message q;
	static struct stage s;

	(void)state;
	for (unsigned simulated = 0; simulated < 2; simulated++) {
		stage_init(&s, 2, 2, 3, simulated);
		q = genesis_request(&s);
		m = stage_send(&s, &q, WIRE_JSON);
		assert_genesis(&s, m, false);
		assert_true(bytes_equal(m->u.genesis_done.output.test_message,
		    bytes_str(text[simulated])));
		assert_shares_join(&s, &m->u.genesis_done.output);
		stage_free(&s);
	}
}

static void
genesis_wraps_the_seed_for_a_disaster_recovery_key(void **state)
{
	const struct message *m;
	struct secret seed;
	struct keyset ks;
	struct message q;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	q = genesis_request(&s);
	q.u.genesis.dr_key = (struct opt_bytes){ true,
	    bytes_of(stage_key(9)->pub.b, PUBLIC_KEY_LEN) };
	m = stage_send(&s, &q, WIRE_JSON);
	assert_genesis(&s, m, true);
	assert_int_equal(envelope_open(stage_key(9),
	    m->u.genesis_done.output.dr_wrapped.v, &seed, NULL), 0);
	assert_int_equal(keyset_from_seed(&ks, seed.b, NULL), 0);
	assert_memory_equal(ks.pub.b, m->u.genesis_done.output.quorum_key.p,
	    PUBLIC_KEY_LEN);
	keyset_free(&ks);
	secret_free(&seed);
	stage_free(&s);
}

/* A set of one member, twice. */
static void
same_again(const struct stage *s, struct set *set)
{
	struct rd rd = list_walk(&s->manifest.share_set.members);

	assert_true(list_next(&rd, &type_member, &member));
	assert_int_equal(list_pack(&type_member, (const struct member[]){
	    member, member }, 2, &set->members, &packed, NULL), 0);
}

static void
a_genesis_that_cannot_be_is_refused_and_the_phase_stays(void **state)
{
	struct message q;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	q = genesis_request(&s);
	q.u.genesis.set.threshold = 1;
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_QOS_CRYPTO);
	q.u.genesis.set.threshold = 4;
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_QOS_CRYPTO);
	q.u.genesis.set.members = (struct list){ 0 };
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_QOS_CRYPTO);
	same_again(&s, &q.u.genesis.set);
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_DUPLICATE_MEMBER);
	buf_free(&packed);
	member.pub_key.n--;
	assert_int_equal(list_pack(&type_member, &member, 1,
	    &q.u.genesis.set.members, &packed, NULL), 0);
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_P256);
	assert_int_equal(s.reply.u.error.u.p256.tag, P256_KEY_SHORT);
	buf_free(&packed);
	q = genesis_request(&s);
	q.u.genesis.dr_key = (struct opt_bytes){ true, bytes_str("short") };
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_INVALID_DR);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
genesis_takes_only_names_of_its_mode(void **state)
{
	struct message q;
	static struct stage s, other;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	stage_init(&other, 2, 2, 3, false);
	q = genesis_request(&other);
	assert_says(stage_send(&s, &q, WIRE_JSON), "must begin with");
	q = genesis_request(&s);
	assert_says(stage_send(&other, &q, WIRE_JSON), "marks a rehearsal");
	assert_untouched(&other);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
	stage_free(&other);
}

static void
genesis_without_a_document_says_so_as_qos_does(void **state)
{
	const struct message *m;
	struct message q;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	s.fake.fail[CALL_ATTEST] = 1;
	q = genesis_request(&s);
	m = stage_send(&s, &q, WIRE_JSON);
	assert_int_equal(m->tag, PM_BOOT_GENESIS);
	assert_int_equal(m->u.genesis_done.nsm.tag, NSM_ERROR);
	assert_int_equal(machine_phase(s.m), PHASE_GENESIS_BOOTED);
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genesis_deals_a_key_whose_every_pair_of_shares_joins),
		cmocka_unit_test(genesis_wraps_the_seed_for_a_disaster_recovery_key),
		cmocka_unit_test(a_genesis_that_cannot_be_is_refused_and_the_phase_stays),
		cmocka_unit_test(genesis_takes_only_names_of_its_mode),
		cmocka_unit_test(genesis_without_a_document_says_so_as_qos_does),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
