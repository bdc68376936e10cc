/*
 * The bounds-checked reader: the input is a program of reads; what they
 * return is always within it, and UTF-8 is walked without leaving it.
 */
#include "airgap/record/reader.h"
#include "tests/fuzz/again.h"

static void
walk_text(struct bytes text)
{
	size_t i = 0, len;

	if (!utf8_valid(text))
		return;
	while (i < text.n) {
		uint32_t c = utf8_point(bytes_of(text.p + i, text.n - i),
		    &len);

		must(c < 0x110000 && (c < 0xd800 || c > 0xdfff));
		must(len >= 1 && len <= 4 && len <= text.n - i);
		i += len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd r = rd_of(bytes_of(p, n));
	struct bytes out;
	uint32_t size;
	uint16_t half;
	uint8_t op;

	while (rd_u8(&r, &op) == 0) {
		size_t before = r.left;

		if (op < 0x40) {
			if (rd_u16(&r, &half) != 0)
				break;
			must(before - r.left == 2);
		} else if (rd_u32(&r, &size) == 0) {
			before = r.left;
			if (rd_bytes(&r, size, &out) != 0) {
				must(size > before && r.left == before);
				break;
			}
			must(out.n == size && before - r.left == size);
			must(size == 0 || (out.p >= p &&
			    out.p + out.n <= p + n));
			walk_text(out);
		} else {
			must(before < 4);
			break;
		}
	}
	must((rd_end(&r) == 0) == (r.left == 0));
	walk_text(bytes_of(p, n));
	return 0;
}
