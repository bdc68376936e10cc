/*
 * The index of a bundle: which files a folder or a stick holds, what each
 * is, its size and its hash.  It is written last, so where it is, the bundle
 * was whole once; and it says nothing of when or by whom.
 */
#ifndef AIRGAP_RECORD_BUNDLE_INDEX_H
#define AIRGAP_RECORD_BUNDLE_INDEX_H

#include "airgap/file.h"
#include "airgap/record/file_role.h"
#include "airgap/record/mode.h"

#define BUNDLE_TYPE "quorate/bundle"
#define BUNDLE_FILES_MAX 128
#define BUNDLE_NAME_MAX 191		/* bytes */
#define BUNDLE_FILE_MAX (1 << 20)	/* bytes of each file */
#define BUNDLE_INDEX_NAME "bundle.index"

struct bundle_entry {
	struct bytes name;		/* no "/", no "." in front */
	struct bytes kind;		/* file_role_text */
	uint64_t size;
	struct digest256 hash;		/* SHA-256 */
};

struct bundle_index {
	enum mode mode;
	struct bundle_entry files[BUNDLE_FILES_MAX];	/* by name */
	size_t count;
};

/* A name that may stand in a bundle.  Returns 0 or ERR_INPUT. */
int bundle_name_check(struct bytes name, struct err *e) MUST_CHECK;

/* Return 0 or ERR_INPUT; text borrows from in; free out with buf_free. */
int bundle_index_decode(struct bytes in, struct bundle_index *out,
    struct err *e) MUST_CHECK;
int bundle_index_encode(const struct bundle_index *x, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
