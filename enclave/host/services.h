/*
 * What quorate-host does beside HTTP, on one loop in one thread: it answers
 * heartbeats, and carries connections from its network to the application
 * (QOS wire 18).  Where it listens comes from the command line alone; QOS's
 * bridge takes it from a manifest that nobody has verified.
 */
#ifndef ENCLAVE_HOST_SERVICES_H
#define ENCLAVE_HOST_SERVICES_H

#include "airgap/cli/cmd.h"
#include "enclave/io/endpoint.h"

#define SERVICES_BRIDGES_MAX 16

struct services;

struct services_config {
	const struct endpoint *enclave;	/* its control socket */
	const struct many *bridges;	/* "IP:PORT", port the enclave's too */
	bool heartbeat;
};

/*
 * Opens all of them and starts the thread; out is NULL where there is
 * nothing to do.  Signals are to be blocked before.  Returns 0 or ERR_*.
 */
int services_start(const struct services_config *c, struct services **out,
    struct err *e) MUST_CHECK;
void services_stop(struct services *s);

#endif
