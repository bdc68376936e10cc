/*
 * The rehearsal that every proof uses, made by the program itself.
 */
#include <errno.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/record/genesis_commit.h"
#include "airgap/record/label.h"
#include "airgap/seal/envelope.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/p256.h"
#include "airgap/seal/shamir.h"
#include "ceremony/plan_show.h"
#include "tests/crash/tap.h"
#include "tests/crash/world.h"
#include "token/key_file.h"

#define KEY_MESSAGE "qos_encryption_hmac_message"

const char *const holder_names[HOLDERS] = {
	"ann", "ben", "cat", "annspare", "dr"
};

const char *
world_path(const struct world *w, const char *name)
{
	static char path[4][512];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", w->dir, name);
	return out;
}

struct run
world_command(const struct world *w, const char *dir)
{
	struct run r = { .words = { program_path() },
	    .dir = dir != NULL ? dir : w->dir, .out = "out", .err = "err" };

	return r;
}

struct run
world_genesis(const struct world *w, const char *dir)
{
	struct run r = world_command(w, dir);

	run_words(&r, "genesis", "run", "--plan", "../plan.cbor", "-o", "g",
	    "--key", "../ann.secret", "--key", "../ben.secret", "--key",
	    "../cat.secret", "--fingerprint", w->fingerprint, NULL);
	return r;
}

void
world_load(struct world *w)
{
	char name[32];

	for (size_t i = 0; i < HOLDERS; i++) {
		snprintf(name, sizeof(name), "%s.secret", holder_names[i]);
		if (key_file_load(world_path(w, name), &w->keys[i],
		    NULL) != 0)
			tap_stop("cannot load %s in %s", name, w->dir);
	}
}

static void
make_keys(struct world *w)
{
	char secret[32], pub[32];

	for (size_t i = 0; i < HOLDERS; i++) {
		struct run r = world_command(w, NULL);

		snprintf(secret, sizeof(secret), "%s.secret",
		    holder_names[i]);
		snprintf(pub, sizeof(pub), "%s.pub", holder_names[i]);
		run_words(&r, "key", "generate", "-o", secret, "--pub", pub,
		    NULL);
		if (run_status(&r) != 0)
			tap_stop("cannot make key %s in %s", secret, w->dir);
	}
	world_load(w);
}

void
world_begin(struct world *w)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" :
	    "/tmp";
	struct run r;
	struct buf plan;
	struct digest256 fp;

	*w = (struct world){ 0 };
	(void)program_path();
	snprintf(w->dir, sizeof(w->dir), "%s/quorate-crash.XXXXXX", base);
	if (mkdtemp(w->dir) == NULL)
		tap_stop("cannot make a folder in %s", base);
	make_keys(w);
	r = world_command(w, NULL);
	run_words(&r, "plan", "new", "--mode", "rehearsal", "--name", "crash",
	    "--member", "ann.pub", "--member", "ben.pub", "--member",
	    "cat.pub", "--threshold", "2", "--spare", "ann=annspare.pub",
	    "--dr", "dr.pub", "-o", "plan.cbor", NULL);
	if (run_status(&r) != 0 || file_read(world_path(w, "plan.cbor"),
	    RECORD_FILE_MAX, &plan, NULL) != 0)
		tap_stop("cannot make the plan in %s", w->dir);
	fp = plan_fingerprint(buf_bytes(&plan));
	hex_text(fp.b, sizeof(fp.b), w->fingerprint);
	buf_free(&plan);
	errno = 0;
}

void
world_end(struct world *w)
{
	for (size_t i = 0; i < HOLDERS; i++)
		keyset_free(&w->keys[i]);
	remove_all(w->dir);
}

void
world_sources(const struct world *w)
{
	struct tree t = { 0 };
	char name[64], pcrs[512] = "";
	struct buf pub;

	tree_add(&t, "m", true, bytes_of(NULL, 0));
	tree_add(&t, "m/quorum_threshold", false, bytes_str("2\n"));
	for (size_t i = 0; i < PERSONS; i++) {
		snprintf(name, sizeof(name), "%s.pub", holder_names[i]);
		if (file_read(world_path(w, name), 4096, &pub, NULL) != 0)
			tap_stop("no %s", name);
		snprintf(name, sizeof(name), "m/rehearsal-%s.pub",
		    holder_names[i]);
		tree_add(&t, name, false, buf_bytes(&pub));
		buf_free(&pub);
		snprintf(pcrs + strlen(pcrs), sizeof(pcrs) - strlen(pcrs),
		    "%096zu PCR%zu\n", i + 1, i);
	}
	tree_add(&t, "pcrs", false, bytes_str(pcrs));
	tree_add(&t, "arn", false,
	    bytes_str("arn:aws:iam::123456789012:role/Crash\n"));
	tree_add(&t, "answers", false,
	    bytes_str("yes\nyes\nyes\nyes\nyes\nyes\nyes\nyes\n"));
	tree_write(&t, world_path(w, "set"));
	tree_free(&t);
}

