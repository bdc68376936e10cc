/*
 * What must hold of a genesis folder at any moment, and when it is finished.
 */
#ifndef TESTS_CRASH_STATE_H
#define TESTS_CRASH_STATE_H

#include "tests/crash/needles.h"
#include "tests/crash/tree.h"

#define WHY_MAX 288

/* The bytes of genesis.commit; n is 0 where there is none. */
struct bytes state_commit(const struct tree *t);

/*
 * At any moment: genesis.commit is absent or whole and valid; the journal is
 * whole lines; every other file that is not the writer's temporary one is
 * there only with a commit, and is to the byte what follows from it.
 */
bool state_possible(const struct tree *t, char why[static WHY_MAX]);

/* Possible, and all that follows from the commit is there. */
bool state_finished(const struct tree *t, char why[static WHY_MAX]);

/*
 * A folder before and after the program was run again: before is possible,
 * after is finished, with the same commit where there was one; what the
 * journal said is still said.
 */
bool state_resumed(const struct tree *before, const struct tree *after,
    char why[static WHY_MAX]);

/* None of the needles in any file or name; what they are goes into why. */
bool state_free_of(const struct tree *t, const struct needles *n,
    const char *what, char why[static WHY_MAX]);

#endif
