/*
 * Parts as text: BCR-2020-005 for the text, BCR-2024-001 for the CBOR inside.
 * Stricter than both: one spelling of every number, nothing around it.
 */
#include <stdio.h>

#include "airgap/ur/bytewords.h"
#include "airgap/ur/part.h"

#define SCHEME "ur:"

enum { CBOR_UINT = 0, CBOR_BYTES = 2, CBOR_ARRAY = 4 };
#define PART_FIELDS 5

static bool
type_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool
type_bytes_valid(struct bytes type)
{
	size_t i = 0;

	while (i < type.n && type_letter(type.p[i]))
		i++;
	return type.n >= 1 && type.n <= UR_TYPE_MAX && i == type.n;
}

bool
ur_type_valid(const char *type)
{
	return type_bytes_valid(bytes_str(type));
}

void
ur_upper(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
}

static struct bytes
lower(struct bytes text, char *out)
{
	for (size_t i = 0; i < text.n; i++)
		out[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ?
		    (char)(text.p[i] - 'A' + 'a') : (char)text.p[i];
	return bytes_of(out, text.n);
}

/* --- the text */

/* Cuts what is before the first c off *rest; all of it if there is none. */
static struct bytes
cut(struct bytes *rest, char c)
{
	const uint8_t *at = rest->n == 0 ? NULL : memchr(rest->p, c, rest->n);
	struct bytes head = *rest;

	if (at == NULL) {
		*rest = bytes_of(rest->p + rest->n, 0);
		return head;
	}
	head.n = (size_t)(at - rest->p);
	*rest = bytes_of(at + 1, rest->n - head.n - 1);
	return head;
}

/* [1-9][0-9]*, below 2^32 */
static bool
number(struct bytes text, uint32_t *out)
{
	uint64_t v;

	if (text.n == 0 || text.p[0] == '0' ||
	    !bytes_number(text, UINT32_MAX, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

/* "1of4": Uniform Resources of the first version */
static bool
is_legacy(struct bytes seq)
{
	size_t i = 0;

	while (i < seq.n && seq.p[i] >= '0' && seq.p[i] <= '9')
		i++;
	return i > 0 && i + 2 < seq.n && seq.p[i] == 'o' &&
	    seq.p[i + 1] == 'f' && seq.p[i + 2] >= '0' && seq.p[i + 2] <= '9';
}

static int
read_path(struct bytes seq, struct ur_part *out, struct err *e)
{
	struct bytes n = seq, first = cut(&n, '-');

	if (is_legacy(seq))
		return err_set(e, ERR_INPUT, "this is a code of the old kind "
		    "(UR version 1); the sender must show version 2");
	if (!number(first, &out->seq) || !number(n, &out->parts))
		return err_set(e, ERR_INPUT, "the code does not say which "
		    "part it is (as in 3-12)");
	out->multi = true;
	return 0;
}

/* Scheme, type and path; *body is what is left. */
static int
read_text(struct bytes text, struct ur_part *out, struct bytes *body,
    struct err *e)
{
	size_t scheme = strlen(SCHEME);
	struct bytes rest, type, seq = { NULL, 0 };
	int r;

	if (text.n < scheme || memcmp(text.p, SCHEME, scheme) != 0)
		return err_set(e, ERR_INPUT, "this code is not of our kind: "
		    "it does not begin with \"ur:\"");
	rest = bytes_of(text.p + scheme, text.n - scheme);
	type = cut(&rest, '/');
	if (!type_bytes_valid(type))
		return err_set(e, ERR_INPUT, "the type of the code is not 1 "
		    "to %d letters, digits or \"-\"", UR_TYPE_MAX);
	memcpy(out->type, type.p, type.n);
	out->type[type.n] = '\0';
	if (rest.n > 0 && memchr(rest.p, '/', rest.n) != NULL) {
		seq = cut(&rest, '/');
		if ((r = read_path(seq, out, e)) != 0)
			return r;
	}
	*body = rest;
	if (rest.n > 0 && memchr(rest.p, '/', rest.n) != NULL)
		return err_set(e, ERR_INPUT, "the code has too many \"/\"");
	return 0;
}

/* --- the CBOR of a part: [seq, N, message length, check sum, fragment] */

static bool
head(struct bytes *in, unsigned major, uint32_t *out)
{
	static const uint32_t least[] = { 24, 0x100, 0x10000 };
	unsigned info;
	size_t size;
	uint32_t v = 0;

	if (in->n == 0 || in->p[0] >> 5 != major)
		return false;
	info = in->p[0] & 31;
	size = info < 24 ? 0 : (size_t)1 << (info - 24);
	if (info > 26 || in->n < 1 + size)
		return false;
	for (size_t i = 1; i <= size; i++)
		v = v << 8 | in->p[i];
	*in = bytes_of(in->p + 1 + size, in->n - 1 - size);
	*out = size == 0 ? info : v;
	return size == 0 || v >= least[info - 24];
}

static int
read_cbor(struct bytes in, struct ur_part *out, struct err *e)
{
	uint32_t fields, seq, parts, len;

	if (!head(&in, CBOR_ARRAY, &fields) || fields != PART_FIELDS ||
	    !head(&in, CBOR_UINT, &seq) || !head(&in, CBOR_UINT, &parts) ||
	    !head(&in, CBOR_UINT, &out->message_len) ||
	    !head(&in, CBOR_UINT, &out->checksum) ||
	    !head(&in, CBOR_BYTES, &len) || len != in.n)
		return err_set(e, ERR_INPUT, "the inside of the code is not "
		    "five fields in their one form");
	if (seq != out->seq || parts != out->parts)
		return err_set(e, ERR_INPUT, "the code says part %u of %u "
		    "outside and part %u of %u inside", out->seq, out->parts,
		    seq, parts);
	out->data = in;
	return 0;
}

static int
check_limits(const struct ur_part *p, struct err *e)
{
	uint64_t n = p->data.n;

	if (p->parts > UR_PARTS_MAX)
		return err_set(e, ERR_INPUT, "a stream of %u parts; this "
		    "program takes at most %d", p->parts, UR_PARTS_MAX);
	if (p->message_len > UR_MESSAGE_MAX)
		return err_set(e, ERR_INPUT, "a message of %u bytes; this "
		    "program takes at most %d", p->message_len,
		    UR_MESSAGE_MAX);
	if (n < 1 || n > UR_FRAGMENT_MAX)
		return err_set(e, ERR_INPUT, "a fragment of %zu bytes, not 1 "
		    "to %d", p->data.n, UR_FRAGMENT_MAX);
	if ((p->parts - 1) * n >= p->message_len ||
	    p->message_len > p->parts * n)
		return err_set(e, ERR_INPUT, "%u fragments of %zu bytes "
		    "cannot hold a message of %u bytes", p->parts, p->data.n,
		    p->message_len);
	return 0;
}

int
ur_part_read(struct bytes text, struct ur_room *room, struct ur_part *out,
    struct err *e)
{
	struct bytes body;
	size_t n;
	int r;

	*out = (struct ur_part){ .seq = 1, .parts = 1 };
	if (text.n > sizeof(room->text))
		return err_set(e, ERR_INPUT, "a code of %zu letters; this "
		    "program takes at most %d", text.n, UR_TEXT_MAX);
	if ((r = read_text(lower(text, room->text), out, &body, e)) != 0 ||
	    (r = bytewords_decode(body, room->bytes, &n, e)) != 0)
		return r;
	out->data = bytes_of(room->bytes, n);
	if (out->multi && (r = read_cbor(out->data, out, e)) != 0)
		return r;
	if (!out->multi) {
		out->message_len = (uint32_t)n;
		out->checksum = crc32_of(out->data);
	}
	return check_limits(out, e);
}

static uint8_t *
put_head(uint8_t *to, unsigned major, uint32_t v)
{
	unsigned size = v < 24 ? 0 : v < 0x100 ? 1 : v < 0x10000 ? 2 : 4;

	*to++ = (uint8_t)(major << 5 | (size == 0 ? v :
	    size == 1 ? 24 : size == 2 ? 25 : 26));
	for (unsigned i = size; i-- > 0;)
		*to++ = (uint8_t)(v >> (8 * i));
	return to;
}

void
ur_part_write(const struct ur_part *p, struct ur_room *room,
    char out[static UR_TEXT_MAX + 1])
{
	struct bytes body = p->data;
	uint8_t *to = room->bytes;
	size_t n;

	if (p->multi) {
		n = (size_t)snprintf(out, UR_TEXT_MAX, SCHEME "%s/%u-%u/",
		    p->type, p->seq, p->parts);
		to = put_head(to, CBOR_ARRAY, PART_FIELDS);
		to = put_head(to, CBOR_UINT, p->seq);
		to = put_head(to, CBOR_UINT, p->parts);
		to = put_head(to, CBOR_UINT, p->message_len);
		to = put_head(to, CBOR_UINT, p->checksum);
		to = put_head(to, CBOR_BYTES, (uint32_t)p->data.n);
		memcpy(to, p->data.p, p->data.n);
		body = bytes_of(room->bytes,
		    (size_t)(to - room->bytes) + p->data.n);
	} else {
		n = (size_t)snprintf(out, UR_TEXT_MAX, SCHEME "%s/", p->type);
	}
	bytewords_encode(body, out + n);
	out[n + 2 * (body.n + BYTEWORDS_CRC_LEN)] = '\0';
}