static void
add_sources(struct run *r)
{
	run_words(r, "--manifest-set", "set/m", "--share-set", "set/m",
	    "--patch-set", "set/m", "--pcrs", "set/pcrs", "--role-arn-file",
	    "set/arn", "--pivot", "plan.cbor", "--quorum-key", "dr.pub",
	    NULL);
}

struct run
world_manifest(const struct world *w, const char *out)
{
	struct run r = world_command(w, NULL);

	run_words(&r, "manifest", "new", "--namespace", "REHEARSAL/crash",
	    "--nonce", "1", "--restart", "never", "-o", out, NULL);
	add_sources(&r);
	return r;
}

struct run
world_approve(const struct world *w, size_t holder, const char *manifest,
    const char *out)
{
	static const char *const keys[] = { "ann.secret", "ben.secret" };
	static const char *const names[] = { "rehearsal-ann",
	    "rehearsal-ben" };
	struct run r = world_command(w, NULL);

	run_words(&r, "manifest", "approve", manifest, "--key", keys[holder],
	    "--alias", names[holder], "-o", out, NULL);
	add_sources(&r);
	r.in = "set/answers";
	return r;
}

static void
add(struct needles *n, const char *what, const char *whose, const void *p,
    size_t len)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s%s", what, whose[0] == '\0' ? "" :
	    " of ", whose);
	needles_add(n, name, p, len);
}

static void
add_keyset(struct needles *n, const char *whose, const struct keyset *ks)
{
	const uint8_t *b = ks->scalars.b;

	add(n, "encryption scalar", whose, b, SCALAR_LEN);
	add(n, "signing scalar", whose, b + SCALAR_LEN, SCALAR_LEN);
	add(n, "AES key", whose, b + 2 * SCALAR_LEN, AES_KEY_LEN);
}

/* ECDH result and the key below it: either opens what was sealed. */
static void
add_envelope(struct needles *n, const char *whose, const struct keyset *ks,
    struct bytes env)
{
	uint8_t z[ECDH_LEN], preimage[2 * POINT_LEN + ECDH_LEN];
	uint8_t mac[SHA512_LEN];
	struct bytes point;

	if (envelope_point(env, &point, NULL) != 0 ||
	    p256_ecdh(ks->scalars.b, point.p, z, NULL) != 0)
		tap_stop("a sealed message of %s has no point", whose);
	memcpy(preimage, point.p, POINT_LEN);
	memcpy(preimage + POINT_LEN, ks->pub.b, POINT_LEN);
	memcpy(preimage + 2 * POINT_LEN, z, ECDH_LEN);
	hmac_sha512(bytes_of(preimage, sizeof(preimage)),
	    bytes_str(KEY_MESSAGE), mac);
	add(n, "ECDH result", whose, z, sizeof(z));
	add(n, "envelope key", whose, mac, AES_KEY_LEN);
}

/* k = (h + r d) / s: what RFC 6979 drew for a signature that is public. */
static void
add_nonce(struct needles *n, const char *what, const struct keyset *ks,
    struct bytes msg, const uint8_t *sig)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *order = NULL, *r = BN_bin2bn(sig, 32, NULL);
	BIGNUM *s = BN_bin2bn(sig + 32, 32, NULL), *k = BN_new();
	BIGNUM *d = BN_bin2bn(ks->scalars.b + SCALAR_LEN, 32, NULL);
	struct digest256 hash = sha256(msg);
	BIGNUM *h = BN_bin2bn(hash.b, 32, NULL);
	uint8_t out[32];

	if (BN_hex2bn(&order, "ffffffff00000000ffffffffffffffff"
	    "bce6faada7179e84f3b9cac2fc632551") == 0 || ctx == NULL ||
	    BN_mod_mul(k, r, d, order, ctx) != 1 ||
	    BN_mod_add(k, k, h, order, ctx) != 1 ||
	    BN_mod_inverse(s, s, order, ctx) == NULL ||
	    BN_mod_mul(k, k, s, order, ctx) != 1 ||
	    BN_bn2binpad(k, out, sizeof(out)) != sizeof(out))
		tap_stop("cannot compute a nonce");
	add(n, what, "", out, sizeof(out));
	BN_free(order);
	BN_free(r);
	BN_free(s);
	BN_free(k);
	BN_free(d);
	BN_free(h);
	BN_CTX_free(ctx);
}

static void
parts_of(struct bytes commit, struct genesis_commit *c,
    struct genesis_parts *p)
{
	struct err e;

	if (genesis_commit_decode(commit, c, &e) != 0 ||
	    genesis_parts_read(c, p, &e) != 0)
		tap_stop("a commit that was checked does not read: %s",
		    e.text);
}

static const struct keyset *
keyset_of(const struct world *w, struct bytes key, const char **name)
{
	for (size_t i = 0; i < HOLDERS; i++) {
		*name = holder_names[i];
		if (bytes_equal(key, bytes_of(w->keys[i].pub.b,
		    PUBLIC_KEY_LEN)))
			return &w->keys[i];
	}
	tap_stop("sealed to a key that is nobody's");
}

