/*
 * The records that exist only to cross the gap: QOS's bytes, or files that
 * carry no mode, in a map with "v", "type" and "mode".  What is a record of
 * ours already crosses as it is and is not wrapped.
 */
#ifndef AIRGAP_RECORD_PAYLOAD_FORMS_H
#define AIRGAP_RECORD_PAYLOAD_FORMS_H

#include "airgap/record/payload.h"
#include "airgap/record/plan.h"
#include "airgap/seal/keyset.h"

#define CHALLENGE_TYPE "quorate/challenge"
#define CHALLENGE_LEN 32		/* bytes */
#define TEST_CARD_TYPE "quorate/test-card"
#define TEST_CARD_LEN 300		/* bytes */
#define DOCUMENT_MAX 65536		/* bytes of an attestation document */
#define OPERATORS_MAX (PAYLOAD_FILES_MAX / 2)

struct operator_entry {
	struct public_key key;
	struct bytes alias;
	bool has_proof;
	struct bytes proof;		/* a token-attestation record */
};

/* Everything that a wrapping holds; each form uses some of it. */
struct wrapped {
	enum mode mode;
	bool has_spare;
	uint64_t spare;			/* which spare key, from 1 */
	struct bytes alias;
	struct bytes sealed;		/* SEALED_SHARE_LEN bytes */
	struct bytes manifest, approval, envelope, document, release;
	struct bytes bytes;		/* of a test card */
	uint8_t nonce[CHALLENGE_LEN];
	struct operator_entry operators[OPERATORS_MAX];
	size_t operator_count;
};

enum wrapping {
	WRAP_KEYS, WRAP_SHARE, WRAP_MANIFEST, WRAP_APPROVAL, WRAP_ENVELOPE,
	WRAP_ATTESTATION, WRAP_CHALLENGE, WRAP_RELEASED, WRAP_TEST_CARD,
};

/* As form_decode and form_encode; bytes borrow from in. */
int wrapped_decode(enum wrapping which, struct bytes in, struct wrapped *out,
    struct err *e) MUST_CHECK;
int wrapped_encode(enum wrapping which, const struct wrapped *w,
    struct buf *out, struct err *e) MUST_CHECK;

/*
 * A challenge: a nonce drawn now.  Free out with buf_free.  Read it with
 * wrapped_decode(WRAP_CHALLENGE).
 */
int challenge_make(enum mode mode, struct buf *out, struct err *e) MUST_CHECK;

#endif
