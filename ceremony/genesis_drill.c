/*
 * quorate genesis drill: the key comes back in guarded memory, is compared
 * with everything the genesis output says of it, and is wiped.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "ceremony/genesis_cmds.h"
#include "ceremony/genesis_load.h"
#include "ceremony/genesis_present.h"
#include "ceremony/operator_options.h"
#include "ceremony/room.h"
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

/* A key that is here: a key file that is read, or a token. */
struct source {
	const char *name;		/* for the sentences */
	const struct public_key *pub;
	struct operator_key *file;	/* or */
	struct room *room;
};

static int
open_sealed(const struct drill *d, const struct source *s,
    struct bytes sealed, struct secret *out, struct err *e)
{
	if (s->file == NULL)
		return room_open(s->room, &d->g->parts.plan, s->name, s->pub,
		    sealed, out, e);
	return operator_key_open(s->file, sealed, out, e);
}

/* Opened, compared by hash, and kept unless the person is there already. */
static int
open_share(struct drill *d, const struct source *s, struct err *e)
{
	struct secret share = { 0 };
	struct digest512 got;
	struct found f;
	bool held;
	int r;

	if (!find_sealed(d->g, s->pub, &f))
		return err_set(e, ERR_REFUSED, "%s: nothing in this genesis is "
		    "sealed to this key", s->name);
	if ((r = open_sealed(d, s, f.sealed, &share, e)) != 0)
		return r;
	got = sha512(bytes_of(share.b, share.len));
	if (share.len != SHARE_LEN || !digest512_equal(&got, &f.hash)) {
		secret_free(&share);
		return err_set(e, ERR_REFUSED, "%s: the share opens, but it "
		    "is not the one the genesis output names", s->name);
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
take_source(struct drill *d, const struct source *s, struct err *e)
{
	const struct genesis_output *out = &d->g->parts.output;
	struct bytes pub = bytes_of(s->pub->b, PUBLIC_KEY_LEN);
	int r;

	if (!out->dr_key.present || !bytes_equal(out->dr_key.v, pub))
		r = open_share(d, s, e);
	else if (d->seed.b != NULL)
		r = err_set(e, ERR_USAGE, "%s: given twice", s->name);
	else
		r = open_sealed(d, s, out->dr_wrapped.v, &d->seed, e);
	if (r == ERR_ENV_TAG || r == ERR_ENV_FORM)
		(void)err_prefix(e, "%s: opening its share", s->name);
	return r;
}

static int
take_file(struct drill *d, const char *path, struct err *e)
{
	struct operator_key *key = NULL;
	int r;

	if ((r = operator_key_open_file(path, &key, e)) != 0)
		return r;
	r = take_source(d, &(struct source){ .name = path, .file = key,
	    .pub = operator_key_public(key) }, e);
	operator_key_free(key);
	return r;
}

/* A key of the genesis whose share or seed has not been opened yet. */
static bool
is_missing(const void *of, const struct public_key *key)
{
	const struct drill *d = of;
	const struct plan *p = &d->g->parts.plan;
	const struct plan_person *who;
	size_t spare;

	if (p->has_dr && memcmp(p->dr.b, key->b, PUBLIC_KEY_LEN) == 0)
		return d->seed.b == NULL;
	who = present_holder(p, key, &spare);
	return who != NULL && !is_held(d, who->alias);
}

static int
take_token(struct drill *d, struct room *room, const struct public_key *key,
    struct err *e)
{
	const struct plan *p = &d->g->parts.plan;
	const struct plan_person *who;
	char whose[ROOM_WHOSE_MAX] = "the token for disaster recovery";
	size_t spare;

	if ((who = present_holder(p, key, &spare)) != NULL)
		room_whose(p, who, whose);
	ui_say("%s opens", whose);
	return take_source(d, &(struct source){ .name = whose, .pub = key,
	    .room = room }, e);
}

/*
 * A token of each person who has one plugged in; then one after the other,
 * until there are enough.
 */
static int
take_tokens(struct drill *d, struct room *room, struct err *e)
{
	const struct plan *p = &d->g->parts.plan;
	const struct room_want want = { "the token of one more holder",
	    is_missing, d };
	struct public_key key;
	int r = room_look(room, p, e);

	while (r == 0 && room_next(room, &want, &key))
		r = take_token(d, room, &key, e);
	while (r == 0 && d->n < p->k && d->seed.b == NULL)
		if ((r = room_bring(room, p, &want, &key, e)) == 0)
			r = take_token(d, room, &key, e);
	return r;
}

static int
join(struct drill *d, struct secret *seed, struct err *e)
{
	int r;

	if (d->n < d->g->parts.plan.k)
		return err_set(e, ERR_REFUSED, "shares of %zu person%s, but %u "
		    "are needed; add --key FILE or a token", d->n,
		    d->n == 1 ? "" : "s",
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
run(struct cmd *c, struct drill *d, const struct people_options *o)
{
	static struct room room;
	struct secret seed = { 0 };
	char how[64];
	int r;

	if ((r = people_options_room(o, &room, &c->e)) != 0)
		return r;
	/* stopped (Ctrl-Z) it would keep shares until somebody comes back */
	(void)signal(SIGTSTP, SIG_IGN);
	for (size_t i = 0; i < o->files.n; i++)
		if ((r = take_file(d, o->files.v[i], &c->e)) != 0)
			return r;
	if (room.tokens && (r = take_tokens(d, &room, &c->e)) != 0)
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
	struct people_options people = { 0 };
	const struct opt opts[] = { PEOPLE_OPTIONS(&people), END };
	struct genesis_files *g = NULL;
	struct drill *d;
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	if (people.files.n == 0 && !people.token)
		return cmd_need(c, NULL, "--key FILE, or --token");
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((r = genesis_load(cmd_arg(c, 0), NULL, &g, &c->e)) == 0) {
		d->g = g;
		if (g->parts.plan.mode == MODE_REHEARSAL)
			printf("REHEARSAL: this key protects nothing\n");
		r = run(c, d, &people);
	}
	for (size_t i = 0; i < d->n; i++)
		secret_free(&d->shares[i]);
	secret_free(&d->seed);
	free(d);
	genesis_unload(g);
	wipe_stack();
	return r;
}
