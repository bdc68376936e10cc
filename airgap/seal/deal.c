/*
 * A deal: shares of a seed, proven, then sealed, one to each key.
 */
#include <stdlib.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"

static const uint8_t *
share_at(const struct deal *d, size_t index)
{
	return d->shares.b + (index - 1) * SHARE_LEN;
}

static int
index_check(const struct deal *d, size_t index, struct err *e)
{
	if (index < 1 || index > d->n || d->shares.b == NULL)
		return err_set(e, ERR_INTERNAL, "no plaintext share %zu in "
		    "this deal of %zu", index, d->n);
	return 0;
}

int
deal_seal_again(const struct deal *d, size_t index,
    const struct public_key *key, struct sealed_share *out, struct err *e)
{
	int r = ERR_INTERNAL;
	struct bytes share;

	if ((r = index_check(d, index, e)) != 0)
		return r;
	share = bytes_of(share_at(d, index), SHARE_LEN);
	if ((r = envelope_seal(bytes_of(key->b, PUBLIC_KEY_LEN), share,
	    out->sealed, e)) != 0) {
		(void)err_prefix(e, "share %zu", index);
		return r;
	}
	out->hash = sha512(share);
	/* declassified: share hashes are published (QOS wire, section 15) */
	ct_public(out->hash.b, sizeof(out->hash.b));
	return 0;
}

/* Splits and proves; the public key is derived again from the seed. */
static int
deal_split(struct deal *d, const uint8_t seed[static SEED_LEN],
    struct err *e)
{
	int r = ERR_INTERNAL;
	struct keyset ks = { 0 };

	if ((r = secret_new(&d->shares, d->n * SHARE_LEN, e)) != 0 ||
	    (r = shamir_split(seed, SEED_LEN, d->k, d->n, d->shares.b,
	    e)) != 0 ||
	    (r = shamir_prove(seed, SEED_LEN, d->k, d->n, d->shares.b,
	    e)) != 0 || (r = keyset_from_seed(&ks, seed, e)) != 0)
		goto out;
	d->quorum = ks.pub;
out:
	keyset_free(&ks);
	return r;
}

int
deal_make(struct deal *d, const uint8_t seed[static SEED_LEN], size_t k,
    size_t n, const struct public_key *keys, struct err *e)
{
	int r = ERR_INTERNAL;

	*d = (struct deal){ .k = k, .n = n };
	if (n > SHAMIR_MAX || n < 1)
		return err_set(e, ERR_SHARE_SIZE, "%zu shares: 2 to %d are "
		    "possible", n, SHAMIR_MAX);
	if ((d->out = calloc(n, sizeof(*d->out))) == NULL) {
		r = err_set(e, ERR_SYSTEM, "no memory for %zu shares", n);
		goto out;
	}
	if ((r = deal_split(d, seed, e)) != 0)
		goto out;
	for (size_t i = 1; i <= n; i++)
		if ((r = deal_seal_again(d, i, &keys[i - 1], &d->out[i - 1],
		    e)) != 0)
			goto out;
	r = 0;
out:
	if (r != 0)
		deal_free(d);
	return r;
}

int
deal_compare(const struct deal *d, size_t index, const struct secret *opened,
    struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = index_check(d, index, e)) != 0)
		return r;
	if (opened->b == NULL || opened->len != SHARE_LEN ||
	    !secret_equal(opened->b, share_at(d, index), SHARE_LEN))
		return err_set(e, ERR_REFUSED, "what was opened is not share "
		    "%zu of this deal: do not use this deal", index);
	return 0;
}

void
deal_wipe(struct deal *d)
{
	if (d != NULL)
		secret_free(&d->shares);
}

void
deal_free(struct deal *d)
{
	if (d == NULL)
		return;
	secret_free(&d->shares);
	free(d->out);
	*d = (struct deal){ 0 };
}
