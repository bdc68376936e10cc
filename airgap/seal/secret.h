/*
 * Guarded memory for secrets, and the process-wide guards around it.
 *
 * A struct secret lives in pages of its own: inaccessible pages on both
 * sides, a canary, locked (never in swap), left out of core dumps, wiped in
 * a forked child and wiped on release (libsodium sodium_malloc, plus checks
 * that libsodium leaves to its caller: a failing mlock is an error here).
 * A few released pages are kept, wiped and inaccessible, for the next
 * secret.  Not for several threads at once.
 */
#ifndef AIRGAP_SEAL_SECRET_H
#define AIRGAP_SEAL_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "airgap/err.h"

struct secret {
	uint8_t *b;	/* NULL when empty */
	size_t len;	/* bytes */
};

/*
 * Once, first thing in main of every program that may hold a secret:
 * libsodium, no core dumps (RLIMIT_CORE 0), PR_SET_DUMPABLE 0, no new
 * privileges, the stack of the caller's callees locked and left out of
 * dumps, and libcrypto's heap moved into locked pages that are wiped at every
 * free (see vault.c).  Must run before the first libcrypto call.
 * Returns 0, or ERR_SYSTEM with the sentence in e.
 */
int secret_process_init(struct err *e) MUST_CHECK;

/*
 * Allocates len (>= 1) zero bytes.  s->b is NULL on failure.  Free with
 * secret_free.  Returns 0 or ERR_SYSTEM (what limit to raise is in e).
 */
int secret_new(struct secret *s, size_t len, struct err *e) MUST_CHECK;

/* Wipes, releases and empties; NULL and empty are fine. */
void secret_free(struct secret *s);

/* Overwrites n bytes in a way the compiler may not drop. */
void wipe(void *p, size_t n);

/* Wipes the part of the stack that deeper calls (libcrypto) have used. */
void wipe_stack(void);

/* 1 if the n bytes are equal, else 0; time depends on n only. */
int secret_equal(const void *a, const void *b, size_t n);

/* n random bytes from the system generator; dies rather than fail. */
void random_bytes(void *out, size_t n);

#endif
