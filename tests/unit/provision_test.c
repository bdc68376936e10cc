/*
 * Provisioning: who may post, what is kept, and which shares are found to fit.
 */
#include <stdio.h>

#include "enclave/protocol/posts.h"
#include "tests/unit/stage_post.h"

/* --- who may post what */

static void
a_stranger_may_not_post(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	assert_error(post(&s, 9, 1), PE_NOT_SHARE_MEMBER);
	/* a member of the manifest set is a stranger here */
	assert_error(post(&s, 3, 1), PE_NOT_SHARE_MEMBER);
	/* nor a member's key under another alias */
	memcpy(s.alias[0], s.alias[1], sizeof(s.alias[0]));
	assert_error(post(&s, 0, 1), PE_NOT_SHARE_MEMBER);
	assert_recorded(&s, "");
	assert_kept(post(&s, 1, 2));
	assert_done(&s, post(&s, 2, 3));
	stage_free(&s);
}

static void
the_approval_must_be_of_this_manifest(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	s.hash.b[0] ^= 1;
	assert_error(post(&s, 0, 1), PE_COULD_NOT_VERIFY_APPROVAL);
	s.hash.b[0] ^= 1;
	assert_recorded(&s, "");
	assert_waiting(&s);
	assert_kept(post(&s, 0, 1));
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

static void
a_share_must_open_and_look_like_one(void **state)
{
	static uint8_t long_share[SHARE_LEN + 1] = { 1 };
	static struct stage s;
	struct public_key setup;

	(void)state;
	begin(&s, 2, 3);
	setup = s.fake.key;
	s.fake.key = stage_key(9)->pub;
	assert_error(post(&s, 0, 1), PE_DECRYPTION_FAILED);
	s.fake.key = setup;
	assert_error(stage_post(&s, 0, bytes_of(NULL, 0), WIRE_BORSH),
	    PE_INVALID_SHARE);
	assert_error(stage_post(&s, 0, bytes_of(long_share,
	    sizeof(long_share)), WIRE_BORSH), PE_SECRET_LEN);
	assert_error(stage_post(&s, 0, bytes_of(long_share, SHARE_LEN - 1),
	    WIRE_BORSH), PE_SECRET_LEN);
	assert_error(stage_post(&s, 0, junk(0), WIRE_BORSH),
	    PE_INVALID_SHARE);
	s.fake.fail[CALL_GET_SECRET] = s.fake.calls[CALL_GET_SECRET] + 1;
	assert_error(post(&s, 0, 1), PE_FAILED_GET_EPHEMERAL);
	assert_recorded(&s, "");
	assert_waiting(&s);
	assert_kept(post(&s, 0, 1));
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

static void
a_member_who_posts_twice_counts_once(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	assert_kept(post(&s, 0, 1));
	assert_kept(post(&s, 0, 3));	/* another share: replaced */
	assert_recorded(&s, "0");
	assert_done(&s, post(&s, 1, 2));
	assert_recorded(&s, "0 1");
	stage_free(&s);
}

/* Does the memory for shares hold it?  The pages are ours as long as p is. */
static bool
holds(const struct posts *p, const uint8_t share[static SHARE_LEN])
{
	return memmem(p->shares.b, p->shares.len, share + 1,
	    SHARE_LEN - 1) != NULL;
}

static void
a_share_that_is_replaced_or_taken_back_is_wiped_at_once(void **state)
{
	uint8_t a[SHARE_LEN] = { 1 }, b[SHARE_LEN] = { 2 };
	static const uint8_t signature[SIGNATURE_LEN];
	const struct approval who = { bytes_of(signature, SIGNATURE_LEN),
	    { bytes_str("alice"), bytes_of(signature, 0) } };
	struct posts_change change;
	struct posts p;

	(void)state;
	memset(a + 1, 0xaa, SHARE_LEN - 1);
	memset(b + 1, 0xbb, SHARE_LEN - 1);
	assert_int_equal(posts_new(&p, 2), 0);
	assert_int_equal(posts_put(&p, &who, a, false, &change), 0);
	posts_keep(&p, &change);
	assert_true(holds(&p, a));
	assert_int_equal(posts_put(&p, &who, b, false, &change), 0);
	assert_true(holds(&p, a) && holds(&p, b));
	posts_undo(&p, &change);
	assert_true(holds(&p, a) && !holds(&p, b));
	assert_int_equal(posts_put(&p, &who, b, false, &change), 0);
	posts_keep(&p, &change);
	assert_true(!holds(&p, a) && holds(&p, b));
	assert_int_equal(p.count, 1);
	posts_free(&p);
}

static void
the_same_share_under_another_member_is_refused(void **state)
{
	static struct stage s;
	const struct message *m;

	(void)state;
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	m = post(&s, 1, 1);
	assert_error(m, PE_QOS_CRYPTO);
	assert_non_null(memmem(m->u.error.u.text.p, m->u.error.u.text.n,
	    "under the approval of rehearsal-p0", 34));
	assert_recorded(&s, "0");
	assert_waiting(&s);
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

static void
junk_under_a_name_gives_way_to_its_honest_post(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	assert_kept(stage_post(&s, 0, junk(1), WIRE_JSON));
	assert_error(post(&s, 1, 2), PE_RECONSTRUCTION_WRONG_KEY);
	assert_waiting(&s);
	assert_recorded(&s, "0 1");
	assert_done(&s, post(&s, 0, 1));
	assert_recorded(&s, "0 1");
	stage_free(&s);
}

static void
a_share_of_another_ceremony_does_not_stop_this_one(void **state)
{
	static struct stage s;
	uint8_t seed[SEED_LEN] = { 9 };
	struct public_key keys[3];
	struct deal other;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		keys[i] = stage_key(i)->pub;
	assert_int_equal(deal_make(&other, seed, 2, 3, keys, NULL), 0);
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	assert_error(stage_post(&s, 1, bytes_of(other.shares.b + SHARE_LEN,
	    SHARE_LEN), WIRE_JSON), PE_RECONSTRUCTION_WRONG_KEY);
	assert_waiting(&s);
	assert_logged(&s, "not the quorum key");
	assert_done(&s, post(&s, 2, 3));
	assert_recorded(&s, "0 2");
	assert_logged(&s, "the share posted under the approval of "
	    "rehearsal-p1 does not fit and is left out");
	deal_free(&other);
	stage_free(&s);
}

static void
what_does_not_fit_among_more_posts_is_left_out_with_its_approval(
    void **state)
{
	static struct stage s;

	(void)state;
	for (size_t bad = 0; bad < 4; bad++) {
		size_t good = 0;
		char want[16];

		begin(&s, 3, 5);
		for (size_t i = 0; i < 4; i++) {
			if (i == bad)
				stage_post(&s, i, junk((uint8_t)(i + 1)),
				    WIRE_JSON);
			else
				post(&s, i, i + 1);
			good += i != bad;
			assert_int_equal(machine_ready(s.m), good == 3);
		}
		if (bad == 3) {
			/* three good ones came first; it was never posted */
			snprintf(want, sizeof(want), "0 1 2");
		} else {
			snprintf(want, sizeof(want), "%s%s%s3",
			    bad == 0 ? "" : "0 ", bad == 1 ? "" : "1 ",
			    bad == 2 ? "" : "2 ");
			assert_logged(&s, "does not fit and is left out");
		}
		assert_recorded(&s, want);
		stage_free(&s);
	}
}

static void
posts_of_equal_index_are_alternatives(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	/* person 0 holds share 1; two others claim its index */
	assert_kept(stage_post(&s, 1, junk(1), WIRE_JSON));
	assert_kept(stage_post(&s, 2, junk(1), WIRE_JSON));
	assert_kept(post(&s, 0, 1));
	assert_recorded(&s, "1 2 0");
	assert_done(&s, post(&s, 1, 2));
	assert_recorded(&s, "1 0");
	stage_free(&s);
	/* and of the index that is not the lowest */
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	assert_error(stage_post(&s, 1, junk(3), WIRE_JSON),
	    PE_RECONSTRUCTION_WRONG_KEY);
	assert_done(&s, post(&s, 2, 3));
	assert_recorded(&s, "0 2");
	stage_free(&s);
}

static void
a_threshold_below_that_of_the_deal_only_asks_for_more_posts(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 3, 5, true);
	s.manifest.share_set.threshold = 2;
	assert_boots(&s);
	assert_kept(post(&s, 0, 1));
	assert_error(post(&s, 1, 2), PE_RECONSTRUCTION_WRONG_KEY);
	assert_done(&s, post(&s, 2, 3));
	assert_recorded(&s, "0 1 2");
	stage_free(&s);
}

/* Two shares are enough for the deal; the manifest wants three people. */
static void
fewer_people_than_the_manifests_threshold_bring_no_key_back(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 5, true);
	s.manifest.share_set.threshold = 3;
	assert_boots(&s);
	assert_kept(post(&s, 0, 1));
	assert_kept(post(&s, 1, 2));
	assert_error(stage_post(&s, 2, junk(3), WIRE_JSON),
	    PE_RECONSTRUCTION_WRONG_KEY);
	assert_error(stage_post(&s, 3, junk(4), WIRE_JSON),
	    PE_RECONSTRUCTION_WRONG_KEY);
	assert_waiting(&s);
	assert_done(&s, post(&s, 4, 5));
	assert_recorded(&s, "0 1 4");
	stage_free(&s);
}

static void
all_members_may_post_and_all_fit(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 5, 5);
	for (size_t i = 0; i < 4; i++)
		assert_kept(stage_post(&s, i, stage_share(&s, i + 1),
		    i % 2 == 0 ? WIRE_JSON : WIRE_BORSH));
	assert_done(&s, post(&s, 4, 5));
	assert_recorded(&s, "0 1 2 3 4");
	stage_free(&s);
}

