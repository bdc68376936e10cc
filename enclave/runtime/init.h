/*
 * What the enclave's first process does before it serves, and how it ends:
 * mounts, console, the device for itself, the heartbeat, the source of
 * entropy, loopback, its own CID, the clock.  In this order (QOS wire 21).
 *
 * A line on the console says where it is; none holds a secret.  What is
 * needed to be safe ends the enclave where it fails; a heartbeat that nobody
 * answers does not.
 */
#ifndef ENCLAVE_RUNTIME_INIT_H
#define ENCLAVE_RUNTIME_INIT_H

#include "enclave/io/endpoint.h"
#include "enclave/nsm/nsm.h"

#define INIT_PID 1

struct init_config {
	const char *root;	/* before every path here; "" for real */
	struct endpoint parent;	/* of the heartbeat */
	/* what must feed the kernel's randomness; NULL: SIMULATED, not asked */
	const char *entropy;
};

/* As in a Nitro enclave. */
extern const struct init_config init_nitro;

/* File systems and console.  0, or ERR_SYSTEM: the enclave must end. */
int init_mounts(const struct init_config *c, struct err *e) MUST_CHECK;

/* The rest, and the enclave's own CID.  Errors as above. */
int init_run(const struct init_config *c, unsigned *cid,
    struct err *e) MUST_CHECK;

/*
 * Sets the kernel's clock, which only the application reads, from the
 * timestamp of a document of the NSM, whatever clock the machine started
 * with.  Says so, or why it stays as it is.  0, also where only an earlier
 * call could; ERR_SYSTEM: it was never set.
 */
int init_clock(struct nsm *nsm, struct err *e) MUST_CHECK;

/* Ends the enclave: with its last process, its memory is gone. */
_Noreturn void init_end(void);

/* One line on the console. */
void init_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
