/*
 * An operator's key: passes each operation to the kind that holds the key
 * (a key file in key_file.c; a token has its own).
 */
#include <stdlib.h>

#include "token/operator_ops.h"

struct operator_key {
	const struct operator_ops *ops;
	void *state;		/* owned: ops->free */
	struct public_key pub;
	char *name;
};

int
operator_key_make(const struct operator_ops *ops, void *state,
    const struct public_key *pub, const char *name,
    struct operator_key **out, struct err *e)
{
	struct operator_key *k = calloc(1, sizeof(*k));

	*out = NULL;
	if (k == NULL) {
		ops->free(state);
		return err_set(e, ERR_SYSTEM, "out of memory");
	}
	k->ops = ops;
	k->state = state;
	k->pub = *pub;
	if ((k->name = strdup(name)) == NULL) {
		operator_key_free(k);
		return err_set(e, ERR_SYSTEM, "out of memory");
	}
	*out = k;
	return 0;
}

void
operator_key_free(struct operator_key *k)
{
	if (k == NULL)
		return;
	k->ops->free(k->state);
	free(k->name);
	free(k);
}

const struct public_key *
operator_key_public(const struct operator_key *k)
{
	return &k->pub;
}

const char *
operator_key_name(const struct operator_key *k)
{
	return k->name;
}

int
operator_key_approve(struct operator_key *k,
    const struct digest256 *manifest_hash, struct signature *out,
    struct err *e)
{
	return k->ops->approve(k->state, manifest_hash, out, e);
}

int
operator_key_sign(struct operator_key *k, enum purpose purpose,
    enum mode mode, struct bytes body, struct signature *out,
    struct err *e)
{
	return k->ops->sign(k->state, purpose, mode, body, out, e);
}

int
operator_key_open(struct operator_key *k, struct bytes envelope,
    struct secret *out, struct err *e)
{
	return k->ops->open(k->state, envelope, out, e);
}
