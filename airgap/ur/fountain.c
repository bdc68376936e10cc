/*
 * The fountain's numbers, step by step as BCR-2024-001 and its reference
 * have them: every other rounding mixes other fragments, and the stream
 * would look right and never decode.
 */
#include <float.h>
#include <stdlib.h>

#include "airgap/seal/hash.h"
#include "airgap/ur/bytewords.h"
#include "airgap/ur/fountain.h"

#if FLT_EVAL_METHOD != 0
#error "doubles must be IEEE 754 binary64 without excess precision"
#endif
#ifdef __FAST_MATH__
#error "the fountain cannot be compiled with -ffast-math"
#endif

struct xoshiro
xoshiro_of(struct bytes seed)
{
	struct digest256 d = sha256(seed);
	struct xoshiro x = { { 0 } };

	for (size_t i = 0; i < SHA256_LEN; i++)
		x.s[i / 8] = x.s[i / 8] << 8 | d.b[i];
	return x;
}

static uint64_t
rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

uint64_t
xoshiro_next(struct xoshiro *x)
{
	uint64_t *s = x->s;
	uint64_t r = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return r;
}

/* The conversion rounds once, to nearest even; 2^64 - 1 becomes 1.0. */
double
xoshiro_double(struct xoshiro *x)
{
	uint64_t v = xoshiro_next(x);

	return (double)v / 18446744073709551616.0;
}

uint64_t
xoshiro_int(struct xoshiro *x, uint64_t low, uint64_t high)
{
	uint64_t n = high - low + 1;
	double scaled = xoshiro_double(x) * (double)n;
	uint64_t v = (uint64_t)scaled;

	return (v >= n ? n - 1 : v) + low;	/* v == n at 1.0 */
}

static int
sampler_alloc(size_t n, struct sampler *out, struct err *e)
{
	double *block = calloc(n, sizeof(double) + sizeof(uint32_t));

	if (block == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	*out = (struct sampler){ .n = n, .probability = block };
	out->alias = (uint32_t *)(void *)(out->probability + n);
	return 0;
}

void
sampler_free(struct sampler *s)
{
	free(s->probability);
	*s = (struct sampler){ 0 };
}

/* Two stacks in one array: the small ones grow up, the large ones down. */
struct stacks {
	uint32_t *at;
	size_t small, large;	/* large: index of its top */
};

static void
push(struct stacks *s, uint32_t i, double p)
{
	if (p < 1.0)
		s->at[s->small++] = i;
	else
		s->at[--s->large] = i;
}

/*
 * p: weights scaled to a mean of 1, used up.  What rounding leaves on either
 * stack gets probability 1, which is where the reference ends too.
 */
static void
fill(struct sampler *s, double *p, uint32_t *room)
{
	struct stacks k = { room, 0, s->n };

	for (size_t i = s->n; i-- > 0;)
		push(&k, (uint32_t)i, p[i]);
	while (k.small > 0 && k.large < s->n) {
		uint32_t a = k.at[--k.small], g = k.at[k.large++];

		s->probability[a] = p[a];
		s->alias[a] = g;
		p[g] += p[a] - 1.0;
		push(&k, g, p[g]);
	}
	while (k.large < s->n)
		s->probability[k.at[k.large++]] = 1.0;
	while (k.small > 0)
		s->probability[k.at[--k.small]] = 1.0;
}

int
sampler_new(const double *weights, size_t n, struct sampler *out,
    struct err *e)
{
	double sum = 0.0, *p = calloc(n, sizeof(double));
	uint32_t *room = calloc(n, sizeof(uint32_t));
	int r = ERR_INTERNAL;

	*out = (struct sampler){ 0 };
	if (p == NULL || room == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	if ((r = sampler_alloc(n, out, e)) != 0)
		goto out;
	for (size_t i = 0; i < n; i++)
		sum += weights[i];
	for (size_t i = 0; i < n; i++)
		p[i] = weights[i] * (double)n / sum;
	fill(out, p, room);
out:
	free(room);
	free(p);
	return r;
}

int
sampler_degrees(size_t parts, struct sampler *out, struct err *e)
{
	double *weights = calloc(parts, sizeof(double));
	int r = ERR_INTERNAL;

	*out = (struct sampler){ 0 };
	if (weights == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < parts; i++)
		weights[i] = 1.0 / (double)(i + 1);
	r = sampler_new(weights, parts, out, e);
	free(weights);
	return r;
}

size_t
sampler_next(const struct sampler *s, struct xoshiro *x)
{
	double r1 = xoshiro_double(x), r2 = xoshiro_double(x);
	size_t i = (size_t)((double)s->n * r1);

	if (i >= s->n)
		i = s->n - 1;		/* r1 was 1.0 */
	return r2 < s->probability[i] ? i : s->alias[i];
}

/* Removal keeps the order of the rest: what is taken moves to the front. */
void
fountain_shuffle(struct xoshiro *x, uint16_t *list, size_t n, size_t count)
{
	for (size_t i = 0; i < n; i++)
		list[i] = (uint16_t)i;
	for (size_t i = 0; i < count; i++) {
		size_t at = i + (size_t)xoshiro_int(x, 0, n - i - 1);
		uint16_t taken = list[at];

		memmove(list + i + 1, list + i, (at - i) * sizeof(*list));
		list[i] = taken;
	}
}

/* The degree is drawn first; the generator goes on to the shuffle. */
static size_t
degree(const struct sampler *degrees, uint32_t seq, uint32_t checksum,
    struct xoshiro *x)
{
	uint8_t seed[8];

	be32_store(seed, seq);
	be32_store(seed + 4, checksum);
	*x = xoshiro_of(bytes_of(seed, sizeof(seed)));
	return sampler_next(degrees, x) + 1;
}

size_t
fountain_degree(const struct sampler *degrees, uint32_t seq,
    uint32_t checksum)
{
	struct xoshiro x;

	return degree(degrees, seq, checksum, &x);
}

size_t
fountain_choose(const struct sampler *degrees, uint32_t seq,
    uint32_t checksum, uint16_t *list)
{
	struct xoshiro x;
	size_t count = degree(degrees, seq, checksum, &x);

	fountain_shuffle(&x, list, degrees->n, count);
	return count;
}
