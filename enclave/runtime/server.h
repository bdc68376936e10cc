/*
 * The control server (QOS wire 9): frames of u64 little-endian length and
 * that many bytes, both directions, any number of requests a connection.
 *
 * Unlike QOS, many connections are served at once and none can block the
 * others: every socket is non-blocking, a frame's buffer grows only with
 * bytes that have arrived, all buffers together are bounded, and a peer that
 * makes no progress inside a frame is closed.
 */
#ifndef ENCLAVE_RUNTIME_SERVER_H
#define ENCLAVE_RUNTIME_SERVER_H

#include "airgap/file.h"
#include "airgap/record/frame.h"
#include "enclave/io/endpoint.h"
#include "enclave/io/loop.h"

#define SERVER_CONNECTIONS_MAX 128
#define SERVER_BUDGET (384u << 20)	/* bytes in all buffers together */
#define SERVER_STALL_MS 20000		/* no progress inside a frame */
#define SERVER_IDLE_MS 300000		/* no frame at all */

struct server;

struct server_config {
	struct loop *loop;
	/* Answers a request; *reply is freed with buf_free.  0 or ERR_*. */
	int (*handle)(void *ctx, struct bytes request, struct buf *reply);
	void *ctx;
	int64_t stall_ms, idle_ms;	/* 0: the defaults above */
};

/* Listens nowhere yet.  0 or ERR_SYSTEM. */
int server_new(const struct server_config *c, struct server **out,
    struct err *e) MUST_CHECK;

/* Listens, at two places at most; see endpoint_listen. */
int server_listen(struct server *s, const struct endpoint *at,
    struct err *e) MUST_CHECK;

/* Closes everything and removes the socket file. */
void server_free(struct server *s);

#endif
