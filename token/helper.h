/*
 * Private to token/: one run of quorate-token.
 */
#ifndef TOKEN_HELPER_H
#define TOKEN_HELPER_H

#include "token/wire.h"

/*
 * Starts the helper, asks q and waits.  data (free with buf_free) and plain
 * (free with secret_free) are what it gave; pin_fd -1: it asks the terminal.
 * Returns 0, the helper's own ERR_* with its sentence, ERR_TOKEN (it ended
 * or took too long) or ERR_SYSTEM.
 */
int helper_run(const struct token_request *q, int pin_fd, struct buf *data,
    struct secret *plain, struct err *e) MUST_CHECK;

#endif
