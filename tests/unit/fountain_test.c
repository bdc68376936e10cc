/*
 * The numbers of the fountain against the published ones.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/ur/bytewords.h"
#include "airgap/ur/fountain.h"
#include "tests/unit/vectors.h"

static json_t *root;

static const json_t *
published(const char *name, size_t count)
{
	const json_t *v = json_object_get(json_object_get(root, "published"),
	    name);

	assert_int_equal(json_array_size(v), count);
	return v;
}

static uint64_t
at(const json_t *list, size_t i)
{
	assert_true(json_is_integer(json_array_get(list, i)));
	return (uint64_t)json_integer_value(json_array_get(list, i));
}

static void
the_generator_gives_the_published_state_and_numbers(void **state)
{
	const json_t *s = published("xoshiro_Wolf_state_hex", 4);
	const json_t *raw = published("xoshiro_Wolf_raw_u64_first8", 8);
	const json_t *mod = published("xoshiro_Wolf_mod100", 100);
	struct xoshiro x = xoshiro_of(bytes_str("Wolf"));
	char hex[17];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(hex, sizeof(hex), "%016lx", x.s[i]);
		assert_string_equal(hex, json_string_value(json_array_get(s, i)));
	}
	for (size_t i = 0; i < 100; i++) {
		uint64_t v = xoshiro_next(&x);

		assert_int_equal(v % 100, at(mod, i));
		snprintf(hex, sizeof(hex), "%016lx", v);
		if (i < 8)
			assert_string_equal(hex, json_string_value(
			    json_array_get(raw, i)));
	}
}

static void
a_seed_of_bytes_gives_the_published_numbers(void **state)
{
	const json_t *mod = published("xoshiro_crc32Wolf_mod100", 100);
	uint8_t seed[4];
	struct xoshiro x;

	(void)state;
	be32_store(seed, crc32_of(bytes_str("Wolf")));
	x = xoshiro_of(bytes_of(seed, sizeof(seed)));
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(xoshiro_next(&x) % 100, at(mod, i));
}

static void
numbers_in_a_range_are_the_published_ones(void **state)
{
	const json_t *v = published("next_int_1_10_Wolf", 100);
	struct xoshiro x = xoshiro_of(bytes_str("Wolf"));

	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(xoshiro_int(&x, 1, 10), at(v, i));
}

/* Its next number is s1 * 5 rolled by 7, times 9; this is the inverse. */
static struct xoshiro
about_to_give(uint64_t v)
{
	uint64_t ninth = 0x8e38e38e38e38e39, fifth = 0xcccccccccccccccd;
	uint64_t rolled = v * ninth;

	return (struct xoshiro){ { 1, (rolled >> 7 | rolled << 57) * fifth,
	    2, 3 } };
}

static void
the_largest_number_is_one_and_stays_in_range(void **state)
{
	const double weights[] = { 1, 2, 4, 8 };
	struct xoshiro x = about_to_give(UINT64_MAX);
	struct sampler s;

	(void)state;
	assert_true(xoshiro_double(&x) == 1.0);
	x = about_to_give(UINT64_MAX);
	assert_int_equal(xoshiro_int(&x, 1, 10), 10);
	x = about_to_give(0);
	assert_int_equal(xoshiro_int(&x, 1, 10), 1);
	assert_int_equal(sampler_new(weights, 4, &s, NULL), 0);
	x = about_to_give(UINT64_MAX);
	assert_in_range(sampler_next(&s, &x), 0, 3);
	sampler_free(&s);
}

static void
a_number_becomes_a_double_by_one_rounding_to_even(void **state)
{
	struct xoshiro x = about_to_give(0x8000000000000400);	/* a tie */

	(void)state;
	assert_true(xoshiro_double(&x) == 0.5);
	x = about_to_give(0x8000000000000401);
	assert_true(xoshiro_double(&x) == 0.5 + ldexp(1, -53));
	x = about_to_give(0x8000000000000c00);		/* the other tie */
	assert_true(xoshiro_double(&x) == 0.5 + ldexp(1, -52));
}

