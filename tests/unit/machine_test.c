/*
 * The state machine: the honest path, routes and encodings.
 */
#include "enclave/attestation/commitment.h"
#include "tests/unit/stage_assert.h"
#include "tests/unit/vectors.h"

static void
stage_booted(struct stage *s, uint8_t tag)
{
	stage_init(s, 2, 2, 3, true);
	stage_boot(s, tag, WIRE_JSON);
}

/* --- the honest path */

static const struct {
	unsigned version;
	uint8_t tag;
	enum wire wire;
} ways[] = {
	{ 2, PM_BOOT_STANDARD_REQ, WIRE_JSON },
	{ 2, PM_BOOT_STANDARD_JSON_REQ, WIRE_BORSH },
	{ 1, PM_BOOT_STANDARD_REQ, WIRE_JSON },
	{ 1, PM_BOOT_STANDARD_REQ, WIRE_BORSH },
	{ 1, PM_BOOT_STANDARD_JSON_REQ, WIRE_BORSH },
	{ 0, PM_BOOT_STANDARD_REQ, WIRE_JSON },
	{ 0, PM_BOOT_STANDARD_REQ, WIRE_BORSH },
	{ 0, PM_BOOT_STANDARD_JSON_REQ, WIRE_BORSH },
};

static void
assert_provisions(struct stage *s, enum wire wire)
{
	const struct message *m;
	struct public_key setup = s->fake.key;

	m = stage_post(s, 0, stage_share(s, 1), wire);
	assert_int_equal(m->tag, PM_PROVISION);
	assert_false(m->u.reconstructed);
	m = stage_post(s, 2, stage_share(s, 3), wire);
	assert_int_equal(m->tag, PM_PROVISION);
	assert_true(m->u.reconstructed);
	assert_int_equal(s->wire, wire);
	assert_int_equal(machine_phase(s->m), PHASE_KEY_PROVISIONED);
	assert_true(machine_ready(s->m));
	m = stage_ask(s, PM_LIVE_DOC_REQ, WIRE_JSON);
	assert_int_equal(m->u.live.nsm.tag, NSM_ATTESTATION);
	assert_memory_not_equal(s->fake.key.b, setup.b, PUBLIC_KEY_LEN);
}

static void
the_honest_path_works_in_every_version_and_encoding(void **state)
{
	static struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		stage_init(&s, ways[i].version, 2, 3, i % 2 == 0);
		assert_int_equal(stage_boot(&s, ways[i].tag,
		    ways[i].wire)->tag, PM_BOOT_STANDARD);
		assert_int_equal(s.wire, ways[i].wire);
		assert_int_equal(s.reply.u.nsm.tag, NSM_ATTESTATION);
		assert_false(machine_ready(s.m));
		assert_provisions(&s, ways[i].wire);
		stage_free(&s);
	}
}

static void
boot_attests_hash_and_setup_key_without_a_nonce(
    void **state)
{
	struct digest384 commitment, value;
	struct keyset ks;
	struct secret seed;
	static struct stage s;

	(void)state;
	stage_booted(&s, PM_BOOT_STANDARD_REQ);
	assert_false(s.fake.had_nonce);
	assert_true(s.fake.had_key);
	assert_int_equal(s.fake.user_data.n, SHA256_LEN);
	assert_memory_equal(s.fake.user_data.p, s.hash.b, SHA256_LEN);
	assert_int_equal(s.fake.file[FILE_EPHEMERAL].n, SEED_HEX_LEN);
	assert_int_equal(seed_from_text(buf_bytes(
	    &s.fake.file[FILE_EPHEMERAL]), &seed, NULL), 0);
	assert_int_equal(keyset_from_seed(&ks, seed.b, NULL), 0);
	assert_memory_equal(ks.pub.b, s.fake.key.b, PUBLIC_KEY_LEN);
	commitment = attestation_commitment(ATTESTATION_SETUP, &s.hash,
	    bytes_of(ks.pub.b, PUBLIC_KEY_LEN));
	value = attestation_pcr_value(&commitment);
	assert_memory_equal(s.fake.pcr[16].value.b, value.b, SHA384_LEN);
	secret_free(&seed);
	keyset_free(&ks);
	stage_free(&s);
}

