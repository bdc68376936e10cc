/*
 * NSM replies: RFC 8949 in the shapes of QOS wire 11.
 *
 * Read by key, in any order, with heads of any length and indefinite items,
 * as firmware of different years writes them.  One item is taken at a time,
 * every length is held against the bytes that are there, nothing is allocated
 * and the depth is bounded by SKIP_DEPTH: a hostile reply costs neither memory
 * nor time.  Only heads are decoded here, so that the enclave's program needs
 * no CBOR library, and can be static (docs/image.md).
 *
 * Unknown keys are read over, as QOS does; a known one that is missing,
 * twice or of another type is an error, and so are bytes after the end.
 */
#include "airgap/record/reader.h"
#include "enclave/nsm/wire.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SKIP_DEPTH 8
#define BREAK 0xff
#define INDEFINITE 31
#define SIMPLE 7

/* --- the shapes of replies */

enum part_kind { F_U16, F_BOOL, F_BYTES, F_MODULE, F_LOCKED, F_DIGEST };

struct part {
	const char *name;
	enum part_kind kind;
	size_t at;		/* in struct nsm_reply */
};

#define AT(m) offsetof(struct nsm_reply, m)
static const struct part pcr_fields[] = {
	{ "lock", F_BOOL, AT(lock) }, { "data", F_BYTES, AT(data) },
};
static const struct part data_fields[] = { { "data", F_BYTES, AT(data) } };
static const struct part document_fields[] = {
	{ "document", F_BYTES, AT(data) } };
static const struct part random_fields[] = {
	{ "random", F_BYTES, AT(data) } };
static const struct part describe_fields[] = {
	{ "version_major", F_U16, AT(info.version[0]) },
	{ "version_minor", F_U16, AT(info.version[1]) },
	{ "version_patch", F_U16, AT(info.version[2]) },
	{ "module_id", F_MODULE, AT(info.module_id) },
	{ "max_pcrs", F_U16, AT(info.max_pcrs) },
	{ "locked_pcrs", F_LOCKED, AT(info.locked) },
	{ "digest", F_DIGEST, AT(info.digest) },
};

/* By request; a reply without a body is the bare name. */
static const struct shape {
	const struct part *parts;
	size_t count;
} shapes[] = {
	[NSM_DESCRIBE_PCR] = { pcr_fields, COUNT(pcr_fields) },
	[NSM_EXTEND_PCR] = { data_fields, COUNT(data_fields) },
	[NSM_LOCK_PCR] = { NULL, 0 },
	[NSM_LOCK_PCRS] = { NULL, 0 },
	[NSM_DESCRIBE_NSM] = { describe_fields, COUNT(describe_fields) },
	[NSM_ATTESTATION] = { document_fields, COUNT(document_fields) },
	[NSM_GET_RANDOM] = { random_fields, COUNT(random_fields) },
};

/* --- one item of a reply at a time */

enum item { T_OTHER, T_UINT, T_BYTES, T_BYTES_PIECES, T_TEXT, T_TEXT_PIECES,
    T_ARRAY, T_MAP, T_TAG, T_BOOL };

struct token {
	enum item kind;
	bool indefinite;	/* array or map; v does not count */
	uint64_t v;
	const uint8_t *s;	/* v bytes */
};

struct in {
	uint8_t *p;
	size_t left;
	struct token t;
};

static void
advance(struct in *r, size_t n)
{
	r->p += n;
	r->left -= n;
}

/* An item's first byte, and the argument in 0, 1, 2, 4 or 8 bytes behind. */
static int
read_head(struct in *r, unsigned *major, unsigned *info, uint64_t *v)
{
	size_t n = 0;

	if (r->left == 0 || r->p[0] == BREAK)
		return ERR_INPUT;
	*major = r->p[0] >> 5;
	*info = r->p[0] & 0x1f;
	*v = *info;
	if (*info >= 24 && *info <= 27) {
		n = (size_t)1 << (*info - 24);
		*v = 0;
	} else if (*info > 27 && *info != INDEFINITE) {
		return ERR_INPUT;
	}
	if (r->left < 1 + n)
		return ERR_INPUT;
	for (size_t i = 1; i <= n; i++)
		*v = *v << 8 | r->p[i];
	advance(r, 1 + n);
	return 0;
}

/* False, true, null, undefined (20 to 23) and floats (25 to 27) exist. */
static int
simple(struct token *t, unsigned info)
{
	if (info < 20 || info == 24)
		return ERR_INPUT;
	if (info <= 21)
		*t = (struct token){ .kind = T_BOOL, .v = info == 21 };
	return 0;
}

