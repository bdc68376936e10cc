/*
 * What the Nitro hypervisor will measure of an image (PCRs, SHA-384):
 *
 *	PCR0 = ext(SHA384(kernel || cmdline || ramdisk 1 || ramdisk 2 ...))
 *	PCR1 = ext(SHA384(kernel || cmdline || ramdisk 1))
 *	PCR2 = ext(SHA384(ramdisk 2 || ramdisk 3 ...))
 *	PCR8 = ext(SHA384(signing certificate in DER)), zero when unsigned
 *
 * ext, PCR3 and PCR4: airgap/record/pcr.h.
 * Only payloads are measured: neither header fields nor metadata.
 */
#ifndef ENCLAVE_IMAGE_MEASURE_H
#define ENCLAVE_IMAGE_MEASURE_H

#include "enclave/image/eif.h"

struct measures {
	struct digest384 pcr[3];	/* PCR0, PCR1, PCR2 */
	uint32_t crc;
};

/*
 * One pass over the file, which must have its CRC.  Memory does not grow
 * with it.  Not for several threads at once.  Returns 0, ERR_INPUT or
 * ERR_SYSTEM.
 */
int eif_measure(const struct source *s, const struct eif *x,
    struct measures *out, struct err *e) MUST_CHECK;

#endif
