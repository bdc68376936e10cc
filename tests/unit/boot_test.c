/*
 * Boot: what is refused changes nothing, and what ends the machine.
 */
#include "airgap/seal/hash.h"
#include "tests/unit/stage_assert.h"

/* --- boot: refused, and nothing changed */

static void
approvals_must_be_of_this_manifest_by_enough_members(void **state)
{
	static const struct {
		size_t who[3], n;
		uint8_t error;
	} cases[] = {
		{ { 1 }, 1, PE_NOT_ENOUGH_APPROVALS },
		{ { 0 }, 0, PE_NOT_ENOUGH_APPROVALS },
		{ { 1, 1 }, 2, PE_DUPLICATE_APPROVAL },
		{ { 1, 0 }, 2, PE_NOT_MANIFEST_MEMBER },
		{ { 1, 2, 9 }, 3, PE_NOT_MANIFEST_MEMBER },
	};
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		stage_approve_by(&s, cases[i].who, cases[i].n);
		assert_error(boot(&s), cases[i].error);
		assert_untouched(&s);
	}
	/* approved, and then changed */
	stage_approve(&s);
	s.envelope.manifest.ns.nonce++;
	assert_error(boot(&s), PE_INVALID_MANIFEST_APPROVAL);
	assert_string_equal("rehearsal-p1", s.alias[1]);
	assert_memory_equal(s.reply.u.error.u.approval.member.alias.p,
	    s.alias[1], strlen(s.alias[1]));
	/* the error outlives the JSON inside tag 23 too */
	assert_error(stage_boot(&s, PM_BOOT_STANDARD_JSON_REQ, WIRE_BORSH),
	    PE_INVALID_MANIFEST_APPROVAL);
	assert_memory_equal(s.reply.u.error.u.approval.member.alias.p,
	    s.alias[1], strlen(s.alias[1]));
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
share_approvals_must_be_empty(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	s.envelope.share_approvals = s.envelope.manifest_approvals;
	assert_error(boot(&s), PE_BAD_SHARE_APPROVALS);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
the_pivot_must_have_its_hash(void **state)
{
	struct message q;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	q = stage_boot_request(&s, PM_BOOT_STANDARD_REQ);
	q.u.boot.pivot = bytes_str("other");
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_INVALID_PIVOT_HASH);
	assert_int_equal(s.reply.u.error.u.texts.expected.n, 64);
	assert_memory_equal(s.reply.u.error.u.texts.actual.p,
	    "d9298a10d1b0735837dc4bd85dac641b", 32);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
an_image_with_its_application_takes_no_other(void **state)
{
	const struct digest256 own = sha256(bytes_str(STAGE_PIVOT));
	const struct digest256 other = sha256(bytes_str("other"));
	struct message q;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	s.app = &other;
	stage_restart(&s);
	/* the manifest's hash is that of what is posted, and no help */
	q = stage_boot_request(&s, PM_BOOT_STANDARD_REQ);
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_QOS_ATTEST);
	assert_untouched(&s);
	q.u.boot.pivot = bytes_of(NULL, 0);
	assert_error(stage_send(&s, &q, WIRE_JSON), PE_INVALID_PIVOT_HASH);
	assert_untouched(&s);
	s.app = &own;
	stage_restart(&s);
	assert_int_equal(stage_send(&s, &q, WIRE_JSON)->tag,
	    PM_BOOT_STANDARD);
	assert_false(s.fake.effects.exists(s.fake.effects.ctx, FILE_PIVOT));
	/* posting it all the same does no harm */
	stage_restart(&s);
	assert_boots(&s);
	stage_free(&s);
}

/* Edits that break one rule each, and what they are refused with. */
static struct member members[2];
static struct buf packed;

static void
twice(struct stage *s, struct set *set)
{
	struct rd rd = list_walk(&s->manifest.manifest_set.members);

	assert_true(list_next(&rd, &type_member, &members[0]));
	members[1] = members[0];
	buf_free(&packed);
	assert_int_equal(list_pack(&type_member, members, 2, &set->members,
	    &packed, NULL), 0);
}

static void
edit_manifest_set_twice(struct stage *s)
{
	twice(s, &s->manifest.manifest_set);
}

static void
edit_share_set_twice(struct stage *s)
{
	twice(s, &s->manifest.share_set);
}

static void
edit_zero_threshold(struct stage *s)
{
	s->manifest.manifest_set.threshold = 0;
}

static void
edit_share_threshold_one(struct stage *s)
{
	s->manifest.share_set.threshold = 1;
}

static void
edit_share_threshold_high(struct stage *s)
{
	s->manifest.share_set.threshold = 4;
}

