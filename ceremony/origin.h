/*
 * The twelve words of a record, told where it is made.  Who receives it as
 * codes is asked for them, and must not read them from the machine that
 * shows the codes (airgap/ur/words.h).
 */
#ifndef CEREMONY_ORIGIN_H
#define CEREMONY_ORIGIN_H

#include "airgap/bytes.h"

/* Of a plan: three lines on standard output. */
void origin_plan(struct bytes plan);

/*
 * Of the record that these files make, at most 4, on standard error; or why
 * they make none.
 */
void origin_files(const char *const *paths, size_t n);

#endif
