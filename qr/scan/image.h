/*
 * Pictures from files: PNG (any kind, transparent parts white) and binary
 * PGM of 8 bits.  Colour becomes grey.
 */
#ifndef QR_SCAN_IMAGE_H
#define QR_SCAN_IMAGE_H

#include "airgap/bytes.h"
#include "qr/scan/grey.h"
#include "qr/scan/wire.h"

/*
 * Decodes the file in: SCAN_OK, and *pixels (free it) is behind *out; or
 * SCAN_NO_IMAGE, SCAN_BROKEN, SCAN_SIZE, SCAN_DEPTH, SCAN_MEMORY.
 * Nothing is allocated for sides over SCAN_SIDE_MAX, areas over
 * SCAN_AREA_MAX, or a PGM that is shorter than it says.
 */
enum scan_problem image_decode(struct bytes in, uint8_t **pixels,
    struct grey *out);

#endif
