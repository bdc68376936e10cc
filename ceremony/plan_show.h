/*
 * A plan on the screen.
 */
#ifndef CEREMONY_PLAN_SHOW_H
#define CEREMONY_PLAN_SHOW_H

#include "airgap/record/plan.h"

#define RECORD_FILE_MAX (1 << 20)	/* bytes of any record file */

/* Everything in the plan and its fingerprint, on standard output. */
void plan_show(const struct plan *p, const struct digest256 *fingerprint);

#endif
