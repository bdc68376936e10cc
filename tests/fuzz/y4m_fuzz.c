/*
 * A film from hostile bytes, in pieces as a pipe gives them: frames lie in
 * bounds and each of their pixels can be read.
 */
#include "qr/scan/y4m.h"
#include "tests/fuzz/again.h"

static size_t
read_piece(void *ctx, void *to, size_t n)
{
	struct bytes *in = ctx;
	size_t k = n < in->n ? n : in->n;

	k = k > 7 ? k / 2 + 1 : k;
	if (k > 0)
		memcpy(to, in->p, k);
	*in = bytes_of(in->p + k, in->n - k);
	return k;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);
	struct y4m v = { .read = read_piece, .ctx = &in };
	enum scan_problem r;
	struct grey g;
	uint32_t sum = 0;

	while ((r = y4m_next(&v, &g)) == SCAN_OK) {
		must(g.w > 0 && g.h > 0 && g.w <= SCAN_SIDE_MAX &&
		    g.h <= SCAN_SIDE_MAX && g.stride >= g.w);
		for (size_t i = 0; i < (size_t)g.h * g.stride; i++)
			sum += g.p[i];
	}
	must(sum < UINT32_MAX);
	/* what was asked again stays in bounds, whatever came before */
	(void)y4m_next(&v, &g);
	must(r == SCAN_END ? in.n == 0 : r < SCAN_PROBLEMS);
	y4m_free(&v);
	return 0;
}
