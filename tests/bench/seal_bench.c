/*
 * Speed of airgap/seal against what it stands on and against a peer.
 *
 * Envelopes: against the floor, what libcrypto's public interface takes for
 * key generation, point check and derivation alone, as `openssl speed` does
 * it, every object made beforehand; and, without a target, against the bare
 * point arithmetic below that interface.  Sharing: against libgfshare with
 * the same source of random bytes, a whole split or join with its context.
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
#include <time.h>

#include "airgap/seal/deal.h"
#include "airgap/seal/p256.h"

#define ROUNDS 401
#define LEN 32
#define N_MAX 255
#define ROUND_US 150.0		/* aimed-at length of one side of a round */

typedef void (*body)(void);

static struct {
	size_t k, n;
	uint8_t secret[LEN], back[LEN];
	uint8_t shares[N_MAX * (1 + LEN)];
	const uint8_t *at[N_MAX];
	size_t len[N_MAX];
} own;

static struct {
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

static int missed;

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(5);
}

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
time_of(body run, size_t times)
{
	double start = now_us();

	for (size_t i = 0; i < times; i++)
		run();
	return (now_us() - start) / (double)times;
}

static size_t
times_for(body run)
{
	double once = time_of(run, 3);

	return once >= ROUND_US ? 1 : (size_t)(ROUND_US / once) + 1;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

/* Medians of a and b (NULL: none), in turns. */
static void
measure(body a, body b, double *a_us, double *b_us)
{
	static double va[ROUNDS], vb[ROUNDS];
	size_t na = times_for(a), nb = b == NULL ? 0 : times_for(b);

	for (size_t i = 0; i < ROUNDS; i++) {
		va[i] = time_of(a, na);
		vb[i] = b == NULL ? 0 : time_of(b, nb);
	}
	*a_us = median(va);
	*b_us = median(vb);
}

/*
 * One line for people, one JSON object for BENCH_JSON.  With a peer the
 * target bounds the ratio, without one the value; a target below 0 is none.
 */
static void
report(const char *name, const char *unit, double value,
    const char *against, double other, double target)
{
	const char *path = getenv("BENCH_JSON");
	double ratio = against == NULL ? 0 : value / other;
	double judged = against == NULL ? value : ratio;
	bool ok = target < 0 || judged <= target;
	char peer_text[64] = "null", ratio_text[32] = "null";
	char target_text[32] = "null";
	FILE *f;

	if (against != NULL) {
		snprintf(peer_text, sizeof(peer_text), "\"%s\"", against);
		snprintf(ratio_text, sizeof(ratio_text), "%.3f", ratio);
	}
	if (target >= 0)
		snprintf(target_text, sizeof(target_text), "%g", target);
	printf("%-24s %10.2f %-3s", name, value, unit);
	if (against != NULL)
		printf("  %s %.2f, ratio %.2f", against, other, ratio);
	printf("%s%s%s\n", target >= 0 ? "  target " : "",
	    target >= 0 ? target_text : "", ok ? "" : "  MISSED");
	missed += !ok;
	if (path == NULL || (f = fopen(path, "a")) == NULL)
		return;
	fprintf(f, "{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", "
	    "\"against\": %s, \"ratio\": %s, \"target\": %s, \"ok\": %s}\n",
	    name, value, unit, peer_text, ratio_text, target_text,
	    ok ? "true" : "false");
	fclose(f);
}

static void
own_split(void)
{
	must(shamir_split(own.secret, LEN, own.k, own.n, own.shares,
	    NULL) == 0, "split");
}

static void
own_join(void)
{
	must(shamir_join(own.at, own.len, own.k, own.back, NULL) == 0,
	    "join");
}

static void
own_prove(void)
{
	must(shamir_prove(own.secret, LEN, own.k, own.n, own.shares,
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
	gfshare_ctx *g = gfshare_ctx_init_enc(peer.numbers, (unsigned)own.n,
	    (unsigned char)own.k, LEN);

	gfshare_ctx_enc_setsecret(g, own.secret);
	for (size_t i = 0; i < own.n; i++)
		gfshare_ctx_enc_getshare(g, (unsigned char)i, peer.shares[i]);
	gfshare_ctx_free(g);
}

static void
peer_join(void)
{
	gfshare_ctx *g = gfshare_ctx_init_dec(peer.numbers, (unsigned)own.k,
	    LEN);

	for (size_t i = 0; i < own.k; i++)
		gfshare_ctx_dec_giveshare(g, (unsigned char)i,
		    peer.shares[i]);
	gfshare_ctx_dec_extract(g, peer.back);
	gfshare_ctx_free(g);
}

static void
bench_sharing(size_t k, size_t n, double proof_target)
{
	char name[64];
	double a, b;

	own.k = k;
	own.n = n;
	for (size_t i = 0; i < n; i++) {
		own.at[i] = own.shares + i * (1 + LEN);
		own.len[i] = 1 + LEN;
		peer.numbers[i] = (uint8_t)(i + 1);
	}
	measure(own_split, peer_split, &a, &b);
	snprintf(name, sizeof(name), "split %zu of %zu", k, n);
	report(name, "us", a, "libgfshare", b, 1.0);
	measure(own_join, peer_join, &a, &b);
	snprintf(name, sizeof(name), "join %zu of %zu", k, n);
	report(name, "us", a, "libgfshare", b, 1.0);
	must(memcmp(own.back, own.secret, LEN) == 0, "own join");
	must(memcmp(peer.back, own.secret, LEN) == 0, "peer join");
	if (proof_target < 0)
		return;
	measure(own_prove, NULL, &a, &b);
	snprintf(name, sizeof(name), "proof %zu of %zu", k, n);
	report(name, "us", a, NULL, 0, proof_target);
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
	must(base.shared != NULL && BN_rand_range(base.k, base.order) == 1,
	    "bare");
	own_key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	base.generate = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	base.derive = EVP_PKEY_CTX_new(own_key, NULL);
	must(EVP_PKEY_keygen_init(base.generate) == 1 &&
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(base.generate,
	    NID_X9_62_prime256v1) == 1 &&
	    EVP_PKEY_derive_init(base.derive) == 1 &&
	    EVP_PKEY_derive_set_peer(base.derive, other_key) == 1, "floor");
}

/* The same below the interface: point check and derivation. */
static void
bare_open(void)
{
	must(EC_POINT_oct2point(base.group, base.q, box.receiver.pub.b,
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
	must(BN_rand_range(base.k, base.order) == 1 &&
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

	must(EC_POINT_oct2point(base.group, base.q, box.receiver.pub.b,
	    POINT_LEN, base.ctx) == 1 &&
	    EVP_PKEY_derive(base.derive, base.z, &n) == 1, "derive");
}

static void
floor_seal(void)
{
	EVP_PKEY *key = NULL;

	must(EVP_PKEY_generate(base.generate, &key) == 1, "key generation");
	EVP_PKEY_free(key);
	floor_open();
}

static void
box_seal(void)
{
	must(envelope_seal(bytes_of(box.receiver.pub.b, PUBLIC_KEY_LEN),
	    bytes_of(box.share, SHARE_LEN), box.sealed, NULL) == 0, "seal");
}

static void
box_open(void)
{
	struct secret out;

	must(envelope_open(&box.receiver, bytes_of(box.sealed,
	    SEALED_SHARE_LEN), &out, NULL) == 0, "open");
	secret_free(&out);
}

static void
bench_envelopes(void)
{
	double a, b;

	base_init();
	measure(box_seal, floor_seal, &a, &b);
	report("envelope seal", "us", a, "libcrypto floor", b, 1.15);
	measure(box_open, floor_open, &a, &b);
	report("envelope open", "us", a, "libcrypto floor", b, 1.15);
	measure(box_seal, bare_seal, &a, &b);
	report("envelope seal, bare", "us", a, "point arithmetic", b, -1);
	measure(box_open, bare_open, &a, &b);
	report("envelope open, bare", "us", a, "point arithmetic", b, -1);
}

static void
bench_deal(void)
{
	struct rusage use;
	struct deal d;
	double start = now_us();

	must(deal_make(&d, own.secret, 128, 255, box.keys, NULL) == 0,
	    "deal");
	report("deal 128 of 255", "ms", (now_us() - start) / 1e3, NULL, 0,
	    1000);
	deal_free(&d);
	getrusage(RUSAGE_SELF, &use);
	report("peak memory", "KiB", (double)use.ru_maxrss, NULL, 0, -1);
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
	must(keyset_from_seed(&box.receiver, seed, NULL) == 0, "key");
	for (size_t i = 0; i < N_MAX; i++)
		box.keys[i] = box.receiver.pub;
	gfshare_fill_rand = peer_random;
	bench_deal();
	bench_envelopes();
	bench_sharing(3, 5, -1);
	bench_sharing(16, 32, 50);
	bench_sharing(128, 255, 10000);
	keyset_free(&box.receiver);
	return missed != 0;
}
