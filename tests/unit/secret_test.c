/* Guarded memory, the process guards and libcrypto's locked heap. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>

#include "airgap/seal/keyset.h"
#include "airgap/seal/vault.h"

/* The address sanitizer makes mlock do nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define LEN 33
#define SURVIVED 77

/* A new secret of pages that were just made, or that were used before. */
static int
make(struct secret *s, size_t len, bool again)
{
	if (secret_new(s, len, NULL) != 0)
		return -1;
	if (!again)
		return 0;
	secret_free(s);
	return secret_new(s, len, NULL);
}

/* Runs act on a new secret in a child; true if the child did not survive. */
static bool
dies_with(void (*act)(struct secret *s), size_t len, bool again)
{
	struct secret s;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		if (freopen("/dev/null", "w", stderr) == NULL ||
		    make(&s, len, again) != 0)
			_exit(SURVIVED);
		act(&s);
		_exit(SURVIVED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != SURVIVED;
}

static bool
dies(void (*act)(struct secret *s), size_t len)
{
	bool fresh = dies_with(act, len, false);

	assert_int_equal(dies_with(act, len, true), fresh);
	return fresh;
}

static void
read_at(const uint8_t *p)
{
	(void)*(const volatile uint8_t *)p;
}

static void
read_all(struct secret *s)
{
	for (size_t i = 0; i < s->len; i++)
		read_at(s->b + i);
}

static void
read_one_over(struct secret *s)
{
	read_at(s->b + s->len);
}

static void
write_one_over(struct secret *s)
{
	*(volatile uint8_t *)(s->b + s->len) = 1;
}

static void
read_under_the_page(struct secret *s)
{
	read_at(s->b + s->len - 4096 - 1);
}

static void
write_one_under(struct secret *s)
{
	*(volatile uint8_t *)(s->b - 1) ^= 1;
	secret_free(s);
}

static void
use_after_free(struct secret *s)
{
	uint8_t *p = s->b;

	secret_free(s);
	read_at(p);
}

static void
free_twice(struct secret *s)
{
	struct secret copy = *s;

	secret_free(s);
	secret_free(&copy);
}

static void
free_the_same_struct_twice(struct secret *s)
{
	secret_free(s);
	secret_free(s);
}

static void
every_touch_outside_a_secret_kills_the_process(void **state)
{
	(void)state;

	/* the controls: what is allowed does not kill */
	assert_false(dies(read_all, LEN));
	assert_false(dies(free_the_same_struct_twice, LEN));
	assert_true(dies(read_one_over, LEN));
	assert_true(dies(read_one_over, 1));
	assert_true(dies(write_one_over, LEN));
	assert_true(dies(read_under_the_page, LEN));
	assert_true(dies(write_one_under, LEN));
	assert_true(dies(use_after_free, LEN));
	assert_true(dies(free_twice, LEN));
}

/* The VmFlags of the mapping that holds p, from the kernel. */
static void
flags_of(const void *p, char *out, size_t n)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false;
	char line[512];

	out[0] = '\0';
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(out, n, "%s", line);
	}
	fclose(f);
}

static void
check_flags(const void *p, bool wiped_on_fork)
{
	char flags[512];

	flags_of(p, flags, sizeof(flags));
	if (!SANITIZED)
		assert_non_null(strstr(flags, " lo"));
	assert_non_null(strstr(flags, " dd"));
	assert_int_equal(strstr(flags, " wf") != NULL, wiped_on_fork);
}

static void
a_secret_is_zero_locked_undumped_and_wiped_on_fork(void **state)
{
	static const uint8_t zero[5000];
	struct secret s;
	(void)state;

	assert_int_equal(secret_new(&s, sizeof(zero), NULL), 0);
	assert_memory_equal(s.b, zero, sizeof(zero));
	check_flags(s.b, true);
	check_flags(s.b + s.len - 1, true);
	secret_free(&s);
	assert_null(s.b);
	assert_int_equal(s.len, 0);
	secret_free(NULL);
}

