/*
 * JSON: jansson is the peer for what is legal; the canonical form reads and
 * is its own canonical form.  Differences that are meant: NUL (jansson ends
 * there, and takes none in a name), depth over 128, exponents over a double.
 */
#include <jansson.h>

#include "airgap/record/json.h"
#include "tests/fuzz/again.h"

static int
again(struct bytes in, struct buf *out)
{
	return json_canonical(in, out, NULL);
}

static bool
means_other_things(struct bytes text, const struct err *e)
{
	return memchr(text.p, 0, text.n) != NULL ||
	    memmem(text.p, text.n, "u0000", 5) != NULL ||
	    memchr(text.p, 'e', text.n) != NULL ||
	    memchr(text.p, 'E', text.n) != NULL ||
	    strstr(e->text, "nested") != NULL;
}

static void
compare(struct bytes text)
{
	struct err e = { 0 };
	struct bytes value;
	int r = json_check(text, &value, &e);
	json_t *peer;

	if (text.n == 0 || means_other_things(text, &e))
		return;
	peer = json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	/* digits without end are infinite to a double */
	must((r == 0) == (peer != NULL) || (r == 0 && text.n > 300));
	json_decref(peer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n), value;

	if (stable(in, again))
		must(json_check(in, &value, NULL) == 0);
	compare(in);
	return 0;
}
