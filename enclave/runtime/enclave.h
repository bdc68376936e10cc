/*
 * The enclave program as a whole: state machine, NSM, files, control server
 * and pivot on one loop.  quorate-enclave gives it the device,
 * quorate-enclave-sim the SIMULATED one; nothing else differs.
 */
#ifndef ENCLAVE_RUNTIME_ENCLAVE_H
#define ENCLAVE_RUNTIME_ENCLAVE_H

#include "enclave/io/endpoint.h"
#include "enclave/nsm/nsm.h"
#include "enclave/runtime/files.h"

#define ENCLAVE_PORT 3			/* vsock port of the control server */

struct enclave_options {
	struct endpoint at;		/* of the control server */
	struct enclave_paths paths;
	bool app;			/* the pivot's file is the image's */
	bool first;			/* process 1: sets the clock */
};

/*
 * Runs until SIGTERM or SIGINT, or until a pivot with policy Never has
 * ended.  The nsm stays the caller's.  Returns 0 or ERR_*.
 */
int enclave_run(const struct enclave_options *o, struct nsm *nsm,
    struct err *e) MUST_CHECK;

#endif
