/*
 * One request to the enclave's control socket and its reply (QOS wire 9):
 * u64 little-endian length and that many bytes, writes of at most 31234
 * bytes, any fragmentation read, a fresh connection each time, so that a
 * QOS enclave, which serves one connection at a time, is free for others.
 *
 * One timeout covers connect, send and receive.  The peer is not trusted:
 * memory for a reply grows only with the bytes that came, up to the frame
 * limit, and within a budget that all calls share.
 */
#ifndef ENCLAVE_HOST_FRAME_CLIENT_H
#define ENCLAVE_HOST_FRAME_CLIENT_H

#include <stdatomic.h>

#include "airgap/file.h"
#include "airgap/record/frame.h"
#include "enclave/io/endpoint.h"

/* Bytes that all requests and replies together may hold. */
struct frame_budget {
	_Atomic size_t held;
	size_t max;
};

/* Takes n bytes of the budget, or none; b may be NULL: no limit. */
bool frame_budget_take(struct frame_budget *b, size_t n);
void frame_budget_give(struct frame_budget *b, size_t n);

struct frame_client {
	struct endpoint at;		/* unix or vsock */
	int64_t timeout_ms;
	int cancel_fd;			/* readable: give up; -1 for none */
	struct frame_budget *budget;	/* NULL for none */
	size_t reply_max;		/* bytes; 0: FRAME_MAX */
};

/*
 * Sends request and reads its reply, which the caller gives back with
 * frame_reply_free.  Returns 0, ERR_PEER (unreachable, closed, too late, a
 * length over the limit), ERR_SYSTEM or ERR_INTERRUPTED (cancel_fd).
 */
int frame_call(const struct frame_client *c, struct bytes request,
    struct buf *reply, struct err *e) MUST_CHECK;

/* Frees a reply and its part of the budget; an all-zero one is fine. */
void frame_reply_free(const struct frame_client *c, struct buf *reply);

#endif
