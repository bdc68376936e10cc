/*
 * Two images, compared.
 */
#ifndef ENCLAVE_IMAGE_DIFF_H
#define ENCLAVE_IMAGE_DIFF_H

#include "enclave/image/listing.h"
#include "enclave/image/report.h"

struct diff {
	struct report a, b;
	size_t differences;
};

/*
 * Prints which files differ in two ramdisks whose bytes do.  Returns 0,
 * ERR_INPUT (an archive is malformed) or ERR_SYSTEM.
 */
int diff_ramdisk(struct diff *d, const struct eif_section *a,
    const struct eif_section *b, struct err *e) MUST_CHECK;

#endif
