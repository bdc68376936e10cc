/*
 * Guarded memory over libsodium's sodium_malloc, and the process-wide
 * guards.  sodium_malloc gives the guard pages, the canary and the wipe at
 * release; a failing mlock, which it ignores, is an error here, and the
 * pages are wiped in a forked child.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/secret.h"
#include "airgap/seal/vault.h"

#define CANARY_LEN 16		/* libsodium's, in front of the bytes */
#define STACK_DEPTH 16384	/* more than P-256 and AES-GCM reach down */

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

/* The process that set up: its children have wiped pages. */
static pid_t owner;

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

int
secret_process_init(struct err *e)
{
	int r = ERR_INTERNAL;

	if (owner == getpid())
		return 0;
	if (sodium_init() < 0)
		return err_set(e, ERR_SYSTEM,
		    "libsodium does not start: no source of random bytes");
	if ((r = limits_set(e)) != 0 || (r = vault_install(e)) != 0)
		return r;
	owner = getpid();
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

int
secret_new(struct secret *s, size_t len, struct err *e)
{
	int r = ERR_INTERNAL;
	uint8_t *start;
	size_t n;

	s->b = NULL;
	s->len = 0;
	if (len == 0)
		return err_set(e, ERR_INTERNAL, "a secret of no bytes");
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
	if (r != 0)
		secret_free(s);
	return r;
}

/*
 * In a forked child the pages are zero, libsodium's canary with them, and
 * sodium_free would take that for an overflow.  There is nothing to wipe.
 */
static int
wiped_by_fork(const struct secret *s)
{
	return getpid() != owner &&
	    sodium_is_zero(s->b - CANARY_LEN, CANARY_LEN);
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	if (s->b != NULL && !wiped_by_fork(s))
		sodium_free(s->b);
	s->b = NULL;
	s->len = 0;
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
