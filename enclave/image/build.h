/*
 * Writing an image: the same inputs give the same bytes, whoever builds.
 */
#ifndef ENCLAVE_IMAGE_BUILD_H
#define ENCLAVE_IMAGE_BUILD_H

#include "enclave/image/eif.h"
#include "enclave/image/ramdisk.h"

#define BUILD_RAMDISKS_MAX 8

/* What the metadata says; not measured, so it says nothing about a build. */
struct build_labels {
	const char *name, *version, *kernel_version;	/* UTF-8 */
};

struct build {
	const char *kernel;	/* a file: bzImage */
	const char *cmdline;
	struct build_labels labels;
	const struct ramdisk *ramdisk;
	size_t ramdisks;
};

/*
 * Writes the image to path, in pieces: memory does not grow with it.
 * Returns 0, ERR_INPUT, ERR_EXISTS or ERR_SYSTEM.
 */
int build_image(const struct build *b, const char *path, bool replace,
    struct err *e) MUST_CHECK;

#endif
