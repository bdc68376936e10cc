/*
 * JSON reading: one checking pass over the whole text without recursion,
 * then cheap walks over slices of it (RFC 8259; QOS wire section 4).
 */
#include "airgap/record/json.h"
#include "airgap/record/reader.h"

struct scan {
	const uint8_t *start, *p, *end;
	struct err *e;
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static const uint8_t *
skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static int
bad(const struct scan *s, const char *what)
{
	return err_set(s->e, ERR_INPUT, "not valid JSON at byte %zu: %s",
	    (size_t)(s->p - s->start), what);
}

static bool
hex4(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
	uint32_t v = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i], low = c | 0x20;

		if (is_digit(c))
			v = v << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* At a backslash; steps over the escape. */
static int
scan_escape(struct scan *s)
{
	uint32_t hi, lo;

	if (s->end - s->p < 2)
		return bad(s, "text ends in an escape");
	if (strchr("\"\\/bfnrt", s->p[1]) != NULL && s->p[1] != 0) {
		s->p += 2;
		return 0;
	}
	if (s->p[1] != 'u' || !hex4(s->p + 2, s->end, &hi))
		return bad(s, "unknown escape");
	if (hi >= 0xd800 && hi <= 0xdfff) {
		if (hi > 0xdbff || s->end - s->p < 12 || s->p[6] != '\\' ||
		    s->p[7] != 'u' || !hex4(s->p + 8, s->end, &lo) ||
		    lo < 0xdc00 || lo > 0xdfff)
			return bad(s, "half of a surrogate pair");
		s->p += 6;
	}
	s->p += 6;
	return 0;
}

/* Eight bytes that can neither end a string nor stop it. */
static bool
eight_plain(const uint8_t *p)
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones << 7;
	uint64_t v, quote, escape;

	memcpy(&v, p, sizeof(v));
	quote = v ^ ones * '"';
	escape = v ^ ones * '\\';
	/* the lowest byte that is below, or 0, gets its bit 7; others may */
	return ((((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) |
	    ((escape - ones) & ~escape)) & tops) == 0;
}

static int
scan_string(struct scan *s)
{
	int r;

	s->p++;
	for (;;) {
		while (s->end - s->p >= 8 && eight_plain(s->p))
			s->p += 8;
		if (s->p == s->end)
			return bad(s, "string without an end");
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p < 0x20)
			return bad(s, "control character in a string");
		if (*s->p == '\\') {
			if ((r = scan_escape(s)) != 0)
				return r;
		} else {
			s->p++;
		}
	}
}

static int
scan_digits(struct scan *s)
{
	if (s->p == s->end || !is_digit(*s->p))
		return bad(s, "a digit is missing");
	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return 0;
}

static int
scan_number(struct scan *s)
{
	int r;

	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if ((r = scan_digits(s)) != 0)
		return r;
	if (s->p < s->end && is_digit(*s->p))
		return bad(s, "number with a leading zero");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if ((r = scan_digits(s)) != 0)
			return r;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if ((r = scan_digits(s)) != 0)
			return r;
	}
	return 0;
}

static int
scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(s->end - s->p) >= n &&
		    memcmp(s->p, words[i], n) == 0) {
			s->p += n;
			return 0;
		}
	}
	return bad(s, "a value was expected");
}

static int
scan_name(struct scan *s)
{
	int r;

	s->p = skip_space(s->p, s->end);
	if (s->p == s->end || *s->p != '"')
		return bad(s, "a member name was expected");
	if ((r = scan_string(s)) != 0)
		return r;
	s->p = skip_space(s->p, s->end);
	if (s->p == s->end || *s->p != ':')
		return bad(s, "a colon was expected");
	s->p++;
	return 0;
}

/*
 * After a value inside depth containers: closes as many as close here.
 * *more is set when another value follows.
 */
static int
scan_after(struct scan *s, uint8_t stack[static JSON_DEPTH_MAX],
    size_t *depth, bool *more)
{
	*more = false;
	while (*depth > 0) {
		uint8_t open = stack[*depth - 1];

		s->p = skip_space(s->p, s->end);
		if (s->p == s->end)
			return bad(s, "text ends too early");
		if (*s->p == ',') {
			s->p++;
			*more = true;
			return open == '{' ? scan_name(s) : 0;
		}
		if (*s->p != (open == '{' ? '}' : ']'))
			return bad(s, "a comma or a closing bracket was "
			    "expected");
		s->p++;
		(*depth)--;
	}
	return 0;
}

