/*
 * A bridge: every connection to one endpoint is carried, both ways, over a
 * fresh connection to another.  Raw bytes, no framing (QOS wire 18).
 *
 * An end that is shut down is shut down on the other side once what came
 * before has been passed on; a side that breaks ends both.  At most
 * BRIDGE_PAIRS_MAX connections, BRIDGE_BUFFER bytes held a direction.
 */
#ifndef ENCLAVE_IO_BRIDGE_H
#define ENCLAVE_IO_BRIDGE_H

#include "enclave/io/endpoint.h"
#include "enclave/io/loop.h"

#define BRIDGE_PAIRS_MAX 128
#define BRIDGE_BUFFER 16384
#define BRIDGE_DESCRIPTORS (2 * BRIDGE_PAIRS_MAX + 1)	/* at most */

struct bridge_server;

/* Listens on from; the loop carries.  0 or ERR_*. */
int bridge_open(struct loop *loop, const struct endpoint *from,
    const struct endpoint *to, struct bridge_server **out,
    struct err *e) MUST_CHECK;

/* The port that a tcp endpoint with port 0 was given. */
unsigned bridge_port(const struct bridge_server *b);

/* Closes everything; a unix socket's file goes. */
void bridge_close(struct bridge_server *b);

#endif
