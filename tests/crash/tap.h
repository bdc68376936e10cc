/*
 * Results as TAP on standard output: what tests/run counts.
 */
#ifndef TESTS_CRASH_TAP_H
#define TESTS_CRASH_TAP_H

#include <stdbool.h>

#include "airgap/err.h"

/* One test; the name is a sentence that states the property. */
void tap_ok(bool good, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A line of explanation, below the test it belongs to. */
void tap_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Says that the proof itself cannot go on, with errno, and exits 2. */
_Noreturn void tap_stop(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Prints the plan; the exit status of main. */
int tap_done(void);

#endif
