/*
 * What goes into a ramdisk, and its bytes.  A ramdisk is named by
 *
 *	NAME.list	a list of entries, a line each (ramdisk_list.c)
 *	a folder	all below it (ramdisk_tree.c)
 *	another file	a ready archive, taken as it is
 *
 * The bytes depend on names, kinds, modes and contents alone: entries are
 * sorted, owners and times are zero.  Each is padded with zeros to 512.
 */
#ifndef ENCLAVE_IMAGE_RAMDISK_H
#define ENCLAVE_IMAGE_RAMDISK_H

#include <stddef.h>

#include "enclave/image/cpio.h"
#include "enclave/image/source.h"

struct ramdisk_entry {
	struct cpio_entry head;	/* path is ours */
	char *from;		/* a file's source, a link's target */
};

struct ramdisk {
	const char *name;	/* as the person says it */
	struct ramdisk_entry *v;
	size_t n, cap;
	uint64_t archive;	/* size of a ready archive, without padding */
	bool ready;
	uint64_t size;		/* of the whole, with padding */
};

/*
 * Reads what name says, and the sizes of all files; sources of a list are
 * below the folder below.  name outlives out; free it in any case.
 * Returns 0, ERR_INPUT or ERR_SYSTEM.
 */
int ramdisk_plan(const char *name, const char *below, struct ramdisk *out,
    struct err *e) MUST_CHECK;
void ramdisk_free(struct ramdisk *d);

/*
 * Writes exactly d->size bytes.  A file whose size is not what it was is
 * refused.  Returns 0, ERR_INPUT, ERR_SYSTEM or what put returns.
 */
int ramdisk_put(const struct ramdisk *d, struct image_sink *s,
    struct err *e) MUST_CHECK;

/* --- private to the ramdisk: its two readers */

/* Takes path and from, heap, also on failure. */
int ramdisk_add(struct ramdisk *d, struct cpio_entry head, char *path,
    char *from, struct err *e) MUST_CHECK;
int ramdisk_read_list(struct ramdisk *d, const char *below,
    struct err *e) MUST_CHECK;
int ramdisk_read_tree(struct ramdisk *d, struct err *e) MUST_CHECK;

#endif
