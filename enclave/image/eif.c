/*
 * The strict reader: header, table and section headers.
 */
#include <stdarg.h>
#include <stdio.h>

#include "enclave/image/big_endian.h"
#include "enclave/image/eif.h"

static const char *const type_names[] = { NULL, "kernel", "cmdline",
	"ramdisk", "signature", "metadata" };

const char *
eif_type_name(unsigned type)
{
	return type < sizeof(type_names) / sizeof(*type_names) ?
	    type_names[type] : NULL;
}

const struct eif_section *
eif_find(const struct eif *x, enum eif_type type)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->section[i].type == type)
			return &x->section[i];
	return NULL;
}

size_t
eif_ordinal(const struct eif *x, size_t i)
{
	size_t n = 0;

	for (size_t j = 0; j <= i; j++)
		n += x->section[j].type == x->section[i].type;
	return n;
}

/* "FILE: byte N: sentence" */
static int PRINTF_LIKE(4, 5)
bad(const struct source *s, uint64_t at, struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "%s: byte %ju: %s", s->name,
	    (uintmax_t)at, what);
}

static int
check_fields(const struct source *s, const uint8_t *h, struct err *e)
{
	unsigned version = get_u16(h + EIF_AT_VERSION);
	unsigned flags = get_u16(h + EIF_AT_FLAGS);
	unsigned count = get_u16(h + EIF_AT_COUNT);

	if (memcmp(h, EIF_MAGIC, strlen(EIF_MAGIC)) != 0)
		return bad(s, 0, e, "this is no enclave image file (EIF)");
	if (version != EIF_VERSION)
		return bad(s, EIF_AT_VERSION, e, "version %u; this reads "
		    "version %d", version, EIF_VERSION);
	if (flags == EIF_FLAG_AARCH64)
		return bad(s, EIF_AT_FLAGS, e, "an image for aarch64; this "
		    "reads images for x86-64");
	if (flags != 0)
		return bad(s, EIF_AT_FLAGS, e, "unknown flags 0x%04x", flags);
	if (get_u16(h + EIF_AT_RESERVED) != 0)
		return bad(s, EIF_AT_RESERVED, e, "the reserved field is not "
		    "zero");
	if (count == 0)
		return bad(s, EIF_AT_COUNT, e, "no sections");
	if (count > EIF_SECTIONS_MAX)
		return bad(s, EIF_AT_COUNT, e, "%u sections; there can be %d",
		    count, EIF_SECTIONS_MAX);
	if (get_u32(h + EIF_AT_UNUSED) != 0)
		return bad(s, EIF_AT_UNUSED, e, "the unused field is not "
		    "zero");
	return 0;
}

/* Slots of the table behind the last section. */
static int
check_unused(const struct source *s, const uint8_t *h, size_t count,
    struct err *e)
{
	for (size_t i = count; i < EIF_SECTIONS_MAX; i++) {
		size_t offset = EIF_AT_OFFSETS + 8 * i;
		size_t size = EIF_AT_SIZES + 8 * i;

		if (get_u64(h + offset) != 0)
			return bad(s, offset, e, "an offset for section %zu, "
			    "and there are %zu", i, count);
		if (get_u64(h + size) != 0)
			return bad(s, size, e, "a size for section %zu, and "
			    "there are %zu", i, count);
	}
	return 0;
}

/* Section i, which begins at byte at: as the table says, and as it says. */
static int
read_section(const struct source *s, const uint8_t *h, size_t i, uint64_t at,
    struct eif_section *out, struct err *e)
{
	size_t slot = EIF_AT_OFFSETS + 8 * i, size_slot = EIF_AT_SIZES + 8 * i;
	uint64_t offset = get_u64(h + slot), size = get_u64(h + size_slot);
	uint8_t head[EIF_SECTION_HEADER_LEN];
	int r = ERR_INTERNAL;

	if (offset != at)
		return bad(s, slot, e, "the table has section %zu at byte "
		    "%ju, %s byte %ju where the one before ends", i,
		    (uintmax_t)offset, offset < at ? "before" : "behind",
		    (uintmax_t)at);
	if (s->size - at < sizeof(head))
		return bad(s, at, e, "the file ends in the header of section "
		    "%zu", i);
	if ((r = source_read(s, at, head, sizeof(head), e)) != 0)
		return r;
	out->type = get_u16(head);
	out->at = at;
	out->size = get_u64(head + 4);
	if (eif_type_name(out->type) == NULL)
		return bad(s, at, e, "section %zu has the unknown type %u", i,
		    (unsigned)out->type);
	if (get_u16(head + 2) != 0)
		return bad(s, at + 2, e, "section %zu has unknown flags "
		    "0x%04x", i, get_u16(head + 2));
	if (out->size != size)
		return bad(s, at + 4, e, "section %zu has %ju bytes, and the "
		    "table says %ju", i, (uintmax_t)out->size,
		    (uintmax_t)size);
	if (out->size > s->size - at - sizeof(head))
		return bad(s, at + 4, e, "section %zu has %ju bytes, and %ju "
		    "follow", i, (uintmax_t)out->size,
		    (uintmax_t)(s->size - at - sizeof(head)));
	return 0;
}

