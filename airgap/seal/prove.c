/*
 * The every-combination proof, and the number of combinations it covers.
 *
 * If all n shares and the secret lie on one polynomial of degree below k,
 * each k of them determine it, so each k-subset joins to the secret.  The
 * first k shares are taken as the polynomial; a further point fits if the
 * divided difference over it and them is 0: nk steps in place of C(n, k)
 * joins.
 *
 * Nothing here is shared with shamir.c, so that one mistake cannot hide
 * itself: products are carry-less, unreduced in lanes of 16 bits, and
 * reduced once a sum, where split and join double and reduce at each step.
 * Secret bytes meet shifts, masks of public weights and exclusive or only.
 */
#include <stdio.h>
#include <string.h>

#include "airgap/seal/shamir.h"

/* The field polynomial, all nine bits (as in shamir.c, tests build another). */
#ifndef PROVE_FIELD
#define PROVE_FIELD 0x11bU
#endif

#define PARTS 2
#define PART_LEN 16
#define BLOCK_LEN (PARTS * PART_LEN)
#define LOW_BYTES 0x00ff00ff00ff00ffU
#define LOW_BITS 0x0001000100010001U
#define STACK_LEN 1024

typedef uint64_t part __attribute__((vector_size(PART_LEN)));

/* Sums of products: 15 bits in each 16, even and odd bytes apart. */
struct sums {
	part even[PARTS], odd[PARTS];
};

/* Public values only, from here to weights_with. */
struct points {
	size_t k;
	uint8_t inverse[256];
	uint8_t factor[SHAMIR_MAX];	/* 1 / product of x(i) - x(j), j != i */
	uint8_t weight[SHAMIR_MAX];	/* of share i + 1 */
	uint8_t weight_new;		/* of the further point */
};

static unsigned
field_mul(unsigned a, unsigned b)
{
	unsigned p = 0;

	for (unsigned i = 0; i < 8; i++)
		p ^= (a << i) & (0 - (b >> i & 1));
	for (unsigned i = 15; i-- > 8;)
		p ^= (PROVE_FIELD << (i - 8)) & (0 - (p >> i & 1));
	return p;
}

/* 3 generates the group: 3^i has the inverse 3^(255-i). */
static void
inverses(uint8_t out[static 256])
{
	uint8_t power[256];

	power[0] = 1;
	for (unsigned i = 1; i <= 255; i++)
		power[i] = (uint8_t)field_mul(power[i - 1], 3);
	memset(out, 0, 256);
	for (unsigned i = 0; i <= 255; i++)
		out[power[i]] = power[255 - i];
}

static void
points_init(struct points *p, size_t k)
{
	p->k = k;
	inverses(p->inverse);
	for (unsigned i = 1; i <= k; i++) {
		unsigned product = 1;

		for (unsigned j = 1; j <= k; j++)
			if (j != i)
				product = field_mul(product, i ^ j);
		p->factor[i - 1] = p->inverse[product];
	}
}

/*
 * Weights of the divided difference over the points 1 to k and x, which is
 * none of them: each is 1 / the product of its distances to the others.
 */
static void
weights_with(struct points *p, unsigned x)
{
	unsigned all = 1;

	for (unsigned i = 1; i <= p->k; i++) {
		all = field_mul(all, x ^ i);
		p->weight[i - 1] = (uint8_t)field_mul(p->factor[i - 1],
		    p->inverse[x ^ i]);
	}
	p->weight_new = p->inverse[all];
}

/* Adds weight times the n bytes at p (at most BLOCK_LEN). */
static inline void
sums_add(struct sums *s, const uint8_t *p, size_t n, unsigned weight)
{
	part y[PARTS] = { 0 };

	memcpy(y, p, n < BLOCK_LEN ? n : BLOCK_LEN);
	for (unsigned bit = 0; bit < 8; bit++) {
		uint64_t mask = 0 - (uint64_t)(weight >> bit & 1);

		for (unsigned i = 0; i < PARTS; i++) {
			s->even[i] ^= ((y[i] & LOW_BYTES) << bit) & mask;
			s->odd[i] ^= ((y[i] >> 8 & LOW_BYTES) << bit) & mask;
		}
	}
}

/* Each lane below 2^15 modulo the polynomial; no product leaves its lane. */
static uint64_t
lanes_reduce(uint64_t v)
{
	for (unsigned bit = 15; bit-- > 8;)
		v ^= (v >> bit & LOW_BITS) * (PROVE_FIELD << (bit - 8));
	return v;
}

