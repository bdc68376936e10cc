/*
 * Words for what is in an image, shared by show, diff and extract.
 */
#ifndef ENCLAVE_IMAGE_LISTING_H
#define ENCLAVE_IMAGE_LISTING_H

#include "enclave/image/cpio.h"
#include "enclave/image/eif.h"

/* "-rwxr-xr-x", as ls has it. */
void mode_letters(uint32_t mode, char out[static 11]);

/* SHA-256 of n bytes, in hex.  Returns as source_read, or ERR_SYSTEM. */
int source_sha256(const struct source *s, uint64_t at, uint64_t n,
    char out[static 2 * SHA256_LEN + 1], struct err *e) MUST_CHECK;

/*
 * The first byte that differs in two parts, or the length of the shorter;
 * *same if they are equal, also in length.
 */
int source_differ(const struct source *a, uint64_t at_a, uint64_t n_a,
    const struct source *b, uint64_t at_b, uint64_t n_b, uint64_t *first,
    bool *same, struct err *e) MUST_CHECK;

/*
 * What a ramdisk of x holds.  The kernel reads all of them as one: it would
 * not see an archive that begins at an odd place there, so that is refused.
 * Returns as source_read.
 */
int ramdisk_kind(const struct source *s, const struct eif *x,
    const struct eif_section *sec, enum cpio_kind *out,
    struct err *e) MUST_CHECK;

/* "ramdisk 2"; section i of x. */
void section_label(const struct eif *x, size_t i, char out[static 32]);

#endif