static void
a_secret_in_used_pages_is_zero_and_as_guarded_as_a_new_one(void **state)
{
	static const uint8_t zero[LEN];
	struct secret s[12];
	uint8_t *before;
	(void)state;

	assert_int_equal(secret_new(&s[0], LEN, NULL), 0);
	memset(s[0].b, 0xa5, LEN);
	before = s[0].b;
	secret_free(&s[0]);
	assert_int_equal(secret_new(&s[0], LEN, NULL), 0);
	assert_ptr_equal(s[0].b, before);
	assert_memory_equal(s[0].b, zero, LEN);
	check_flags(s[0].b, true);
	for (size_t i = 1; i < 12; i++)
		assert_int_equal(secret_new(&s[i], LEN + i % 2, NULL), 0);
	for (size_t i = 0; i < 12; i++)
		secret_free(&s[i]);
}

static void
a_forked_child_sees_zeros_and_may_release_them(void **state)
{
	struct secret s;
	int status;
	pid_t pid;
	(void)state;

	assert_int_equal(secret_new(&s, LEN, NULL), 0);
	memset(s.b, 0xa5, LEN);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int sum = 0;

		for (size_t i = 0; i < LEN; i++)
			sum |= s.b[i];
		secret_free(&s);
		_exit(sum);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(s.b[0], 0xa5);
	secret_free(&s);
}

#if !SANITIZED
/* In a child without the right and without the limit to lock memory. */
static int
secret_without_locking(void)
{
	const struct rlimit none = { 0, 0 };
	struct secret s;
	struct err e = { 0 };

	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
		return 1;
	if (secret_new(&s, LEN, &e) != ERR_SYSTEM || s.b != NULL)
		return 2;
	if (strstr(e.text, "RLIMIT_MEMLOCK") == NULL)
		return 3;
	return vault_alloc((size_t)1 << 20) == NULL ? 0 : 4;
}

