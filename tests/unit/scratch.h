/*
 * A folder of the test's own below /tmp, one at a time.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stddef.h>

extern char scratch[];

/* 0, or -1 and errno; for setup and teardown.  All that is in it goes too. */
int scratch_make(void);
int scratch_remove(void);

/* An empty file in it; ends the program where that fails. */
void scratch_touch(const char *name);

/* How many things are in it; ends the program where it is not there. */
size_t scratch_count(void);

/* The path of name in it, in memory that the fourth call after this reuses. */
const char *scratch_at(const char *name);

#endif
