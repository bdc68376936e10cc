/*
 * A helper program of ours: started by its path next to this program, never
 * through PATH, spoken to over its standard input and output, and ended by
 * this side when it takes too long.  And the two calls that need a deadline.
 */
#ifndef AIRGAP_CHILD_H
#define AIRGAP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "airgap/err.h"

#define CHILD_FD 3		/* where a child finds the descriptor given */

/* An all-zero child with to and from -1 is none. */
struct child {
	pid_t pid;
	int to, from;		/* its standard input and output */
};

/*
 * Starts the program `argv[0]` of our own folder with exactly env as its
 * environment; fd, unless -1, becomes its CHILD_FD.  0 or ERR_SYSTEM.
 */
int child_start(struct child *c, char *const argv[], char *const env[],
    int fd, struct err *e) MUST_CHECK;

/*
 * Closes the pipes and waits for the end, which kill brings about; returns
 * the status as waitpid(2) gives it, 0 where there is no child.
 */
int child_end(struct child *c, bool kill);

/* CLOCK_MONOTONIC in milliseconds: what deadlines are in. */
int64_t clock_ms(void);

/* Puts n bytes on fd.  0 or ERR_SYSTEM. */
int fd_write_all(int fd, const void *p, size_t n) MUST_CHECK;

/*
 * Until there is something to read, at most until deadline (< 0 for ever):
 * 0, ERR_INTERRUPTED (time is up) or ERR_SYSTEM.
 */
int fd_wait(int fd, int64_t deadline) MUST_CHECK;

/*
 * Reads n bytes from fd, waiting at most until deadline.  0, ERR_PEER (the
 * other end is gone), ERR_INTERRUPTED (time is up) or ERR_SYSTEM.
 */
int fd_read_exactly(int fd, void *p, size_t n, int64_t deadline)
    MUST_CHECK;

#endif
