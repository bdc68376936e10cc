/*
 * CBOR (RFC 8949) as others write it, for COSE and attestation documents:
 * definite and indefinite arrays and maps, heads of any length.  Borrows its
 * input, never allocates; an announced count is believed only as far as
 * bytes follow, nesting ends at CBOR_DOC_DEPTH.
 *
 * Strings in pieces and tags are refused: no Nitro component writes them (the
 * one tag that may be there, cbor_doc_tag takes).  Our own records have the
 * strict reader of airgap/record/cbor.h.
 */
#ifndef ENCLAVE_ATTESTATION_CBOR_DOC_H
#define ENCLAVE_ATTESTATION_CBOR_DOC_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define CBOR_DOC_DEPTH 4

struct cbor_doc {
	const uint8_t *start, *p, *end;
	const char *why;	/* of the first error; p is where */
};

/* An open array or map. */
struct cbor_doc_items {
	uint64_t left;		/* items (entries of a map) to come */
	bool indefinite;	/* until the break */
};

/* Major types, as the first three bits of an item say them. */
enum cbor_doc_kind {
	CBOR_DOC_UINT, CBOR_DOC_NEGATIVE, CBOR_DOC_BYTES, CBOR_DOC_TEXT,
	CBOR_DOC_ARRAY, CBOR_DOC_MAP, CBOR_DOC_TAG, CBOR_DOC_SIMPLE,
	CBOR_DOC_NOTHING	/* the end of the input */
};

/* A reader at the first byte of in. */
struct cbor_doc cbor_doc_of(struct bytes in);

/* What stands at the reader. */
enum cbor_doc_kind cbor_doc_kind(const struct cbor_doc *r);

/* All return 0 or ERR_INPUT; after an error only why and p count. */
int cbor_doc_uint(struct cbor_doc *r, uint64_t *out) MUST_CHECK;
int cbor_doc_bytes(struct cbor_doc *r, struct bytes *out) MUST_CHECK;
int cbor_doc_text(struct cbor_doc *r, struct bytes *out) MUST_CHECK;
int cbor_doc_tag(struct cbor_doc *r, uint64_t *out) MUST_CHECK;

/* True, and read over, if null is next. */
bool cbor_doc_null(struct cbor_doc *r);

/* An array or map: begin, then more before each item or entry. */
int cbor_doc_array(struct cbor_doc *r, struct cbor_doc_items *a) MUST_CHECK;
int cbor_doc_map(struct cbor_doc *r, struct cbor_doc_items *m) MUST_CHECK;
int cbor_doc_more(struct cbor_doc *r, struct cbor_doc_items *a,
    bool *more) MUST_CHECK;

/* Reads over one well-formed item of any kind and gives its bytes. */
int cbor_doc_item(struct cbor_doc *r, struct bytes *out) MUST_CHECK;

/* Every byte was read. */
int cbor_doc_end(struct cbor_doc *r) MUST_CHECK;

#endif