static void
edit_namespace(struct stage *s)
{
	s->manifest.ns.name = bytes_str("stage");
}

static void
edit_dev_namespace(struct stage *s)
{
	s->manifest.ns.name = bytes_str("DANGEROUS_DEV_BOOT_MEMBER_NAMESPACE");
}

static void
rename_second(struct stage *s, const char *alias)
{
	struct rd rd = list_walk(&s->manifest.share_set.members);

	for (size_t i = 0; i < 2; i++)
		assert_true(list_next(&rd, &type_member, &members[i]));
	members[1].alias = bytes_str(alias);
	buf_free(&packed);
	assert_int_equal(list_pack(&type_member, members, 2,
	    &s->manifest.share_set.members, &packed, NULL), 0);
}

static void
edit_alias(struct stage *s)
{
	rename_second(s, "bob");
}

static void
edit_quorum_key(struct stage *s)
{
	s->manifest.ns.quorum_key.n--;
}

static void
edit_pcr(struct stage *s)
{
	s->manifest.enclave.pcr[2].n = 32;
}

static void
edit_bridge(struct stage *s)
{
	static const struct bridge client = { .kind = BRIDGE_CLIENT,
	    .port = 443 };

	buf_free(&packed);
	assert_int_equal(list_pack(&type_bridge, &client, 1,
	    &s->manifest.pivot.bridges, &packed, NULL), 0);
}

static const struct {
	void (*edit)(struct stage *s);
	uint8_t error;
	const char *words;
} broken[] = {
	{ edit_manifest_set_twice, PE_DUPLICATE_MEMBER, NULL },
	{ edit_share_set_twice, PE_DUPLICATE_MEMBER, NULL },
	{ edit_zero_threshold, PE_QOS_ATTEST, "threshold 0" },
	{ edit_share_threshold_one, PE_QOS_ATTEST, "threshold 1" },
	{ edit_share_threshold_high, PE_QOS_ATTEST, "threshold 4" },
	{ edit_namespace, PE_QOS_ATTEST, "must begin with 'REHEARSAL/'" },
	{ edit_dev_namespace, PE_QOS_ATTEST, "must begin with" },
	{ edit_alias, PE_QOS_ATTEST, "alias 'bob' must begin" },
	{ edit_quorum_key, PE_QOS_ATTEST, "quorumKey" },
	{ edit_pcr, PE_QOS_ATTEST, "pcr2" },
	{ edit_bridge, PE_QOS_ATTEST, "client bridge on port 443" },
};

static void
a_manifest_that_breaks_a_rule_is_refused_and_nothing_changes(void **state)
{
	struct manifest good;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	good = s.manifest;
	for (size_t i = 0; i < COUNT(broken); i++) {
		broken[i].edit(&s);
		stage_approve(&s);
		if (broken[i].words == NULL)
			assert_error(boot(&s), broken[i].error);
		else
			assert_says(boot(&s), broken[i].words);
		assert_untouched(&s);
		s.manifest = good;
	}
	buf_free(&packed);
	assert_boots(&s);
	stage_free(&s);
}

static void
a_real_enclave_refuses_rehearsals(void **state)
{
	static struct stage s;
	struct set set;

	(void)state;
	stage_init(&s, 2, 2, 3, false);
	s.manifest.ns.name = bytes_str("REHEARSAL/stage");
	stage_approve(&s);
	assert_says(boot(&s), "which marks a rehearsal");
	s.manifest.ns.name = bytes_str("stage");
	set = s.manifest.share_set;
	rename_second(&s, "rehearsal-bob");
	stage_approve(&s);
	assert_says(boot(&s), "alias 'rehearsal-bob' begins with");
	s.manifest.share_set = set;
	buf_free(&packed);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
a_name_cut_within_a_character_still_makes_a_sentence(void **state)
{
	static struct stage s;
	char name[400] = "x";

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 1; i < 395; i += 3)
		memcpy(name + i, "\xe2\x82\xac", 3);
	s.manifest.ns.name = bytes_str(name);
	stage_approve(&s);
	assert_says(boot(&s), "must begin with 'REHEARSAL/'");
	stage_free(&s);
}

static void
share_hashes_must_be_one_a_member(void **state)
{
	char text[3 * 129 + 1];
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	stage_env(&s, "QUORATE_SHARE_HASHES", "");
	assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	text[128] = ',';
	text[257] = ',';
	stage_env(&s, "QUORATE_SHARE_HASHES", text);	/* a digit too much */
	assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	text[386] = '\0';
	text[7] = 'A';
	stage_env(&s, "QUORATE_SHARE_HASHES", text);
	assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	text[7] = 'g';
	stage_env(&s, "QUORATE_SHARE_HASHES", text);
	assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	text[7] = 'a';
	text[128] = ';';
	stage_env(&s, "QUORATE_SHARE_HASHES", text);
	assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	assert_untouched(&s);
	text[128] = ',';
	stage_env(&s, "QUORATE_SHARE_HASHES", text);
	assert_boots(&s);
	stage_free(&s);
}

