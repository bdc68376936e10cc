/*
 * Secrets to look for, in every form in which a copy could lie about: raw,
 * hex in both cases, base64 in its three alignments, each also backwards
 * where that is another form (a BIGNUM is the raw bytes backwards).  Each
 * form is cut into pieces of 16 bytes, so that half a key in a register
 * that was spilled, or a copy that was wiped in part, is found too.
 */
#ifndef TESTS_CRASH_NEEDLES_H
#define TESTS_CRASH_NEEDLES_H

#include <stdbool.h>

#include "airgap/bytes.h"

#define PIECE_LEN 16

struct piece {
	uint8_t b[PIECE_LEN];
	const char *secret, *form;
	uint32_t next;
};

struct needles {
	struct piece *v;
	uint32_t n, cap, secrets;
	uint32_t *heads;
	char **names;
};

/* A secret of at least 16 bytes under a name that may be printed. */
void needles_add(struct needles *n, const char *name, const void *p,
    size_t len);
void needles_free(struct needles *n);

/*
 * Looks through len bytes; calls hit for each piece found, with its offset.
 * Returns how many.
 */
typedef void hit_fn(void *ctx, const struct piece *piece, size_t offset);
size_t needles_find(const struct needles *n, const void *p, size_t len,
    hit_fn *hit, void *ctx);

#endif
