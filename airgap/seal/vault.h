/*
 * libcrypto's heap in locked memory (private to airgap/seal; see vault.c).
 */
#ifndef AIRGAP_SEAL_VAULT_H
#define AIRGAP_SEAL_VAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "airgap/err.h"

/*
 * Moves libcrypto's heap into the vault; a second call does nothing.  Must
 * run before libcrypto allocates.  Returns 0 or ERR_SYSTEM.
 */
int vault_install(struct err *e) MUST_CHECK;

/* The allocator itself: as malloc, realloc and free, wiping. */
void *vault_alloc(size_t n);
void *vault_resize(void *p, size_t n);
void vault_release(void *p);

/* True if p lies in the arena (not in a mapping of its own). */
bool vault_holds(const void *p);

/* The sentence for a failed mlock of n bytes.  Returns ERR_SYSTEM. */
int vault_lock_error(struct err *e, size_t n);

#endif
