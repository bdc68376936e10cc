/*
 * Does a manifest fit the genesis that made its quorum key?  Key, mode,
 * share threshold and holders are compared: a share set with another
 * threshold than k boots, and then fails when shares are provisioned.
 */
#include <stdlib.h>

#include "airgap/record/mode.h"
#include "airgap/record/spares.h"
#include "airgap/seal/hex.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/manifest_make.h"
#include "airgap/cli/ui.h"

#define GENESIS_FILE_MAX (4u << 20)	/* bytes; 255 members need 200 KiB */

struct genesis {
	struct buf output_file, spares_file;
	struct genesis_output g;
	struct spares spares;
};

static void
genesis_free(struct genesis *x)
{
	spares_free(&x->spares);
	buf_free(&x->output_file);
	buf_free(&x->spares_file);
}

static int
genesis_load(const char *output, const char *spares, struct genesis *x,
    struct err *e)
{
	int r;

	memset(x, 0, sizeof(*x));
	if ((r = file_read(output, GENESIS_FILE_MAX, &x->output_file,
	    e)) != 0)
		return r;
	if ((r = genesis_output_read(buf_bytes(&x->output_file), &x->g,
	    e)) != 0 || (r = genesis_output_check(&x->g, e)) != 0) {
		(void)err_prefix(e, "%s", output);
		goto out;
	}
	if (spares == NULL)
		return 0;
	if ((r = file_read(spares, GENESIS_FILE_MAX, &x->spares_file,
	    e)) != 0)
		goto out;
	if ((r = spares_decode(buf_bytes(&x->spares_file), &x->spares,
	    e)) == 0)
		return 0;
	(void)err_prefix(e, "%s", spares);
out:
	genesis_free(x);
	return r;
}

/* The hash of the share that the member opens; NULL if there is none. */
static const uint8_t *
share_hash(const struct genesis *x, const struct member *m,
    struct member_output *own)
{
	if (genesis_output_find(&x->g, m->alias, m->pub_key, own))
		return own->share_hash;
	for (size_t i = 0; i < x->spares.count; i++) {
		const struct spare *s = &x->spares.list[i];

		if (bytes_equal(s->alias, m->alias) && bytes_equal(
		    bytes_of(s->key.b, sizeof(s->key.b)), m->pub_key))
			return s->share.hash.b;
	}
	return NULL;
}

static int
check_holders(const struct genesis *x, const struct set *share_set,
    struct err *e)
{
	struct rd rd = list_walk(&share_set->members);
	struct member_output own;
	struct member m;

	while (list_next(&rd, &type_member, &m))
		if (share_hash(x, &m, &own) == NULL)
			return err_set(e, ERR_REFUSED, "share set: \"%.*s\" "
			    "got no share under this key from this genesis; "
			    "a spare key needs --spares", (int)m.alias.n,
			    (const char *)m.alias.p);
	return 0;
}

static bool
has_alias(const struct set *s, struct bytes alias)
{
	struct rd rd = list_walk(&s->members);
	struct member m;

	while (list_next(&rd, &type_member, &m))
		if (bytes_equal(m.alias, alias))
			return true;
	return false;
}

/* Fewer holders than at genesis can be meant; nobody shall overlook it. */
static void
tell_absent(const struct genesis *x, const struct set *share_set)
{
	struct rd rd = list_walk(&x->g.set.members);
	size_t n = 0;
	struct member m;

	while (list_next(&rd, &type_member, &m))
		n += !has_alias(share_set, m.alias);
	if (n > 0)
		ui_say("note: %zu of the %u who got a share are not in the "
		    "share set", n, x->g.set.members.count);
}

static int
join_hashes(const struct genesis *x, const struct set *share_set,
    struct buf *out, struct err *e)
{
	static const char front[] = ENV_SHARE_HASHES "=";
	size_t n = sizeof(front) - 1;
	struct rd rd = list_walk(&share_set->members);
	struct member_output own;
	struct member m;

	out->p = malloc(n + share_set->members.count *
	    (2 * SHA512_LEN + 1));
	if (out->p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	memcpy(out->p, front, n);
	while (list_next(&rd, &type_member, &m)) {
		const uint8_t *hash = share_hash(x, &m, &own);

		if (hash == NULL)
			return err_set(e, ERR_INTERNAL, "a holder is gone");
		if (n >= sizeof(front))
			out->p[n++] = ',';
		hex_encode(hash, SHA512_LEN, (char *)out->p + n);
		n += 2 * SHA512_LEN;
	}
	out->n = n;
	return 0;
}

int
manifest_fits_genesis(const struct manifest *m, const char *genesis_output,
    const char *spares, struct buf *hashes, struct err *e)
{
	struct genesis x;
	int r;

	if ((r = genesis_load(genesis_output, spares, &x, e)) != 0)
		return r;
	if (!bytes_equal(x.g.quorum_key, m->ns.quorum_key))
		r = err_set(e, ERR_REFUSED, "%s: is the genesis of another "
		    "quorum key", genesis_output);
	else if (x.g.set.threshold != m->share_set.threshold)
		r = err_set(e, ERR_REFUSED, "share set: threshold %u, but the "
		    "genesis dealt shares for k = %u; the key could not be "
		    "joined", m->share_set.threshold, x.g.set.threshold);
	else if ((r = mode_check_test_message(manifest_mode(m),
	    x.g.test_message, e)) != 0)
		(void)err_prefix(e, "%s", genesis_output);
	else if (spares != NULL && (r = mode_check_same(manifest_mode(m),
	    x.spares.mode, "the record of spares", e)) != 0)
		(void)err_prefix(e, "%s", spares);
	else if ((r = check_holders(&x, &m->share_set, e)) == 0) {
		tell_absent(&x, &m->share_set);
		if (hashes != NULL)
			r = join_hashes(&x, &m->share_set, hashes, e);
	}
	genesis_free(&x);
	return r;
}
