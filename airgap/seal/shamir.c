/*
 * Shamir secret sharing, each byte on its own over GF(2^8) with the
 * polynomial x^8 + x^4 + x^3 + x + 1 (QOS wire, section 5; vsss-rs Gf256).
 *
 * Constant time in the secret, fast in what is public.  The x coordinates,
 * and the Lagrange weights made of them, steer branches and tables; secret
 * bytes only ever go through doubling and exclusive or, 32 at a time.
 *
 * Split takes two shares at once: for an even a the remainder of the
 * polynomial modulo (X + a)(X + a + 1) = X^2 + X + a(a + 1) has two terms,
 * and both values follow from it, which halves the multiplications.
 *
 * Not for several threads at once: the coefficients lie in one guarded
 * scratch that is wiped after each use.
 */
#include <string.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/shamir.h"

/*
 * The low byte of the field polynomial.  Another one only makes another
 * field: the tests build one to show that the proof notices.
 */
#ifndef SHAMIR_FIELD
#define SHAMIR_FIELD 0x1b
#endif

#define BLOCK_LEN 32
#define LANE_LEN 16
#define ORDER 255		/* of the multiplicative group */
#define STACK_LEN 512

typedef uint8_t lane __attribute__((vector_size(LANE_LEN)));

struct block {
	lane lo, hi;
};

/* Logarithms of public values. */
static struct {
	uint8_t log[ORDER + 1];
	uint8_t exp[ORDER];
	int ready;
} table;

/* SHAMIR_MAX blocks: the secret's, then one for each power of x. */
static struct secret scratch;

static inline lane
lane_double(lane y)
{
	lane carry = (lane)(y > 127);	/* all ones where the top bit is set */

	return (lane)(y + y) ^ (carry & SHAMIR_FIELD);
}

static inline struct block
block_double(struct block y)
{
	return (struct block){ lane_double(y.lo), lane_double(y.hi) };
}

static inline struct block
block_add(struct block a, struct block b)
{
	return (struct block){ a.lo ^ b.lo, a.hi ^ b.hi };
}

/* x * y for a public x: Horner over the bits of x, from its top bit. */
static inline struct block
block_scale(struct block y, unsigned x)
{
	struct block sum = y;

	if (x == 0)
		return (struct block){ 0 };
	for (int bit = 31 - __builtin_clz(x); bit-- > 0;) {
		sum = block_double(sum);
		if ((x >> bit & 1) != 0)
			sum = block_add(sum, y);
	}
	return sum;
}

static inline struct block
block_load(const uint8_t *p, size_t n)
{
	uint8_t part[BLOCK_LEN] = { 0 };
	struct block b;

	if (n >= BLOCK_LEN) {
		memcpy(&b, p, BLOCK_LEN);
		return b;
	}
	memcpy(part, p, n);
	memcpy(&b, part, BLOCK_LEN);
	wipe(part, sizeof(part));
	return b;
}

static inline void
block_store(uint8_t *p, size_t n, const struct block *b)
{
	memcpy(p, b, n < BLOCK_LEN ? n : BLOCK_LEN);
}

/* Overwrites what the functions that ran from the caller left below it. */
static __attribute__((noinline)) void
stack_sweep(void)
{
	uint8_t below[STACK_LEN];

	wipe(below, sizeof(below));
}

static unsigned
public_double(unsigned v)
{
	return (v << 1 ^ (v >> 7) * (0x100 | SHAMIR_FIELD)) & 0xff;
}

static void
table_init(void)
{
	unsigned v = 1;

	if (table.ready)
		return;
	for (unsigned i = 0; i < ORDER; i++) {
		table.exp[i] = (uint8_t)v;
		table.log[v] = (uint8_t)i;
		v ^= public_double(v);	/* times 3, a generator */
	}
	table.ready = 1;
}

static unsigned
public_mul(unsigned a, unsigned b)
{
	if (a == 0 || b == 0)
		return 0;
	return table.exp[(table.log[a] + table.log[b]) % ORDER];
}

