/*
 * Deterministic CBOR (RFC 8949, section 4.2.1), the form of our own records:
 * definite lengths, shortest heads, map keys ascending by their encoding and
 * so never twice, no tags, no floats, no negative numbers.  Everything else
 * is refused, so equal values have equal bytes.
 *
 * The reader borrows its input, never allocates, and an announced length is
 * believed only as far as bytes follow.  Sentences name the byte offset.
 */
#ifndef AIRGAP_RECORD_CBOR_H
#define AIRGAP_RECORD_CBOR_H

#include "airgap/record/sink.h"

#define CBOR_DEPTH_MAX 8
#define CBOR_KEY_MAX 32		/* bytes of a map key */

struct cbor_rd {
	const uint8_t *start, *p, *end;
	unsigned depth;
	struct err *e;
};

/* The state of an open map or array. */
struct cbor_items {
	uint64_t left;
	struct bytes last;	/* map: the key before, with its head */
};

static inline struct cbor_rd
cbor_rd_of(struct bytes in, struct err *e)
{
	return (struct cbor_rd){ .start = in.p, .p = in.p,
	    .end = in.n == 0 ? in.p : in.p + in.n, .e = e };
}

/* Sets "byte N: sentence"; returns ERR_INPUT. */
int cbor_fail(struct cbor_rd *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* All return 0 or ERR_INPUT; after an error the reader is of no more use. */
int cbor_uint(struct cbor_rd *r, uint64_t *out) MUST_CHECK;
int cbor_bool(struct cbor_rd *r, bool *out) MUST_CHECK;
int cbor_bytes(struct cbor_rd *r, struct bytes *out) MUST_CHECK;
int cbor_text(struct cbor_rd *r, struct bytes *out) MUST_CHECK;	/* UTF-8 */

/*
 * A map: begin, then next until key->p is NULL, reading the value after
 * each key.  Keys are text of 1 to CBOR_KEY_MAX bytes in strict order.
 */
int cbor_map_begin(struct cbor_rd *r, struct cbor_items *m) MUST_CHECK;
int cbor_map_next(struct cbor_rd *r, struct cbor_items *m,
    struct bytes *key) MUST_CHECK;

/* An array: begin (items->left is its count), then next until !*more. */
int cbor_array_begin(struct cbor_rd *r, struct cbor_items *a) MUST_CHECK;
int cbor_array_next(struct cbor_rd *r, struct cbor_items *a,
    bool *more) MUST_CHECK;

/* Reads over one value of any kind that is allowed here. */
int cbor_skip(struct cbor_rd *r) MUST_CHECK;

/* Every byte was read. */
int cbor_end(struct cbor_rd *r) MUST_CHECK;

/* Writers; the caller puts map keys in order.  0 or the sink's error. */
int cbor_put_uint(struct sink *s, uint64_t v) MUST_CHECK;
int cbor_put_bool(struct sink *s, bool v) MUST_CHECK;
int cbor_put_bytes(struct sink *s, struct bytes b) MUST_CHECK;
int cbor_put_text(struct sink *s, struct bytes text) MUST_CHECK;
int cbor_put_map(struct sink *s, uint64_t count) MUST_CHECK;
int cbor_put_array(struct sink *s, uint64_t count) MUST_CHECK;

#endif
