/*
 * Between the program and its libraries: random bytes that repeat, a stop
 * for the tracer before and after every library call through which a secret
 * goes, and copies of a secret planted where the search must find them.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/crash/mark.h"

#define SECRET_LEN 32
#define FRAME 1800
#define DEEP 8

static void
mark(void)
{
	(void)syscall(SYS_prctl, MARK, 0, 0, 0, 0);
}

static void
find(void *function, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	memcpy(function, &p, sizeof(p));
}

#define WRAP(type, name, params, args)		\
type						\
name params					\
{						\
	static type (*real) params;		\
	type result_;				\
						\
	if (real == NULL)			\
		find(&real, #name);		\
	mark();					\
	result_ = real args;			\
	mark();					\
	return result_;				\
}

#define WRAP_VOID(name, params, args)		\
void						\
name params					\
{						\
	static void (*real) params;		\
						\
	if (real == NULL)			\
		find(&real, #name);		\
	mark();					\
	real args;				\
	mark();					\
}

WRAP(void *, sodium_malloc, (size_t n), (n))
WRAP_VOID(sodium_free, (void *p), (p))
WRAP(int, sodium_mprotect_noaccess, (void *p), (p))
WRAP(int, sodium_mprotect_readwrite, (void *p), (p))
WRAP_VOID(sodium_stackzero, (const size_t n), (n))
WRAP(int, sodium_memcmp, (const void *const a, const void *const b, size_t n),
    (a, b, n))
WRAP(int, crypto_auth_hmacsha512_final, (crypto_auth_hmacsha512_state *s,
    unsigned char *out), (s, out))
WRAP(int, crypto_auth_hmacsha256_final, (crypto_auth_hmacsha256_state *s,
    unsigned char *out), (s, out))
WRAP(int, crypto_hash_sha512_final, (crypto_hash_sha512_state *s,
    unsigned char *out), (s, out))
WRAP(int, EVP_CipherInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *t,
    const unsigned char *k, const unsigned char *iv, int e,
    const OSSL_PARAM p[]), (c, t, k, iv, e, p))
WRAP(int, EVP_CipherUpdate, (EVP_CIPHER_CTX *c, unsigned char *out, int *n,
    const unsigned char *in, int len), (c, out, n, in, len))
WRAP(int, EVP_CipherFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *out, int *n),
    (c, out, n))
WRAP_VOID(EVP_CIPHER_CTX_free, (EVP_CIPHER_CTX *c), (c))
WRAP(int, EC_POINT_mul, (const EC_GROUP *g, EC_POINT *r, const BIGNUM *n,
    const EC_POINT *q, const BIGNUM *m, BN_CTX *c), (g, r, n, q, m, c))
WRAP_VOID(EC_POINT_clear_free, (EC_POINT *p), (p))
WRAP(BIGNUM *, BN_bin2bn, (const unsigned char *s, int n, BIGNUM *r),
    (s, n, r))
WRAP(int, BN_bn2binpad, (const BIGNUM *a, unsigned char *to, int n),
    (a, to, n))
WRAP(int, BN_mod_exp_mont_consttime, (BIGNUM *r, const BIGNUM *a,
    const BIGNUM *p, const BIGNUM *m, BN_CTX *c, BN_MONT_CTX *mont),
    (r, a, p, m, c, mont))
WRAP_VOID(BN_clear_free, (BIGNUM *a), (a))
WRAP_VOID(BN_CTX_free, (BN_CTX *c), (c))

/* --- what the controls plant */

static unsigned char planted[2 * SECRET_LEN + 1];

/* Leaves a copy in a frame that is gone when it returns. */
static __attribute__((noinline)) void
leave_on_stack(const unsigned char *p, int deeper)
{
	unsigned char room[FRAME];

	memcpy(room + 64, p, SECRET_LEN);
	if (deeper > 0)
		leave_on_stack(p, deeper - 1);
	__asm__ volatile("" : : "r"(room) : "memory");
}

static void
plant(const char *what, const unsigned char *p)
{
	char *text = (char *)planted;
	unsigned char *heap;

	if (strcmp(what, "stack") == 0) {
		leave_on_stack(p, DEEP);
	} else if (strcmp(what, "static") == 0) {
		memcpy(planted, p, SECRET_LEN);
	} else if (strcmp(what, "half") == 0) {
		memcpy(planted + 3, p + SECRET_LEN / 2, SECRET_LEN / 2);
	} else if (strcmp(what, "hex") == 0 || strcmp(what, "HEX") == 0) {
		for (size_t i = 0; i < SECRET_LEN; i++)
			snprintf(text + 2 * i, 3, what[0] == 'h' ? "%02x" :
			    "%02X", p[i]);
	} else if (strcmp(what, "base64") == 0) {
		unsigned char shifted[SECRET_LEN + 1] = { 'x' };

		memcpy(shifted + 1, p, SECRET_LEN);
		sodium_bin2base64(text, sizeof(planted), shifted,
		    sizeof(shifted), sodium_base64_VARIANT_ORIGINAL);
		memset(shifted, 0, sizeof(shifted));
	} else if (strcmp(what, "reversed") == 0) {
		for (size_t i = 0; i < SECRET_LEN; i++)
			planted[i] = p[SECRET_LEN - 1 - i];
	} else if (strcmp(what, "heap") == 0 &&
	    (heap = malloc(SECRET_LEN)) != NULL) {
		/* never freed */
		memcpy(heap, p, SECRET_LEN);
		__asm__ volatile("" : : "r"(heap) : "memory");
	}
}

/* --- random bytes that repeat (splitmix64) */

static void
repeatable(unsigned char *out, size_t n)
{
	static unsigned long long state;
	const char *seed = getenv("RANDOM_SEED");

	if (state == 0)
		state = strtoull(seed == NULL ? "1" : seed, NULL, 10) << 20;
	for (size_t i = 0; i < n; i++) {
		unsigned long long z = (state += 0x9e3779b97f4a7c15ULL);

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
		out[i] = (unsigned char)(z >> 56);
	}
}

static void
put_log(const unsigned char *p, size_t n)
{
	const char *path = getenv("RANDOM_LOG");
	unsigned char len = (unsigned char)n;
	int fd;

	if (path == NULL || n < SECRET_LEN || n > 255)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || syscall(SYS_write, fd, &len, 1) != 1 ||
	    syscall(SYS_write, fd, p, n) != (long)n)
		abort();
	syscall(SYS_close, fd);
}

void
randombytes_buf(void *const out, const size_t n)
{
	static int done;
	const char *what = getenv("PLANT");

	repeatable(out, n);
	put_log(out, n);
	if (n >= SECRET_LEN && what != NULL && done++ == 0)
		plant(what, out);
	mark();
}