/* --- the bound */

static void
no_more_than_4096_combinations_are_tried_for_one_post(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 7, 14);
	for (size_t i = 0; i < 13; i++)
		stage_post(&s, i, junk((uint8_t)(i + 1)), WIRE_JSON);
	s.fake.log[0] = '\0';
	assert_error(stage_post(&s, 13, junk(14), WIRE_JSON),
	    PE_RECONSTRUCTION_WRONG_KEY);
	assert_logged(&s, "14 posts, 4096 combinations tried: not the quorum "
	    "key, and no more are tried for one post");
	assert_waiting(&s);
	/* the honest posts of enough members still end it */
	for (size_t i = 0; i < 14 && !machine_ready(s.m); i++)
		post(&s, i, i + 1);
	assert_true(machine_ready(s.m));
	stage_free(&s);
}

static void
subsets_are_tried_from_all_posts_down_to_the_threshold(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 4);
	for (size_t i = 0; i < 4; i++)
		stage_post(&s, i, junk((uint8_t)(i + 1)), WIRE_JSON);
	/* 1 of four, 4 of three, 6 of two, none of one */
	assert_logged(&s, "4 posts, 11 combinations tried");
	assert_done(&s, (post(&s, 0, 1), post(&s, 1, 2)));
	stage_free(&s);
}

