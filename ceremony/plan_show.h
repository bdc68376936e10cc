/*
 * A plan on the screen.
 */
#ifndef CEREMONY_PLAN_SHOW_H
#define CEREMONY_PLAN_SHOW_H

#include "airgap/record/plan.h"

#define RECORD_FILE_MAX (1 << 20)	/* bytes of any record file */

/* Everything in the plan and its fingerprint, on standard output. */
void plan_show(const struct plan *p, const struct digest256 *fingerprint);

/* "ab12cd34 ..." of a public key: first 16 bytes of its SHA-256. */
void key_fingerprint(const struct public_key *k, char out[static 40]);

#endif
