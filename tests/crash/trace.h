/*
 * A program under ptrace, stopped at the entry of every system call: nothing
 * it does to files or memory goes by unseen, whatever library did it.
 *
 * Its memory is read through descriptors that are opened at its exec, before
 * it closes itself to debuggers; so the proofs need no privilege.
 */
#ifndef TESTS_CRASH_TRACE_H
#define TESTS_CRASH_TRACE_H

#include "tests/crash/run.h"
#include "tests/crash/tree.h"

struct traced {
	pid_t pid;
	int mem, smaps;		/* of the process, for its whole life */
};

struct call {
	uint64_t nr, arg[6];
	uint64_t sp;
	bool end;		/* no call: the process is about to end */
};

/* Runs to its end; each is called at every stop.  Returns run_wait's. */
typedef void stop_fn(void *ctx, const struct traced *t,
    const struct call *c);
int trace_run(const struct run *r, stop_fn *each, void *ctx);

/* A string of the process at addr. */
void trace_text(const struct traced *t, uint64_t addr, char *out,
    size_t cap);

#endif