/* Bits of the reduced sums: 0 if and only if every lane is 0 modulo it. */
static uint64_t
sums_residue(const struct sums *s)
{
	uint64_t rest = 0;

	for (unsigned i = 0; i < PARTS; i++)
		for (unsigned j = 0; j < PART_LEN / 8; j++)
			rest |= lanes_reduce(s->even[i][j]) |
			    lanes_reduce(s->odd[i][j]);
	return rest;
}

/* 1 if the len bytes at y lie on the polynomial of the first k shares. */
static int
fits(const struct points *p, const uint8_t *shares, size_t len,
    const uint8_t *y)
{
	static const uint64_t zero;
	uint64_t rest = 0;
	struct sums s;
	int all;

	for (size_t at = 0; at < len; at += BLOCK_LEN) {
		s = (struct sums){ 0 };
		for (size_t i = 0; i < p->k; i++)
			sums_add(&s, shares + i * (1 + len) + 1 + at,
			    len - at, p->weight[i]);
		sums_add(&s, y + at, len - at, p->weight_new);
		rest |= sums_residue(&s);
	}
	all = secret_equal(&rest, &zero, sizeof(rest));
	wipe(&s, sizeof(s));
	wipe(&rest, sizeof(rest));
	return all;
}

static __attribute__((noinline)) void
stack_sweep(void)
{
	uint8_t below[STACK_LEN];

	wipe(below, sizeof(below));
}

static int
indices_check(size_t len, size_t n, const uint8_t *shares, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (shares[i * (1 + len)] != i + 1)
			return err_set(e, ERR_SHARE_PROOF, "share %zu carries "
			    "the index %d", i + 1, shares[i * (1 + len)]);
	return 0;
}

int
shamir_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e)
{
	int r = ERR_INTERNAL;
	struct points p;

	if (k < 2 || n < k || n > SHAMIR_MAX || len == 0)
		return err_set(e, ERR_SHARE_PROOF, "nothing to prove about "
		    "%zu of %zu shares of %zu bytes", k, n, len);
	if ((r = indices_check(len, n, shares, e)) != 0)
		return r;
	points_init(&p, k);
	weights_with(&p, 0);
	if (!fits(&p, shares, len, secret))
		r = err_set(e, ERR_SHARE_PROOF, "the first %zu shares do not "
		    "give the secret back", k);
	for (size_t i = k; r == 0 && i < n; i++) {
		weights_with(&p, (unsigned)i + 1);
		if (!fits(&p, shares, len, shares + i * (1 + len) + 1))
			r = err_set(e, ERR_SHARE_PROOF, "share %zu does not "
			    "lie on the polynomial of the first %zu", i + 1,
			    k);
	}
	stack_sweep();
	return r;
}

/* Little-endian digits of 10^9: C(255, 127) has 76 decimal digits. */
#define BIG_LEN 9
#define BIG_BASE 1000000000U

static void
big_mul(uint32_t v[static BIG_LEN], uint32_t m)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < BIG_LEN; i++) {
		carry += (uint64_t)v[i] * m;
		v[i] = (uint32_t)(carry % BIG_BASE);
		carry /= BIG_BASE;
	}
}

static void
big_div(uint32_t v[static BIG_LEN], uint32_t d)
{
	uint64_t rest = 0;

	for (size_t i = BIG_LEN; i-- > 0;) {
		rest = rest * BIG_BASE + v[i];
		v[i] = (uint32_t)(rest / d);
		rest %= d;
	}
}

void
shamir_combinations(size_t k, size_t n, char out[static COMBINATIONS_TEXT])
{
	size_t steps = k <= n && n <= SHAMIR_MAX ? k : 0;
	uint32_t v[BIG_LEN] = { k <= n && n <= SHAMIR_MAX };
	size_t top = BIG_LEN - 1, at;

	/* after step i the value is C(n - k + i, i): the division is exact */
	for (size_t i = 1; i <= steps; i++) {
		big_mul(v, (uint32_t)(n - k + i));
		big_div(v, (uint32_t)i);
	}
	while (top > 0 && v[top] == 0)
		top--;
	at = (size_t)snprintf(out, COMBINATIONS_TEXT, "%u", v[top]);
	while (top-- > 0)
		at += (size_t)snprintf(out + at, COMBINATIONS_TEXT - at,
		    "%09u", v[top]);
}