/* --- share hashes */

static void
set_hashes(struct stage *s)
{
	static char text[3 * (2 * SHA512_LEN + 1)];

	for (size_t i = 0; i < 3; i++) {
		hex_encode(s->deal.out[i].hash.b, SHA512_LEN,
		    text + i * (2 * SHA512_LEN + 1));
		text[(i + 1) * (2 * SHA512_LEN + 1) - 1] =
		    i == 2 ? '\0' : ',';
	}
	stage_env(s, "QUORATE_SHARE_HASHES", text);
}

static void
with_share_hashes_a_wrong_share_is_refused_at_once(void **state)
{
	static struct stage s;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	set_hashes(&s);
	assert_boots(&s);
	assert_error(stage_post(&s, 0, junk(1), WIRE_JSON), PE_INVALID_SHARE);
	assert_error(post(&s, 0, 2), PE_INVALID_SHARE);
	assert_logged(&s, "the share posted under the approval of "
	    "rehearsal-p0 is not the one that the manifest names");
	assert_recorded(&s, "");
	assert_waiting(&s);
	assert_kept(post(&s, 2, 3));
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

/* --- files that fail */

static void
a_manifest_that_cannot_be_written_takes_the_post_back(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	s.fake.code = ERR_SYSTEM;
	s.fake.fail[CALL_REPLACE] = 1;
	assert_error(post(&s, 0, 1), PE_FAILED_PUT_MANIFEST);
	assert_recorded(&s, "");
	assert_kept(post(&s, 1, 2));	/* the first one was not kept */
	assert_recorded(&s, "1");
	/* nor does a failing one replace */
	s.fake.fail[CALL_REPLACE] = s.fake.calls[CALL_REPLACE] + 1;
	assert_error(stage_post(&s, 1, junk(2), WIRE_JSON),
	    PE_FAILED_PUT_MANIFEST);
	s.fake.fail[CALL_REPLACE] = s.fake.calls[CALL_REPLACE] + 1;
	assert_error(post(&s, 0, 1), PE_FAILED_PUT_MANIFEST);
	assert_waiting(&s);
	assert_done(&s, post(&s, 0, 1));
	assert_recorded(&s, "1 0");
	stage_free(&s);
}

static void
a_live_key_that_cannot_be_written_can_be_tried_again(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	s.fake.code = ERR_SYSTEM;
	s.fake.fail[CALL_REPLACE] = s.fake.calls[CALL_REPLACE] + 2;
	assert_error(post(&s, 1, 2), PE_FAILED_PUT_EPHEMERAL);
	assert_waiting(&s);
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

static void
a_quorum_file_that_cannot_be_put_ends_it(void **state)
{
	static struct stage s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(&s, 2, 3);
		assert_kept(post(&s, 0, 1));
		s.fake.code = i == 0 ? ERR_SYSTEM : ERR_EXISTS;
		s.fake.fail[CALL_PUT] = s.fake.calls[CALL_PUT] + 1;
		assert_error(post(&s, 1, 2), i == 0 ? PE_FAILED_PUT_QUORUM :
		    PE_CANNOT_MODIFY_STATIC);
		assert_int_equal(machine_phase(s.m),
		    PHASE_UNRECOVERABLE_ERROR);
		assert_false(machine_ready(s.m));
		stage_free(&s);
	}
}

static void
a_quorum_file_that_is_there_is_seen_before_anything_is_rotated(void **state)
{
	static struct stage s;

	(void)state;
	begin(&s, 2, 3);
	assert_kept(post(&s, 0, 1));
	s.fake.there[FILE_QUORUM] = true;
	assert_error(post(&s, 1, 2), PE_CANNOT_MODIFY_STATIC);
	s.fake.there[FILE_QUORUM] = false;
	assert_waiting(&s);
	assert_done(&s, post(&s, 1, 2));
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_may_not_post),
		cmocka_unit_test(the_approval_must_be_of_this_manifest),
		cmocka_unit_test(a_share_must_open_and_look_like_one),
		cmocka_unit_test(a_member_who_posts_twice_counts_once),
		cmocka_unit_test(a_share_that_is_replaced_or_taken_back_is_wiped_at_once),
		cmocka_unit_test(the_same_share_under_another_member_is_refused),
		cmocka_unit_test(junk_under_a_name_gives_way_to_its_honest_post),
		cmocka_unit_test(a_share_of_another_ceremony_does_not_stop_this_one),
		cmocka_unit_test(what_does_not_fit_among_more_posts_is_left_out_with_its_approval),
		cmocka_unit_test(posts_of_equal_index_are_alternatives),
		cmocka_unit_test(a_threshold_below_that_of_the_deal_only_asks_for_more_posts),
		cmocka_unit_test(fewer_people_than_the_manifests_threshold_bring_no_key_back),
		cmocka_unit_test(all_members_may_post_and_all_fit),
		cmocka_unit_test(no_more_than_4096_combinations_are_tried_for_one_post),
		cmocka_unit_test(subsets_are_tried_from_all_posts_down_to_the_threshold),
		cmocka_unit_test(with_share_hashes_a_wrong_share_is_refused_at_once),
		cmocka_unit_test(a_manifest_that_cannot_be_written_takes_the_post_back),
		cmocka_unit_test(a_live_key_that_cannot_be_written_can_be_tried_again),
		cmocka_unit_test(a_quorum_file_that_cannot_be_put_ends_it),
		cmocka_unit_test(a_quorum_file_that_is_there_is_seen_before_anything_is_rotated),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