static void
samples_of_four_weights_are_the_published_ones(void **state)
{
	const json_t *v = published("sampler_1248_Wolf", 500);
	const double weights[] = { 1, 2, 4, 8 };
	struct xoshiro x = xoshiro_of(bytes_str("Wolf"));
	struct sampler s;

	(void)state;
	assert_int_equal(sampler_new(weights, 4, &s, NULL), 0);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(sampler_next(&s, &x), at(v, i));
	sampler_free(&s);
}

static void
the_shuffle_is_the_published_one_and_any_beginning_of_it(void **state)
{
	const json_t *v = published("shuffle_1..10_Wolf", 10);
	uint16_t list[10];

	(void)state;
	for (size_t count = 0; count <= 10; count++) {
		struct xoshiro x = xoshiro_of(bytes_str("Wolf"));

		fountain_shuffle(&x, list, 10, count);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(list[i] + 1u, at(v, i));
	}
}

static void
degrees_are_the_published_ones(void **state)
{
	const json_t *one = published("degrees_seqLen11_Wolf", 1000);
	const json_t *each = published("degrees_seqLen11_Wolf-n", 200);
	struct xoshiro x = xoshiro_of(bytes_str("Wolf"));
	struct sampler s;
	char seed[16];

	(void)state;
	assert_int_equal(sampler_degrees(11, &s, NULL), 0);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(sampler_next(&s, &x) + 1, at(one, i));
	for (size_t i = 0; i < 200; i++) {
		snprintf(seed, sizeof(seed), "Wolf-%zu", i + 1);
		x = xoshiro_of(bytes_str(seed));
		assert_int_equal(sampler_next(&s, &x) + 1, at(each, i));
	}
	sampler_free(&s);
}

static int
ascending(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void
mixed_parts_have_the_published_fragments(void **state)
{
	const json_t *v = published("indexes_1024B_seqLen11", 50);
	uint32_t sum = (uint32_t)vector_int(json_object_get(root, "published"),
	    "checksum_1024B");
	uint16_t list[11];
	struct sampler s;

	(void)state;
	assert_int_equal(sampler_degrees(11, &s, NULL), 0);
	for (uint32_t seq = 12; seq <= 50; seq++) {
		const json_t *want = json_array_get(v, seq - 1);
		size_t n = fountain_choose(&s, seq, sum, list);

		assert_int_equal(n, json_array_size(want));
		qsort(list, n, sizeof(*list), ascending);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(list[i], at(want, i));
	}
	sampler_free(&s);
}

/* Chance i is (prob[i] + what others alias to i) / n. */
static void
the_tables_hold_exactly_the_weights(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 1024; n = n < 40 ? n + 1 : n + 123) {
		double *chance = calloc(n, sizeof(double)), sum = 0;
		struct sampler s;

		assert_int_equal(sampler_degrees(n, &s, NULL), 0);
		for (size_t i = 0; i < n; i++) {
			sum += 1.0 / (double)(i + 1);
			chance[i] += s.probability[i];
			chance[s.alias[i]] += 1 - s.probability[i];
		}
		for (size_t i = 0; i < n; i++)
			assert_true(fabs(chance[i] / (double)n -
			    1.0 / (double)(i + 1) / sum) < 1e-12);
		free(chance);
		sampler_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_generator_gives_the_published_state_and_numbers),
		cmocka_unit_test(a_seed_of_bytes_gives_the_published_numbers),
		cmocka_unit_test(numbers_in_a_range_are_the_published_ones),
		cmocka_unit_test(the_largest_number_is_one_and_stays_in_range),
		cmocka_unit_test(a_number_becomes_a_double_by_one_rounding_to_even),
		cmocka_unit_test(samples_of_four_weights_are_the_published_ones),
		cmocka_unit_test(the_shuffle_is_the_published_one_and_any_beginning_of_it),
		cmocka_unit_test(degrees_are_the_published_ones),
		cmocka_unit_test(mixed_parts_have_the_published_fragments),
		cmocka_unit_test(the_tables_hold_exactly_the_weights),
	};
	int r;

	root = json_load_file("tests/data/ur.json", JSON_REJECT_DUPLICATES,
	    NULL);
	if (root == NULL)
		abort();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(root);
	return r;
}
