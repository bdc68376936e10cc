/* prove.c over x^8 + x^5 + x^4 + x^3 + 1, under other names. */
#include "tests/unit/broken.h"

#define PROVE_FIELD 0x139U
#define shamir_prove broken_prove
#define shamir_combinations broken_combinations

#include "airgap/seal/prove.c"
