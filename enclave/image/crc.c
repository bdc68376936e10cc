/*
 * CRC-32, folded where the processor multiplies without carries (PCLMULQDQ):
 * Gopal, Ozturk and others, "Fast CRC Computation for Generic Polynomials
 * Using PCLMULQDQ Instruction", Intel, 2009.
 *
 * Folding replaces a message by a shorter one with the same remainder, until
 * 16 bytes are left; those, the rest of the message, and all of it on other
 * processors, are zlib's.
 */
#include <zlib.h>

#include "enclave/image/crc.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES 4
#define LANE_LEN 16
#define BLOCK_LEN ((size_t)LANES * LANE_LEN)
#define TARGET __attribute__((target("pclmul,sse2")))

/* x^(n+32) and x^(n-32) mod P, reflected, for n of 512 and 128 bits. */
static const uint64_t by_512[] = { 0x154442bd4, 0x1c6e41596 };
static const uint64_t by_128[] = { 0x1751997d0, 0x0ccaa009e };

static inline TARGET __m128i
load(const void *p)
{
	return _mm_loadu_si128(p);
}

/* x moved on by the distance of k, onto what is there. */
static inline TARGET __m128i
fold(__m128i x, __m128i k, __m128i there)
{
	return _mm_xor_si128(there, _mm_xor_si128(
	    _mm_clmulepi64_si128(x, k, 0x00),
	    _mm_clmulepi64_si128(x, k, 0x11)));
}

/* n is a multiple of BLOCK_LEN, and not 0. */
static TARGET uint32_t
crc_blocks(uint32_t crc, const uint8_t *p, size_t n)
{
	__m128i x[LANES], k = load(by_512);
	uint8_t left[LANE_LEN];

	for (size_t i = 0; i < LANES; i++)
		x[i] = load(p + LANE_LEN * i);
	/* the register so far is added to the message's first 32 bits */
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
	for (size_t at = BLOCK_LEN; at < n; at += BLOCK_LEN)
		for (size_t i = 0; i < LANES; i++)
			x[i] = fold(x[i], k, load(p + at + LANE_LEN * i));
	k = load(by_128);
	for (size_t i = 1; i < LANES; i++)
		x[i] = fold(x[i - 1], k, x[i]);
	_mm_storeu_si128((void *)left, x[LANES - 1]);
	/* a register of zero, which zlib keeps inverted */
	return (uint32_t)crc32_z(UINT32_MAX, left, sizeof(left));
}

uint32_t
crc_add(uint32_t crc, struct bytes b)
{
	size_t n = b.n / BLOCK_LEN * BLOCK_LEN;

	if (n > 0 && __builtin_cpu_supports("pclmul")) {
		crc = crc_blocks(crc, b.p, n);
		b = bytes_of(b.p + n, b.n - n);
	}
	return (uint32_t)crc32_z(crc, b.p, b.n);
}

#else

uint32_t
crc_add(uint32_t crc, struct bytes b)
{
	return (uint32_t)crc32_z(crc, b.p, b.n);
}

#endif
