/*
 * A protocol message to an enclave and its typed answer (QOS wire 8, 19.4),
 * whatever carries it: the host's socket or the relay's HTTP.
 */
#ifndef ENCLAVE_HOST_ASK_H
#define ENCLAVE_HOST_ASK_H

#include "airgap/record/message.h"

/* What carries a message there and its answer back. */
struct carrier {
	/* 0 or ERR_*; *reply is given back with done. */
	int (*call)(void *ctx, struct bytes request, struct buf *reply,
	    struct err *e);
	void (*done)(void *ctx, struct buf *reply);
	void *ctx;
};

struct answer {
	const struct carrier *by;
	struct buf raw;
	struct arena arena;
	struct message m;		/* borrows from the two */
	bool refused;			/* m is a protocol error */
};

/* Frees an answer; an all-zero one is fine. */
void answer_free(struct answer *a);

/*
 * Sends m as JSON, and once more as Borsh where the enclave answers that it
 * cannot decode it; want is the tag of a good answer.  Returns 0, the
 * carrier's error, or ERR_PEER: a protocol error (refused is set, e names
 * it), another message, or none at all.  Free with answer_free either way.
 */
int ask(const struct carrier *by, const struct message *m, uint8_t want,
    struct answer *out, struct err *e) MUST_CHECK;

/* As ask in one encoding, without a second attempt. */
int ask_once(const struct carrier *by, const struct message *m,
    enum wire wire, uint8_t want, struct answer *out,
    struct err *e) MUST_CHECK;

/* Was the answer this protocol error? */
bool answer_is_error(const struct answer *a, uint8_t error);

/* The document in an NSM response; ERR_PEER where there is none (TRAP). */
int nsm_document(const struct nsm_response *n, struct bytes *document,
    struct err *e) MUST_CHECK;

#endif
