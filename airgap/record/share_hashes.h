/*
 * Share hashes in a V2 manifest (DESIGN, provisioning): the environment
 * variable QUORATE_SHARE_HASHES holds the SHA-512 of each 33-byte share in
 * lower case hex, in the order of the share set, joined by ",".
 */
#ifndef AIRGAP_RECORD_SHARE_HASHES_H
#define AIRGAP_RECORD_SHARE_HASHES_H

#include "airgap/record/manifest.h"

#define ENV_SHARE_HASHES "QUORATE_SHARE_HASHES"

/*
 * *out is a heap array, one hash a member of the share set (free it), or
 * NULL where the manifest carries none.  Returns 0, ERR_INPUT (another
 * number of hashes, or not this form) or ERR_SYSTEM.
 */
int share_hashes_read(const struct manifest *m, struct digest512 **out,
    struct err *e) MUST_CHECK;

/* The place of a member in a set, from 0; false if it is not there. */
bool set_index(const struct set *s, const struct member *m, size_t *index);

#endif
