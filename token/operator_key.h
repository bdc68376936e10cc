/*
 * An operator's key, wherever it lives: one interface for key files now and
 * PIV tokens later.
 *
 * It does three things only: name its public key, sign for a stated purpose
 * (or a manifest hash, the one thing that has no domain, because QOS's
 * approval has none), and open what was sealed to it.  Nobody outside
 * token/ hands it bytes to sign as they are.
 */
#ifndef TOKEN_OPERATOR_KEY_H
#define TOKEN_OPERATOR_KEY_H

#include "airgap/record/signed.h"
#include "airgap/seal/envelope.h"

struct operator_key;

/*
 * Opens a QOS master seed file (64 hex digits).  Free with
 * operator_key_free.  Returns 0, ERR_INPUT, ERR_SEED or ERR_SYSTEM.
 */
int operator_key_open_file(const char *path, struct operator_key **out,
    struct err *e) MUST_CHECK;

/* Wipes and releases; NULL is fine. */
void operator_key_free(struct operator_key *k);

/* Encryption half then signing half; borrowed. */
const struct public_key *operator_key_public(const struct operator_key *k);

/* "key file FILE": for sentences; borrowed. */
const char *operator_key_name(const struct operator_key *k);

/* A QOS approval: the 32-byte hash is the message (wire section 7). */
int operator_key_approve(struct operator_key *k,
    const struct digest256 *manifest_hash, struct signature *out,
    struct err *e) MUST_CHECK;

/* Signs "quorate/<purpose>/v1\0" || mode || body. */
int operator_key_sign(struct operator_key *k, enum purpose purpose,
    enum mode mode, struct bytes body, struct signature *out,
    struct err *e) MUST_CHECK;

/* Opens a sealed message into a new secret (ERR_ENV_*). */
int operator_key_open(struct operator_key *k, struct bytes envelope,
    struct secret *out, struct err *e) MUST_CHECK;

#endif
