/* The every-combination proof: what it accepts, and all that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broken.h"

#define LEN 32
#define SHARE (1 + LEN)
#define N 9

static uint8_t secret[LEN];
static uint8_t shares[255 * SHARE];

static void
split(size_t k, size_t n)
{
	random_bytes(secret, LEN);
	assert_int_equal(shamir_split(secret, LEN, k, n, shares, NULL), 0);
}

static int
prove(size_t k, size_t n)
{
	return shamir_prove(secret, LEN, k, n, shares, NULL);
}

static void
an_honest_split_of_every_size_is_proven(void **state)
{
	(void)state;

	for (size_t n = 2; n <= 255; n += n < 20 ? 1 : 47)
		for (size_t k = 2; k <= n; k += n < 20 ? 1 : 31) {
			split(k, n);
			assert_int_equal(prove(k, n), 0);
		}
}

static void
every_length_around_the_block_size_is_proven(void **state)
{
	uint8_t s[100], out[5 * 101];
	(void)state;

	random_bytes(s, sizeof(s));
	for (size_t len = 1; len <= sizeof(s); len++) {
		assert_int_equal(shamir_split(s, len, 3, 5, out, NULL), 0);
		assert_int_equal(shamir_prove(s, len, 3, 5, out, NULL), 0);
		out[5 * (1 + len) - 1] ^= 0x80;
		assert_int_equal(shamir_prove(s, len, 3, 5, out, NULL),
		    ERR_SHARE_PROOF);
	}
}

static void
all_255_changes_of_every_byte_of_every_share_are_noticed(void **state)
{
	(void)state;

	for (size_t k = 2; k <= 4; k++) {
		split(k, 4);
		for (size_t at = 0; at < 4 * SHARE; at++) {
			for (unsigned change = 1; change < 256; change++) {
				shares[at] ^= (uint8_t)change;
				assert_int_equal(prove(k, 4),
				    ERR_SHARE_PROOF);
				shares[at] ^= (uint8_t)change;
			}
		}
		assert_int_equal(prove(k, 4), 0);
	}
}

static void
one_changed_byte_is_noticed_at_every_position(void **state)
{
	(void)state;

	for (size_t k = 2; k <= N; k++) {
		split(k, N);
		for (size_t at = 0; at < N * SHARE; at++) {
			uint8_t change;

			do
				random_bytes(&change, 1);
			while (change == 0);
			shares[at] ^= change;
			assert_int_equal(prove(k, N), ERR_SHARE_PROOF);
			shares[at] ^= change;
		}
	}
}

static void
a_changed_secret_is_noticed_at_every_byte(void **state)
{
	(void)state;

	split(3, 5);
	for (size_t at = 0; at < LEN; at++) {
		secret[at] ^= 1;
		assert_int_equal(prove(3, 5), ERR_SHARE_PROOF);
		secret[at] ^= 1;
	}
}

static void
shares_of_a_higher_threshold_are_not_proven_for_a_lower_one(void **state)
{
	(void)state;

	split(4, 6);
	assert_int_equal(prove(3, 6), ERR_SHARE_PROOF);
	assert_int_equal(prove(4, 6), 0);
	assert_int_equal(prove(5, 6), 0);
}

static void
swapped_shares_and_impossible_sizes_are_refused(void **state)
{
	uint8_t t[SHARE];
	(void)state;

	split(2, 3);
	memcpy(t, shares, SHARE);
	memcpy(shares, shares + SHARE, SHARE);
	memcpy(shares + SHARE, t, SHARE);
	assert_int_equal(prove(2, 3), ERR_SHARE_PROOF);
	split(2, 3);
	assert_int_equal(prove(1, 3), ERR_SHARE_PROOF);
	assert_int_equal(prove(4, 3), ERR_SHARE_PROOF);
	assert_int_equal(prove(2, 256), ERR_SHARE_PROOF);
	assert_int_equal(shamir_prove(secret, 0, 2, 3, shares, NULL),
	    ERR_SHARE_PROOF);
}

static void
the_sentence_names_the_first_share_that_does_not_fit(void **state)
{
	struct err e;
	(void)state;

	split(3, 7);
	shares[4 * SHARE + 9] ^= 4;
	shares[6 * SHARE + 9] ^= 4;
	assert_int_equal(shamir_prove(secret, LEN, 3, 7, shares, &e),
	    ERR_SHARE_PROOF);
	assert_non_null(strstr(e.text, "share 5 "));
}

static void
a_wrong_multiplication_in_split_makes_the_proof_fail(void **state)
{
	(void)state;

	for (size_t k = 2; k <= N; k++) {
		random_bytes(secret, LEN);
		assert_int_equal(broken_split(secret, LEN, k, N, shares,
		    NULL), 0);
		assert_int_equal(prove(k, N), ERR_SHARE_PROOF);
		/* in its own field the broken split is sound */
		assert_int_equal(broken_prove(secret, LEN, k, N, shares,
		    NULL), 0);
	}
}

static void
a_wrong_multiplication_in_the_proof_makes_it_fail(void **state)
{
	(void)state;

	for (size_t k = 2; k <= N; k++) {
		split(k, N);
		assert_int_equal(broken_prove(secret, LEN, k, N, shares,
		    NULL), ERR_SHARE_PROOF);
	}
}

static void
a_wrong_multiplication_in_join_gives_another_secret(void **state)
{
	const uint8_t *at[3] = { shares, shares + SHARE, shares + 3 * SHARE };
	const size_t len[3] = { SHARE, SHARE, SHARE };
	uint8_t out[LEN];
	(void)state;

	split(3, 5);
	assert_int_equal(broken_join(at, len, 3, out, NULL), 0);
	assert_memory_not_equal(out, secret, LEN);
}

static void
combinations_are_exact(void **state)
{
	static const struct {
		size_t k, n;
		const char *text;
	} known[] = {
		{ 2, 3, "3" }, { 3, 5, "10" }, { 5, 5, "1" }, { 0, 9, "1" },
		{ 6, 5, "0" }, { 16, 32, "601080390" },
		{ 30, 60, "118264581564861424" },
		{ 255, 255, "1" }, { 1, 255, "255" },
		{ 128, 255, "2884329411724603169044874178931143443870105850"
		    "987581016304218283632259375395" },
	};
	char text[COMBINATIONS_TEXT];
	(void)state;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		shamir_combinations(known[i].k, known[i].n, text);
		assert_string_equal(text, known[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_split_of_every_size_is_proven),
		cmocka_unit_test(every_length_around_the_block_size_is_proven),
		cmocka_unit_test(
		    all_255_changes_of_every_byte_of_every_share_are_noticed),
		cmocka_unit_test(one_changed_byte_is_noticed_at_every_position),
		cmocka_unit_test(a_changed_secret_is_noticed_at_every_byte),
		cmocka_unit_test(
		    shares_of_a_higher_threshold_are_not_proven_for_a_lower_one),
		cmocka_unit_test(
		    swapped_shares_and_impossible_sizes_are_refused),
		cmocka_unit_test(
		    the_sentence_names_the_first_share_that_does_not_fit),
		cmocka_unit_test(
		    a_wrong_multiplication_in_split_makes_the_proof_fail),
		cmocka_unit_test(
		    a_wrong_multiplication_in_the_proof_makes_it_fail),
		cmocka_unit_test(
		    a_wrong_multiplication_in_join_gives_another_secret),
		cmocka_unit_test(combinations_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
