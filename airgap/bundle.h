/*
 * A bundle: a folder, on a USB stick say, with the same files that cross the
 * gap as codes, as they are, and an index of their hashes.
 *
 * Packing writes the files, reads each back, and the index last; all through
 * airgap/file.h, so that a stick pulled at any moment holds old files, whole
 * new files, or none, and without its index nothing counts.
 */
#ifndef AIRGAP_BUNDLE_H
#define AIRGAP_BUNDLE_H

#include "airgap/record/bundle_index.h"

enum bundle_state {
	BUNDLE_GOOD, BUNDLE_MISSING, BUNDLE_CHANGED,
	BUNDLE_FOREIGN,		/* none that crosses, or of another kind or
				   mode than the index says */
	BUNDLE_EXTRA,		/* not in the index */
};

struct bundle_file {
	char name[BUNDLE_NAME_MAX + 1];	/* of an extra file: cut there */
	char kind[BUNDLE_NAME_MAX + 1];
	enum bundle_state state;
	struct buf data;		/* whole if GOOD */
};

struct bundle {
	enum mode mode;
	struct digest256 hash;		/* of the index */
	struct bundle_file *files;	/* of the index, then extra ones */
	size_t count;
	size_t bad;			/* that are not GOOD */
};

/*
 * Packs n files into dir, which is made if need be.  Each must be one that
 * crosses the gap (airgap/record/file_role.h), all of one mode; what lies in
 * dir already and is no part of it is refused.  A file with other bytes is
 * replaced only if replace.  Packing again what was cut short completes it.
 * Returns 0, ERR_INPUT, ERR_REFUSED, ERR_EXISTS or ERR_SYSTEM.
 */
int bundle_pack(const char *dir, const char *const *paths, size_t n,
    bool replace, struct err *e) MUST_CHECK;

/*
 * Reads the index, and every file against it; the state of each is in out
 * (free with bundle_free) and no error.  Returns 0, ERR_INPUT (no index, or
 * a broken one) or ERR_SYSTEM.
 */
int bundle_read(const char *dir, struct bundle *out,
    struct err *e) MUST_CHECK;
void bundle_free(struct bundle *b);

/*
 * Writes the files of b into dir; b has none that is bad.  Returns 0,
 * ERR_EXISTS or ERR_SYSTEM; then files that were written stay, and are whole.
 */
int bundle_unpack(const struct bundle *b, const char *dir, bool replace,
    struct err *e) MUST_CHECK;

#endif
