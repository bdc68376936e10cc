/* Shamir over GF(2^8) (wire, section 5): vectors, errors, exhaustion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "airgap/seal/shamir.h"
#include "tests/unit/vectors.h"

#define N_MAX 8
#define LEN_MAX 100

/* The second method: schoolbook product, then division by 0x11b. */
static uint8_t
slow_mul(uint8_t a, uint8_t b)
{
	unsigned p = 0;

	for (unsigned i = 0; i < 8; i++)
		if ((b >> i & 1) != 0)
			p ^= (unsigned)a << i;
	for (unsigned i = 14; i >= 8; i--)
		if ((p >> i & 1) != 0)
			p ^= 0x11bU << (i - 8);
	return (uint8_t)p;
}

/* Joins shares of len + 1 bytes at base picked by the bits of subset. */
static int
join_subset(const uint8_t *base, size_t size, size_t n, unsigned subset,
    uint8_t *out)
{
	const uint8_t *at[N_MAX];
	size_t len[N_MAX], m = 0;

	for (size_t i = 0; i < n; i++)
		if ((subset >> i & 1) != 0) {
			at[m] = base + i * size;
			len[m++] = size;
		}
	return shamir_join(at, len, m, out, NULL);
}

static void
old_shares_join_in_every_recorded_combination(void **state)
{
	json_t *vectors = vectors_load("shamir");
	const json_t *v = vector_named(vectors,
	    "can_reconstruct_from_old_shares");
	const json_t *shares = json_object_get(v, "shares");
	const json_t *combos = json_object_get(v, "combos");
	struct buf want = vector_buf(v, "expected_secret_hex");
	struct buf s[3];
	uint8_t out[64];
	(void)state;

	for (size_t i = 0; i < 3; i++)
		s[i] = vector_unhex(json_string_value(
		    json_array_get(shares, i)));
	assert_int_equal(json_array_size(combos), 3);
	for (size_t i = 0; i < 3; i++) {
		const json_t *c = json_array_get(combos, i);
		size_t a = (size_t)json_integer_value(json_array_get(c, 0));
		size_t b = (size_t)json_integer_value(json_array_get(c, 1));
		const uint8_t *both[2] = { s[a].p, s[b].p };
		const size_t len[2] = { s[a].n, s[b].n };

		assert_int_equal(shamir_join(both, len, 2, out, NULL), 0);
		assert_memory_equal(out, want.p, want.n);
	}
	for (size_t i = 0; i < 3; i++)
		buf_free(&s[i]);
	buf_free(&want);
	json_decref(vectors);
}

static void
given_coefficients_give_the_recorded_shares(void **state)
{
	json_t *vectors = vectors_load("shamir");
	const json_t *v = vector_named(vectors, "deterministic split (own)");
	const json_t *shares = json_object_get(v, "shares");
	const json_t *a1 = json_object_get(v, "coefficients_per_byte_a1");
	struct buf secret = vector_buf(v, "secret");
	uint8_t coefficients[4], out[3 * 5];
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		struct buf b = vector_unhex(json_string_value(
		    json_array_get(a1, i)));

		coefficients[i] = b.p[0];
		buf_free(&b);
	}
	assert_int_equal(shamir_split_with(secret.p, 4, 2, 3, coefficients,
	    out, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		struct buf want = vector_unhex(json_string_value(
		    json_array_get(shares, i)));

		assert_int_equal(want.n, 5);
		assert_memory_equal(out + 5 * i, want.p, 5);
		buf_free(&want);
	}
	buf_free(&secret);
	json_decref(vectors);
}

static int
code_of(const char *name)
{
	if (strcmp(name, "SharingMinThreshold") == 0)
		return ERR_SHARE_MIN;
	if (strcmp(name, "SharingDuplicateIdentifier") == 0)
		return ERR_SHARE_TWICE;
	if (strcmp(name, "SharingInvalidIdentifier") == 0)
		return ERR_SHARE_ZERO;
	return strcmp(name, "InvalidShare") == 0 ? ERR_SHARE_FORM : 1;
}

static void
every_recorded_join_error_is_given(void **state)
{
	json_t *vectors = vectors_load("shamir");
	size_t done = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		const json_t *texts = json_object_get(v, "shares");
		size_t m = json_array_size(texts);
		struct buf s[4] = { { 0 } };
		const uint8_t *at[4];
		size_t len[4];
		uint8_t out[16];

		if (!vector_has(v, "error"))
			continue;
		assert_true(m <= 4);
		for (size_t j = 0; j < m; j++) {
			s[j] = vector_unhex(json_string_value(
			    json_array_get(texts, j)));
			at[j] = s[j].p;
			len[j] = s[j].n;
		}
		assert_int_equal(shamir_join(at, len, m, out, NULL),
		    code_of(vector_text(v, "error")));
		for (size_t j = 0; j < m; j++)
			buf_free(&s[j]);
		done++;
	}
	assert_int_equal(done, 5);
	json_decref(vectors);
}

