/*
 * Rendering backwards: for each pixel, where on the symbol it looks.
 */
#include <math.h>
#include <stdlib.h>

#include "tests/unit/degrade.h"

#define SURROUND 128
#define SAMPLES 3		/* a side, within a pixel */
#define RADIUS_MAX 8

uint32_t
degrade_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* The grey at x, y pixels from the middle. */
static double
look(const struct symbol *s, const struct degrade *d, double x, double y,
    double c, double n)
{
	double half = s->width / 2.0 + SYMBOL_QUIET, t = d->tilt / 2;
	double u = (c * x + n * y) / d->scale / half;
	double v = (c * y - n * x) / d->scale / half;

	/* u, v: -1 to 1 over symbol and quiet zone, tilted */
	v = v / (1 - t * v);
	u = u * (1 + t * v);
	if (u < -1 || u >= 1 || v < -1 || v >= 1)
		return SURROUND;
	return symbol_dark(s, (int)((u + 1) * half) - SYMBOL_QUIET,
	    (int)((v + 1) * half) - SYMBOL_QUIET) ? d->dark : d->light;
}

static void
blur_lines(double *p, size_t lines, size_t step, size_t n, size_t stride,
    double sigma)
{
	double weight[RADIUS_MAX + 1], sum = 0;
	int radius = (int)(3 * sigma + 1);
	double *copy = calloc(n, sizeof(*copy));

	if (radius > RADIUS_MAX)
		radius = RADIUS_MAX;
	for (int i = 0; i <= radius; i++) {
		weight[i] = exp(-i * i / (2 * sigma * sigma));
		sum += i == 0 ? weight[i] : 2 * weight[i];
	}
	for (size_t line = 0; copy != NULL && line < lines; line++) {
		double *q = p + line * step;

		for (size_t i = 0; i < n; i++)
			copy[i] = q[i * stride];
		for (size_t i = 0; i < n; i++) {
			double v = copy[i] * weight[0];

			for (size_t k = 1; k <= (size_t)radius; k++)
				v += weight[k] * (copy[i < k ? 0 : i - k] +
				    copy[i + k >= n ? n - 1 : i + k]);
			q[i * stride] = v / sum;
		}
	}
	free(copy);
}

/* Nearly normal: the sum of four uniform numbers has sigma 1/sqrt(3). */
static double
normal(uint32_t *state)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += degrade_random(state) / 4294967296.0 - 0.5;
	return sum * sqrt(3);
}

void
degrade_symbol(const struct symbol *s, const struct degrade *d,
    uint8_t *pixels, uint32_t w, uint32_t h)
{
	double c = cos(d->turn * M_PI / 180), n = sin(d->turn * M_PI / 180);
	double *p = calloc((size_t)w * h, sizeof(*p));
	uint32_t state = d->seed * 2654435761U + 1;

	for (uint32_t y = 0; p != NULL && y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			double sum = 0;

			for (int i = 0; i < SAMPLES * SAMPLES; i++)
				sum += look(s, d, x - w / 2.0 + 0.5 / SAMPLES +
				    (double)(i % SAMPLES) / SAMPLES,
				    y - h / 2.0 + 0.5 / SAMPLES +
				    (double)i / SAMPLES / SAMPLES, c, n);
			p[(size_t)y * w + x] = sum / (SAMPLES * SAMPLES);
		}
	if (p != NULL && d->blur > 0) {
		blur_lines(p, h, w, w, 1, d->blur);
		blur_lines(p, w, 1, h, w, d->blur);
	}
	for (size_t i = 0; p != NULL && i < (size_t)w * h; i++) {
		double v = p[i] + d->noise * (d->noise > 0 ? normal(&state) :
		    0);

		pixels[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
	}
	free(p);
}
