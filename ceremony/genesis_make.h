/*
 * Making the quorum key: everything between the plan and the commit bytes.
 * No file is written here; the only I/O is on operators' key files and
 * tokens, whose holders open their own sealed share before anything counts.
 */
#ifndef CEREMONY_GENESIS_MAKE_H
#define CEREMONY_GENESIS_MAKE_H

#include "airgap/record/genesis_commit.h"
#include "airgap/seal/deal.h"
#include "ceremony/genesis_present.h"

/* What may be told afterwards: nothing secret. */
struct genesis_report {
	size_t opened;		/* sealed shares opened again and compared */
	size_t sealed;		/* sealed shares in all, spares included */
	char combinations[COMBINATIONS_TEXT];
};

/*
 * Deals a fresh key as plan says (encoded: the plan's bytes), has every key
 * that is here open what was sealed to it and compares, signs the statement,
 * and wipes every secret before it returns, on every path.  commit: the
 * bytes of a struct genesis_commit, read back and checked; free with
 * buf_free.  dice may be empty and is not wiped here.
 *
 * The caller has called present_check: so every person's share is opened by
 * one of their keys, or they are named as absent.
 */
int genesis_make(const struct plan *plan, struct bytes encoded,
    const struct secret *dice, const struct present *here,
    struct buf *commit, struct genesis_report *report,
    struct err *e) MUST_CHECK;

#endif
