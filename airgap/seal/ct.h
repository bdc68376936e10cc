/*
 * Constant-time words and the checker's marks.
 *
 * In a build with -DCT_CHECK, run under valgrind memcheck, ct_secret() makes
 * bytes undefined and ct_public() makes them defined again: a branch or an
 * index on a secret is then a report.  Otherwise both do nothing.
 * Every ct_public() in the tree carries a reason and is listed in the docs.
 */
#ifndef AIRGAP_SEAL_CT_H
#define AIRGAP_SEAL_CT_H

#include <stddef.h>
#include <stdint.h>

#ifdef CT_CHECK
#include <valgrind/memcheck.h>
#define ct_secret(p, n) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (n)))
#define ct_public(p, n) ((void)VALGRIND_MAKE_MEM_DEFINED((p), (n)))
#else
#define ct_secret(p, n) ((void)(p), (void)(n))
#define ct_public(p, n) ((void)(p), (void)(n))
#endif

/* Keeps the compiler from seeing that a mask is all zeros or all ones. */
static inline uint32_t
ct_hide(uint32_t x)
{
	__asm__("" : "+r"(x));
	return x;
}

/* All ones if a < b, else 0; both below 2^31, so bit 31 is the borrow. */
static inline uint32_t
ct_lt(uint32_t a, uint32_t b)
{
	return ct_hide(0U - ((a - b) >> 31));
}

/* All ones if a == b, else 0; x | -x has bit 31 set unless x is 0. */
static inline uint32_t
ct_eq(uint32_t a, uint32_t b)
{
	uint32_t x = a ^ b;

	return ct_hide(((x | (0U - x)) >> 31) - 1);
}

/* All ones if low <= a <= high, else 0; all below 2^31. */
static inline uint32_t
ct_in(uint32_t a, uint32_t low, uint32_t high)
{
	return ~ct_lt(a, low) & ~ct_lt(high, a);
}

#endif
