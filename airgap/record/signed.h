/*
 * What a key signs: "quorate/<purpose>/v1\0" || mode || body.
 *
 * The prefix says what the signature is for, the mode byte ('P' or 'R')
 * whether it counts.  The message is always longer than 32 bytes, so that it
 * is never a manifest hash, which QOS approvals sign without any prefix.
 */
#ifndef AIRGAP_RECORD_SIGNED_H
#define AIRGAP_RECORD_SIGNED_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

enum purpose {
	PURPOSE_GENESIS,	/* quorum key: what a genesis made */
	PURPOSE_PLAN,		/* coordinator: the plan of a ceremony */
	PURPOSE_RECEIPT,	/* operator: a share was taken and opens */
	PURPOSE_RELEASE,	/* operator: a share went to an enclave */
	PURPOSE_TOKEN,		/* operator: this token signs, a test */
	PURPOSE_KEY,		/* `key sign`: bytes of the user's choice */
};

/* The word in the prefix. */
const char *purpose_text(enum purpose purpose);

/*
 * Builds the message; free it with buf_free.  Returns 0, ERR_REFUSED (the
 * message would be 32 bytes or shorter) or ERR_SYSTEM.
 */
int signed_message(enum purpose purpose, enum mode mode, struct bytes body,
    struct buf *out, struct err *e) MUST_CHECK;

/* Builds the message and verifies sig; ERR_SIG_* with a sentence. */
int signed_verify(enum purpose purpose, enum mode mode, struct bytes body,
    const struct public_key *key, const struct signature *sig,
    struct err *e) MUST_CHECK;

#endif
