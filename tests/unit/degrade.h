/*
 * A symbol as a bad camera sees it: turned, tilted, small, blurred, noisy,
 * pale.  Every picture follows from its numbers and its seed.
 */
#ifndef TESTS_UNIT_DEGRADE_H
#define TESTS_UNIT_DEGRADE_H

#include "qr/draw/symbol.h"
#include "qr/scan/grey.h"

struct degrade {
	double scale;		/* pixels a module, at its middle */
	double turn;		/* degrees */
	double tilt;		/* how much narrower its top is, 0.05: 5 % */
	double blur;		/* sigma in pixels; 0 none */
	double noise;		/* sigma in greys; 0 none */
	uint8_t dark, light;	/* greys of the modules */
	unsigned seed;
};

/* Fills pixels (w * h) with the symbol in the middle of a grey surround. */
void degrade_symbol(const struct symbol *s, const struct degrade *d,
    uint8_t *pixels, uint32_t w, uint32_t h);

/* The next number of a seeded sequence (xorshift32); *state is not 0. */
uint32_t degrade_random(uint32_t *state);

#endif
