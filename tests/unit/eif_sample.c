/*
 * Enclave images made by hand for tests.
 */
#include <assert.h>
#include <string.h>
#include <zlib.h>

#include "enclave/image/big_endian.h"
#include "tests/unit/eif_sample.h"

void
eif_sample_begin(struct eif_sample *s)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->b, "\x2e\x65\x69\x66\x00\x04\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00"
	    "\x00\x00\x00\x00\x00\x00\x00\x02", 24);
	s->n = 548;
	s->at[0] = 548;
}

void
eif_sample_add(struct eif_sample *s, unsigned type, struct bytes payload)
{
	uint8_t *h = s->b + s->n;

	assert(s->n + 12 + payload.n <= sizeof(s->b));
	put_u16(h, (uint16_t)type);
	put_u64(h + 4, payload.n);
	if (payload.n > 0)
		memcpy(h + 12, payload.p, payload.n);
	put_u64(s->b + 28 + 8 * s->count, s->n);
	put_u64(s->b + 284 + 8 * s->count, payload.n);
	s->n += 12 + payload.n;
	s->at[++s->count] = s->n;
	put_u16(s->b + 26, (uint16_t)s->count);
}

void
eif_sample_end(struct eif_sample *s)
{
	uLong crc = crc32(0, s->b, 544);

	put_u32(s->b + 544, (uint32_t)crc32(crc, s->b + 548, (uInt)(s->n - 548)));
}

void
eif_sample_make(struct eif_sample *s)
{
	uint8_t kernel[1000], ramdisk[512];

	memset(kernel, 'k', sizeof(kernel));
	memset(ramdisk, 'r', sizeof(ramdisk));
	eif_sample_begin(s);
	eif_sample_add(s, EIF_KERNEL, bytes_of(kernel, sizeof(kernel)));
	eif_sample_add(s, EIF_CMDLINE, bytes_str("console=ttyS0"));
	eif_sample_add(s, EIF_METADATA, bytes_str("{}"));
	eif_sample_add(s, EIF_RAMDISK, bytes_of(ramdisk, sizeof(ramdisk)));
	ramdisk[0] = '2';
	eif_sample_add(s, EIF_RAMDISK, bytes_of(ramdisk, sizeof(ramdisk)));
	eif_sample_end(s);
}

int
eif_sample_measure(const struct eif_sample *s, struct eif *x, struct measures *m,
    struct err *e)
{
	struct source from = source_memory("sample", bytes_of(s->b, s->n));
	int r = eif_read(&from, x, e);

	return r != 0 ? r : eif_measure(&from, x, m, e);
}
