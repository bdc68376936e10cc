/*
 * Enclave images made by hand for tests, section by section.
 */
#ifndef TESTS_UNIT_EIF_SAMPLE_H
#define TESTS_UNIT_EIF_SAMPLE_H

#include "enclave/image/measure.h"

#define EIF_SAMPLE_MAX 70000

struct eif_sample {
	uint8_t b[EIF_SAMPLE_MAX];
	size_t n;
	size_t count;
	size_t at[EIF_SECTIONS_MAX + 1];	/* of section headers; the end */
};

/* Begins an image, adds sections, sets the CRC. */
void eif_sample_begin(struct eif_sample *s);
void eif_sample_add(struct eif_sample *s, unsigned type, struct bytes payload);
void eif_sample_end(struct eif_sample *s);

/* kernel, cmdline, metadata, ramdisk, ramdisk */
void eif_sample_make(struct eif_sample *s);

/* Reads and measures: what quorate-image measure does first. */
int eif_sample_measure(const struct eif_sample *s, struct eif *x,
    struct measures *m, struct err *e) MUST_CHECK;

#endif