static void
the_live_key_is_the_one_that_pcr17_commits_to(void **state)
{
	struct digest384 commitment, value;
	static struct stage s;

	(void)state;
	stage_booted(&s, PM_BOOT_STANDARD_REQ);
	assert_provisions(&s, WIRE_JSON);
	commitment = attestation_commitment(ATTESTATION_LIVE, &s.hash,
	    bytes_of(s.fake.key.b, PUBLIC_KEY_LEN));
	value = attestation_pcr_value(&commitment);
	assert_memory_equal(s.fake.pcr[17].value.b, value.b, SHA384_LEN);
	for (size_t i = 0; i < PCR_COUNT; i++)
		assert_true(s.fake.pcr[i].lock);
	stage_free(&s);
}

static void
the_commitment_is_that_of_the_vector(void **state)
{
	json_t *vectors = vectors_load("digest_pcr");
	const json_t *v = vector_named(vectors, "manifest commitment setup");
	struct buf key = vector_buf(v, "public_key");
	struct buf want = vector_buf(v, "commitment_sha384");
	struct buf pcr = vector_buf(v, "pcr_value");
	struct digest384 got, value;
	struct digest256 hash;

	(void)state;
	assert_int_equal(vector_hex(v, "manifest_hash", hash.b,
	    sizeof(hash.b)), sizeof(hash.b));
	got = attestation_commitment(ATTESTATION_SETUP, &hash,
	    buf_bytes(&key));
	value = attestation_pcr_value(&got);
	assert_int_equal(want.n, sizeof(got.b));
	assert_memory_equal(got.b, want.p, want.n);
	assert_memory_equal(value.b, pcr.p, pcr.n);
	buf_free(&key);
	buf_free(&want);
	buf_free(&pcr);
	json_decref(vectors);
}

static void
files_appear_in_order_and_the_quorum_file_last(void **state)
{
	static const enum enclave_file order[] = { FILE_EPHEMERAL, FILE_PIVOT,
	    FILE_MANIFEST, FILE_MANIFEST, FILE_MANIFEST, FILE_EPHEMERAL,
	    FILE_QUORUM };
	static struct stage s;

	(void)state;
	stage_booted(&s, PM_BOOT_STANDARD_REQ);
	assert_provisions(&s, WIRE_JSON);
	assert_int_equal(s.fake.written, COUNT(order));
	assert_memory_equal(s.fake.order, order, sizeof(order));
	assert_int_equal(s.fake.file[FILE_PIVOT].n, strlen(STAGE_PIVOT));
	assert_memory_equal(s.fake.file[FILE_PIVOT].p, STAGE_PIVOT,
	    strlen(STAGE_PIVOT));
	assert_memory_equal(s.fake.file[FILE_QUORUM].p, "7777777777", 10);
	stage_free(&s);
}

static void
the_stored_manifest_has_the_hash_that_was_approved(void **state)
{
	struct digest256 hash;
	struct envelope env;
	struct arena arena;
	static struct stage s;

	(void)state;
	for (unsigned version = 0; version < 3; version++) {
		stage_init(&s, version, 2, 3, true);
		boot(&s);
		assert_int_equal(envelope_read(buf_bytes(
		    &s.fake.file[FILE_MANIFEST]), &env, &arena, NULL), 0);
		assert_int_equal(manifest_hash(&env.manifest, &hash, NULL), 0);
		assert_memory_equal(hash.b, s.hash.b, SHA256_LEN);
		assert_int_equal(manifest_hash(machine_manifest(s.m), &hash,
		    NULL), 0);
		assert_memory_equal(hash.b, s.hash.b, SHA256_LEN);
		arena_free(&arena);
		stage_free(&s);
	}
}

/* --- routes and encodings */

/* Brings a fresh stage into a phase. */
static void
enter(struct stage *s, enum phase phase)
{
	stage_init(s, 1, 2, 3, true);
	switch (phase) {
	case PHASE_WAITING_FOR_BOOT:
		break;
	case PHASE_GENESIS_BOOTED: {
		struct message q = { .tag = PM_BOOT_GENESIS_REQ };

		q.u.genesis.set = s->manifest.share_set;
		stage_send(s, &q, WIRE_JSON);
		break;
	}
	case PHASE_WAITING_FOR_FORWARDED_KEY:
		stage_boot(s, PM_BOOT_FORWARD_REQ, WIRE_JSON);
		break;
	case PHASE_UNRECOVERABLE_ERROR:
		s->fake.pcr[16].lock = true;
		boot(s);
		break;
	default:
		boot(s);
		if (phase == PHASE_KEY_PROVISIONED) {
			stage_post(s, 0, stage_share(s, 1), WIRE_JSON);
			stage_post(s, 1, stage_share(s, 2), WIRE_JSON);
		}
	}
	assert_int_equal(machine_phase(s->m), phase);
}

