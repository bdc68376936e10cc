/*
 * The numbers that sender and receiver must agree on (BCR-2024-001): which
 * fragments are mixed into the part of a number.  Doubles are part of the
 * format, so fountain.c is compiled without contraction.
 */
#ifndef AIRGAP_UR_FOUNTAIN_H
#define AIRGAP_UR_FOUNTAIN_H

#include "airgap/bytes.h"
#include "airgap/err.h"

/* Xoshiro256**, seeded by the SHA-256 of seed. */
struct xoshiro {
	uint64_t s[4];
};

struct xoshiro xoshiro_of(struct bytes seed);
uint64_t xoshiro_next(struct xoshiro *x);
double xoshiro_double(struct xoshiro *x);		/* 0 to 1 */
/* low to high, both included */
uint64_t xoshiro_int(struct xoshiro *x, uint64_t low, uint64_t high);

/* Vose's alias method over n weights. */
struct sampler {
	size_t n;
	double *probability;	/* the one block; alias lies behind */
	uint32_t *alias;
};

/* Return 0 or ERR_SYSTEM.  Free with sampler_free; zero is free already. */
int sampler_new(const double *weights, size_t n, struct sampler *out,
    struct err *e) MUST_CHECK;
/* Weights 1/1, 1/2 ... 1/parts: how many fragments are mixed, less one. */
int sampler_degrees(size_t parts, struct sampler *out,
    struct err *e) MUST_CHECK;
void sampler_free(struct sampler *s);

/* An index below n, drawn by its weight. */
size_t sampler_next(const struct sampler *s, struct xoshiro *x);

/*
 * count of 0..n-1 in the order of a shuffle by removal; list holds n and is
 * left with the chosen ones first.
 */
void fountain_shuffle(struct xoshiro *x, uint16_t *list, size_t n,
    size_t count);

/*
 * The fragments of mixed part seq (> s->n) of the message with that
 * checksum; list holds s->n.  Returns how many.
 */
size_t fountain_choose(const struct sampler *degrees, uint32_t seq,
    uint32_t checksum, uint16_t *list);

/* How many they are. */
size_t fountain_degree(const struct sampler *degrees, uint32_t seq,
    uint32_t checksum);

#endif
