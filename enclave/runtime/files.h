/*
 * The enclave's four files (QOS wire 16.1) through the one writer.
 *
 * Stricter than QOS: the key files are 0400, owned by the pivot's user where
 * the manifest names one (QUORATE_PIVOT_UID) and by root where not; QOS
 * leaves them 0444.  The pivot is 0111, the manifest 0444.
 */
#ifndef ENCLAVE_RUNTIME_FILES_H
#define ENCLAVE_RUNTIME_FILES_H

#include "enclave/protocol/effects.h"

struct enclave_paths {
	const char *path[4];		/* by enum enclave_file */
};

extern const struct enclave_paths enclave_paths_default;

/* As file_write, with the mode of that file. */
int files_put(const struct enclave_paths *p, enum enclave_file file,
    struct bytes data, bool replace) MUST_CHECK;
bool files_exist(const struct enclave_paths *p, enum enclave_file file);
/* As file_read and file_read_secret, with the limit of that file. */
int files_get(const struct enclave_paths *p, enum enclave_file file,
    struct buf *out) MUST_CHECK;
int files_get_secret(const struct enclave_paths *p, enum enclave_file file,
    struct secret *out) MUST_CHECK;

/* Gives both key files to uid.  0 or ERR_SYSTEM. */
int files_give_keys(const struct enclave_paths *p, uid_t uid,
    struct err *e) MUST_CHECK;

#endif
