/*
 * The 45 characters of QR's alphanumeric mode.
 */
#include <string.h>

#include "qr/scan/wire.h"

int
scan_place(unsigned char c)
{
	static const char alphabet[] = SCAN_ALPHABET;
	const char *at = c == '\0' ? NULL : strchr(alphabet, c);

	return at == NULL ? -1 : (int)(at - alphabet);
}

bool
scan_text_valid(const char *text, size_t n)
{
	if (n == 0 || n > SCAN_TEXT_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (scan_place((unsigned char)text[i]) < 0)
			return false;
	return true;
}
