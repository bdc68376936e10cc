/*
 * Enclave image files (EIF, version 4; all integers big-endian):
 *
 *	   0  4  ".eif"		   26    2  sections, at most 32
 *	   4  2  version 4	   28  256  u64 offsets of their headers
 *	   6  2  flags		  284  256  u64 sizes of their payloads
 *	   8  8  default memory	  540    4  zero
 *	  16  8  default CPUs	  544    4  CRC-32 of all other bytes
 *	  24  2  zero		  548       sections, nothing in between
 *
 * A section is u16 type, u16 flags (zero), u64 size, and the payload.
 * Loaders read a file in two ways, by the table of offsets or from section
 * to section; a file is read here only if both see the same.
 */
#ifndef ENCLAVE_IMAGE_EIF_H
#define ENCLAVE_IMAGE_EIF_H

#include "enclave/image/source.h"

#define EIF_MAGIC ".eif"
#define EIF_VERSION 4
#define EIF_HEADER_LEN 548
#define EIF_SECTION_HEADER_LEN 12
#define EIF_SECTIONS_MAX 32

/* offsets in the header */
#define EIF_AT_VERSION 4
#define EIF_AT_FLAGS 6
#define EIF_AT_MEMORY 8
#define EIF_AT_CPUS 16
#define EIF_AT_RESERVED 24
#define EIF_AT_COUNT 26
#define EIF_AT_OFFSETS 28
#define EIF_AT_SIZES 284
#define EIF_AT_UNUSED 540
#define EIF_AT_CRC 544

#define EIF_FLAG_AARCH64 1

#define EIF_CMDLINE_MAX 2047		/* x86: COMMAND_LINE_SIZE, its NUL */
#define EIF_METADATA_MAX (1u << 20)
#define EIF_SIGNATURE_MAX 65536

enum eif_type {
	EIF_KERNEL = 1, EIF_CMDLINE, EIF_RAMDISK, EIF_SIGNATURE, EIF_METADATA,
};

struct eif_section {
	enum eif_type type;
	uint64_t at;		/* of its header */
	uint64_t size;		/* of its payload */
};

struct eif {
	uint64_t memory, cpus;	/* what a launcher takes by default */
	uint32_t crc;		/* as the file says */
	size_t count;
	struct eif_section section[EIF_SECTIONS_MAX];
	char cmdline[EIF_CMDLINE_MAX + 1];
};

/* "kernel"; NULL for what is no type. */
const char *eif_type_name(unsigned type);

/* Offset of the payload. */
static inline uint64_t
eif_payload(const struct eif_section *s)
{
	return s->at + EIF_SECTION_HEADER_LEN;
}

/* The first section of a type, or NULL. */
const struct eif_section *eif_find(const struct eif *x, enum eif_type type);

/* Section i is the first, second ... of its type, counted from 1. */
size_t eif_ordinal(const struct eif *x, size_t i);

/*
 * Reads header, table, section headers and command line; the rest, and the
 * CRC, are eif_measure's.  Every refusal names the byte.  0 or ERR_INPUT.
 */
int eif_read(const struct source *s, struct eif *out,
    struct err *e) MUST_CHECK;

#endif
