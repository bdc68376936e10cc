/*
 * A set folder as QOS keeps it (wire 15.3, 19.2): one ALIAS.pub a member
 * (alias = text before the first dot) and a file `quorum_threshold` whose
 * first line is a decimal number.  Members come sorted by (alias, key).
 */
#ifndef AIRGAP_SET_DIR_H
#define AIRGAP_SET_DIR_H

#include "airgap/record/member.h"

struct set_dir {
	struct set set;
	struct buf own;		/* what set.members borrows */
};

/*
 * Reads the folder; every key is checked.  Free with set_dir_free.
 * Returns 0, ERR_INPUT (missing, no keys, bad key, bad threshold; the
 * sentence names the file) or ERR_SYSTEM.
 */
int set_dir_read(const char *dir, struct set_dir *out,
    struct err *e) MUST_CHECK;

/* As set_dir_read, sorted by key: a patch set's keys (aliases dropped). */
int set_dir_read_patch(const char *dir, struct set_dir *out,
    struct err *e) MUST_CHECK;

void set_dir_free(struct set_dir *s);

/* Reads one .pub file: 260 hex digits. */
int pub_file_read(const char *path, struct public_key *out,
    struct err *e) MUST_CHECK;

/* The alias of a .pub file's name: text before the first dot. */
struct bytes pub_file_alias(const char *path);

#endif
