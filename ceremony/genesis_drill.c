/*
 * quorate genesis drill: the key comes back in guarded memory, is compared
 * with everything the genesis output says of it, and is wiped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "ceremony/genesis_cmds.h"
#include "ceremony/genesis_load.h"
#include "airgap/cli/ui.h"
#include "token/operator_key.h"

struct drill {
	const struct genesis_files *g;
	struct secret shares[SHAMIR_MAX];
	const uint8_t *parts[SHAMIR_MAX];
	size_t len[SHAMIR_MAX];
	struct bytes holder[SHAMIR_MAX];
	size_t n;
	struct secret seed;		/* from the disaster-recovery key */
};

/* What was sealed to a key: whose share it is, and what it must be. */
struct found {
	struct bytes alias, sealed;
	struct digest512 hash;
};

static bool
find_sealed(const struct genesis_files *g, const struct public_key *key,
    struct found *f)
{
	struct bytes k = bytes_of(key->b, PUBLIC_KEY_LEN);
	struct member_output o;

	if (genesis_output_find(&g->parts.output, bytes_of(NULL, 0), k, &o)) {
		*f = (struct found){ .alias = o.member.alias,
		    .sealed = o.sealed_share };
		memcpy(f->hash.b, o.share_hash, SHA512_LEN);
		return true;
	}
	for (size_t i = 0; i < g->parts.spares.count; i++) {
		const struct spare *s = &g->parts.spares.list[i];

		if (!bytes_equal(bytes_of(s->key.b, PUBLIC_KEY_LEN), k))
			continue;
		*f = (struct found){ s->alias, bytes_of(s->share.sealed,
		    SEALED_SHARE_LEN), s->share.hash };
		return true;
	}
	return false;
}

static bool
is_held(const struct drill *d, struct bytes alias)
{
	for (size_t i = 0; i < d->n; i++)
		if (bytes_equal(d->holder[i], alias))
			return true;
	return false;
}

/* Opened, compared by hash, and kept unless the person is there already. */
static int
open_share(struct drill *d, struct operator_key *key, const char *path,
    struct err *e)
{
	struct secret share = { 0 };
	struct digest512 got;
	struct found f;
	bool held;
	int r;

	if (!find_sealed(d->g, operator_key_public(key), &f))
		return err_set(e, ERR_REFUSED, "%s: nothing in this genesis is "
		    "sealed to this key", path);
	if ((r = operator_key_open(key, f.sealed, &share, e)) != 0)
		return r;
	got = sha512(bytes_of(share.b, share.len));
	if (share.len != SHARE_LEN || !digest512_equal(&got, &f.hash)) {
		secret_free(&share);
		return err_set(e, ERR_REFUSED, "%s: the share opens, but it "
		    "is not the one the genesis output names", path);
	}
	held = is_held(d, f.alias);
	printf("ok  share of ");
	ui_print_quoted(f.alias, 4);
	printf(" opened%s\n", held ? " again: counts once" : "");
	if (held) {
		secret_free(&share);
		return 0;
	}
	d->holder[d->n] = f.alias;
	d->shares[d->n++] = share;
	return 0;
}

static int
take_key(struct drill *d, const char *path, struct err *e)
{
	const struct genesis_output *out = &d->g->parts.output;
	struct operator_key *key = NULL;
	struct bytes pub;
	int r;

	if ((r = operator_key_open_file(path, &key, e)) != 0)
		return r;
	pub = bytes_of(operator_key_public(key)->b, PUBLIC_KEY_LEN);
	if (out->dr_key.present && bytes_equal(out->dr_key.v, pub))
		r = d->seed.b != NULL ? err_set(e, ERR_USAGE, "%s: given "
		    "twice", path) : operator_key_open(key,
		    out->dr_wrapped.v, &d->seed, e);
	else
		r = open_share(d, key, path, e);
	operator_key_free(key);
	if (r == ERR_ENV_TAG || r == ERR_ENV_FORM)
		(void)err_prefix(e, "%s: opening its share", path);
	return r;
}

static int
join(struct drill *d, struct secret *seed, struct err *e)
{
	int r;

	if (d->n < d->g->parts.plan.k)
		return err_set(e, ERR_REFUSED, "shares of %zu persons, but %u "
		    "are needed; add --key FILE", d->n,
		    (unsigned)d->g->parts.plan.k);
	for (size_t i = 0; i < d->n; i++) {
		d->parts[i] = d->shares[i].b;
		d->len[i] = d->shares[i].len;
	}
	if ((r = secret_new(seed, SEED_LEN, e)) != 0)
		return r;
	return shamir_join(d->parts, d->len, d->n, seed->b, e);
}

