/*
 * Constant-time words and the checker's marks.
 *
 * In a build with -DCT_CHECK, run under valgrind memcheck, ct_secret() makes
 * bytes undefined and ct_public() makes them defined again: a branch or an
 * index on a secret is then a report.  Otherwise both do nothing.
 * Every ct_public() in the tree carries a reason and is listed in the docs.
 */
#ifndef AIRGAP_SEAL_CT_H
#define AIRGAP_SEAL_CT_H

#include <stddef.h>
#include <stdint.h>

#ifdef CT_CHECK
#include <valgrind/memcheck.h>
#define ct_secret(p, n) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (n)))
#define ct_public(p, n) ((void)VALGRIND_MAKE_MEM_DEFINED((p), (n)))
#else
#define ct_secret(p, n) ((void)(p), (void)(n))
#define ct_public(p, n) ((void)(p), (void)(n))
#endif

#endif
