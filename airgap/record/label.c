/*
 * Names: printable, visible, safe as file names.  The refused code points
 * are the control characters (Unicode category Cc), line and paragraph
 * separators, and the format characters that hide or reorder text (the
 * Bidi_Control and zero-width ones, soft hyphen, byte order mark, tags).
 */
#include "airgap/record/label.h"
#include "airgap/record/reader.h"

static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
	{ 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x180e, 0x180e },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
};

static bool
is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

int
label_check(const char *what, struct bytes text, size_t max, struct err *e)
{
	size_t step;

	if (text.n == 0 || text.n > max)
		return err_set(e, ERR_INPUT, "%s has %zu bytes, not 1 to %zu",
		    what, text.n, max);
	if (!utf8_valid(text))
		return err_set(e, ERR_INPUT, "%s is not UTF-8", what);
	for (size_t i = 0; i < text.n; i += step) {
		uint32_t c = utf8_point(bytes_of(text.p + i, text.n - i),
		    &step);

		if (is_hidden(c))
			return err_set(e, ERR_INPUT,
			    "%s has a character that cannot be seen (U+%04X)",
			    what, (unsigned)c);
	}
	if (text.p[0] == ' ' || text.p[text.n - 1] == ' ')
		return err_set(e, ERR_INPUT,
		    "%s begins or ends with a blank", what);
	return 0;
}

int
label_check_alias(struct bytes alias, struct err *e)
{
	int r = label_check("alias", alias, ALIAS_MAX, e);

	if (r != 0)
		return r;
	if (memchr(alias.p, '/', alias.n) != NULL)
		return err_set(e, ERR_INPUT, "alias '%.*s' has a '/'; it must "
		    "serve as a file name", (int)alias.n,
		    (const char *)alias.p);
	if (memchr(alias.p, '.', alias.n) != NULL)
		return err_set(e, ERR_INPUT, "alias '%.*s' has a '.'; an "
		    "alias ends before the first dot of its file name",
		    (int)alias.n, (const char *)alias.p);
	return 0;
}