/* The largest of 32 bits would mean "as before", which is root. */
static void
a_pivot_has_a_user_id_of_32_bits_but_the_largest(void **state)
{
	static const char *const bad[] = { "4294967295", "4294967296",
		"42949672940", "18446744073709551616", "-1", "+1", " 1", "1 ",
		"0x1", "nobody", "1:" };
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stage_env(&s, PIVOT_UID_ENV, bad[i]);
		assert_error(boot(&s), PE_INVALID_PIVOT_ENV);
	}
	assert_untouched(&s);
	stage_env(&s, PIVOT_UID_ENV, "4294967294");
	assert_boots(&s);
	stage_free(&s);
}

static void
files_of_an_earlier_run_are_not_taken_over(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 0; i < FAKE_FILES; i++) {
		s.fake.there[i] = true;
		assert_error(boot(&s), PE_CANNOT_MODIFY_STATIC);
		assert_untouched(&s);
		s.fake.there[i] = false;
	}
	assert_boots(&s);
	stage_free(&s);
}

static void
tag_23_carries_json_and_nothing_else(void **state)
{
	struct message q = { .tag = PM_BOOT_STANDARD_JSON_REQ };
	struct buf borsh;
	static struct stage s;

	(void)state;
	stage_init(&s, 1, 2, 3, true);
	q.u.boot_json.envelope_json = bytes_str("{}");
	assert_error(stage_send(&s, &q, WIRE_BORSH), PE_DESERIALIZATION);
	assert_int_equal(schema_encode(envelope_type(1), &s.envelope,
	    FORM_BORSH, &borsh, NULL), 0);
	q.u.boot_json.envelope_json = buf_bytes(&borsh);
	assert_error(stage_send(&s, &q, WIRE_BORSH), PE_DESERIALIZATION);
	buf_free(&borsh);
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

/* --- boot: the NSM and the files */

static void
an_nsm_that_does_not_do_changes_nothing(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	s.fake.info.digest = 2;
	assert_says(boot(&s), "digest is not SHA384");
	s.fake.info.digest = 1;
	s.fake.info.max_pcrs = 16;
	assert_says(boot(&s), "16 PCRs, not 32 or more");
	s.fake.info.max_pcrs = 300;
	assert_says(boot(&s), "300 PCRs");
	s.fake.info.max_pcrs = 32;
	for (int code = 1; code <= NSM_INTERNAL_ERROR + 1; code++) {
		s.fake.code = code;
		s.fake.fail[CALL_DESCRIBE] = s.fake.calls[CALL_DESCRIBE] + 1;
		assert_says(boot(&s), "answered DescribeNSM with");
		s.fake.fail[CALL_PCR] = s.fake.calls[CALL_PCR] + 1;
		assert_says(boot(&s), "answered DescribePCR with");
		s.fake.fail[CALL_PCR] = s.fake.calls[CALL_PCR] + 2;
		assert_says(boot(&s), "answered DescribePCR with");
	}
	assert_untouched(&s);
	assert_boots(&s);
	stage_free(&s);
}

static void
assert_ended(struct stage *s)
{
	assert_int_equal(machine_phase(s->m), PHASE_UNRECOVERABLE_ERROR);
	assert_error(boot(s), PE_NO_MATCHING_ROUTE);
	assert_int_equal(stage_ask(s, PM_STATUS_REQ, WIRE_JSON)->u.phase,
	    PHASE_UNRECOVERABLE_ERROR);
	/* and a new start is as good as ever */
	stage_restart(s);
	assert_boots(s);
	stage_restart(s);
}

static void
pcrs_that_are_used_up_end_it(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 16; i < 18; i++) {
		s.fake.pcr[i].lock = true;
		assert_says(boot(&s), "locked already; start the enclave");
		assert_ended(&s);
		s.fake.pcr[i].value.b[47] = 1;
		assert_says(boot(&s), "extended already; start the enclave");
		assert_int_equal(s.fake.written, 0);
		assert_ended(&s);
	}
	stage_free(&s);
}

