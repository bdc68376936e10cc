/*
 * Speed of airgap/seal against what it stands on and against a peer.
 *
 * Envelopes: against the floor, what libcrypto's public interface takes for
 * key generation, point check and derivation alone, as `openssl speed` does
 * it, every object made beforehand; and, without a target, against the bare
 * point arithmetic below that interface.  Sharing: against libgfshare with
 * the same source of random bytes, its contexts made beforehand.
 * Both sides run alternately in one process; each figure is the median of
 * ROUNDS rounds, in microseconds a call.  Exit status 1 if a target is
 * missed.
 */
#include <libgfshare.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "airgap/seal/deal.h"
#include "airgap/seal/p256.h"
#include "tests/bench/bench.h"

#define LEN 32
#define N_MAX 255

static struct {
	size_t k, n;
	uint8_t secret[LEN], back[LEN];
	uint8_t shares[N_MAX * (1 + LEN)];
	const uint8_t *at[N_MAX];
	size_t len[N_MAX];
} own;

static struct {
	gfshare_ctx *enc, *dec;
	uint8_t numbers[N_MAX];
	uint8_t shares[N_MAX][LEN];
	uint8_t back[LEN];
} peer;

static struct {
	struct keyset receiver;
	uint8_t share[SHARE_LEN];
	uint8_t sealed[SEALED_SHARE_LEN];
	struct public_key keys[N_MAX];
} box;

static struct {
	EC_GROUP *group;
	BN_CTX *ctx;
	BIGNUM *k, *order, *x;
	EC_POINT *p, *q, *shared;
	uint8_t point[POINT_LEN], z[ECDH_LEN];
	EVP_PKEY_CTX *generate, *derive;
} base;

static void
own_split(void)
{
	bench_must(shamir_split(own.secret, LEN, own.k, own.n, own.shares,
	    NULL) == 0, "split");
}

static void
own_join(void)
{
	bench_must(shamir_join(own.at, own.len, own.k, own.back, NULL) == 0,
	    "join");
}

static void
own_prove(void)
{
	bench_must(shamir_prove(own.secret, LEN, own.k, own.n, own.shares,
	    NULL) == 0, "proof");
}

static void
peer_random(unsigned char *p, unsigned n)
{
	random_bytes(p, n);
}

static void
peer_split(void)
{
	gfshare_ctx_enc_setsecret(peer.enc, own.secret);
	for (size_t i = 0; i < own.n; i++)
		gfshare_ctx_enc_getshare(peer.enc, (unsigned char)i,
		    peer.shares[i]);
}

static void
peer_join(void)
{
	for (size_t i = 0; i < own.k; i++)
		gfshare_ctx_dec_giveshare(peer.dec, (unsigned char)i,
		    peer.shares[i]);
	gfshare_ctx_dec_extract(peer.dec, peer.back);
}

static void
bench_sharing(size_t k, size_t n, double proof_target)
{
	char name[64];
	struct figure f;

	own.k = k;
	own.n = n;
	for (size_t i = 0; i < n; i++) {
		own.at[i] = own.shares + i * (1 + LEN);
		own.len[i] = 1 + LEN;
		peer.numbers[i] = (uint8_t)(i + 1);
	}
	peer.enc = gfshare_ctx_init_enc(peer.numbers, (unsigned)n,
	    (unsigned char)k, LEN);
	peer.dec = gfshare_ctx_init_dec(peer.numbers, (unsigned)k, LEN);
	f = bench_measure(own_split, peer_split);
	snprintf(name, sizeof(name), "split %zu of %zu", k, n);
	bench_report(name, "us", f, "libgfshare", 1.0);
	f = bench_measure(own_join, peer_join);
	snprintf(name, sizeof(name), "join %zu of %zu", k, n);
	bench_report(name, "us", f, "libgfshare", 1.0);
	bench_must(memcmp(own.back, own.secret, LEN) == 0, "own join");
	bench_must(memcmp(peer.back, own.secret, LEN) == 0, "peer join");
	gfshare_ctx_free(peer.enc);
	gfshare_ctx_free(peer.dec);
	if (proof_target < 0)
		return;
	f = bench_measure(own_prove, NULL);
	snprintf(name, sizeof(name), "proof %zu of %zu", k, n);
	bench_report(name, "us", f, NULL, proof_target);
}

