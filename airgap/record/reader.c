/*
 * The bounds-checked reader, and well-formedness of UTF-8.
 */
#include "airgap/record/reader.h"

int
rd_bytes(struct rd *r, size_t n, struct bytes *out)
{
	if (n > r->left)
		return ERR_INPUT;
	*out = bytes_of(r->p, n);
	if (n > 0)
		r->p += n;
	r->left -= n;
	return 0;
}

int
rd_u8(struct rd *r, uint8_t *out)
{
	struct bytes b;

	if (rd_bytes(r, 1, &b) != 0)
		return ERR_INPUT;
	*out = b.p[0];
	return 0;
}

int
rd_u16(struct rd *r, uint16_t *out)
{
	struct bytes b;

	if (rd_bytes(r, 2, &b) != 0)
		return ERR_INPUT;
	*out = (uint16_t)(b.p[0] | b.p[1] << 8);
	return 0;
}

int
rd_u32(struct rd *r, uint32_t *out)
{
	struct bytes b;

	if (rd_bytes(r, 4, &b) != 0)
		return ERR_INPUT;
	*out = (uint32_t)b.p[0] | (uint32_t)b.p[1] << 8 |
	    (uint32_t)b.p[2] << 16 | (uint32_t)b.p[3] << 24;
	return 0;
}

int
rd_end(const struct rd *r)
{
	return r->left == 0 ? 0 : ERR_INPUT;
}

/*
 * Size of the well-formed sequence at p, or 0.  Table 3-7 of the Unicode
 * standard: the second byte's range depends on the first.
 */
static size_t
sequence_len(const uint8_t *p, size_t n)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static bool
eight_ascii(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v & UINT64_C(0x8080808080808080)) == 0;
}

bool
utf8_valid(struct bytes text)
{
	size_t i = 0, len;

	while (i < text.n) {
		if (text.n - i >= 8 && eight_ascii(text.p + i)) {
			i += 8;
			continue;
		}
		len = sequence_len(text.p + i, text.n - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

uint32_t
utf8_point(struct bytes text, size_t *len)
{
	const uint8_t *p = text.p;
	size_t n = sequence_len(p, text.n);
	uint32_t cp;

	if (n == 0) {		/* the caller broke the contract: move on */
		*len = 1;
		return 0xfffd;
	}
	*len = n;
	if (n == 1)
		return p[0];
	cp = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (p[i] & 0x3fu);
	return cp;
}