static void
a_failure_after_the_first_extension_ends_it(void **state)
{
	static const struct {
		enum fake_call call;
		unsigned at;
		const char *words;
	} cases[] = {
		{ CALL_EXTEND, 1, "answered ExtendPCR with ReadOnlyIndex" },
		{ CALL_EXTEND, 2, "answered ExtendPCR with ReadOnlyIndex" },
		{ CALL_LOCK, 1, "answered LockPCRs with ReadOnlyIndex" },
		{ CALL_DESCRIBE, 2, "answered DescribeNSM" },
		{ CALL_PCR, 3, "answered DescribePCR" },
		{ CALL_PCR, 4, "answered DescribePCR" },
	};
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		s.fake.fail[cases[i].call] = cases[i].at;
		s.fake.code = NSM_READ_ONLY_INDEX;
		assert_says(boot(&s), cases[i].words);
		assert_int_equal(s.fake.written, 0);
		assert_ended(&s);
	}
	s.fake.wrong_extend = true;
	assert_says(boot(&s), "PCR16 is not what it was extended to");
	assert_ended(&s);
	s.fake.no_lock = true;
	assert_says(boot(&s), "PCR16 is not locked after LockPCRs");
	assert_ended(&s);
	s.fake.lock_untold = true;
	assert_says(boot(&s), "PCR16 is not locked with its commitment");
	assert_ended(&s);
	s.fake.extend_at_lock = true;
	assert_says(boot(&s), "PCR17 is not locked with its commitment");
	assert_int_equal(s.fake.written, 0);
	assert_ended(&s);
	stage_free(&s);
}

static void
a_file_that_cannot_be_put_at_boot_ends_it(void **state)
{
	static const uint8_t errors[] = { PE_FAILED_PUT_EPHEMERAL,
	    PE_FAILED_PUT_PIVOT, PE_FAILED_PUT_MANIFEST };
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (unsigned i = 0; i < COUNT(errors); i++) {
		s.fake.fail[CALL_PUT] = i + 1;
		s.fake.code = ERR_SYSTEM;
		assert_error(boot(&s), errors[i]);
		assert_null(machine_manifest(s.m));
		assert_ended(&s);
		s.fake.fail[CALL_PUT] = i + 1;
		s.fake.code = ERR_EXISTS;
		assert_error(boot(&s), PE_CANNOT_MODIFY_STATIC);
		assert_ended(&s);
	}
	stage_free(&s);
}

static void
without_a_document_the_phase_goes_on(
    void **state)
{
	const struct message *m;
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (int code = 1; code <= NSM_INTERNAL_ERROR + 1; code++) {
		s.fake.fail[CALL_ATTEST] = 1;
		s.fake.code = code;
		m = boot(&s);
		assert_int_equal(m->tag, PM_BOOT_STANDARD);
		assert_int_equal(m->u.nsm.tag, NSM_ERROR);
		assert_int_equal(m->u.nsm.u.error,
		    code > NSM_INTERNAL_ERROR ? NSM_INTERNAL_ERROR : code);
		assert_int_equal(machine_phase(s.m),
		    PHASE_WAITING_FOR_SHARDS);
		/* the live document makes up for it */
		m = stage_ask(&s, PM_LIVE_DOC_REQ, WIRE_JSON);
		assert_int_equal(m->u.live.nsm.tag, NSM_ATTESTATION);
		stage_post(&s, 0, stage_share(&s, 1), WIRE_JSON);
		stage_post(&s, 1, stage_share(&s, 2), WIRE_JSON);
		assert_true(machine_ready(s.m));
		stage_restart(&s);
	}
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(approvals_must_be_of_this_manifest_by_enough_members),
		cmocka_unit_test(share_approvals_must_be_empty),
		cmocka_unit_test(the_pivot_must_have_its_hash),
		cmocka_unit_test(an_image_with_its_application_takes_no_other),
		cmocka_unit_test(a_manifest_that_breaks_a_rule_is_refused_and_nothing_changes),
		cmocka_unit_test(a_real_enclave_refuses_rehearsals),
		cmocka_unit_test(
		    a_name_cut_within_a_character_still_makes_a_sentence),
		cmocka_unit_test(share_hashes_must_be_one_a_member),
		cmocka_unit_test(a_pivot_has_a_user_id_of_32_bits_but_the_largest),
		cmocka_unit_test(files_of_an_earlier_run_are_not_taken_over),
		cmocka_unit_test(tag_23_carries_json_and_nothing_else),
		cmocka_unit_test(an_nsm_that_does_not_do_changes_nothing),
		cmocka_unit_test(pcrs_that_are_used_up_end_it),
		cmocka_unit_test(a_failure_after_the_first_extension_ends_it),
		cmocka_unit_test(a_file_that_cannot_be_put_at_boot_ends_it),
		cmocka_unit_test(without_a_document_the_phase_goes_on),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