static void
base_init(void)
{
	EVP_PKEY *own_key, *other_key;

	base.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	base.ctx = BN_CTX_new();
	base.k = BN_new();
	base.x = BN_new();
	base.order = BN_dup(EC_GROUP_get0_order(base.group));
	base.p = EC_POINT_new(base.group);
	base.q = EC_POINT_new(base.group);
	base.shared = EC_POINT_new(base.group);
	bench_must(base.shared != NULL && BN_rand_range(base.k, base.order) == 1,
	    "bare");
	own_key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	base.generate = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	base.derive = EVP_PKEY_CTX_new(own_key, NULL);
	bench_must(EVP_PKEY_keygen_init(base.generate) == 1 &&
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(base.generate,
	    NID_X9_62_prime256v1) == 1 &&
	    EVP_PKEY_derive_init(base.derive) == 1 &&
	    EVP_PKEY_derive_set_peer(base.derive, other_key) == 1, "floor");
}

/* The same below the interface: point check and derivation. */
static void
bare_open(void)
{
	bench_must(EC_POINT_oct2point(base.group, base.q, box.receiver.pub.b,
	    POINT_LEN, base.ctx) == 1 &&
	    EC_POINT_mul(base.group, base.shared, NULL, base.q, base.k,
	    base.ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(base.group, base.shared, base.x,
	    NULL, base.ctx) == 1 &&
	    BN_bn2binpad(base.x, base.z, ECDH_LEN) == ECDH_LEN, "derive");
}

static void
bare_seal(void)
{
	bench_must(BN_rand_range(base.k, base.order) == 1 &&
	    EC_POINT_mul(base.group, base.p, base.k, NULL, NULL,
	    base.ctx) == 1 &&
	    EC_POINT_point2oct(base.group, base.p,
	    POINT_CONVERSION_UNCOMPRESSED, base.point, POINT_LEN,
	    base.ctx) == POINT_LEN, "key generation");
	bare_open();
}

static void
floor_open(void)
{
	size_t n = sizeof(base.z);

	bench_must(EC_POINT_oct2point(base.group, base.q, box.receiver.pub.b,
	    POINT_LEN, base.ctx) == 1 &&
	    EVP_PKEY_derive(base.derive, base.z, &n) == 1, "derive");
}

static void
floor_seal(void)
{
	EVP_PKEY *key = NULL;

	bench_must(EVP_PKEY_generate(base.generate, &key) == 1, "key generation");
	EVP_PKEY_free(key);
	floor_open();
}

static void
box_seal(void)
{
	bench_must(envelope_seal(bytes_of(box.receiver.pub.b, PUBLIC_KEY_LEN),
	    bytes_of(box.share, SHARE_LEN), box.sealed, NULL) == 0, "seal");
}

static void
box_open(void)
{
	struct secret out;

	bench_must(envelope_open(&box.receiver, bytes_of(box.sealed,
	    SEALED_SHARE_LEN), &out, NULL) == 0, "open");
	secret_free(&out);
}

static void
bench_envelopes(void)
{
	base_init();
	bench_report("envelope seal", "us", bench_measure(box_seal, floor_seal),
	    "libcrypto floor", 1.15);
	bench_report("envelope open", "us", bench_measure(box_open, floor_open),
	    "libcrypto floor", 1.15);
	bench_report("envelope seal, bare", "us", bench_measure(box_seal, bare_seal),
	    "point arithmetic", -1);
	bench_report("envelope open, bare", "us", bench_measure(box_open, bare_open),
	    "point arithmetic", -1);
}

static void
bench_deal(void)
{
	struct rusage use;
	struct deal d;
	double start = bench_now_us();

	bench_must(deal_make(&d, own.secret, 128, 255, box.keys, NULL) == 0,
	    "deal");
	bench_report("deal 128 of 255", "ms", (struct figure){
	    .own = (bench_now_us() - start) / 1e3 }, NULL, 1000);
	deal_free(&d);
	getrusage(RUSAGE_SELF, &use);
	bench_report("peak memory", "KiB", (struct figure){
	    .own = (double)use.ru_maxrss }, NULL, -1);
}

int
main(void)
{
	uint8_t seed[SEED_LEN];
	struct err e;

	if (secret_process_init(&e) != 0) {
		fprintf(stderr, "bench: %s\n", e.text);
		return 5;
	}
	random_bytes(seed, sizeof(seed));
	random_bytes(own.secret, LEN);
	random_bytes(box.share, SHARE_LEN);
	bench_must(keyset_from_seed(&box.receiver, seed, NULL) == 0, "key");
	for (size_t i = 0; i < N_MAX; i++)
		box.keys[i] = box.receiver.pub;
	gfshare_fill_rand = peer_random;
	bench_deal();
	bench_envelopes();
	bench_sharing(3, 5, -1);
	bench_sharing(16, 32, 50);
	bench_sharing(128, 255, 10000);
	keyset_free(&box.receiver);
	return bench_missed() != 0;
}
