/*
 * The commit of a genesis from hostile bytes: what decodes encodes to the
 * same bytes; parts that are read belong to the plan; an error has a
 * sentence.
 */
#include <stdlib.h>

#include "airgap/record/genesis_commit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_parts(const struct genesis_commit *c)
{
	struct genesis_parts p;
	struct err e = { 0 };
	int r = genesis_parts_read(c, &p, &e);

	if (r != 0 && e.text[0] == '\0')
		abort();
	if (r == 0 && (p.plan.n != p.output.set.members.count ||
	    p.plan.k != p.output.set.threshold || p.plan.mode != c->mode))
		abort();
	genesis_parts_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct genesis_commit c;
	struct err e = { 0 };
	struct buf again;

	if (genesis_commit_decode(bytes_of(data, size), &c, &e) != 0) {
		if (e.text[0] == '\0')
			abort();
		return 0;
	}
	if (genesis_commit_encode(&c, &again, NULL) != 0 ||
	    !bytes_equal(buf_bytes(&again), bytes_of(data, size)))
		abort();
	buf_free(&again);
	read_parts(&c);
	return 0;
}
