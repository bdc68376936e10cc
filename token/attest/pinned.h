/*
 * What Yubico publishes to be pinned: its two roots of PIV attestation, and
 * the fingerprints of the intermediates between the second and a token.
 */
#ifndef TOKEN_ATTEST_PINNED_H
#define TOKEN_ATTEST_PINNED_H

#include "airgap/bytes.h"

#define PINNED_ROOTS 2

/* DER; 0: up to firmware 5.7.3, 1: from 5.7.4. */
struct bytes pinned_root(size_t i);

/* The certificate is one of the published intermediates. */
bool pinned_intermediate(struct bytes der);

#endif
