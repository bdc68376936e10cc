/*
 * CRC-32 of an image file (zlib's; all bytes but its own field), on a
 * thread of its own beside the hashing, which takes five times as long.
 */
#ifndef ENCLAVE_IMAGE_CRC_H
#define ENCLAVE_IMAGE_CRC_H

#include <pthread.h>

#include "enclave/image/source.h"

struct crc_job {
	const struct source *from;	/* outlives the job */
	pthread_t thread;
	bool started;
	int result;
	struct err e;
	uint32_t crc;
	struct piece piece;
};

/* Begins; where there can be no thread, the work is done at the end. */
void crc_begin(struct crc_job *j, const struct source *s);

/* Waits.  Must follow crc_begin.  Returns as source_read. */
int crc_end(struct crc_job *j, uint32_t *out, struct err *e) MUST_CHECK;

#endif
