/*
 * The form of one of our own records: its keys in order, each with its kind
 * and bounds.  Decoding, encoding and the sentences all follow from it.
 *
 * Every record is a map with "v": 1, "type" and "mode"; a form within a form
 * (an entry of a list) has none of these.  A record value in memory is a
 * struct whose first member is its enum mode; text and bytes borrow from the
 * input, fixed things are copied.
 */
#ifndef AIRGAP_RECORD_FORM_H
#define AIRGAP_RECORD_FORM_H

#include "airgap/record/cbor.h"
#include "airgap/record/mode.h"
#include "airgap/record/signed.h"

#define RECORD_VERSION 1
#define RECORD_MAX (1 << 20)		/* bytes of a record file */
#define RECORD_TIME_MAX 253402300799	/* 9999-12-31T23:59:59Z */

enum form_kind {
	F_VERSION, F_TYPE,	/* constants; no place in memory */
	F_MODE,			/* enum mode */
	F_UINT,			/* uint64_t, min to max */
	F_TEXT,			/* struct bytes, min to max bytes of UTF-8 */
	F_BYTES,		/* struct bytes, min to max bytes */
	F_FIXED,		/* uint8_t[max] */
	F_LIST,			/* read and write of its own */
};

struct form_field {
	const char *key;
	enum form_kind kind;
	size_t at;
	uint64_t min, max;
	size_t present;		/* optional: offset of its bool; else 0 */
	int (*read)(struct cbor_rd *r, void *value);
	int (*write)(struct sink *s, const void *value);
};

struct form {
	const char *type;	/* "quorate/plan"; NULL: an entry */
	const char *what;	/* "plan" */
	const struct form_field *fields;
	size_t count;
};

#define FORM_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FORM_SIGNATURE "signature"

/*
 * Decodes a whole record into value, which the caller has zeroed.  Returns
 * 0 or ERR_INPUT; the sentence names the record, the field and the byte.
 */
int form_decode(const struct form *f, struct bytes in, void *value,
    struct err *e) MUST_CHECK;

/* Encodes value, each field held against its bounds (ERR_INPUT). */
int form_encode(const struct form *f, const void *value, struct buf *out,
    struct err *e) MUST_CHECK;

/* The record without its signature: the body of what is signed. */
int form_body(const struct form *f, const void *value, struct buf *out,
    struct err *e) MUST_CHECK;

/* The whole message that is signed. */
int form_message(const struct form *f, const void *value,
    enum purpose purpose, struct buf *out, struct err *e) MUST_CHECK;

/* Verifies sig over form_message by key. */
int form_verify(const struct form *f, const void *value,
    enum purpose purpose, const struct public_key *key,
    const struct signature *sig, struct err *e) MUST_CHECK;

/* One entry of a list at the reader; no encoding check of other fields. */
int form_read_entry(const struct form *f, struct cbor_rd *r,
    void *value) MUST_CHECK;
int form_write_entry(const struct form *f, struct sink *s,
    const void *value) MUST_CHECK;

/* Text and byte lengths and number ranges of value: 0 or ERR_INPUT. */
int form_check(const struct form *f, const void *value,
    struct err *e) MUST_CHECK;

/* An alias and its mark (ERR_REFUSED); a public key.  Name the record. */
int form_check_alias(const struct form *f, enum mode mode,
    struct bytes alias, struct err *e) MUST_CHECK;
int form_check_key(const struct form *f, const char *name,
    const struct public_key *key, struct err *e) MUST_CHECK;

/*
 * The "type" of a record of ours (borrowed from in), to tell files apart.
 * Returns 0 or ERR_INPUT.
 */
int record_type(struct bytes in, struct bytes *type, struct err *e) MUST_CHECK;

#endif