/* The next item, its head for a collection; a break is none. */
static int
next(struct in *r)
{
	static const enum item kinds[] = { T_UINT, T_OTHER, T_BYTES, T_TEXT,
	    T_ARRAY, T_MAP, T_TAG, T_OTHER };
	unsigned major, info;
	uint64_t v;
	int e = read_head(r, &major, &info, &v);

	if (e != 0)
		return e;
	r->t = (struct token){ .kind = kinds[major], .v = v };
	if (info == INDEFINITE) {
		r->t.indefinite = true;
		if (r->t.kind == T_BYTES)
			r->t.kind = T_BYTES_PIECES;
		else if (r->t.kind == T_TEXT)
			r->t.kind = T_TEXT_PIECES;
		else if (r->t.kind != T_ARRAY && r->t.kind != T_MAP)
			return ERR_INPUT;
	} else if (r->t.kind == T_BYTES || r->t.kind == T_TEXT) {
		if (v > r->left)
			return ERR_INPUT;
		r->t.s = r->p;
		advance(r, (size_t)v);
	} else if (major == SIMPLE) {
		return simple(&r->t, info);
	}
	return 0;
}

static int
take(struct in *r, enum item want)
{
	int e = next(r);

	return e != 0 ? e : r->t.kind == want ? 0 : ERR_INPUT;
}

static bool
at_break(struct in *r)
{
	if (r->left == 0 || r->p[0] != BREAK)
		return false;
	advance(r, 1);
	return true;
}

/*
 * The string that begins with r->t, of kind whole.  Pieces are moved down
 * to the first: each move goes to lower addresses, over heads already read.
 */
static int
join(struct in *r, enum item whole, struct bytes *out)
{
	uint8_t *to = r->p;
	size_t n = 0;
	int e;

	if (r->t.kind == whole) {
		*out = bytes_of(r->t.s, (size_t)r->t.v);
		return 0;
	}
	if (r->t.kind != (whole == T_TEXT ? T_TEXT_PIECES : T_BYTES_PIECES))
		return ERR_INPUT;
	while (!at_break(r)) {
		if ((e = take(r, whole)) != 0)
			return e;
		memmove(to + n, r->t.s, (size_t)r->t.v);
		n += (size_t)r->t.v;
	}
	*out = bytes_of(to, n);
	return 0;
}

static int
string(struct in *r, enum item whole, struct bytes *out)
{
	int e = next(r);

	return e != 0 ? e : join(r, whole, out);
}

/* Whether the map or array of head t goes on; counts down. */
static bool
more(struct in *r, struct token *t)
{
	if (t->indefinite)
		return !at_break(r);
	return t->v-- > 0;
}

/* Reads over one value; each turn takes a byte, so a count is no cost. */
static int
skip(struct in *r, unsigned depth)
{
	struct token head;
	struct bytes s;
	int e;

	if (depth == 0)
		return ERR_INPUT;
	if ((e = next(r)) != 0)
		return e;
	head = r->t;
	switch (head.kind) {
	case T_TEXT_PIECES:
		return join(r, T_TEXT, &s);
	case T_BYTES_PIECES:
		return join(r, T_BYTES, &s);
	case T_TAG:
		return skip(r, depth - 1);
	case T_MAP:
	case T_ARRAY:
		while (more(r, &head)) {
			if ((head.kind == T_MAP &&
			    (e = skip(r, depth - 1)) != 0) ||
			    (e = skip(r, depth - 1)) != 0)
				return e;
		}
		return 0;
	default:
		return 0;
	}
}

/* --- fields */

static int
read_u16(struct in *r, uint16_t *out)
{
	int e = take(r, T_UINT);

	if (e != 0)
		return e;
	if (r->t.v > UINT16_MAX)
		return ERR_INPUT;
	*out = (uint16_t)r->t.v;
	return 0;
}

static int
read_module(struct in *r, char out[static sizeof(((struct nsm_info *)0)->
    module_id)])
{
	struct bytes s;
	int e = string(r, T_TEXT, &s);

	if (e != 0)
		return e;
	if (s.n >= sizeof(((struct nsm_info *)0)->module_id) ||
	    !utf8_valid(s) || memchr(s.p, 0, s.n) != NULL)
		return ERR_INPUT;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return 0;
}

static int
read_locked(struct in *r, bool locked[static 256])
{
	struct token head;
	int e = take(r, T_ARRAY);

	if (e != 0)
		return e;
	head = r->t;
	while (more(r, &head)) {
		if ((e = take(r, T_UINT)) != 0)
			return e;
		if (r->t.v > 255)
			return ERR_INPUT;
		locked[r->t.v] = true;
	}
	return 0;
}

