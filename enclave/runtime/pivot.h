/*
 * Supervision of the pivot, the application (QOS wire 16.2): arguments and
 * V2 environment from the manifest, its user, restart policy, output only in
 * debug mode, every child reaped.
 */
#ifndef ENCLAVE_RUNTIME_PIVOT_H
#define ENCLAVE_RUNTIME_PIVOT_H

#include "enclave/runtime/files.h"
#include "enclave/io/loop.h"

#define PIVOT_RESTART_MS 50		/* as QOS */
#define PIVOT_QUIT_MS 3000		/* after an exit with policy Never */
#define PIVOT_KILL_MS 2000		/* from SIGTERM to SIGKILL */

struct pivot_supervisor;

struct pivot_config {
	struct loop *loop;
	const struct enclave_paths *paths;
	void (*log)(void *ctx, const char *line);
	/* The pivot ended for good (policy Never), or stopping is done. */
	void (*ended)(void *ctx);
	void *ctx;
};

/* Starts nothing.  pivot_free kills what runs.  0 or ERR_SYSTEM. */
int pivot_new(const struct pivot_config *c, struct pivot_supervisor **out,
    struct err *e) MUST_CHECK;
void pivot_free(struct pivot_supervisor *p);

/*
 * Starts the pivot as m says; m must live until pivot_free.  Without
 * QUORATE_PIVOT_UID it runs as the caller's user.  Returns 0 or ERR_*.
 */
int pivot_start(struct pivot_supervisor *p, const struct manifest *m,
    struct err *e) MUST_CHECK;

/* SIGCHLD came: reaps every child, restarts or ends by policy. */
void pivot_reap(struct pivot_supervisor *p);

/* SIGTERM, later SIGKILL, then ended(); at once if nothing runs. */
void pivot_stop(struct pivot_supervisor *p);

#endif