static void
memory_that_cannot_be_locked_is_an_error_that_names_the_limit(void **state)
{
	int status;
	pid_t pid;
	(void)state;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(secret_without_locking());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
#endif

static void
no_bytes_is_not_a_secret(void **state)
{
	struct secret s = { (uint8_t *)&s, 7 };
	(void)state;

	assert_int_equal(secret_new(&s, 0, NULL), ERR_INTERNAL);
	assert_null(s.b);
}

static void
the_process_dumps_no_core_and_gains_no_privileges(void **state)
{
	struct rlimit core;
	(void)state;

	assert_int_equal(secret_process_init(NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	assert_int_equal(core.rlim_max, 0);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	if (!SANITIZED)
		assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

/* Where the calls that work on secrets have their frames. */
static void
the_stack_is_locked_and_not_dumped(void **state)
{
	const uint8_t *here = __builtin_frame_address(0);
	(void)state;

	for (size_t below = 4; below <= 64; below += 4)
		check_flags(here - (below << 10), false);
}

static void
the_heap_of_libcrypto_is_locked_and_wiped_at_free(void **state)
{
	static const uint8_t zero[40];
	uint8_t *p = OPENSSL_malloc(48);
	BIGNUM *bn = BN_new();
	(void)state;

	assert_non_null(p);
	assert_true(vault_holds(p));
	assert_true(vault_holds(bn));
	BN_free(bn);
	check_flags(p, false);
	memset(p, 0xa5, 48);
	OPENSSL_free(p);
	/* the arena stays mapped; the first word is the free list's */
	assert_memory_equal(p + 8, zero, sizeof(zero));
}

static void
vault_blocks_are_aligned_apart_and_keep_their_bytes(void **state)
{
	enum { COUNT = 400 };
	static uint8_t *p[COUNT];
	(void)state;

	for (size_t i = 0; i < COUNT; i++) {
		p[i] = vault_alloc(i * 7 + 1);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i & 0xff, i * 7 + 1);
	}
	for (size_t i = 0; i < COUNT; i += 2) {
		p[i] = vault_resize(p[i], i * 11 + 1);
		assert_non_null(p[i]);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < i * 7 + 1; j++)
			assert_int_equal(p[i][j], i & 0xff);
		vault_release(p[i]);
	}
}

static void
a_shrunk_vault_block_loses_its_tail(void **state)
{
	static const uint8_t zero[48];
	uint8_t *p = vault_alloc(64), *q;
	(void)state;

	memset(p, 0xa5, 64);
	q = vault_resize(p, 16);
	assert_ptr_equal(p, q);
	assert_memory_equal(q + 16, zero, 48);
	assert_null(vault_resize(q, 0));
	assert_null(vault_alloc(0));
	assert_null(vault_alloc(SIZE_MAX));
}

static void
a_full_arena_gives_locked_mappings_instead(void **state)
{
	enum { COUNT = 16, BIG = 1 << 18 };
	uint8_t *p[COUNT];
	size_t outside = 0;
	(void)state;

	for (size_t i = 0; i < COUNT; i++) {
		p[i] = vault_alloc(BIG);
		assert_non_null(p[i]);
		memset(p[i], 1, BIG);
		if (vault_holds(p[i]))
			continue;
		outside++;
		check_flags(p[i], false);
	}
	assert_true(outside > 0);
	for (size_t i = 0; i < COUNT; i++)
		vault_release(p[i]);
	p[0] = vault_resize(vault_alloc(100), BIG + 1);
	assert_non_null(p[0]);
	assert_false(vault_holds(p[0]));
	vault_release(p[0]);
}

static void
release_a_vault_block_twice(struct secret *s)
{
	void *p = vault_alloc(32);

	(void)s;
	vault_release(p);
	vault_release(p);
}

static void
a_vault_block_released_twice_kills_the_process(void **state)
{
	(void)state;

	assert_true(dies(release_a_vault_block_twice, LEN));
}

static void
comparison_finds_a_difference_at_every_byte(void **state)
{
	uint8_t a[64], b[64];
	(void)state;

	random_bytes(a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_int_equal(secret_equal(a, b, 64), 1);
	for (size_t i = 0; i < 64; i++) {
		b[i] ^= 0x40;
		assert_int_equal(secret_equal(a, b, 64), 0);
		assert_int_equal(secret_equal(a, b, i), 1);
		b[i] ^= 0x40;
	}
}

static int
process_begin(void **state)
{
	struct err e;

	(void)state;
	if (secret_process_init(&e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.text);
	return -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_touch_outside_a_secret_kills_the_process),
		cmocka_unit_test(
		    a_secret_is_zero_locked_undumped_and_wiped_on_fork),
		cmocka_unit_test(
		    a_secret_in_used_pages_is_zero_and_as_guarded_as_a_new_one),
		cmocka_unit_test(a_forked_child_sees_zeros_and_may_release_them),
#if !SANITIZED
		cmocka_unit_test(
		    memory_that_cannot_be_locked_is_an_error_that_names_the_limit),
#endif
		cmocka_unit_test(no_bytes_is_not_a_secret),
		cmocka_unit_test(
		    the_process_dumps_no_core_and_gains_no_privileges),
		cmocka_unit_test(the_stack_is_locked_and_not_dumped),
		cmocka_unit_test(
		    the_heap_of_libcrypto_is_locked_and_wiped_at_free),
		cmocka_unit_test(
		    vault_blocks_are_aligned_apart_and_keep_their_bytes),
		cmocka_unit_test(a_shrunk_vault_block_loses_its_tail),
		cmocka_unit_test(a_full_arena_gives_locked_mappings_instead),
		cmocka_unit_test(a_vault_block_released_twice_kills_the_process),
		cmocka_unit_test(comparison_finds_a_difference_at_every_byte),
	};

	return cmocka_run_group_tests(tests, process_begin, NULL);
}
