/*
 * Decimal numbers in public text: the one reader of them, but for JSON's.
 */
#include "airgap/bytes.h"

bool
bytes_take_number(struct bytes *text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(text->p[i] - '0');

		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (i == 0)
		return false;
	*text = bytes_of(text->p + i, text->n - i);
	*out = v;
	return true;
}

bool
bytes_number(struct bytes text, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (!bytes_take_number(&text, max, &v) || text.n > 0)
		return false;
	*out = v;
	return true;
}