static void
split_errors_come_in_the_order_of_qos(void **state)
{
	static uint8_t secret[SHAMIR_SECRET_MAX + 1];
	uint8_t out[64];
	struct err e;
	(void)state;

	assert_int_equal(shamir_split(secret, 0, 300, 256, out, &e),
	    ERR_SHARE_SIZE);
	assert_int_equal(shamir_split(secret, 0, 300, 255, out, &e),
	    ERR_SHARE_SECRET);
	assert_int_equal(shamir_split(secret, SHAMIR_SECRET_MAX + 1, 2, 2,
	    out, &e), ERR_SHARE_SECRET);
	assert_int_equal(shamir_split(secret, 1, 3, 2, out, &e),
	    ERR_SHARE_LIMIT);
	assert_int_equal(shamir_split(secret, 1, 1, 1, out, &e),
	    ERR_SHARE_MIN);
	assert_int_equal(shamir_split(secret, 1, 0, 0, out, &e),
	    ERR_SHARE_MIN);
	assert_int_equal(shamir_split(secret, 1, 2, 2, out, &e), 0);
}

static void
join_checks_form_then_zero_then_twice(void **state)
{
	static const uint8_t zero[2] = { 0, 1 }, one[3] = { 1, 1, 1 };
	const uint8_t *both[3] = { zero, zero, one };
	size_t len[3] = { 2, 2, 3 };
	uint8_t out[4];
	(void)state;

	assert_int_equal(shamir_join(both, len, 3, out, NULL),
	    ERR_SHARE_FORM);
	assert_int_equal(shamir_join(both, len, 2, out, NULL),
	    ERR_SHARE_ZERO);
	assert_int_equal(shamir_join(both, len, 1, out, NULL),
	    ERR_SHARE_MIN);
	assert_int_equal(shamir_join(both, len, 0, out, NULL),
	    ERR_SHARE_MIN);
}

static uint8_t
one_byte(const json_t *list, size_t at)
{
	struct buf b = vector_unhex(json_string_value(
	    json_array_get(list, at)));
	uint8_t v = b.p[0];

	assert_int_equal(b.n, 1);
	buf_free(&b);
	return v;
}

static void
the_second_method_gives_the_recorded_products(void **state)
{
	json_t *vectors = vectors_load("shamir");
	const json_t *v = vector_named(vectors, "gf256");
	const json_t *mul = json_object_get(v, "mul");
	const json_t *inv = json_object_get(v, "inv");
	(void)state;

	assert_int_equal(json_array_size(mul), 4);
	assert_int_equal(json_array_size(inv), 3);
	for (size_t i = 0; i < 4; i++) {
		const json_t *m = json_array_get(mul, i);

		assert_int_equal(slow_mul(one_byte(m, 0), one_byte(m, 1)),
		    one_byte(m, 2));
	}
	for (size_t i = 0; i < 3; i++) {
		const json_t *m = json_array_get(inv, i);

		assert_int_equal(slow_mul(one_byte(m, 0), one_byte(m, 1)), 1);
	}
	json_decref(vectors);
}

/* Degree 1: y = s + c x, so the share shows the product c x. */
static void
all_65536_products_agree_with_a_second_method(void **state)
{
	static uint8_t shares[255 * 257];
	uint8_t zero[256] = { 0 }, c[256];
	(void)state;

	for (unsigned i = 0; i < 256; i++)
		c[i] = (uint8_t)i;
	assert_int_equal(shamir_split_with(zero, 256, 2, 255, c, shares,
	    NULL), 0);
	for (unsigned x = 1; x < 256; x++) {
		const uint8_t *share = shares + (size_t)(x - 1) * 257;

		assert_int_equal(share[0], x);
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(share[1 + i],
			    slow_mul((uint8_t)i, (uint8_t)x));
	}
}

