/* shamir.c over x^8 + x^5 + x^4 + x^3 + 1, under other names. */
#include "tests/unit/broken.h"

#define SHAMIR_FIELD 0x39
#define shamir_split broken_split
#define shamir_split_with broken_split_with
#define shamir_join broken_join

#include "airgap/seal/shamir.c"