/* The table of wire 10: is the request of that tag routed in that phase? */
static bool
routed(uint8_t tag, enum phase phase)
{
	bool waiting = phase == PHASE_WAITING_FOR_BOOT;

	switch (tag) {
	case PM_STATUS_REQ:
	case PM_VERSION_REQ:
		return true;
	case PM_ENVELOPE_REQ:
		return phase != PHASE_GENESIS_BOOTED;
	case PM_LIVE_DOC_REQ:
		return !waiting && phase != PHASE_GENESIS_BOOTED;
	case PM_BOOT_STANDARD_REQ:
	case PM_BOOT_FORWARD_REQ:
	case PM_BOOT_STANDARD_JSON_REQ:
	case PM_BOOT_GENESIS_REQ:
		return waiting;
	case PM_PROVISION_REQ:
		return phase == PHASE_WAITING_FOR_SHARDS;
	case PM_INJECT_KEY_REQ:
		return phase == PHASE_WAITING_FOR_FORWARDED_KEY;
	case PM_EXPORT_KEY_REQ:
		return phase == PHASE_KEY_PROVISIONED;
	default:
		return false;
	}
}

/* A message of that tag, well formed and of no use. */
static struct message
blank(const struct stage *s, uint8_t tag)
{
	struct message m = { .tag = tag };

	m.u.error.tag = PE_IO;
	switch (tag) {
	case PM_ERROR:
		break;
	case PM_BOOT_STANDARD_REQ:
	case PM_BOOT_FORWARD_REQ:
		m = stage_boot_request(s, tag);
		m.u.boot.pivot = bytes_of(NULL, 0);
		break;
	case PM_EXPORT_KEY_REQ:
		m.u.export.envelope = s->envelope;
		break;
	default:
		memset(&m.u, 0, sizeof(m.u));
	}
	return m;
}

static void
requests_are_routed_in_the_phases_of_the_table_alone(
    void **state)
{
	const struct message *m;
	struct message q;
	static struct stage s;
	bool unrouted;

	(void)state;
	for (unsigned phase = 0; phase < 6; phase++) {
		enter(&s, (enum phase)phase);
		for (uint8_t tag = 0; tag < PM_COUNT; tag++) {
			q = blank(&s, tag);
			m = stage_send(&s, &q, tag == PM_BOOT_GENESIS_REQ ||
			    tag == PM_BOOT_GENESIS ? WIRE_JSON : WIRE_BORSH);
			unrouted = m->tag == PM_ERROR &&
			    m->u.error.tag == PE_NO_MATCHING_ROUTE;
			assert_int_equal(unrouted, !routed(tag,
			    (enum phase)phase));
			if (unrouted)
				assert_int_equal(m->u.error.u.phase, phase);
			assert_int_equal(machine_phase(s.m), phase);
		}
		stage_free(&s);
	}
}

static void
status_and_version_answer_in_the_encoding_of_the_request(void **state)
{
	const struct message *m;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (unsigned i = 0; i < 2; i++) {
		enum wire wire = i == 0 ? WIRE_JSON : WIRE_BORSH;

		m = stage_ask(&s, PM_STATUS_REQ, wire);
		assert_int_equal(m->tag, PM_STATUS);
		assert_int_equal(m->u.phase, PHASE_WAITING_FOR_BOOT);
		assert_int_equal(s.wire, wire);
		m = stage_ask(&s, PM_VERSION_REQ, wire);
		assert_int_equal(m->tag, PM_VERSION);
		assert_memory_equal(m->u.version.version.p, "1.2.3", 5);
		assert_memory_equal(m->u.version.commit.p, "abc", 3);
		assert_int_equal(s.wire, wire);
	}
	stage_free(&s);
}

static void
what_cannot_be_decoded_is_answered_in_json(void **state)
{
	static const char *const bad[] = { "", "{", "\"statusRequestt\"",
	    "{\"statusRequest\":1}", "\x01\x01", "\xff", "\x17zz" };
	/* a genesis request in Borsh */
	const uint8_t legacy[] = { PM_BOOT_GENESIS_REQ, 0, 0, 0, 0 };
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_error(stage_send_bytes(&s, bytes_str(bad[i])),
		    PE_DESERIALIZATION);
		assert_int_equal(s.wire, WIRE_JSON);
	}
	assert_error(stage_send_bytes(&s, bytes_of(legacy, sizeof(legacy))),
	    PE_LEGACY_GENESIS);
	assert_int_equal(s.wire, WIRE_JSON);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