/* Opens a container; *empty is set when it closes at once. */
static int
scan_open(struct scan *s, uint8_t stack[static JSON_DEPTH_MAX],
    size_t *depth, bool *empty)
{
	uint8_t open = *s->p;

	if (*depth == JSON_DEPTH_MAX)
		return bad(s, "nested deeper than 128");
	s->p = skip_space(s->p + 1, s->end);
	*empty = s->p < s->end && *s->p == (open == '{' ? '}' : ']');
	if (*empty) {
		s->p++;
		return 0;
	}
	stack[(*depth)++] = open;
	return open == '{' ? scan_name(s) : 0;
}

static int
scan_value(struct scan *s)
{
	uint8_t stack[JSON_DEPTH_MAX];
	size_t depth = 0;
	bool more, empty;
	int r;

	do {
		s->p = skip_space(s->p, s->end);
		if (s->p == s->end)
			return bad(s, "text ends too early");
		if (*s->p == '{' || *s->p == '[') {
			if ((r = scan_open(s, stack, &depth, &empty)) != 0)
				return r;
			if (!empty) {
				more = true;
				continue;
			}
		} else if (*s->p == '"') {
			if ((r = scan_string(s)) != 0)
				return r;
		} else if (*s->p == '-' || is_digit(*s->p)) {
			if ((r = scan_number(s)) != 0)
				return r;
		} else if ((r = scan_word(s)) != 0) {
			return r;
		}
		if ((r = scan_after(s, stack, &depth, &more)) != 0)
			return r;
	} while (more);
	return 0;
}

int
json_check(struct bytes text, struct bytes *value, struct err *e)
{
	struct scan s;
	const uint8_t *first;
	int r;

	if (text.n == 0)
		return err_set(e, ERR_INPUT, "not valid JSON: empty");
	s = (struct scan){ text.p, text.p, text.p + text.n, e };
	if (!utf8_valid(text))
		return err_set(e, ERR_INPUT, "not valid JSON: not UTF-8");
	s.p = first = skip_space(s.p, s.end);
	if ((r = scan_value(&s)) != 0)
		return r;
	*value = bytes_of(first, (size_t)(s.p - first));
	s.p = skip_space(s.p, s.end);
	return s.p == s.end ? 0 : bad(&s, "more text after the value");
}

enum json_kind
json_kind(struct bytes value)
{
	switch (value.p[0]) {
	case '{': return JK_OBJECT;
	case '[': return JK_ARRAY;
	case '"': return JK_STRING;
	case 't': return JK_TRUE;
	case 'f': return JK_FALSE;
	case 'n': return JK_NULL;
	default: return JK_NUMBER;
	}
}

/* A quote ends the string unless an odd run of backslashes precedes it. */
static const uint8_t *
skip_string(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *back;

	do {
		p = memchr(p + 1, '"', (size_t)(end - p - 1));
		for (back = p; back[-1] == '\\'; back--)
			continue;
	} while ((p - back) % 2 != 0);
	return p + 1;
}

/* End of the value at p in a checked text. */
static const uint8_t *
skip_value(const uint8_t *p, const uint8_t *end)
{
	size_t depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		else if (depth == 0) {
			while (p < end && strchr(",]} \t\n\r", *p) == NULL)
				p++;
			return p;
		}
		p++;
	} while (depth > 0);
	return p;
}

struct json_walk
json_walk(struct bytes container)
{
	return (struct json_walk){ container.p + 1,
	    container.p + container.n - 1 };
}

static bool
at_next(struct json_walk *w)
{
	w->p = skip_space(w->p, w->end);
	if (w->p < w->end && *w->p == ',')
		w->p = skip_space(w->p + 1, w->end);
	return w->p < w->end;
}

bool
json_next_item(struct json_walk *w, struct bytes *value)
{
	const uint8_t *start;

	if (!at_next(w))
		return false;
	start = w->p;
	w->p = skip_value(start, w->end);
	*value = bytes_of(start, (size_t)(w->p - start));
	return true;
}

bool
json_next_member(struct json_walk *w, struct bytes *name, struct bytes *value)
{
	if (!json_next_item(w, name))
		return false;
	w->p = skip_space(w->p, w->end) + 1;	/* the colon */
	w->p = skip_space(w->p, w->end);
	return json_next_item(w, value);
}
