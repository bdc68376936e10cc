/*
 * The attestation bundle of a token: what shows that the two keys of an
 * operator were made in it.  It holds certificates as the token gave them;
 * whether they prove anything is for token/attest to say.
 */
#ifndef AIRGAP_RECORD_ATTEST_BUNDLE_H
#define AIRGAP_RECORD_ATTEST_BUNDLE_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define ATTEST_BUNDLE_TYPE "quorate/token-attestation"
#define ATTEST_CERT_MAX 3072		/* bytes: what a PIV object can hold */
#define ATTEST_INTERMEDIATES_MAX 4

struct attest_bundle {
	enum mode mode;			/* which roots it may end at */
	struct public_key key;		/* slot 9D, then slot 9C */
	struct bytes slot_9c, slot_9d;	/* attestations, DER */
	struct bytes f9;		/* the token's own certificate */
	struct bytes intermediates[ATTEST_INTERMEDIATES_MAX];
	size_t intermediate_count;	/* any order */
};

/* Return 0, ERR_INPUT or ERR_SYSTEM; bytes borrow from in; buf_free out. */
int attest_bundle_decode(struct bytes in, struct attest_bundle *out,
    struct err *e) MUST_CHECK;
int attest_bundle_encode(const struct attest_bundle *x, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
