/*
 * Archives of initial ramdisks: cpio, "newc" (the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * An entry is 110 bytes of header (magic 070701, 13 fields of 8 hex digits),
 * its name with a NUL, padding to 4, its bytes, padding to 4; the last is
 * named TRAILER!!!.
 */
#ifndef ENCLAVE_IMAGE_CPIO_H
#define ENCLAVE_IMAGE_CPIO_H

#include "enclave/image/source.h"

#define CPIO_HEADER_LEN 110
#define CPIO_TRAILER "TRAILER!!!"
#define CPIO_NAME_MAX 4096		/* with the NUL: PATH_MAX */
#define CPIO_ALIGN 4
#define RAMDISK_ALIGN 512		/* so that a second one may follow */

/* Where what is written goes. */
struct image_sink {
	int (*put)(struct image_sink *s, struct bytes b, struct err *e);
};

struct cpio_entry {
	const char *path;	/* no "/" in front */
	uint32_t mode;		/* type and permissions, as stat has them */
	uint32_t major, minor;	/* of a device */
	uint64_t size;		/* of a file, or of a link's target */
};

/* Bytes from header to the padding behind the content. */
uint64_t cpio_entry_size(const struct cpio_entry *x);

/*
 * The head of an entry, owner 0:0, time 0, one link; its x->size bytes
 * follow, then cpio_put_padding.  Return 0 or what put returns.
 */
int cpio_put_entry(struct image_sink *s, const struct cpio_entry *x,
    uint32_t number, struct err *e) MUST_CHECK;
int cpio_put_padding(struct image_sink *s, uint64_t size, uint64_t align,
    struct err *e) MUST_CHECK;

/* The entry that ends an archive. */
uint64_t cpio_trailer_size(void);
int cpio_put_trailer(struct image_sink *s, struct err *e) MUST_CHECK;

/* --- reading */

/* What a ramdisk holds, by its first bytes. */
enum cpio_kind {
	CPIO_EMPTY, CPIO_NEWC, CPIO_COMPRESSED, CPIO_OTHER,
};

/*
 * A walk over the archives in a part of a source, as the kernel walks them:
 * behind the end of one, and zeros, another may begin.
 */
struct cpio_walk {
	const struct source *from;
	uint64_t begin, at, end;
	char name[CPIO_NAME_MAX];	/* of the entry; with its NUL */
};

/* An entry that was read; head.path is the walk's, until the next. */
struct cpio_found {
	struct cpio_entry head;
	uint32_t uid, gid, links, mtime, inode;
	uint64_t content;		/* offset in the source */
};

/* Of the n bytes at offset at.  Returns as source_read. */
int cpio_kind(const struct source *s, uint64_t at, uint64_t n,
    enum cpio_kind *out, struct err *e) MUST_CHECK;
/* A walk over those n bytes; s outlives it. */
void cpio_begin(struct cpio_walk *w, const struct source *s, uint64_t at,
    uint64_t n);

/*
 * The next entry, *more false at the end.  Every refusal names the byte.
 * Returns 0, ERR_INPUT (malformed, or bytes that belong to no entry).
 */
int cpio_next(struct cpio_walk *w, struct cpio_found *out, bool *more,
    struct err *e) MUST_CHECK;

/* n rounded up to a multiple of align. */
static inline uint64_t
round_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) / align * align;
}

#endif
