/*
 * Enclave images from hostile bytes: sections of what reads lie one behind
 * the other and end with the file; once its CRC is right it is measured; a
 * signature section that reads is over this image's PCR0.
 */
#include <string.h>
#include <zlib.h>

#include "enclave/image/big_endian.h"
#include "enclave/image/measure.h"
#include "enclave/image/signature.h"
#include "tests/fuzz/again.h"

#define INPUT_MAX 70000

static void
check_layout(const struct eif *x, size_t n)
{
	uint64_t at = EIF_HEADER_LEN;

	for (size_t i = 0; i < x->count; i++) {
		must(x->section[i].at == at && x->section[i].size <= n);
		at += EIF_SECTION_HEADER_LEN + x->section[i].size;
	}
	must(at == n && x->section[0].type == EIF_KERNEL);
	must(strlen(x->cmdline) == eif_find(x, EIF_CMDLINE)->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t image[INPUT_MAX];
	static struct eif x;
	struct source s = source_memory("input", bytes_of(image, n));
	struct eif_signature sig;
	struct measures m;
	struct err e = { 0 };
	uint32_t crc;

	if (n > sizeof(image))
		return 0;
	if (n > 0)
		memcpy(image, p, n);
	if (eif_read(&s, &x, &e) != 0) {
		must(strstr(e.text, "byte ") != NULL);
		return 0;
	}
	check_layout(&x, n);
	crc = (uint32_t)crc32(crc32(0, image, EIF_AT_CRC),
	    image + EIF_HEADER_LEN, (uInt)(n - EIF_HEADER_LEN));
	must((eif_measure(&s, &x, &m, NULL) == 0) == (x.crc == crc));
	put_u32(image + EIF_AT_CRC, crc);
	must(eif_read(&s, &x, NULL) == 0 &&
	    eif_measure(&s, &x, &m, NULL) == 0 && m.crc == crc);
	if (eif_signature_read(&s, &x, &m.pcr[0], &sig, &e) != 0)
		must(e.text[0] != '\0');
	return 0;
}
