/*
 * DER elements (X.690) and the times of RFC 5280, section 4.1.2.5.
 */
#include "enclave/attestation/der.h"

int
der_next(struct der *d, uint8_t tag, struct bytes *content,
    struct bytes *whole)
{
	const uint8_t *p = d->p;
	size_t n, digits;

	if (d->end - p < 2 || p[0] != tag)
		return ERR_INPUT;
	n = p[1];
	p += 2;
	if (n >= 0x80) {
		digits = n & 0x7f;
		if (digits < 1 || digits > 2 || (size_t)(d->end - p) < digits)
			return ERR_INPUT;
		n = digits == 1 ? p[0] : (size_t)p[0] << 8 | p[1];
		if (n < (digits == 1 ? 0x80 : 0x100))
			return ERR_INPUT;	/* a shorter form exists */
		p += digits;
	}
	if ((size_t)(d->end - p) < n)
		return ERR_INPUT;
	*content = bytes_of(p, n);
	p += n;
	if (whole != NULL)
		*whole = bytes_of(d->p, (size_t)(p - d->p));
	d->p = p;
	return 0;
}

int
der_open(struct der *d, uint8_t tag, struct der *inner)
{
	struct bytes content;
	int r;

	if ((r = der_next(d, tag, &content, NULL)) == 0)
		*inner = der_of(content);
	return r;
}

int
der_small(struct der *d, uint8_t *out)
{
	struct bytes v;

	if (der_next(d, DER_INTEGER, &v, NULL) != 0 || v.n != 1 ||
	    v.p[0] > 127)
		return ERR_INPUT;
	*out = v.p[0];
	return 0;
}

int
der_bool(struct der *d, bool *out)
{
	struct bytes v;

	if (der_next(d, DER_BOOLEAN, &v, NULL) != 0 || v.n != 1 ||
	    (v.p[0] != 0 && v.p[0] != 0xff))
		return ERR_INPUT;
	*out = v.p[0] != 0;
	return 0;
}

int
der_bits(struct der *d, struct bytes *out, uint8_t *unused)
{
	struct bytes v;

	if (der_next(d, DER_BIT_STRING, &v, NULL) != 0 || v.n < 1 ||
	    v.p[0] > 7 || (v.n == 1 && v.p[0] != 0))
		return ERR_INPUT;
	*unused = v.p[0];
	if (v.n > 1 && (v.p[v.n - 1] & ((1u << v.p[0]) - 1)) != 0)
		return ERR_INPUT;
	*out = bytes_of(v.p + 1, v.n - 1);
	return 0;
}

/* Two decimal digits at p, from min to max. */
static bool
two(const uint8_t *p, unsigned min, unsigned max, unsigned *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10u + (p[1] - '0');
	return *out >= min && *out <= max;
}

static unsigned
days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days_from_1970(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - 1, days;

	days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;
	for (unsigned m = 1; m < month; m++)
		days += days_in(year, m);
	return days + day - 1;
}

int
der_time(struct der *d, int64_t *out)
{
	bool utc = der_is(d, DER_UTC_TIME);
	unsigned century = 0, year, month, day, hour, minute, second;
	struct bytes v;
	const uint8_t *p;

	if (der_next(d, utc ? DER_UTC_TIME : DER_TIME, &v, NULL) != 0 ||
	    v.n != (utc ? 13u : 15u) || v.p[v.n - 1] != 'Z')
		return ERR_INPUT;
	p = v.p + (utc ? 0 : 2);
	if (!two(p, 0, 99, &year) ||
	    (!utc && !two(v.p, 1, 99, &century)) ||
	    !two(p + 2, 1, 12, &month) || !two(p + 6, 0, 23, &hour) ||
	    !two(p + 8, 0, 59, &minute) || !two(p + 10, 0, 59, &second))
		return ERR_INPUT;
	if (utc)
		century = year >= 50 ? 19 : 20;
	year += century * 100;
	if (!two(p + 4, 1, days_in(year, month), &day))
		return ERR_INPUT;
	*out = ((days_from_1970(year, month, day) * 24 + hour) * 60 +
	    minute) * 60 + second;
	return 0;
}