static int
split_check(size_t len, size_t k, size_t n, struct err *e)
{
	if (n > SHAMIR_MAX)
		return err_set(e, ERR_SHARE_SIZE, "%zu shares: at most %d are "
		    "possible", n, SHAMIR_MAX);
	if (len == 0)
		return err_set(e, ERR_SHARE_SECRET, "the secret is empty");
	if (len > SHAMIR_SECRET_MAX)
		return err_set(e, ERR_SHARE_SECRET, "the secret has %zu "
		    "bytes: at most %d can be shared", len, SHAMIR_SECRET_MAX);
	if (n < k)
		return err_set(e, ERR_SHARE_LIMIT, "threshold %zu is more "
		    "than the %zu shares", k, n);
	if (k < 2)
		return err_set(e, ERR_SHARE_MIN, "threshold %zu: at least 2 "
		    "shares must be needed", k);
	return 0;
}

static int
split_prepare(struct err *e)
{
	table_init();
	if (scratch.b != NULL)
		return 0;
	return secret_new(&scratch, SHAMIR_MAX * BLOCK_LEN, e);
}

/* Values at the even a and at a + 1 of the k coefficients in scratch. */
static void
split_pair(size_t k, unsigned a, struct block *at_a, struct block *at_next)
{
	unsigned q = public_mul(a, a + 1);
	struct block b = { 0 }, above = { 0 }, twice_above;

	/* b(j) = c(j) + b(j+1) + q b(j+2); the remainder is b1 (X+1) + b0 */
	for (size_t j = k; j-- > 0;) {
		twice_above = above;
		above = b;
		b = block_load(scratch.b + j * BLOCK_LEN, BLOCK_LEN);
		b = block_add(b, above);
		b = block_add(b, block_scale(twice_above, q));
	}
	*at_a = block_add(b, block_scale(above, a + 1));
	*at_next = block_add(b, block_scale(above, a));
}

/* All shares of the n bytes at offset at, from the block in scratch. */
static void
split_block(size_t k, size_t shares, size_t len, size_t at, uint8_t *out)
{
	size_t size = 1 + len, n = len - at;
	struct block v[2];

	for (size_t x = 0; x <= shares; x += 2) {
		split_pair(k, (unsigned)x, &v[0], &v[1]);
		if (x > 0)
			block_store(out + (x - 1) * size + 1 + at, n, &v[0]);
		if (x + 1 <= shares)
			block_store(out + x * size + 1 + at, n, &v[1]);
	}
	wipe(v, sizeof(v));
}

static void
indices_write(size_t len, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i * (1 + len)] = (uint8_t)(i + 1);
}

static void
scratch_put(size_t power, const uint8_t *p, size_t n)
{
	struct block b = block_load(p, n);

	block_store(scratch.b + power * BLOCK_LEN, BLOCK_LEN, &b);
	wipe(&b, sizeof(b));
}

int
shamir_split(const uint8_t *secret, size_t len, size_t k, size_t n,
    uint8_t *out, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = split_check(len, k, n, e)) != 0 ||
	    (r = split_prepare(e)) != 0)
		return r;
	indices_write(len, n, out);
	for (size_t at = 0; at < len; at += BLOCK_LEN) {
		scratch_put(0, secret + at, len - at);
		random_bytes(scratch.b + BLOCK_LEN, (k - 1) * BLOCK_LEN);
		ct_secret(scratch.b + BLOCK_LEN, (k - 1) * BLOCK_LEN);
		split_block(k, n, len, at, out);
	}
	wipe(scratch.b, k * BLOCK_LEN);
	stack_sweep();
	return 0;
}

int
shamir_split_with(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *coefficients, uint8_t *out, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = split_check(len, k, n, e)) != 0 ||
	    (r = split_prepare(e)) != 0)
		return r;
	indices_write(len, n, out);
	for (size_t at = 0; at < len; at += BLOCK_LEN) {
		scratch_put(0, secret + at, len - at);
		for (size_t j = 1; j < k; j++)
			scratch_put(j, coefficients + (j - 1) * len + at,
			    len - at);
		split_block(k, n, len, at, out);
	}
	wipe(scratch.b, k * BLOCK_LEN);
	stack_sweep();
	return 0;
}

/* ERR_SHARE_TWICE where an index comes a second time. */
static int
join_twice(const uint8_t *const *shares, size_t m, struct err *e)
{
	uint64_t seen[4] = { 0 };

	for (size_t i = 0; i < m; i++) {
		unsigned x = shares[i][0];
		uint64_t bit = (uint64_t)1 << x % 64;

		if ((seen[x / 64] & bit) != 0)
			return err_set(e, ERR_SHARE_TWICE, "share %u is there "
			    "twice", x);
		seen[x / 64] |= bit;
	}
	return 0;
}