/* Horner with the second method, for a polynomial of high degree. */
static void
values_of_a_high_degree_agree_with_a_second_method(void **state)
{
	static uint8_t shares[255 * 34], c[127 * 33];
	uint8_t secret[33];
	(void)state;

	random_bytes(secret, sizeof(secret));
	random_bytes(c, sizeof(c));
	assert_int_equal(shamir_split_with(secret, 33, 128, 255, c, shares,
	    NULL), 0);
	for (size_t x = 1; x < 256; x++)
		for (size_t i = 0; i < 33; i++) {
			uint8_t y = 0;

			for (size_t j = 127; j-- > 0;)
				y = slow_mul(y ^ c[j * 33 + i], (uint8_t)x);
			assert_int_equal(shares[(x - 1) * 34 + 1 + i],
			    y ^ secret[i]);
		}
}

static void
check_every_subset(size_t k, size_t n, size_t len)
{
	uint8_t secret[LEN_MAX], out[LEN_MAX], shares[N_MAX * (LEN_MAX + 1)];

	random_bytes(secret, len);
	assert_int_equal(shamir_split(secret, len, k, n, shares, NULL), 0);
	for (unsigned subset = 1; subset < 1U << n; subset++) {
		size_t m = (size_t)__builtin_popcount(subset);
		int r = join_subset(shares, 1 + len, n, subset, out);

		assert_int_equal(r, m < 2 ? ERR_SHARE_MIN : 0);
		if (m >= k)
			assert_memory_equal(out, secret, len);
		else if (m >= 2)
			assert_memory_not_equal(out, secret, len);
	}
}

static void
every_subset_of_every_k_of_n_up_to_8_joins_exactly_from_k_on(void **state)
{
	(void)state;

	for (size_t n = 2; n <= N_MAX; n++)
		for (size_t k = 2; k <= n; k++) {
			check_every_subset(k, n, 32);
			check_every_subset(k, n, 33);
		}
}

static void
every_length_around_the_block_size_joins(void **state)
{
	uint8_t secret[LEN_MAX], out[LEN_MAX + 1], shares[5 * (LEN_MAX + 1)];
	(void)state;

	random_bytes(secret, sizeof(secret));
	for (size_t len = 1; len <= LEN_MAX; len++) {
		out[len] = 0xa5;
		assert_int_equal(shamir_split(secret, len, 3, 5, shares,
		    NULL), 0);
		assert_int_equal(join_subset(shares, 1 + len, 5, 0x1a, out),
		    0);
		assert_memory_equal(out, secret, len);
		assert_int_equal(out[len], 0xa5);
	}
}

static void
the_largest_sharing_joins_from_its_last_shares(void **state)
{
	static uint8_t shares[255 * 33];
	static const uint8_t *at[255];
	static size_t len[255];
	uint8_t secret[32], out[32];
	(void)state;

	random_bytes(secret, sizeof(secret));
	assert_int_equal(shamir_split(secret, 32, 255, 255, shares, NULL), 0);
	for (size_t i = 0; i < 255; i++) {
		at[i] = shares + (254 - i) * 33;
		len[i] = 33;
	}
	assert_int_equal(shamir_join(at, len, 255, out, NULL), 0);
	assert_memory_equal(out, secret, 32);
	assert_int_equal(shamir_join(at, len, 254, out, NULL), 0);
	assert_memory_not_equal(out, secret, 32);
}

/* 2-of-n of zero bytes: y(1) is the coefficient; all 256 values occur. */
static void
coefficients_take_all_256_values_zero_included(void **state)
{
	static uint8_t zero[16384], shares[2 * 16385];
	uint8_t seen[256] = { 0 };
	(void)state;

	assert_int_equal(shamir_split(zero, sizeof(zero), 2, 2, shares,
	    NULL), 0);
	for (size_t i = 1; i < 16385; i++)
		seen[shares[i]] = 1;
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(seen[i], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_shares_join_in_every_recorded_combination),
		cmocka_unit_test(given_coefficients_give_the_recorded_shares),
		cmocka_unit_test(every_recorded_join_error_is_given),
		cmocka_unit_test(split_errors_come_in_the_order_of_qos),
		cmocka_unit_test(join_checks_form_then_zero_then_twice),
		cmocka_unit_test(the_second_method_gives_the_recorded_products),
		cmocka_unit_test(all_65536_products_agree_with_a_second_method),
		cmocka_unit_test(
		    values_of_a_high_degree_agree_with_a_second_method),
		cmocka_unit_test(
		    every_subset_of_every_k_of_n_up_to_8_joins_exactly_from_k_on),
		cmocka_unit_test(every_length_around_the_block_size_joins),
		cmocka_unit_test(the_largest_sharing_joins_from_its_last_shares),
		cmocka_unit_test(coefficients_take_all_256_values_zero_included),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
