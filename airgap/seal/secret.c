/*
 * Guarded memory over libsodium's sodium_malloc, and the process-wide
 * guards.  sodium_malloc gives the guard pages, the canary and the wipe at
 * release; a failing mlock, which it ignores, is an error here, and the
 * pages are wiped in a forked child.
 *
 * Making such pages takes a dozen system calls, more than opening a sealed
 * share.  So up to SPARES released blocks of one page are kept: wiped,
 * locked, and inaccessible until the next secret of the same length.
 *
 * Not for several threads at once.
 */
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/secret.h"
#include "airgap/seal/vault.h"

#define CANARY_LEN 16		/* libsodium's, in front of the bytes */
#define STACK_DEPTH 4096	/* signing, the deepest, uses about half */
#define STACK_LOCKED ((size_t)128 << 10)	/* deeper than any command */

/*
 * The leak checker of sanitizer builds attaches to its own process, which an
 * undumpable process refuses.  Such builds are for tests only.
 */
#if defined(__SANITIZE_ADDRESS__)
#define KEEP_DUMPABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_DUMPABLE 1
#endif
#endif
#ifndef KEEP_DUMPABLE
#define KEEP_DUMPABLE 0
#endif

#define SPARES 8

static bool ready;		/* secret_process_init is done */
static bool forked;		/* older secrets are wiped and not locked */

/* Released blocks, and libsodium's canary, the same for all blocks. */
static struct {
	struct secret block[SPARES];
	size_t count;
	uint8_t canary[CANARY_LEN];
} spare;

static int
limit_error(struct err *e, const char *what)
{
	return err_set(e, ERR_SYSTEM, "cannot %s: %s", what, strerror(errno));
}

static int
limits_set(struct err *e)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit locked;

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return limit_error(e, "turn core dumps off");
	if (!KEEP_DUMPABLE && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return limit_error(e, "close the process to debuggers");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return limit_error(e, "refuse new privileges");
	/* as far as it goes without privilege; mlock reports what is short */
	if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0) {
		locked.rlim_cur = locked.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &locked);
	}
	return 0;
}

/*
 * The stack below the caller, where secrets lie while they are worked on:
 * never swapped, never dumped.
 */
static __attribute__((noinline)) int
stack_guard(struct err *e)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const void *frame = __builtin_frame_address(0);
	uintptr_t here = (uintptr_t)frame;
	uint8_t *start = (uint8_t *)((here + page - 1) / page * page -
	    STACK_LOCKED);

	/* makes the pages */
	sodium_stackzero(STACK_LOCKED);
	if (mlock(start, STACK_LOCKED) != 0)
		return vault_lock_error(e, STACK_LOCKED);
	if (madvise(start, STACK_LOCKED, MADV_DONTDUMP) != 0)
		return limit_error(e, "keep the stack out of dumps");
	return 0;
}

/* In a forked child: nothing kept may be used again. */
static void
child_begin(void)
{
	forked = true;
	spare.count = 0;
}

int
secret_process_init(struct err *e)
{
	int r = ERR_INTERNAL;

	if (ready)
		return 0;
	if (sodium_init() < 0)
		return err_set(e, ERR_SYSTEM,
		    "libsodium does not start: no source of random bytes");
	if ((r = limits_set(e)) != 0 || (r = stack_guard(e)) != 0 ||
	    (r = vault_install(e)) != 0)
		return r;
	if (pthread_atfork(NULL, NULL, child_begin) != 0)
		return err_set(e, ERR_SYSTEM, "no memory to watch for forks");
	ready = true;
	return 0;
}

/* First byte of the data pages of a sodium_malloc block, and their length. */
static uint8_t *
data_pages(const struct secret *s, size_t *n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*n = (s->len + CANARY_LEN + page - 1) / page * page;
	return s->b + s->len - *n;
}

/* A released block of that length, made accessible; false if none. */
static bool
spare_take(struct secret *s, size_t len)
{
	for (size_t i = 0; i < spare.count; i++) {
		if (spare.block[i].len != len)
			continue;
		if (sodium_mprotect_readwrite(spare.block[i].b) != 0)
			return false;
		*s = spare.block[i];
		spare.block[i] = spare.block[--spare.count];
		return true;
	}
	return false;
}

/*
 * Keeps a block for later; false where it must be released.  A written
 * canary stops the process, as sodium_free would.
 */
static bool
spare_keep(const struct secret *s)
{
	size_t n;

	(void)data_pages(s, &n);
	if (!ready || spare.count == SPARES ||
	    n != (size_t)sysconf(_SC_PAGESIZE))
		return false;
	wipe(s->b, s->len);
	if (sodium_memcmp(s->b - CANARY_LEN, spare.canary, CANARY_LEN) != 0)
		abort();
	if (sodium_mprotect_noaccess(s->b) != 0)
		return false;
	spare.block[spare.count++] = *s;
	return true;
}

/* New pages. */
static int
block_make(struct secret *s, size_t len, struct err *e)
{
	int r = ERR_INTERNAL;
	uint8_t *start;
	size_t n;

	if (sodium_init() < 0)
		return err_set(e, ERR_SYSTEM,
		    "libsodium does not start: no source of random bytes");
	s->b = sodium_malloc(len);
	if (s->b == NULL)
		return err_set(e, ERR_SYSTEM,
		    "no memory for a secret of %zu bytes", len);
	s->len = len;
	start = data_pages(s, &n);
	if (mlock(start, n) != 0)
		r = vault_lock_error(e, n);
	else if (madvise(start, n, MADV_DONTDUMP) != 0 ||
	    madvise(start, n, MADV_WIPEONFORK) != 0)
		r = limit_error(e, "keep a secret out of dumps and forks");
	else
		r = 0;
	memset(s->b, 0, len);
	memcpy(spare.canary, s->b - CANARY_LEN, CANARY_LEN);
	return r;
}

int
secret_new(struct secret *s, size_t len, struct err *e)
{
	int r = ERR_INTERNAL;

	*s = (struct secret){ 0 };
	if (len == 0)
		return err_set(e, ERR_INTERNAL, "a secret of no bytes");
	if (spare_take(s, len))
		return 0;
	if ((r = block_make(s, len, e)) != 0)
		secret_free(s);
	return r;
}

/*
 * In a forked child the pages are zero, libsodium's canary with them, and
 * sodium_free would take that for an overflow.  There is nothing to wipe.
 */
static bool
wiped_by_fork(const struct secret *s)
{
	return forked &&
	    sodium_is_zero(s->b - CANARY_LEN, CANARY_LEN);
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	if (s->b != NULL && !wiped_by_fork(s) && !spare_keep(s))
		sodium_free(s->b);
	*s = (struct secret){ 0 };
}

void
wipe(void *p, size_t n)
{
	if (n > 0)
		sodium_memzero(p, n);
}

void
wipe_stack(void)
{
	sodium_stackzero(STACK_DEPTH);
}

int
secret_equal(const void *a, const void *b, size_t n)
{
	int differ = sodium_memcmp(a, b, n);

	/* declassified: whether the two are equal is the question asked */
	ct_public(&differ, sizeof(differ));
	return differ == 0;
}

void
random_bytes(void *out, size_t n)
{
	randombytes_buf(out, n);
}
