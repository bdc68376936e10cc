/*
 * libcrypto's heap, in locked pages, wiped at every free and realloc.
 *
 * libcrypto copies scalars, keys and hash states into heap blocks of its
 * own.  CRYPTO_set_mem_functions hands it this allocator: one arena between
 * two inaccessible pages, locked and left out of core dumps, cut into size
 * classes with a free list each.  Blocks over CLASS_MAX, and all blocks once
 * the arena is used up, get a locked mapping of their own; where that cannot
 * be locked the allocation fails and libcrypto reports it.  Nothing is ever
 * taken from malloc.
 *
 * Not wiped on fork: libcrypto must go on working in a child.  A child's
 * copy is not locked, so a child that handles secrets must exec.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "airgap/seal/secret.h"
#include "airgap/seal/vault.h"

#define ARENA_LEN ((size_t)3 << 20)
#define CLASS_MIN ((size_t)32)
#define CLASS_MAX ((size_t)1 << 18)
#define CLASSES 27		/* 32, 48, 64, 96, 128 ... 2^18 */
#define OWN_MAPPING UINT32_MAX
#define BLOCK_MAX ((size_t)1 << 30)

/* In front of every block; 16 bytes keep the block aligned for any type. */
struct head {
	uint64_t len;		/* bytes asked for */
	uint32_t class;		/* or OWN_MAPPING */
	uint32_t used;		/* USED or FREE: a double free stops here */
};

#define USED 0x75736564U
#define FREE 0x66726565U

struct node {
	struct node *next;
};

static struct {
	uint8_t *start, *next, *end;
	struct node *free[CLASSES];
	pthread_mutex_t lock;
} vault = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The lock costs as much as the rest of an allocation: only if needed. */
static void
vault_lock(void)
{
	if (!__libc_single_threaded)
		pthread_mutex_lock(&vault.lock);
}

static void
vault_unlock(void)
{
	if (!__libc_single_threaded)
		pthread_mutex_unlock(&vault.lock);
}

static size_t
page_len(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t
class_len(uint32_t class)
{
	size_t whole = CLASS_MIN << (class / 2);

	return class % 2 == 0 ? whole : whole + whole / 2;
}

/* The smallest class of at least n bytes; n is 1 to CLASS_MAX. */
static uint32_t
class_of(size_t n)
{
	uint32_t class;

	if (n <= CLASS_MIN)
		return 0;
	/* twice the number of doublings that stay below n */
	class = 2 * (uint32_t)(63 - __builtin_clzl((n - 1) / CLASS_MIN));
	while (class_len(class) < n)
		class++;
	return class;
}

int
vault_lock_error(struct err *e, size_t n)
{
	return err_set(e, ERR_SYSTEM, "cannot lock %zu KiB of memory against "
	    "swapping (%s): raise RLIMIT_MEMLOCK to 8 MiB or more "
	    "(ulimit -l 8192)", n / 1024, strerror(errno));
}

/* Locked, undumpable pages between two inaccessible ones; NULL if not. */
static uint8_t *
map_guarded(size_t n)
{
	size_t page = page_len();
	uint8_t *p = mmap(NULL, n + 2 * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int saved;

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p + page, n, PROT_READ | PROT_WRITE) == 0 &&
	    madvise(p + page, n, MADV_DONTDUMP) == 0 &&
	    mlock(p + page, n) == 0)
		return p + page;
	saved = errno;
	munmap(p, n + 2 * page);
	errno = saved;
	return NULL;
}

static struct head *
head_of(void *p)
{
	return (struct head *)p - 1;
}

static size_t
mapping_len(size_t n)
{
	size_t page = page_len();

	return (n + sizeof(struct head) + page - 1) / page * page;
}

static void *
own_mapping(size_t n)
{
	struct head *h = (void *)map_guarded(mapping_len(n));

	if (h == NULL)
		return NULL;
	h->class = OWN_MAPPING;
	return h + 1;
}

static void
own_mapping_release(struct head *h)
{
	size_t page = page_len();

	munmap((uint8_t *)h - page, mapping_len(h->len) + 2 * page);
}

/* A block from the class's list, else from the unused end; NULL if neither. */
static void *
arena_take(uint32_t class)
{
	size_t len = class_len(class) + sizeof(struct head);
	struct node *n = vault.free[class];
	struct head *h = (void *)vault.next;

	if (n != NULL) {
		vault.free[class] = n->next;
		n->next = NULL;
		return n;
	}
	if ((size_t)(vault.end - vault.next) < len)
		return NULL;
	vault.next += len;
	h->class = class;
	return h + 1;
}

void *
vault_alloc(size_t n)
{
	void *p = NULL;

	if (n == 0 || n > BLOCK_MAX)
		return NULL;
	if (n <= CLASS_MAX) {
		vault_lock();
		p = arena_take(class_of(n));
		vault_unlock();
	}
	if (p == NULL)
		p = own_mapping(n);
	if (p == NULL)
		return NULL;
	head_of(p)->len = n;
	head_of(p)->used = USED;
	return p;
}

void
vault_release(void *p)
{
	struct head *h;
	struct node *n = p;

	if (p == NULL)
		return;
	h = head_of(p);
	if (h->used != USED)
		abort();
	wipe(p, h->len);
	h->used = FREE;
	if (h->class == OWN_MAPPING) {
		own_mapping_release(h);
		return;
	}
	vault_lock();
	n->next = vault.free[h->class];
	vault.free[h->class] = n;
	vault_unlock();
}

void *
vault_resize(void *p, size_t n)
{
	struct head *h;
	void *q;

	if (p == NULL)
		return vault_alloc(n);
	if (n == 0) {
		vault_release(p);
		return NULL;
	}
	h = head_of(p);
	if (h->class != OWN_MAPPING && n <= class_len(h->class)) {
		if (n < h->len)
			wipe((uint8_t *)p + n, h->len - n);
		h->len = n;
		return p;
	}
	q = vault_alloc(n);
	if (q == NULL)
		return NULL;
	memcpy(q, p, n < h->len ? n : h->len);
	vault_release(p);
	return q;
}

bool
vault_holds(const void *p)
{
	const uint8_t *at = p;

	return vault.start != NULL && at >= vault.start && at < vault.end;
}

/* The shapes that CRYPTO_set_mem_functions asks for. */
static void *
crypto_alloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return vault_alloc(n);
}

static void *
crypto_resize(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return vault_resize(p, n);
}

static void
crypto_release(void *p, const char *file, int line)
{
	(void)file, (void)line;
	vault_release(p);
}

int
vault_install(struct err *e)
{
	if (vault.start != NULL)
		return 0;
	vault.next = map_guarded(ARENA_LEN);
	if (vault.next == NULL)
		return vault_lock_error(e, ARENA_LEN);
	vault.end = vault.next + ARENA_LEN;
	if (CRYPTO_set_mem_functions(crypto_alloc, crypto_resize,
	    crypto_release) != 1)
		return err_set(e, ERR_SYSTEM, "libcrypto was in use before "
		    "its memory could be locked: report this as a bug");
	/*
	 * No openssl.cnf: no file and no OPENSSL_CONF decides what code runs
	 * here, and none is read while a secret is being worked on.
	 */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return err_set(e, ERR_SYSTEM, "libcrypto does not start: out "
		    "of memory");
	vault.start = vault.next;
	return 0;
}
