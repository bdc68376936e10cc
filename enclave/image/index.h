/*
 * The entries of a ramdisk's archive, by name: memory for their number and
 * names, never for what is in them.
 */
#ifndef ENCLAVE_IMAGE_INDEX_H
#define ENCLAVE_IMAGE_INDEX_H

#include "enclave/image/cpio.h"

#define INDEX_ENTRIES_MAX 1000000

struct index {
	struct cpio_found *v;	/* sorted by path, then place; paths ours */
	size_t n, cap;
};

/* Free it in any case.  Returns as cpio_next, or ERR_SYSTEM. */
int index_read(struct index *out, const struct source *s, uint64_t at,
    uint64_t n, struct err *e) MUST_CHECK;
void index_free(struct index *x);

/* The last entry of that path: what the kernel leaves there; or NULL. */
const struct cpio_found *index_find(const struct index *x, const char *path);

#endif
