/*
 * Mode and its marks.  The marks are compared byte for byte: what a reader
 * of a signed record sees is what is checked.
 */
#include "airgap/record/mode.h"

#define SHOWN 64	/* bytes of a name in a sentence */

const char *
mode_text(enum mode mode)
{
	return mode == MODE_REHEARSAL ? "rehearsal" : "production";
}

int
mode_from_text(struct bytes text, enum mode *out, struct err *e)
{
	for (enum mode m = MODE_PRODUCTION; m <= MODE_REHEARSAL; m++)
		if (bytes_equal(text, bytes_str(mode_text(m)))) {
			*out = m;
			return 0;
		}
	return err_set(e, ERR_INPUT,
	    "the mode is neither 'production' nor 'rehearsal'");
}

uint8_t
mode_byte(enum mode mode)
{
	return mode == MODE_REHEARSAL ? 0x52 : 0x50;
}

struct bytes
mode_test_message(enum mode mode)
{
	return bytes_str(mode == MODE_REHEARSAL ?
	    REHEARSAL_MESSAGE TEST_MESSAGE : TEST_MESSAGE);
}

static bool
begins(struct bytes text, const char *mark)
{
	size_t n = strlen(mark);

	return text.n >= n && memcmp(text.p, mark, n) == 0;
}

enum mode
mode_of_alias(struct bytes alias)
{
	return begins(alias, REHEARSAL_ALIAS) ? MODE_REHEARSAL :
	    MODE_PRODUCTION;
}

enum mode
mode_of_namespace(struct bytes name)
{
	return begins(name, REHEARSAL_NAMESPACE) ? MODE_REHEARSAL :
	    MODE_PRODUCTION;
}

static int
check_mark(enum mode mode, const char *what, struct bytes text,
    const char *mark, struct err *e)
{
	int shown = (int)(text.n < SHOWN ? text.n : SHOWN);
	const char *p = text.n == 0 ? "" : (const char *)text.p;
	bool marked = begins(text, mark);

	if (mode == MODE_PRODUCTION && marked)
		return err_set(e, ERR_REFUSED, "%s '%.*s' begins with '%s', "
		    "which marks a rehearsal, but the mode is production",
		    what, shown, p, mark);
	if (mode == MODE_REHEARSAL && !marked)
		return err_set(e, ERR_REFUSED, "%s '%.*s' must begin with "
		    "'%s', because the mode is rehearsal", what, shown, p,
		    mark);
	if (mode == MODE_REHEARSAL && text.n == strlen(mark))
		return err_set(e, ERR_REFUSED,
		    "%s '%.*s' is only the mark of a rehearsal and no name",
		    what, shown, p);
	return 0;
}

int
mode_check_alias(enum mode mode, struct bytes alias, struct err *e)
{
	return check_mark(mode, "alias", alias, REHEARSAL_ALIAS, e);
}

int
mode_check_namespace(enum mode mode, struct bytes name, struct err *e)
{
	return check_mark(mode, "name", name, REHEARSAL_NAMESPACE, e);
}

int
mode_check_test_message(enum mode mode, struct bytes message, struct err *e)
{
	if (bytes_equal(message, mode_test_message(mode)))
		return 0;
	return err_set(e, ERR_REFUSED, "the test message is not that of a "
	    "%s, '%s'", mode_text(mode),
	    (const char *)mode_test_message(mode).p);
}

int
mode_check_same(enum mode want, enum mode got, const char *what,
    struct err *e)
{
	if (want == got)
		return 0;
	return err_set(e, ERR_REFUSED, "%s is of a %s, but this is a %s",
	    what, mode_text(got), mode_text(want));
}
