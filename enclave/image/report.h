/*
 * All that is measured of one image file.
 */
#ifndef ENCLAVE_IMAGE_REPORT_H
#define ENCLAVE_IMAGE_REPORT_H

#include "enclave/image/measure.h"
#include "enclave/image/signature.h"

struct report {
	struct source source;
	struct eif eif;
	struct measures measures;
	struct eif_signature signature;	/* present or not */
	bool has_pcr3, has_pcr4;
	struct digest384 pcr3, pcr4;	/* set by the caller */
};

/*
 * Opens, reads and measures an image, and holds its signature against it.
 * path outlives out; free it in any case.  Returns 0, ERR_INPUT,
 * ERR_REFUSED (the signature) or ERR_SYSTEM.
 */
int report_make(struct report *out, const char *path,
    struct err *e) MUST_CHECK;
void report_free(struct report *r);

/* "HEX PCRn" lines. */
void report_print_lines(const struct report *r);
void report_print_json(const struct report *r);

#endif
