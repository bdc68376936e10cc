/*
 * What a camera's buffer holds, as grey.  Private to the camera.
 */
#ifndef QR_SCAN_PIXELS_H
#define QR_SCAN_PIXELS_H

#include "airgap/bytes.h"
#include "qr/scan/camera.h"

/*
 * Fills c->pixels from a buffer of at least c->need bytes.  False for a
 * JPEG that is damaged or of another size.
 */
bool pixels_grey(struct camera *c, struct bytes in);

/* A decompressor of libjpeg-turbo; NULL where memory is short. */
void *pixels_jpeg_new(void);
void pixels_jpeg_free(void *jpeg);

#endif
