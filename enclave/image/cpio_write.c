/*
 * Writing of newc: every field that could differ from machine to machine is
 * zero.
 */
#include <stdio.h>

#include "enclave/image/cpio.h"

uint64_t
cpio_entry_size(const struct cpio_entry *x)
{
	return round_up(CPIO_HEADER_LEN + strlen(x->path) + 1, CPIO_ALIGN) +
	    round_up(x->size, CPIO_ALIGN);
}

int
cpio_put_padding(struct image_sink *s, uint64_t size, uint64_t align,
    struct err *e)
{
	static const uint8_t zero[RAMDISK_ALIGN];
	uint64_t n = round_up(size, align) - size;

	return n == 0 ? 0 : s->put(s, bytes_of(zero, (size_t)n), e);
}

int
cpio_put_entry(struct image_sink *s, const struct cpio_entry *x,
    uint32_t number, struct err *e)
{
	size_t name = strlen(x->path) + 1;
	char h[CPIO_HEADER_LEN + 1];
	int r = ERR_INTERNAL;

	if (name > CPIO_NAME_MAX || x->size > UINT32_MAX)
		return err_set(e, ERR_INPUT, "%s: a name of over %d or a "
		    "content of over 4 GiB - 1 bytes has no place in a "
		    "ramdisk", x->path, CPIO_NAME_MAX - 1);
	/* ino mode uid gid nlink mtime size dev(2) rdev(2) namesize check */
	snprintf(h, sizeof(h), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X"
	    "%08X%08X%08X%08X", number, x->mode, 0, 0, 1, 0,
	    (unsigned)x->size, 0, 0, x->major, x->minor, (unsigned)name, 0);
	if ((r = s->put(s, bytes_of(h, CPIO_HEADER_LEN), e)) != 0 ||
	    (r = s->put(s, bytes_of(x->path, name), e)) != 0)
		return r;
	return cpio_put_padding(s, CPIO_HEADER_LEN + name, CPIO_ALIGN, e);
}

static const struct cpio_entry trailer = { .path = CPIO_TRAILER };

uint64_t
cpio_trailer_size(void)
{
	return cpio_entry_size(&trailer);
}

int
cpio_put_trailer(struct image_sink *s, struct err *e)
{
	return cpio_put_entry(s, &trailer, 0, e);
}
