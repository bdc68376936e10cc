/*
 * CRC-32 of an image file, beside other work on it.
 */
#include <zlib.h>

#include "enclave/image/crc.h"
#include "enclave/image/eif.h"

/* Bytes from offset at on, n of them. */
static int
add(struct crc_job *j, uint64_t at, uint64_t n)
{
	struct bytes b;
	int r = ERR_INTERNAL;

	piece_begin(&j->piece, j->from, at, n);
	do {
		if ((r = piece_next(&j->piece, &b, &j->e)) != 0)
			return r;
		j->crc = (uint32_t)crc32_z(j->crc, b.p, b.n);
	} while (b.n > 0);
	return 0;
}

static void *
run(void *ctx)
{
	struct crc_job *j = ctx;

	j->crc = 0;
	if ((j->result = add(j, 0, EIF_AT_CRC)) == 0)
		j->result = add(j, EIF_HEADER_LEN,
		    j->from->size - EIF_HEADER_LEN);
	return NULL;
}

void
crc_begin(struct crc_job *j, const struct source *s)
{
	j->from = s;
	j->started = pthread_create(&j->thread, NULL, run, j) == 0;
}

int
crc_end(struct crc_job *j, uint32_t *out, struct err *e)
{
	if (j->started)
		(void)pthread_join(j->thread, NULL);
	else
		(void)run(j);
	*out = j->crc;
	if (j->result != 0 && e != NULL)
		*e = j->e;
	return j->result;
}
