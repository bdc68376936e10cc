/*
 * An image against numbers from elsewhere: a release file of "HEX PCRn"
 * lines, or an attestation document.
 */
#ifndef ENCLAVE_IMAGE_COMPARE_H
#define ENCLAVE_IMAGE_COMPARE_H

#include "enclave/image/report.h"

#define COMPARE_FILE_MAX 65536
#define COMPARE_NOW UINT64_MAX

struct compare {
	const char *path;	/* release file or document */
	const char *root;	/* a test root's file, or NULL: AWS's */
	uint64_t at;		/* seconds since 1970, or COMPARE_NOW */
};

/*
 * Prints a line a PCR.  A document is verified first, to the root: numbers
 * of a document that anyone could have made say nothing.  Returns 0,
 * ERR_REFUSED (they differ, or the document does not verify), ERR_INPUT or
 * ERR_SYSTEM.
 */
int compare_image(const struct report *r, const struct compare *q,
    struct err *e) MUST_CHECK;

#endif
