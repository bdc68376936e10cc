/*
 * ZBar on a picture in memory, QR codes only.
 */
#include <zbar.h>

#include "tests/unit/zbar_read.h"

int
zbar_read(const uint8_t *p, size_t width, size_t height,
    void (*each)(struct bytes text, void *ctx), void *ctx)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	int n;

	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, (unsigned)width, (unsigned)height);
	zbar_image_set_data(image, p, width * height, NULL);
	n = zbar_scan_image(scanner, image);
	for (const zbar_symbol_t *s = zbar_image_first_symbol(image);
	    s != NULL; s = zbar_symbol_next(s))
		each(bytes_of(zbar_symbol_get_data(s),
		    zbar_symbol_get_data_length(s)), ctx);
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	return n;
}

static size_t kept;

static void
keep(struct bytes text, void *to)
{
	memcpy(to, text.p, text.n);
	kept = text.n;
}

static int
read_back(void *ctx, const struct raster *g,
    char text[static SYMBOL_TEXT_MAX], size_t *n, struct err *e)
{
	(void)ctx;
	(void)e;
	*n = zbar_read(g->p, g->side, g->side, keep, text) == 1 ? kept : 0;
	return 0;
}

const struct readback zbar_readback = { read_back, NULL };
