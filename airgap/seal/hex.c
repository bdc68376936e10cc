/*
 * Hexadecimal without tables and without a branch on a digit, because seeds
 * pass through it.  The order of checks is that of QOS's qos_hex (wire,
 * section 3): empty, one digit, one "0x", length, odd, digits.  Applications
 * of many MiB come in hex too, so digits are read eight at a time.
 */
#include <endian.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/hex.h"

#define TEXT_MAX ((size_t)256 << 20)	/* qos_hex: refused from here on */

/* '0' + v, and 39 more ('a' - '9' - 1) where v is over 9. */
static char
digit_of(uint32_t v)
{
	return (char)('0' + v + (ct_lt(9, v) & 39));
}

/* Value of a digit; *bad gains bits if c is none. */
static uint32_t
value_of(uint32_t c, uint32_t *bad)
{
	uint32_t number = ct_in(c, '0', '9');
	uint32_t letter = ct_in(c | 0x20, 'a', 'f');	/* either case */

	*bad |= ~(number | letter);
	return (number & (c - '0')) | (letter & ((c | 0x20) - 'a' + 10));
}

void
hex_encode(const uint8_t *in, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit_of(in[i] >> 4);
		out[2 * i + 1] = digit_of(in[i] & 15U);
	}
}

void
hex_text(const uint8_t *in, size_t n, char *out)
{
	hex_encode(in, n, out);
	out[2 * n] = '\0';
}

/* The text after one leading "0x". */
static struct bytes
without_prefix(struct bytes text)
{
	uint32_t has = ct_eq(text.p[0], '0') & ct_eq(text.p[1], 'x');

	/* declassified: the prefix is form, not value */
	ct_public(&has, sizeof(has));
	return has != 0 ? bytes_of(text.p + 2, text.n - 2) : text;
}

/* x in each byte of a word. */
static uint64_t
eight(uint64_t x)
{
	return UINT64_C(0x0101010101010101) * x;
}

/* Bit 7 of each byte that is low to high; all bytes below 128. */
static uint64_t
eight_in(uint64_t c, uint64_t low, uint64_t high)
{
	return (c + eight(0x80 - low)) & ~(c + eight(0x7f - high)) &
	    eight(0x80);
}

/* Four bytes of eight digits, the first lowest; *bad as in value_of. */
static uint32_t
eight_value(uint64_t c, uint64_t *bad)
{
	uint64_t seven = c & eight(0x7f);
	uint64_t number = eight_in(seven, '0', '9');
	uint64_t letter = eight_in(seven | eight(0x20), 'a', 'f');
	uint64_t v = (c & eight(0x0f)) + (letter >> 7) * 9;

	*bad |= (~(number | letter) | c) & eight(0x80);
	/* each pair's low byte, then those closer and closer together */
	v = (v << 4 | v >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v | v >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(v | v >> 16);
}

/* As many as come in eights; returns how many bytes came out. */
static size_t
eights_decode(struct bytes text, uint8_t *out, uint32_t *bad)
{
	uint64_t c, wrong = 0;
	uint32_t v;
	size_t i;

	for (i = 0; i < text.n / 8; i++) {
		memcpy(&c, text.p + 8 * i, sizeof(c));
		v = htole32(eight_value(le64toh(c), &wrong));
		memcpy(out + 4 * i, &v, sizeof(v));
	}
	*bad |= (uint32_t)(wrong >> 32) | (uint32_t)wrong;
	return 4 * i;
}

static int
digits_decode(struct bytes text, uint8_t *out, struct err *e)
{
	uint32_t bad = 0;
	size_t i = eights_decode(text, out, &bad);

	for (; i < text.n / 2; i++) {
		uint32_t high = value_of(text.p[2 * i], &bad);
		uint32_t low = value_of(text.p[2 * i + 1], &bad);

		out[i] = (uint8_t)(high << 4 | low);
	}
	/* declassified: whether the whole text is valid */
	ct_public(&bad, sizeof(bad));
	if (bad != 0)
		return err_set(e, ERR_INPUT,
		    "hex text: a character is not a hex digit");
	return 0;
}

int
hex_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n,
    struct err *e)
{
	*n = 0;
	if (text.n == 0)
		return 0;
	if (text.n == 1)
		return err_set(e, ERR_INPUT, "hex text: a single digit");
	text = without_prefix(text);
	if (text.n >= TEXT_MAX)
		return err_set(e, ERR_INPUT, "hex text: 256 MiB or more");
	if (text.n % 2 != 0)
		return err_set(e, ERR_INPUT, "hex text: %zu digits, an odd "
		    "number", text.n);
	if (text.n / 2 > cap)
		return err_set(e, ERR_INPUT, "hex text: %zu bytes where at "
		    "most %zu are expected", text.n / 2, cap);
	*n = text.n / 2;
	return digits_decode(text, out, e);
}

int
hex_decode_exact(struct bytes text, uint8_t *out, size_t n, struct err *e)
{
	int r = ERR_INTERNAL;
	size_t got;

	if ((r = hex_decode(text, out, n, &got, e)) != 0)
		return r;
	if (got != n)
		return err_set(e, ERR_INPUT,
		    "hex text: %zu bytes where %zu are expected", got, n);
	return 0;
}

/* Masks for the UTF-8 forms of char::is_whitespace, 1, 2 and 3 bytes. */
static uint32_t
space_1(uint32_t a)
{
	return ct_in(a, 0x09, 0x0d) | ct_eq(a, 0x20);
}

static uint32_t
space_2(uint32_t a, uint32_t b)		/* U+0085 U+00A0 */
{
	return ct_eq(a, 0xc2) & (ct_eq(b, 0x85) | ct_eq(b, 0xa0));
}

/* U+1680; U+2000 to U+200A; U+2028 U+2029 U+202F; U+205F; U+3000 */
static uint32_t
space_3(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t v = a << 16 | b << 8 | c;

	return ct_eq(v, 0xe19a80) | ct_in(v, 0xe28080, 0xe2808a) |
	    ct_in(v, 0xe280a8, 0xe280a9) | ct_eq(v, 0xe280af) |
	    ct_eq(v, 0xe2819f) | ct_eq(v, 0xe38080);
}

/* Length of the white space character in the n bytes at p, or 0. */
static size_t
space_len(const uint8_t *p, size_t n)
{
	uint32_t is = 0;

	if (n == 1)
		is = space_1(p[0]);
	else if (n == 2)
		is = space_2(p[0], p[1]);
	else if (n == 3)
		is = space_3(p[0], p[1], p[2]);
	/* declassified: white space around a secret is not secret */
	ct_public(&is, sizeof(is));
	return is != 0 ? n : 0;
}

static size_t
space_at_start(struct bytes t)
{
	size_t len = 0;

	for (size_t n = 1; n <= 3 && n <= t.n && len == 0; n++)
		len = space_len(t.p, n);
	return len;
}

static size_t
space_at_end(struct bytes t)
{
	size_t len = 0;

	for (size_t n = 1; n <= 3 && n <= t.n && len == 0; n++)
		len = space_len(t.p + t.n - n, n);
	return len;
}

struct bytes
hex_trim(struct bytes text)
{
	size_t n;

	while ((n = space_at_start(text)) > 0)
		text = bytes_of(text.p + n, text.n - n);
	while ((n = space_at_end(text)) > 0)
		text.n -= n;
	return text;
}
