/*
 * The enclave's state machine (QOS wire 10 to 16; DESIGN, "Provisioning in
 * the enclave"): one request in, one reply out.
 */
#ifndef ENCLAVE_PROTOCOL_MACHINE_H
#define ENCLAVE_PROTOCOL_MACHINE_H

#include <sys/types.h>

#include "enclave/protocol/effects.h"

struct machine;

struct machine_config {
	const struct effects *effects;
	const char *version, *commit;	/* for versionResponse */
	bool simulated;			/* SIMULATED NSM: rehearsal only */
	struct bytes root;		/* DER; where simulated, what other
					 * enclaves' documents lead to; else
					 * it is the pinned root */
	/* of the application that the image carries, the only one then;
	 * NULL: it comes with the boot, as QOS's */
	const struct digest256 *app;
};

/*
 * Starts in WaitingForBootInstruction.  Free with machine_free, which wipes
 * everything.  Returns 0 or ERR_SYSTEM.
 */
int machine_new(const struct machine_config *c, struct machine **out,
    struct err *e) MUST_CHECK;
void machine_free(struct machine *m);

/* Where it stands now (wire 10). */
enum phase machine_phase(const struct machine *m);

/*
 * Handles one request of any bytes; *reply (free with buf_free) is always
 * set on 0.  Requests that are refused before any side effect leave the
 * phase; the exceptions are listed in machine.c.  Returns 0 or ERR_SYSTEM
 * (out of memory: close the connection).
 */
int machine_handle(struct machine *m, struct bytes request,
    struct buf *reply) MUST_CHECK;

/*
 * True once quorum key, pivot and manifest are all in place: the runtime may
 * start the pivot.
 */
bool machine_ready(const struct machine *m);

/* The manifest in force, or NULL before boot; borrowed until machine_free. */
const struct manifest *machine_manifest(const struct machine *m);

/*
 * The user that the manifest's V2 env names for the pivot; false if none.
 * ERR_INPUT if the value is no number below 2^32 - 1: such a manifest is not
 * booted.
 */
#define PIVOT_UID_ENV "QUORATE_PIVOT_UID"
int pivot_user(const struct manifest *m, bool *named, uid_t *uid,
    struct err *e) MUST_CHECK;

#endif