/* The place of a type: kernel, cmdline, metadata, ramdisks, signature. */
static int
rank(enum eif_type type)
{
	static const int place[] = { [EIF_KERNEL] = 0, [EIF_CMDLINE] = 1,
		[EIF_METADATA] = 2, [EIF_RAMDISK] = 3, [EIF_SIGNATURE] = 4 };

	return place[type];
}

static uint64_t
size_max(enum eif_type type)
{
	switch (type) {
	case EIF_CMDLINE:
		return EIF_CMDLINE_MAX;
	case EIF_METADATA:
		return EIF_METADATA_MAX;
	case EIF_SIGNATURE:
		return EIF_SIGNATURE_MAX;
	default:
		return UINT64_MAX;
	}
}

/* Section i among those before it. */
static int
check_place(const struct source *s, const struct eif *x, size_t i,
    struct err *e)
{
	const struct eif_section *sec = &x->section[i];
	const char *name = eif_type_name(sec->type);

	for (size_t j = 0; j < i && sec->type != EIF_RAMDISK; j++)
		if (x->section[j].type == sec->type)
			return bad(s, sec->at, e, "section %zu is a second "
			    "%s", i, name);
	if (i > 0 && rank(sec->type) < rank(x->section[i - 1].type))
		return bad(s, sec->at, e, "section %zu, a %s, follows a %s; "
		    "the order is kernel, cmdline, metadata, ramdisks, "
		    "signature", i, name,
		    eif_type_name(x->section[i - 1].type));
	if (sec->size > size_max(sec->type))
		return bad(s, sec->at + 4, e, "a %s of %ju bytes; there can "
		    "be %ju", name, (uintmax_t)sec->size,
		    (uintmax_t)size_max(sec->type));
	return 0;
}

static int
check_all_there(const struct source *s, const struct eif *x, struct err *e)
{
	static const enum eif_type needed[] = { EIF_KERNEL, EIF_CMDLINE,
		EIF_RAMDISK };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (eif_find(x, needed[i]) == NULL)
			return bad(s, EIF_AT_COUNT, e, "there is no %s among "
			    "the sections", eif_type_name(needed[i]));
	if (x->section[0].size == 0)
		return bad(s, x->section[0].at + 4, e, "the kernel is empty");
	return 0;
}

/* A loader would cut the line at a NUL: what runs is not what is shown. */
static int
read_cmdline(const struct source *s, struct eif *x, struct err *e)
{
	const struct eif_section *sec = eif_find(x, EIF_CMDLINE);
	const char *nul;
	int r = source_read(s, eif_payload(sec), x->cmdline,
	    (size_t)sec->size, e);

	if (r != 0)
		return r;
	x->cmdline[sec->size] = '\0';
	nul = memchr(x->cmdline, '\0', (size_t)sec->size);
	if (nul != NULL)
		return bad(s, eif_payload(sec) + (uint64_t)(nul - x->cmdline),
		    e, "a NUL in the command line");
	return 0;
}

int
eif_read(const struct source *s, struct eif *out, struct err *e)
{
	uint8_t h[EIF_HEADER_LEN];
	uint64_t at = EIF_HEADER_LEN;
	int r = ERR_INTERNAL;

	if (s->size < EIF_HEADER_LEN)
		return bad(s, s->size, e, "the file ends in the header of an "
		    "enclave image (%d bytes)", EIF_HEADER_LEN);
	if ((r = source_read(s, 0, h, sizeof(h), e)) != 0 ||
	    (r = check_fields(s, h, e)) != 0)
		return r;
	*out = (struct eif){ .memory = get_u64(h + EIF_AT_MEMORY),
		.cpus = get_u64(h + EIF_AT_CPUS),
		.crc = get_u32(h + EIF_AT_CRC),
		.count = get_u16(h + EIF_AT_COUNT) };
	if ((r = check_unused(s, h, out->count, e)) != 0)
		return r;
	for (size_t i = 0; i < out->count; i++) {
		struct eif_section *sec = &out->section[i];

		if ((r = read_section(s, h, i, at, sec, e)) != 0 ||
		    (r = check_place(s, out, i, e)) != 0)
			return r;
		at = eif_payload(sec) + sec->size;
	}
	if (at != s->size)
		return bad(s, at, e, "%ju bytes follow the last section",
		    (uintmax_t)(s->size - at));
	if ((r = check_all_there(s, out, e)) != 0)
		return r;
	return read_cmdline(s, out, e);
}
