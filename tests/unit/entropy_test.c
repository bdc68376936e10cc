/*
 * Entropy: the derivation against a value computed elsewhere (Python's hmac),
 * dice as they are typed, and the draw that must be repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/seal/hex.h"
#include "ceremony/entropy.h"
#include "tests/unit/sentence.h"

static const char seed_alone[] =
    "84bfa77ed7ea66caab4444f6cb51d7930310d7956ed2da73d88bd8dfc12e6bf2";
static const char seed_with_dice[] =
    "317e6bb8f8c35fa5d7888a6cba31e0b720088d2b4d1f1f5333d6e5b586ea0535";

/* --- the system generator gives 0, 1, 2, ...; a draw may be bad */

static bool counting;
static int bad_draws, draws;

void __real_random_bytes(void *out, size_t n);
void __wrap_random_bytes(void *out, size_t n);
int __real_keyset_from_seed(struct keyset *ks, const uint8_t *seed,
    struct err *e);
int __wrap_keyset_from_seed(struct keyset *ks, const uint8_t *seed,
    struct err *e);

void
__wrap_random_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	if (!counting) {
		__real_random_bytes(out, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i + (size_t)draws);
	draws++;
}

int
__wrap_keyset_from_seed(struct keyset *ks, const uint8_t *seed, struct err *e)
{
	if (bad_draws > 0) {
		bad_draws--;
		return err_set(e, ERR_SEED, "not a valid scalar");
	}
	return __real_keyset_from_seed(ks, seed, e);
}

/* --- */

static struct digest256
fingerprint(void)
{
	struct digest256 d;

	memset(d.b, 0x11, sizeof(d.b));
	return d;
}

/* Standard input is text; its end, unless more follows by itself. */
static int
read_dice(const char *text, struct secret *dice, struct err *e)
{
	int pipe_fd[2], kept = dup(STDIN_FILENO), r;

	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(write(pipe_fd[1], text, strlen(text)),
	    (ssize_t)strlen(text));
	close(pipe_fd[1]);
	assert_true(kept >= 0 && dup2(pipe_fd[0], STDIN_FILENO) == 0);
	r = entropy_read_dice(dice, e);
	close(pipe_fd[0]);
	assert_int_equal(dup2(kept, STDIN_FILENO), 0);
	close(kept);
	return r;
}

static void
assert_seed(const struct secret *dice, const char *hex)
{
	struct digest256 fp = fingerprint();
	struct secret seed;
	struct keyset ks;
	char text[SEED_HEX_LEN + 1] = "";

	counting = true;
	draws = 0;
	assert_int_equal(entropy_seed(dice, &fp, &seed, &ks, NULL), 0);
	counting = false;
	hex_encode(seed.b, SEED_LEN, text);
	assert_string_equal(text, hex);
	secret_free(&seed);
	keyset_free(&ks);
}

static void
a_seed_is_the_published_derivation(void **state)
{
	const struct secret none = { 0 };
	struct secret dice;

	(void)state;
	assert_seed(&none, seed_alone);
	assert_int_equal(read_dice("123456 1234561 23456123456123456\n"
	    "12345612345612345612345612345\t6\n\n", &dice, NULL), 0);
	assert_int_equal(dice.len, 60);
	assert_seed(&dice, seed_with_dice);
	secret_free(&dice);
}

static void
a_seed_without_a_valid_scalar_is_drawn_again(void **state)
{
	const struct secret none = { 0 };
	struct digest256 fp = fingerprint();
	struct secret seed;
	struct keyset ks;
	char text[SEED_HEX_LEN + 1] = "";

	(void)state;
	counting = true;
	draws = 0;
	bad_draws = 2;
	assert_int_equal(entropy_seed(&none, &fp, &seed, &ks, NULL), 0);
	counting = false;
	assert_int_equal(draws, 3);
	hex_encode(seed.b, SEED_LEN, text);
	assert_string_not_equal(text, seed_alone);
	secret_free(&seed);
	keyset_free(&ks);
}

static void
seeds_of_one_plan_and_one_set_of_dice_differ(void **state)
{
	struct digest256 fp = fingerprint();
	struct secret a, b, dice;
	struct keyset ka, kb;

	(void)state;
	assert_int_equal(secret_new(&dice, 50, NULL), 0);
	assert_int_equal(entropy_seed(&dice, &fp, &a, &ka, NULL), 0);
	assert_int_equal(entropy_seed(&dice, &fp, &b, &kb, NULL), 0);
	assert_memory_not_equal(a.b, b.b, SEED_LEN);
	secret_free(&a);
	secret_free(&b);
	secret_free(&dice);
	keyset_free(&ka);
	keyset_free(&kb);
}

static void
assert_no_dice(const char *text, const char *sentence)
{
	struct secret dice;
	struct err e = { 0 };

	assert_int_equal(read_dice(text, &dice, &e), ERR_INPUT);
	assert_null(dice.b);
	assert_sentence(&e, sentence);
}

static void
too_few_too_many_and_other_digits_are_no_dice(void **state)
{
	char many[DICE_MAX + 2];

	(void)state;
	assert_no_dice("", "dice: 0 rolls, at least 50");
	assert_no_dice("\n123456", "dice: 0 rolls");
	assert_no_dice("12 34\n \n", "dice: 4 rolls");
	assert_no_dice("1230", "only the digits 1 to 6");
	assert_no_dice("1237", "only the digits 1 to 6");
	assert_no_dice("123\x1b[A", "only the digits 1 to 6");
	memset(many, '6', DICE_MAX + 1);
	many[DICE_MAX + 1] = '\0';
	assert_no_dice(many, "more than 1024 rolls");
	many[DICE_MIN - 1] = '\0';
	assert_no_dice(many, "dice: 49 rolls");
}

static void
the_least_and_the_most_dice_are_taken(void **state)
{
	char many[DICE_MAX + 1];
	struct secret dice;

	(void)state;
	memset(many, '1', DICE_MAX);
	many[DICE_MAX] = '\0';
	assert_int_equal(read_dice(many, &dice, NULL), 0);
	assert_int_equal(dice.len, DICE_MAX);
	secret_free(&dice);
	many[DICE_MIN] = '\0';
	assert_int_equal(read_dice(many, &dice, NULL), 0);
	assert_int_equal(dice.len, DICE_MIN);
	secret_free(&dice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_the_published_derivation),
		cmocka_unit_test(a_seed_without_a_valid_scalar_is_drawn_again),
		cmocka_unit_test(seeds_of_one_plan_and_one_set_of_dice_differ),
		cmocka_unit_test(
		    too_few_too_many_and_other_digits_are_no_dice),
		cmocka_unit_test(the_least_and_the_most_dice_are_taken),
	};
	struct err e;

	if (secret_process_init(&e) != 0)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