/* Hash over the hex text, signature bit for bit, ciphertext opens. */
static int
compare_rest(const struct genesis_output *g, const struct secret *seed,
    const struct keyset *ks, struct err *e)
{
	struct secret text = { 0 }, opened = { 0 };
	struct signature sig;
	struct digest512 d;
	int r;

	if ((r = secret_new(&text, SEED_HEX_LEN, e)) != 0 ||
	    (r = keyset_sign(ks, g->test_message, &sig, e)) != 0 ||
	    (r = envelope_open(ks, g->test_ciphertext, &opened, e)) != 0)
		goto out;
	hex_encode(seed->b, SEED_LEN, (char *)text.b);
	d = sha512(bytes_of(text.b, text.len));
	if (memcmp(d.b, g->quorum_key_hash, SHA512_LEN) != 0)
		r = err_set(e, ERR_REFUSED, "the quorum key hash differs");
	else if (!bytes_equal(g->test_signature, bytes_of(sig.b,
	    SIGNATURE_LEN)))
		r = err_set(e, ERR_REFUSED, "the test signature differs");
	else if (!bytes_equal(g->test_message, bytes_of(opened.b,
	    opened.len)))
		r = err_set(e, ERR_REFUSED, "the test message differs");
out:
	secret_free(&text);
	secret_free(&opened);
	return r;
}

static int
compare(const struct genesis_files *g, const struct secret *seed,
    const char *how, struct err *e)
{
	struct keyset ks = { 0 };
	int r;

	if (seed->len != SEED_LEN)
		return err_set(e, ERR_REFUSED, "a seed of %zu bytes, not %d",
		    seed->len, SEED_LEN);
	r = keyset_from_seed(&ks, seed->b, e);
	if (r == 0 && !bytes_equal(g->parts.output.quorum_key,
	    bytes_of(ks.pub.b, PUBLIC_KEY_LEN)))
		r = ERR_REFUSED;
	if (r == ERR_SEED || r == ERR_REFUSED)
		r = err_set(e, ERR_REFUSED, "%s: another key comes back, not "
		    "the one of this genesis", how);
	if (r == 0 && (r = compare_rest(&g->parts.output, seed, &ks,
	    e)) == 0) {
		printf("ok  %s: the key comes back\n", how);
		ui_print_hex("    public key", g->parts.output.quorum_key);
		printf("ok  its hash, test signature and test message are "
		    "those of the genesis output\n    it is wiped again; "
		    "nothing was written\n");
	}
	keyset_free(&ks);
	return r;
}

static int
run(struct cmd *c, struct drill *d, const struct many *keys)
{
	struct secret seed = { 0 };
	char how[64];
	int r;

	for (size_t i = 0; i < keys->n; i++)
		if ((r = take_key(d, keys->v[i], &c->e)) != 0)
			return r;
	if (d->seed.b != NULL && (r = compare(d->g, &d->seed,
	    "the disaster-recovery key alone", &c->e)) != 0)
		return r;
	if (d->n == 0 && d->seed.b != NULL)
		return 0;
	snprintf(how, sizeof(how), "the shares of %zu persons", d->n);
	if ((r = join(d, &seed, &c->e)) == 0)
		r = compare(d->g, &seed, how, &c->e);
	secret_free(&seed);
	return r;
}

int
genesis_drill_cmd(struct cmd *c)
{
	struct many keys = { 0 };
	const struct opt opts[] = {
		MANY("--key", "SEED.secret", &keys, "key file of a holder, or "
		    "the disaster-recovery key"), END };
	struct genesis_files *g = NULL;
	struct drill *d;
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	if (keys.n == 0)
		return cmd_need(c, NULL, "--key FILE");
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((r = genesis_load(cmd_arg(c, 0), NULL, &g, &c->e)) == 0) {
		d->g = g;
		if (g->parts.plan.mode == MODE_REHEARSAL)
			printf("REHEARSAL: this key protects nothing\n");
		r = run(c, d, &keys);
	}
	for (size_t i = 0; i < d->n; i++)
		secret_free(&d->shares[i]);
	secret_free(&d->seed);
	free(d);
	genesis_unload(g);
	wipe_stack();
	return r;
}