static int
read_digest(struct in *r, uint8_t *out)
{
	static const char *const names[] = { "SHA256", "SHA384", "SHA512" };
	struct bytes s;
	int e = string(r, T_TEXT, &s);

	if (e != 0)
		return e;
	for (uint8_t i = 0; i < COUNT(names); i++) {
		*out = i;
		if (bytes_equal(s, bytes_str(names[i])))
			return 0;
	}
	return ERR_INPUT;
}

static int
read_field(struct in *r, const struct part *f, struct nsm_reply *out)
{
	void *at = (char *)out + f->at;
	int e;

	switch (f->kind) {
	case F_U16:
		return read_u16(r, at);
	case F_BYTES:
		return string(r, T_BYTES, at);
	case F_MODULE:
		return read_module(r, at);
	case F_LOCKED:
		return read_locked(r, at);
	case F_DIGEST:
		return read_digest(r, at);
	case F_BOOL:
		if ((e = take(r, T_BOOL)) == 0)
			*(bool *)at = r->t.v != 0;
		return e;
	}
	return ERR_INTERNAL;
}

static int
read_fields(struct in *r, const struct shape *s, struct nsm_reply *out)
{
	struct token head;
	struct bytes key;
	unsigned seen = 0;
	size_t i;
	int e = take(r, T_MAP);

	if (e != 0)
		return e;
	head = r->t;
	while (more(r, &head)) {
		if ((e = string(r, T_TEXT, &key)) != 0)
			return e;
		for (i = 0; i < s->count; i++)
			if (bytes_equal(key, bytes_str(s->parts[i].name)))
				break;
		if (i < s->count && (seen & 1u << i) != 0)
			return ERR_INPUT;
		seen |= i < s->count ? 1u << i : 0;
		e = i < s->count ? read_field(r, &s->parts[i], out) :
		    skip(r, SKIP_DEPTH);
		if (e != 0)
			return e;
	}
	return seen == (1u << s->count) - 1 ? 0 : ERR_INPUT;
}

static int
read_error(struct in *r, enum nsm_error *out)
{
	static const char *const names[] = {
		[NSM_INVALID_ARGUMENT] = "InvalidArgument",
		[NSM_INVALID_INDEX] = "InvalidIndex",
		[NSM_INVALID_RESPONSE] = "InvalidResponse",
		[NSM_READ_ONLY_INDEX] = "ReadOnlyIndex",
		[NSM_INVALID_OPERATION] = "InvalidOperation",
		[NSM_BUFFER_TOO_SMALL] = "BufferTooSmall",
		[NSM_INPUT_TOO_LARGE] = "InputTooLarge",
		[NSM_INTERNAL_ERROR] = "InternalError",
	};
	struct bytes s;
	int e = string(r, T_TEXT, &s);

	if (e != 0)
		return e;
	for (unsigned i = NSM_INVALID_ARGUMENT; i < COUNT(names); i++) {
		*out = (enum nsm_error)i;
		if (bytes_equal(s, bytes_str(names[i])))
			return 0;
	}
	return ERR_INPUT;
}

/* {name: body}, {"Error": name}, or a bare name; and nothing after it. */
static int
read_reply(struct in *r, enum nsm_tag want, struct nsm_reply *out,
    enum nsm_error *error)
{
	const struct shape *s = &shapes[want];
	struct bytes own = bytes_str(nsm_names[want]), name = { NULL, 0 };
	struct token head;
	int e = next(r);

	if (e != 0)
		return e;
	head = r->t;
	if (head.kind != T_MAP) {
		if ((e = join(r, T_TEXT, &name)) != 0)
			return e;
		return s->parts == NULL && r->left == 0 &&
		    bytes_equal(name, own) ? 0 : ERR_INPUT;
	}
	if (!more(r, &head))
		return ERR_INPUT;
	if ((e = string(r, T_TEXT, &name)) != 0)
		return e;
	if (bytes_equal(name, bytes_str("Error")))
		e = read_error(r, error);
	else if (s->parts != NULL && bytes_equal(name, own))
		e = read_fields(r, s, out);
	else
		e = ERR_INPUT;
	if (e != 0)
		return e;
	return !more(r, &head) && r->left == 0 ? 0 : ERR_INPUT;
}

int
nsm_reply_read(enum nsm_tag want, uint8_t *in, size_t n,
    struct nsm_reply *out)
{
	enum nsm_error error = NSM_SUCCESS;
	struct in r = { .p = in, .left = n };

	memset(out, 0, sizeof(*out));
	if (read_reply(&r, want, out, &error) != 0)
		return NSM_INTERNAL_ERROR;
	return (int)error;
}
