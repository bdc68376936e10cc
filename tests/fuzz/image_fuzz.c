/*
 * A PNG or PGM file from hostile bytes: what is read is in bounds, and is
 * looked at as quorate-scan does.
 */
#include "qr/scan/image.h"
#include "qr/scan/reader.h"
#include "tests/fuzz/again.h"

#define LOOK_MAX 40000		/* pixels; ZBar takes its time under ASan */

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct reader *r;
	uint8_t *pixels;
	struct found f;
	struct grey g;

	if (r == NULL)
		r = reader_new();
	must(r != NULL);
	if (image_decode(bytes_of(p, n), &pixels, &g) != SCAN_OK) {
		must(pixels == NULL);
		return 0;
	}
	must(g.w > 0 && g.h > 0 && g.w <= SCAN_SIDE_MAX &&
	    g.h <= SCAN_SIDE_MAX && (size_t)g.w * g.h <= SCAN_AREA_MAX &&
	    g.stride == g.w && g.p == pixels);
	if ((size_t)g.w * g.h <= LOOK_MAX) {
		must(reader_still(r, &g, &f) == SCAN_OK);
		for (size_t i = 0; i < f.n; i++) {
			must(scan_text_valid(f.codes[i].text,
			    f.codes[i].len));
			for (size_t k = 0; k < 8; k += 2)
				must(f.codes[i].at.xy[k] < g.w &&
				    f.codes[i].at.xy[k + 1] < g.h);
		}
	}
	free(pixels);
	return 0;
}
