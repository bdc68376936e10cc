/*
 * JSON (RFC 8259) as QOS reads it: no allocation, nesting up to 128, UTF-8
 * only, lone surrogates refused; and the QOS canonical form (wire section 4).
 *
 * Why not a general library: QOS has integers up to 2^64-1, a nesting limit,
 * and hostile input of 128 MiB that may cost at most a small multiple of
 * itself.  A text is checked once as a whole; after that values are slices
 * of it.
 */
#ifndef AIRGAP_RECORD_JSON_H
#define AIRGAP_RECORD_JSON_H

#include "airgap/bytes.h"
#include "airgap/err.h"
#include "airgap/record/sink.h"

#define JSON_DEPTH_MAX 128

/* names apart from jansson's, which some programs link too */
enum json_kind {
	JK_OBJECT, JK_ARRAY, JK_STRING, JK_NUMBER, JK_TRUE, JK_FALSE, JK_NULL,
};

/*
 * Checks that text is one JSON value and nothing else; *value is the value
 * without the white space around it.  Returns 0 or ERR_INPUT (e holds the
 * offset).
 */
int json_check(struct bytes text, struct bytes *value,
    struct err *e) MUST_CHECK;

/* The functions below take values out of a checked text only. */

/* By the first byte of a value. */
enum json_kind json_kind(struct bytes value);

/* Walks an object or an array: start, then next until it returns false. */
struct json_walk { const uint8_t *p, *end; };
struct json_walk json_walk(struct bytes container);
bool json_next_member(struct json_walk *w, struct bytes *name,
    struct bytes *value);
bool json_next_item(struct json_walk *w, struct bytes *value);

/* Unescapes a string value; out has room for value.n; returns the length. */
size_t json_unescape(struct bytes value, uint8_t *out);

/* Exact comparison of an (escaped) string value with plain text. */
bool json_string_is(struct bytes value, const char *text);

/* Order of two string values by UTF-16 code units: <0, 0, >0. */
int json_string_order(struct bytes a, struct bytes b);

/* Writes text as a JSON string with QOS's escapes; text is UTF-8. */
int json_put_string(struct sink *s, struct bytes text) MUST_CHECK;

/*
 * Canonical form of any value: sorted members, nulls in objects dropped,
 * integers as decimal strings; other numbers and duplicate names refused.
 * Free out with buf_free.
 */
int json_canonical(struct bytes text, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
