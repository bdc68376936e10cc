/*
 * Names that people read and that become file names.
 *
 * Nothing invisible: no control characters, no direction marks, no
 * zero-width characters, so that what is shown is what is signed.
 */
#ifndef AIRGAP_RECORD_LABEL_H
#define AIRGAP_RECORD_LABEL_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define ALIAS_MAX 128		/* bytes */

/*
 * Printable UTF-8 of 1 to max bytes, no blank at either end; `what` begins
 * the sentence.  Returns 0 or ERR_INPUT.
 */
int label_check(const char *what, struct bytes text, size_t max,
    struct err *e) MUST_CHECK;

/*
 * An alias: a label of at most ALIAS_MAX bytes without "/" and without ".",
 * because QOS takes what is before the first dot of a file name as alias.
 */
int label_check_alias(struct bytes alias, struct err *e) MUST_CHECK;

#endif