/* Opens all shares; returns the seed joined from the first two. */
static void
add_shares(const struct world *w, const struct genesis_parts *p,
    struct needles *n, uint8_t seed[static SEED_LEN])
{
	struct rd rd = list_walk(&p->output.member_outputs);
	struct secret share[PERSONS] = { 0 };
	const uint8_t *at[2];
	size_t len[2] = { SHARE_LEN, SHARE_LEN }, i = 0;
	struct member_output o;
	const char *name;

	while (list_next(&rd, &type_member_output, &o)) {
		const struct keyset *ks = keyset_of(w, o.member.pub_key,
		    &name);

		if (envelope_open(ks, o.sealed_share, &share[i], NULL) != 0)
			tap_stop("the share of %s does not open", name);
		add(n, "share", name, share[i].b, SHARE_LEN);
		add(n, "share value", name, share[i].b + 1, SEED_LEN);
		add_envelope(n, name, ks, o.sealed_share);
		i++;
	}
	at[0] = share[0].b;
	at[1] = share[1].b;
	if (i != PERSONS || shamir_join(at, len, 2, seed, NULL) != 0)
		tap_stop("the shares do not join");
	for (i = 0; i < PERSONS; i++)
		secret_free(&share[i]);
}

void
secrets_of_commit(const struct world *w, struct bytes commit,
    struct needles *n)
{
	struct genesis_commit c;
	struct genesis_parts p;
	struct buf msg = { 0 };
	struct keyset ks;
	uint8_t seed[SEED_LEN];
	const char *name;

	parts_of(commit, &c, &p);
	add_shares(w, &p, n, seed);
	needles_add(n, "seed", seed, sizeof(seed));
	if (keyset_from_seed(&ks, seed, NULL) != 0 ||
	    !bytes_equal(p.output.quorum_key, bytes_of(ks.pub.b,
	    PUBLIC_KEY_LEN)))
		tap_stop("two shares give another key");
	add_keyset(n, "quorum key", &ks);
	for (size_t i = 0; i < p.spares.count; i++) {
		const struct spare *s = &p.spares.list[i];
		const struct keyset *to = keyset_of(w, bytes_of(s->key.b,
		    PUBLIC_KEY_LEN), &name);

		add_envelope(n, name, to, bytes_of(s->share.sealed,
		    SEALED_SHARE_LEN));
	}
	if (p.output.dr_wrapped.present)
		add_envelope(n, "dr", &w->keys[HOLDERS - 1],
		    p.output.dr_wrapped.v);
	add_envelope(n, "test message", &ks, p.output.test_ciphertext);
	add_nonce(n, "nonce of the test signature", &ks,
	    p.output.test_message, p.output.test_signature.p);
	if (genesis_statement_message(&p.statement, &msg, NULL) != 0)
		tap_stop("no message of the statement");
	add_nonce(n, "nonce of the statement", &ks, buf_bytes(&msg),
	    p.statement.signature.b);
	buf_free(&msg);
	keyset_free(&ks);
	genesis_parts_free(&p);
}

void
secrets_of_holders(const struct world *w, struct needles *n)
{
	struct secret text, seed;
	char name[32];

	for (size_t i = 0; i < HOLDERS; i++) {
		snprintf(name, sizeof(name), "%s.secret", holder_names[i]);
		if (file_read_secret(world_path(w, name), 4096, &text,
		    NULL) != 0 || seed_from_text(bytes_of(text.b, text.len),
		    &seed, NULL) != 0)
			tap_stop("cannot read %s", name);
		add(n, "seed", holder_names[i], seed.b, SEED_LEN);
		add_keyset(n, holder_names[i], &w->keys[i]);
		secret_free(&text);
		secret_free(&seed);
	}
}

void
marks_of_commit(struct bytes commit, struct needles *n)
{
	struct genesis_commit c;
	struct genesis_parts p;
	struct member_output o;
	struct rd rd;

	parts_of(commit, &c, &p);
	rd = list_walk(&p.output.member_outputs);
	while (list_next(&rd, &type_member_output, &o)) {
		needles_add(n, "a sealed share", o.sealed_share.p,
		    o.sealed_share.n);
		needles_add(n, "a share hash", o.share_hash, SHA512_LEN);
	}
	for (size_t i = 0; i < p.spares.count; i++)
		needles_add(n, "a spare's share",
		    p.spares.list[i].share.sealed, SEALED_SHARE_LEN);
	if (p.output.dr_wrapped.present)
		needles_add(n, "the wrapped key", p.output.dr_wrapped.v.p,
		    p.output.dr_wrapped.v.n);
	needles_add(n, "the quorum key", p.output.quorum_key.p,
	    p.output.quorum_key.n);
	needles_add(n, "the test ciphertext", p.output.test_ciphertext.p,
	    p.output.test_ciphertext.n);
	needles_add(n, "the test signature", p.output.test_signature.p,
	    p.output.test_signature.n);
	needles_add(n, "the statement's signature",
	    p.statement.signature.b, SIGNATURE_LEN);
	genesis_parts_free(&p);
}
