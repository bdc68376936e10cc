/*
 * The HTTP side of quorate-host (QOS wire 17): connections, limits, bodies,
 * one log line a request.
 *
 * One thread a connection, so that a slow client or a slow enclave holds up
 * nobody else; connections, bytes held and the time to send a request or
 * take an answer are bounded.  No TLS and no authentication, as QOS: it
 * listens on the loopback address unless told otherwise.
 */
#ifndef ENCLAVE_HOST_HTTP_H
#define ENCLAVE_HOST_HTTP_H

#include "enclave/host/frame_client.h"

#define HTTP_CONNECTIONS_MAX 256
#define HTTP_HELD_MAX (512u << 20)	/* bytes of all bodies together */
#define HTTP_PATIENCE_MS 30000		/* for a request or an answer, and */
#define HTTP_RATE 32			/* a ms more for so many bytes */
#define HTTP_STOP_MS 5000		/* for answers under way at a stop */

struct http;

struct http_config {
	const char *ip;			/* IPv4 */
	uint16_t port;			/* 0: any free one */
	const char *base;		/* "/qos" */
	struct frame_client enclave;	/* cancel_fd, budget: set here */
	int64_t patience_ms;		/* HTTP_PATIENCE_MS, or another */
};

/*
 * Listens and serves, in threads of its own.  c's strings stay the caller's
 * and must outlive it.  Returns 0, ERR_USAGE (address) or ERR_SYSTEM.
 */
int http_start(const struct http_config *c, struct http **out,
    struct err *e) MUST_CHECK;

/* The port it listens on. */
uint16_t http_port(const struct http *h);

/* Closes connections past their time; to be called about once a second. */
void http_reap(struct http *h);

/* Stops listening, lets answers under way end, closes the rest. */
void http_stop(struct http *h);

#endif
