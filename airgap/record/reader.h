/*
 * The bounds-checked reader: every byte that comes from outside is taken
 * through it.  It cannot read past its end, never allocates, and a decoder
 * finishes with rd_end(), because trailing bytes are errors.
 */
#ifndef AIRGAP_RECORD_READER_H
#define AIRGAP_RECORD_READER_H

#include "airgap/bytes.h"
#include "airgap/err.h"

struct rd {
	const uint8_t *p;
	size_t left;
};

static inline struct rd
rd_of(struct bytes in)
{
	return (struct rd){ .p = in.p, .left = in.n };
}

/* Integers are little-endian.  All return 0 or ERR_INPUT (too short). */
int rd_u8(struct rd *r, uint8_t *out) MUST_CHECK;
int rd_u16(struct rd *r, uint16_t *out) MUST_CHECK;
int rd_u32(struct rd *r, uint32_t *out) MUST_CHECK;

/* Borrows the next n bytes. */
int rd_bytes(struct rd *r, size_t n, struct bytes *out) MUST_CHECK;

/* 0 if everything was read, else ERR_INPUT. */
int rd_end(const struct rd *r) MUST_CHECK;

/* True if text is well-formed UTF-8 (Unicode table 3-7). */
bool utf8_valid(struct bytes text);

/*
 * Decodes the code point at the start of text, which must be well formed
 * and not empty; *len is its size in bytes.
 */
uint32_t utf8_point(struct bytes text, size_t *len);

#endif
