/*
 * Running the program under test, or any other.
 */
#ifndef TESTS_CRASH_RUN_H
#define TESTS_CRASH_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#define WORDS_MAX 32

struct run {
	const char *words[WORDS_MAX];	/* NULL ends; words[0] the program */
	const char *dir;		/* current folder */
	const char *in, *out, *err;	/* files below dir; NULL: /dev/null */
	const char *preload;		/* of tests/crash, without .so */
	const char *env[8];		/* NAME=VALUE; NULL ends */
};

/* Absolute: QUORATE, or build/quorate. */
const char *program_path(void);

/* Adds words; NULL ends. */
void run_words(struct run *r, ...) __attribute__((sentinel));

/* Starts it; traced: stopped at its exec under ptrace. */
pid_t run_start(const struct run *r, bool traced);

/* Waits: exit status, or 128 + the signal. */
int run_wait(pid_t pid);
int run_status(const struct run *r);

#endif
