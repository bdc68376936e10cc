/*
 * The heartbeat of a booting enclave: it connects to its parent, CID 3 port
 * 9000, writes one byte 0xB7 and reads the same byte back.  nitro-cli waits
 * for it and ends an enclave that does not send it; under another launcher
 * quorate-host answers.
 */
#ifndef ENCLAVE_IO_HEARTBEAT_H
#define ENCLAVE_IO_HEARTBEAT_H

#include "enclave/io/endpoint.h"
#include "enclave/io/loop.h"

#define HEARTBEAT_PORT 9000
#define HEARTBEAT_BYTE 0xb7
#define HEARTBEAT_MS 5000		/* for one exchange */
#define HEARTBEAT_AT_ONCE 16		/* enclaves that are answered at once */

struct heartbeat_server;

/*
 * The enclave's part, blocking for at most ms.  0, ERR_PEER (nobody there,
 * no answer, another byte) or ERR_SYSTEM.
 */
int heartbeat_send(const struct endpoint *parent, int ms,
    struct err *e) MUST_CHECK;

/*
 * The parent's part: listens on at and answers each heartbeat; heard is
 * called with each that was one.  0 or ERR_*.
 */
int heartbeat_listen(struct loop *loop, const struct endpoint *at,
    void (*heard)(void *ctx), void *ctx, struct heartbeat_server **out,
    struct err *e) MUST_CHECK;
void heartbeat_close(struct heartbeat_server *h);

#endif
