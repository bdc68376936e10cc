/*
 * JSON strings: unescaping, comparison, QOS's escapes (wire section 4).
 */
#include "airgap/record/json.h"
#include "airgap/record/reader.h"

/* Walks the code points of a checked, still escaped string value. */
struct points { const uint8_t *p, *end; };

static struct points
points_of(struct bytes value)
{
	return (struct points){ value.p + 1, value.p + value.n - 1 };
}

static uint32_t
unit4(const uint8_t *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' :
		    (p[i] | 0x20) - 'a' + 10);
	return v;
}

static uint32_t
escaped_point(struct points *w)
{
	uint8_t c = w->p[1];
	uint32_t v;

	w->p += 2;
	switch (c) {
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'u': break;
	default: return c;
	}
	v = unit4(w->p);
	w->p += 4;
	if (v >= 0xd800 && v <= 0xdbff) {
		v = 0x10000 + ((v - 0xd800) << 10) + (unit4(w->p + 2) - 0xdc00);
		w->p += 6;
	}
	return v;
}

static bool
next_point(struct points *w, uint32_t *cp)
{
	size_t len;

	if (w->p >= w->end)
		return false;
	if (*w->p == '\\') {
		*cp = escaped_point(w);
		return true;
	}
	*cp = utf8_point(bytes_of(w->p, (size_t)(w->end - w->p)), &len);
	w->p += len;
	return true;
}

static size_t
put_point(uint8_t *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

size_t
json_unescape(struct bytes value, uint8_t *out)
{
	struct points w = points_of(value);
	uint32_t cp;
	size_t n = 0;

	while (next_point(&w, &cp))
		n += put_point(out + n, cp);
	return n;
}

bool
json_string_is(struct bytes value, const char *text)
{
	struct points w = points_of(value);
	struct bytes t = bytes_str(text);
	uint32_t cp;

	while (next_point(&w, &cp)) {
		uint8_t b[4];
		size_t n = put_point(b, cp);

		if (n > t.n || memcmp(b, t.p, n) != 0)
			return false;
		t = bytes_of(t.p + n, t.n - n);
	}
	return t.n == 0;
}

/*
 * UTF-16 puts U+10000 and above (first unit D800..DBFF) before
 * U+E000..U+FFFF; in code point order it is the other way round.
 */
static uint32_t
utf16_rank(uint32_t cp)
{
	return cp >= 0x10000 ? 0xd800 + ((cp - 0x10000) >> 10) : cp;
}

int
json_string_order(struct bytes a, struct bytes b)
{
	struct points wa = points_of(a), wb = points_of(b);
	uint32_t ca, cb;

	for (;;) {
		bool ha = next_point(&wa, &ca), hb = next_point(&wb, &cb);

		if (!ha || !hb)
			return ha - hb;
		if (utf16_rank(ca) != utf16_rank(cb))
			return utf16_rank(ca) < utf16_rank(cb) ? -1 : 1;
		if (ca != cb)	/* same lead unit: the second decides */
			return ca < cb ? -1 : 1;
	}
}

static int
put_escape(struct sink *s, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char *short_form = NULL;
	char u[] = "\\u00xx";

	switch (c) {
	case '"': short_form = "\\\""; break;
	case '\\': short_form = "\\\\"; break;
	case '\b': short_form = "\\b"; break;
	case '\t': short_form = "\\t"; break;
	case '\n': short_form = "\\n"; break;
	case '\f': short_form = "\\f"; break;
	case '\r': short_form = "\\r"; break;
	default: break;
	}
	if (short_form != NULL)
		return sink_str(s, short_form);
	u[4] = digits[c >> 4];
	u[5] = digits[c & 15];
	return sink_str(s, u);
}

int
json_put_string(struct sink *s, struct bytes text)
{
	size_t from = 0;
	int r;

	if ((r = sink_str(s, "\"")) != 0)
		return r;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		if ((r = sink_put(s, text.p + from, i - from)) != 0 ||
		    (r = put_escape(s, c)) != 0)
			return r;
		from = i + 1;
	}
	if ((r = sink_put(s, text.p + from, text.n - from)) != 0)
		return r;
	return sink_str(s, "\"");
}
