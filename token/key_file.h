/*
 * A QOS master seed file: 64 hex digits, white space around them, an
 * optional 0x (wire section 1.6).
 *
 * For the plumbing that works on files as QOS's own tools do.  An operator's
 * key in a ceremony is a struct operator_key.
 */
#ifndef TOKEN_KEY_FILE_H
#define TOKEN_KEY_FILE_H

#include "airgap/err.h"
#include "airgap/seal/keyset.h"

/*
 * Reads path ("-" is standard input) and derives the key set.  Free with
 * keyset_free.  Returns 0, ERR_INPUT, ERR_SEED or ERR_SYSTEM.
 */
int key_file_load(const char *path, struct keyset *out,
    struct err *e) MUST_CHECK;

#endif
