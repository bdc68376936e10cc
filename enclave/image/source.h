/*
 * Where an image is read from: a regular file, or bytes in memory (tests).
 * Nothing is held: a caller reads what it looks at, in pieces.
 */
#ifndef ENCLAVE_IMAGE_SOURCE_H
#define ENCLAVE_IMAGE_SOURCE_H

#include "airgap/bytes.h"
#include "airgap/err.h"

/* Bytes a pass over a file reads at a time. */
#define SOURCE_CHUNK 65536

struct source {
	const char *name;	/* for sentences; the caller's */
	int fd;			/* or -1, and the bytes are in mem */
	struct bytes mem;
	uint64_t size;
};

/* Opens a regular file; path outlives out.  0 or ERR_INPUT. */
int source_open(const char *path, struct source *out,
    struct err *e) MUST_CHECK;

/* Bytes that outlive it; nothing to close. */
struct source source_memory(const char *name, struct bytes mem);

/* Safe after a source_open that failed. */
void source_close(struct source *s);

/*
 * Exactly n bytes from offset at.  Returns 0, or ERR_INPUT: unreadable, or
 * they end sooner (a file that shrinks while it is read).
 */
int source_read(const struct source *s, uint64_t at, void *p, size_t n,
    struct err *e) MUST_CHECK;

/* A part of a source, gone through in pieces. */
struct piece {
	const struct source *from;
	uint64_t at, left;
	uint8_t bytes[SOURCE_CHUNK];
};

/* Large: make it static, or on the heap. */
void piece_begin(struct piece *p, const struct source *s, uint64_t at,
    uint64_t n);

/* The next bytes, out->n 0 at the end.  Returns as source_read. */
int piece_next(struct piece *p, struct bytes *out, struct err *e) MUST_CHECK;

#endif