a_message_over_128_mib_is_not_even_looked_at(void **state)
{
	static struct stage s;
	struct message m;
	struct arena arena;
	struct buf reply;
	enum wire wire;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	assert_int_equal(machine_handle(s.m, bytes_of("x", MESSAGE_MAX + 1),
	    &reply), 0);
	assert_int_equal(message_read(buf_bytes(&reply), &m, &wire, &arena,
	    NULL), 0);
	assert_error(&m, PE_OVERSIZED_PAYLOAD);
	arena_free(&arena);
	buf_free(&reply);
	stage_free(&s);
}

static void
an_envelope_that_borsh_cannot_say_is_invalid_msg_in_json(void **state)
{
	static struct stage s;

	(void)state;
	stage_booted(&s, PM_BOOT_STANDARD_REQ);
	assert_error(stage_ask(&s, PM_ENVELOPE_REQ, WIRE_BORSH),
	    PE_INVALID_MSG);
	assert_int_equal(s.wire, WIRE_JSON);
	assert_error(stage_ask(&s, PM_LIVE_DOC_REQ, WIRE_BORSH),
	    PE_INVALID_MSG);
	assert_int_equal(stage_ask(&s, PM_ENVELOPE_REQ, WIRE_JSON)->tag,
	    PM_ENVELOPE);
	stage_free(&s);
}

static void
the_envelope_is_none_before_boot_and_whole_after(void **state)
{
	const struct message *m;
	struct digest256 hash;
	static struct stage s;

	(void)state;
	stage_init(&s, 1, 2, 3, true);
	assert_false(stage_ask(&s, PM_ENVELOPE_REQ, WIRE_BORSH)->
	    u.envelope.present);
	assert_boots(&s);
	m = stage_ask(&s, PM_ENVELOPE_REQ, WIRE_BORSH);
	assert_true(m->u.envelope.present);
	assert_int_equal(manifest_hash(&m->u.envelope.v.manifest, &hash,
	    NULL), 0);
	assert_memory_equal(hash.b, s.hash.b, SHA256_LEN);
	assert_int_equal(m->u.envelope.v.manifest_approvals.count, 2);
	stage_free(&s);
}

static void
after_an_error_there_is_no_live_document_without_a_manifest(void **state)
{
	static struct stage s;

	(void)state;
	enter(&s, PHASE_UNRECOVERABLE_ERROR);
	assert_error(stage_ask(&s, PM_LIVE_DOC_REQ, WIRE_JSON),
	    PE_FAILED_GET_MANIFEST);
	assert_false(stage_ask(&s, PM_ENVELOPE_REQ, WIRE_JSON)->
	    u.envelope.present);
	stage_free(&s);
}

static void
an_ephemeral_file_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
	static struct stage s;

	(void)state;
	stage_booted(&s, PM_BOOT_STANDARD_REQ);
	s.fake.fail[CALL_GET_SECRET] = 1;
	assert_error(stage_ask(&s, PM_LIVE_DOC_REQ, WIRE_JSON),
	    PE_FAILED_GET_EPHEMERAL);
	assert_int_equal(s.reply.u.error.u.p256.tag, P256_IO);
	s.fake.file[FILE_EPHEMERAL].p[3] ^= 0x80;
	assert_error(stage_ask(&s, PM_LIVE_DOC_REQ, WIRE_JSON),
	    PE_FAILED_GET_EPHEMERAL);
	s.fake.file[FILE_EPHEMERAL].p[3] ^= 0x80;
	assert_provisions(&s, WIRE_JSON);
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_honest_path_works_in_every_version_and_encoding),
		cmocka_unit_test(boot_attests_hash_and_setup_key_without_a_nonce),
		cmocka_unit_test(the_live_key_is_the_one_that_pcr17_commits_to),
		cmocka_unit_test(the_commitment_is_that_of_the_vector),
		cmocka_unit_test(files_appear_in_order_and_the_quorum_file_last),
		cmocka_unit_test(the_stored_manifest_has_the_hash_that_was_approved),
		cmocka_unit_test(requests_are_routed_in_the_phases_of_the_table_alone),
		cmocka_unit_test(status_and_version_answer_in_the_encoding_of_the_request),
		cmocka_unit_test(what_cannot_be_decoded_is_answered_in_json),
		cmocka_unit_test(a_message_over_128_mib_is_not_even_looked_at),
		cmocka_unit_test(an_envelope_that_borsh_cannot_say_is_invalid_msg_in_json),
		cmocka_unit_test(the_envelope_is_none_before_boot_and_whole_after),
		cmocka_unit_test(after_an_error_there_is_no_live_document_without_a_manifest),
		cmocka_unit_test(an_ephemeral_file_that_cannot_be_read_is_an_error_of_its_own),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
