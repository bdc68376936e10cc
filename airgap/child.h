/*
 * A helper program of ours: started by its path next to this program, never
 * through PATH, spoken to over its standard input and output, and ended by
 * this side when it takes too long (airgap/fd.h has the deadlines).
 */
#ifndef AIRGAP_CHILD_H
#define AIRGAP_CHILD_H

#include <stdbool.h>
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

#endif
