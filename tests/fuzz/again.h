/*
 * For targets: what read must encode to something that reads to the same.
 */
#ifndef TESTS_FUZZ_AGAIN_H
#define TESTS_FUZZ_AGAIN_H

#include <stdint.h>
#include <stdlib.h>

#include "airgap/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Stops the target where a property does not hold. */
static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

/*
 * again: decodes in, and encodes what was read into out.  The first form
 * must read, and encode to itself.  False where in was refused.
 */
static inline bool
stable(struct bytes in, int (*again)(struct bytes in, struct buf *out))
{
	struct buf first = { 0 }, second = { 0 };

	if (again(in, &first) != 0)
		return false;
	must(again(buf_bytes(&first), &second) == 0);
	must(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	buf_free(&first);
	buf_free(&second);
	return true;
}

#endif
