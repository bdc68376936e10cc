/*
 * The two multiplication routines built over another field (0x139), to show
 * that the proof fails when either is wrong.  Test programs only.
 */
#ifndef TESTS_UNIT_BROKEN_H
#define TESTS_UNIT_BROKEN_H

#include "airgap/seal/shamir.h"

int broken_split(const uint8_t *secret, size_t len, size_t k, size_t n,
    uint8_t *out, struct err *e) MUST_CHECK;
int broken_split_with(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *coefficients, uint8_t *out, struct err *e) MUST_CHECK;
int broken_join(const uint8_t *const *shares, const size_t *share_len,
    size_t m, uint8_t *out, struct err *e) MUST_CHECK;
int broken_prove(const uint8_t *secret, size_t len, size_t k, size_t n,
    const uint8_t *shares, struct err *e) MUST_CHECK;
void broken_combinations(size_t k, size_t n,
    char out[static COMBINATIONS_TEXT]);

#endif
