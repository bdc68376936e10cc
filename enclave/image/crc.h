/*
 * CRC-32 of zlib and EIF (polynomial 0xedb88320, reflected), at the speed of
 * the machine: hashing an image must not wait for its check sum.
 */
#ifndef ENCLAVE_IMAGE_CRC_H
#define ENCLAVE_IMAGE_CRC_H

#include "airgap/bytes.h"

/* As zlib's crc32: begins with 0, and goes on with what it returned. */
uint32_t crc_add(uint32_t crc, struct bytes b);

#endif
