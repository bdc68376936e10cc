/*
 * What a kind of operator key must do (private to token/).
 *
 * A kind gets a purpose and a body, never a finished message: what signs is
 * what builds the message, so that no caller can slip in a manifest hash.
 */
#ifndef TOKEN_OPERATOR_OPS_H
#define TOKEN_OPERATOR_OPS_H

#include "token/operator_key.h"

struct operator_ops {
	int (*approve)(void *state, const struct digest256 *manifest_hash,
	    struct signature *out, struct err *e);
	int (*sign)(void *state, enum purpose purpose, enum mode mode,
	    struct bytes body, struct signature *out, struct err *e);
	int (*open)(void *state, struct bytes envelope, struct secret *out,
	    struct err *e);
	void (*free)(void *state);
};

/*
 * Makes a key of a kind; takes state over, also on failure.  The name is
 * copied.  Free with operator_key_free.  Returns 0 or ERR_SYSTEM.
 */
int operator_key_make(const struct operator_ops *ops, void *state,
    const struct public_key *pub, const char *name,
    struct operator_key **out, struct err *e) MUST_CHECK;

#endif
