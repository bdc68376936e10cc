/*
 * Frames of the control socket (QOS wire 9): u64 little-endian length and
 * that many bytes, in both directions.
 */
#ifndef AIRGAP_RECORD_FRAME_H
#define AIRGAP_RECORD_FRAME_H

#include "airgap/bytes.h"

#define FRAME_MAX (128u << 20)		/* bytes of a payload */
#define FRAME_WRITE_MAX 31234		/* a vsock kernel bug above 32 KiB */
#define FRAME_HEADER_LEN 8

static inline uint64_t
frame_length_load(const uint8_t b[static FRAME_HEADER_LEN])
{
	uint64_t v = 0;

	for (size_t i = FRAME_HEADER_LEN; i-- > 0;)
		v = v << 8 | b[i];
	return v;
}

static inline void
frame_length_store(uint8_t b[static FRAME_HEADER_LEN], uint64_t v)
{
	for (size_t i = 0; i < FRAME_HEADER_LEN; i++)
		b[i] = (uint8_t)(v >> (8 * i));
}

#endif
