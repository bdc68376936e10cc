/*
 * Symbols by libqrencode; what fits is by the standard's table.
 */
#include <errno.h>
#include <qrencode.h>

#include "qr/draw/symbol.h"
#include "qr/scan/wire.h"

/* Data codewords, ISO/IEC 18004 table 7, versions 1 to 25. */
static const uint16_t codewords[3][SYMBOL_VERSION_MAX] = {
	[LEVEL_L] = { 19, 34, 55, 80, 108, 136, 156, 194, 232, 274, 324, 370,
	    428, 461, 523, 589, 647, 721, 795, 861, 932, 1006, 1094, 1174,
	    1276 },
	[LEVEL_M] = { 16, 28, 44, 64, 86, 108, 124, 154, 182, 216, 254, 290,
	    334, 365, 415, 453, 507, 563, 627, 669, 714, 782, 860, 914, 1000 },
	[LEVEL_Q] = { 13, 22, 34, 48, 62, 76, 88, 110, 132, 154, 180, 206,
	    244, 261, 295, 325, 367, 397, 445, 485, 512, 568, 614, 664, 718 },
};
static const QRecLevel levels[] = {
	[LEVEL_L] = QR_ECLEVEL_L, [LEVEL_M] = QR_ECLEVEL_M,
	[LEVEL_Q] = QR_ECLEVEL_Q,
};

#define MODE_BITS 4	/* the mode indicator, section 7.4.1 */

size_t
symbol_capacity(unsigned version, enum symbol_level level)
{
	size_t bits, count;

	if (version < 1 || version > SYMBOL_VERSION_MAX)
		return 0;
	/* length field of the alphanumeric mode, table 3 */
	count = version <= 9 ? 9 : 11;
	bits = (size_t)codewords[level][version - 1] * 8 - MODE_BITS - count;
	/* two characters take 11 bits, one left over takes 6 */
	return bits / 11 * 2 + (bits % 11 >= 6);
}

unsigned
symbol_version(size_t chars, enum symbol_level level)
{
	for (unsigned v = 1; v <= SYMBOL_VERSION_MAX; v++)
		if (symbol_capacity(v, level) >= chars)
			return v;
	return 0;
}

static int
check(struct bytes text, unsigned version, enum symbol_level level,
    struct err *e)
{
	if (text.n == 0)
		return err_set(e, ERR_INPUT, "no text to draw");
	for (size_t i = 0; i < text.n; i++)
		if (scan_place(text.p[i]) < 0)
			return err_set(e, ERR_INPUT, "character %zu (0x%02x) "
			    "is not of the QR alphanumeric set: digits, "
			    "capital letters, space and $%%*+-./:", i + 1,
			    text.p[i]);
	if (text.n > symbol_capacity(version, level))
		return err_set(e, ERR_INPUT, "%zu characters do not fit a QR "
		    "code of version %u, level %c, which holds %zu; use a "
		    "denser preset or a shorter fragment", text.n, version,
		    "LMQ"[level], symbol_capacity(version, level));
	return 0;
}

int
symbol_make(struct bytes text, unsigned version, enum symbol_level level,
    struct symbol *out, struct err *e)
{
	QRinput *in = NULL;
	QRcode *code = NULL;
	int r = ERR_INTERNAL;

	if ((r = check(text, version, level, e)) != 0)
		return r;
	r = ERR_SYSTEM;
	if ((in = QRinput_new2((int)version, levels[level])) == NULL ||
	    QRinput_append(in, QR_MODE_AN, (int)text.n, text.p) != 0 ||
	    (code = QRcode_encodeInput(in)) == NULL) {
		err_set(e, r, "libqrencode: no symbol of version %u: %s",
		    version, strerror(errno));
		goto out;
	}
	if (code->version != (int)version ||
	    code->width != (int)SYMBOL_WIDTH(version)) {
		r = err_set(e, ERR_INTERNAL, "libqrencode drew version %d "
		    "where %u was asked", code->version, version);
		goto out;
	}
	out->version = version;
	out->width = SYMBOL_WIDTH(version);
	/* bit 0 of each byte: 1 is dark (qrencode.h) */
	for (size_t i = 0; i < (size_t)out->width * out->width; i++)
		out->dark[i] = code->data[i] & 1;
	r = 0;
out:
	QRcode_free(code);
	QRinput_free(in);
	return r;
}
