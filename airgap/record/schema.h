/*
 * One description per record type; Borsh, plain JSON and canonical JSON all
 * follow from it (QOS wire sections 2 to 4, 6, 8).
 *
 * Values in memory borrow: from the input when it was Borsh, from an arena
 * when it was JSON.  A list is kept in its Borsh encoding (struct list) and
 * walked item by item, so that no hostile count ever sizes an allocation and
 * a decoded record is never larger than a small multiple of its input.
 * JSON is read by transcoding it to Borsh in the arena first.
 */
#ifndef AIRGAP_RECORD_SCHEMA_H
#define AIRGAP_RECORD_SCHEMA_H

#include "airgap/record/json.h"
#include "airgap/record/reader.h"
#include "airgap/record/sink.h"

enum kind {
	K_STR,		/* struct bytes, UTF-8 */
	K_BYTES,	/* struct bytes; JSON hex */
	K_FIXED,	/* uint8_t[arg]; JSON hex; Borsh raw */
	K_U16, K_U32,	/* JSON: number, canonical: decimal string */
	K_BOOL,		/* bool */
	K_STRUCT,	/* fields in order */
	K_TUPLE,	/* fields in order; JSON array */
	K_LIST,		/* struct list of item */
	K_OPT,		/* bool at 0, item at offset arg */
	K_ENUM,		/* uint8_t at 0, payload of the variant at arg */
	K_CUSTOM,	/* hooks */
};

/* Borsh items one after another, count of them. */
struct list {
	struct bytes packed;
	uint32_t count;
};

struct opt_bytes {
	bool present;
	struct bytes v;
};

enum { FIELD_OMIT_EMPTY = 1 };		/* an empty list is not written */
enum {
	TYPE_DENY_UNKNOWN = 1,		/* unknown JSON members refused */
	TYPE_ASCENDING = 2,		/* list items strictly ascending */
	TYPE_LOWER_OK = 4,		/* enum: first letter of either case */
};
enum { VARIANT_NO_JSON = 1, VARIANT_NO_BORSH = 2 };

struct field {
	const char *name;
	size_t at;
	const struct type *type;
	unsigned flags;
};

struct variant {
	const char *name;
	const struct type *payload;	/* NULL: a bare name */
	unsigned flags;
};

struct arena;
struct decoder;

struct hooks {
	int (*borsh_read)(struct decoder *d, struct rd *r, void *out);
	int (*borsh_write)(struct sink *s, const void *in);
	int (*json_read)(struct decoder *d, struct bytes v);
	int (*json_write)(struct sink *s, const void *in, bool canonical);
};

struct type {
	enum kind kind;
	const char *what;		/* for sentences: "a manifest" */
	size_t size;			/* of the value in memory */
	size_t arg;
	unsigned flags;
	const struct type *item;
	const struct field *fields;
	const struct variant *variants;
	size_t count;			/* of fields or variants */
	const struct hooks *hooks;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SCHEMA_FIELDS_MAX 16
#define SCHEMA_ITEM_MAX 512		/* bytes of a list item in memory */

extern const struct type type_str, type_bytes, type_hash32, type_hash64,
    type_u16, type_u32, type_bool, type_list_str, type_opt_bytes;

/* Memory of values that came from JSON; freed as one. */
struct arena {
	uint8_t *p;
	size_t n, cap;
};

/* Safe on an all-zero struct. */
void arena_free(struct arena *a);

#define SCHEMA_PATH_MAX 12

/* State of one decoding; path names the field for the sentence. */
struct decoder {
	struct err *e;
	struct arena *arena;		/* JSON only */
	int borsh_version;		/* manifest version to try in Borsh */
	bool from_json;			/* the Borsh is transcoded JSON */
	bool again;			/* was decoded before: text is UTF-8 */
	const char *path[SCHEMA_PATH_MAX];
	size_t depth;
	int code;			/* first failure */
};

/* Sets "field.field: sentence" once; returns the code. */
int decoder_fail(struct decoder *d, int code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Appends Borsh bytes while JSON is transcoded.  0 or ERR_INPUT. */
int arena_put(struct decoder *d, const void *p, size_t n) MUST_CHECK;
int arena_put_u32(struct decoder *d, uint32_t v) MUST_CHECK;

/* One value, not necessarily the whole input. */
int borsh_read(struct decoder *d, const struct type *t, struct rd *r,
    void *out) MUST_CHECK;
int borsh_write(struct sink *s, const struct type *t,
    const void *in) MUST_CHECK;
int json_read(struct decoder *d, const struct type *t,
    struct bytes value) MUST_CHECK;
int json_write(struct sink *s, const struct type *t, const void *in,
    bool canonical) MUST_CHECK;

/* Borsh with a prepared decoder; every byte is consumed. */
int schema_read_whole(struct decoder *d, const struct type *t,
    struct bytes in, void *out) MUST_CHECK;

/*
 * Whole inputs: every byte is consumed.  schema_from_json fills the arena
 * (free it with arena_free after the value's last use); out borrows from it.
 */
int schema_from_borsh(const struct type *t, struct bytes in, void *out,
    struct err *e) MUST_CHECK;
int schema_from_json(const struct type *t, struct bytes in,
    struct arena *arena, void *out, struct err *e) MUST_CHECK;
/* As schema_from_json for a value of an already checked text. */
int schema_from_json_value(const struct type *t, struct bytes value,
    struct arena *arena, void *out, struct err *e) MUST_CHECK;

enum encoding { FORM_BORSH, FORM_JSON_PLAIN, FORM_JSON_CANONICAL };

/*
 * The whole value in one encoding, or the SHA-256 of it.  out is the
 * caller's, to free with buf_free.  Return 0, ERR_INPUT (a value that the
 * encoding does not have) or ERR_SYSTEM.
 */
int schema_encode(const struct type *t, const void *in, enum encoding form,
    struct buf *out, struct err *e) MUST_CHECK;
int schema_sha256(const struct type *t, const void *in, enum encoding form,
    struct digest256 *out, struct err *e) MUST_CHECK;

/*
 * Walks a list: rd starts at list_walk, item_out gets each item.  The list
 * was validated when it was decoded, so an error is ERR_INTERNAL.
 */
static inline struct rd
list_walk(const struct list *l)
{
	return rd_of(l->packed);
}
bool list_next(struct rd *r, const struct type *item, void *out);

/*
 * Packs n values (t->size apart) into a list; the bytes go to own (free with
 * buf_free after the list's last use).
 */
int list_pack(const struct type *t, const void *items, size_t n,
    struct list *out, struct buf *own, struct err *e) MUST_CHECK;

/* True if a member of that name is in a JSON object value. */
bool json_has_member(struct bytes object, const char *name);

#endif
