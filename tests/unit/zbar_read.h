/*
 * What ZBar itself, not our helper, reads from a grey picture.
 */
#ifndef TESTS_UNIT_ZBAR_READ_H
#define TESTS_UNIT_ZBAR_READ_H

#include "qr/draw/readback.h"

/* Calls each with the text of every QR code; returns how many there were. */
int zbar_read(const uint8_t *p, size_t width, size_t height,
    void (*each)(struct bytes text, void *ctx), void *ctx);

/* The same as the scanner that symbols are read back by. */
extern const struct readback zbar_readback;

#endif