static int
join_check(const uint8_t *const *shares, const size_t *share_len, size_t m,
    struct err *e)
{
	if (m < 2)
		return err_set(e, ERR_SHARE_MIN, "%zu shares: at least 2 are "
		    "needed", m);
	if (share_len[0] < 2)
		return err_set(e, ERR_SHARE_FORM, "the first share has %zu "
		    "bytes: at least 2 are expected", share_len[0]);
	for (size_t i = 1; i < m; i++)
		if (share_len[i] != share_len[0])
			return err_set(e, ERR_SHARE_FORM, "share number %zu "
			    "has %zu bytes, the first has %zu", i + 1,
			    share_len[i], share_len[0]);
	for (size_t i = 0; i < m; i++)
		if (shares[i][0] == 0)
			return err_set(e, ERR_SHARE_ZERO, "share number %zu "
			    "has index 0", i + 1);
	return join_twice(shares, m, e);
}

/*
 * w(i) = product over j != i of x(j) / (x(i) - x(j)), as logarithms: the
 * product over all j, less x(i) and less the differences.  log[0] is 0, so
 * j == i drops out by itself.
 */
static void
join_weights(const uint8_t *x, size_t m, uint8_t *w)
{
	unsigned all = 0, below;

	for (size_t i = 0; i < m; i++)
		all += table.log[x[i]];
	for (size_t i = 0; i < m; i++) {
		below = table.log[x[i]];
		for (size_t j = 0; j < m; j++)
			below += table.log[x[i] ^ x[j]];
		w[i] = table.exp[(all + ORDER * ORDER * 2 - below) % ORDER];
	}
}

static inline lane
lane_load(const uint8_t *p, size_t n)
{
	uint8_t few[LANE_LEN] = { 0 };
	lane y;

	if (n >= LANE_LEN) {
		memcpy(&y, p, LANE_LEN);
		return y;
	}
	memcpy(few, p, n);
	memcpy(&y, few, LANE_LEN);
	wipe(few, sizeof(few));
	return y;
}

static inline void
lane_store(uint8_t *p, size_t n, lane y)
{
	uint8_t few[LANE_LEN];

	if (n >= LANE_LEN) {
		memcpy(p, &y, LANE_LEN);
		return;
	}
	memcpy(few, &y, LANE_LEN);
	memcpy(p, few, n);
	wipe(few, sizeof(few));
}

/*
 * The sum of weight times share, for the n bytes (at most LANE_LEN) at
 * offset at: a sum for each bit of the public weights, which stays in
 * registers, then Horner over the bits.
 */
static void
join_lane(const uint8_t *const *shares, const uint8_t *w, size_t m,
    size_t at, size_t n, uint8_t *out)
{
	lane sum[8] = { 0 };

	for (size_t i = 0; i < m; i++) {
		lane y = lane_load(shares[i] + 1 + at, n);
		lane weight = (lane){ 0 } + w[i];

#pragma GCC unroll 8
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t one = (uint8_t)(1U << bit);

			sum[bit] ^= y & (lane)((weight & one) == one);
		}
	}
#pragma GCC unroll 8
	for (unsigned bit = 7; bit > 0; bit--)
		sum[bit - 1] ^= lane_double(sum[bit]);
	lane_store(out + at, n, sum[0]);
}

int
shamir_join(const uint8_t *const *shares, const size_t *share_len, size_t m,
    uint8_t *out, struct err *e)
{
	static uint8_t x[SHAMIR_MAX], w[SHAMIR_MAX];	/* public */
	int r = ERR_INTERNAL;
	size_t len;

	if ((r = join_check(shares, share_len, m, e)) != 0)
		return r;
	table_init();
	for (size_t i = 0; i < m; i++)
		x[i] = shares[i][0];
	join_weights(x, m, w);
	len = share_len[0] - 1;
	for (size_t at = 0; at < len; at += LANE_LEN)
		join_lane(shares, w, m, at, len - at, out);
	/* whole lanes stay in registers; the rest went over the stack */
	if (len % LANE_LEN != 0)
		stack_sweep();
	return 0;
}
