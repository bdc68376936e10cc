/*
 * The commit of a genesis: one record that holds everything a ceremony made,
 * all of it public or sealed.  Its rename into place is the single moment at
 * which the quorum key begins to exist; every other file is copied out of it.
 */
#ifndef AIRGAP_RECORD_GENESIS_COMMIT_H
#define AIRGAP_RECORD_GENESIS_COMMIT_H

#include "airgap/file.h"
#include "airgap/record/genesis_output.h"
#include "airgap/record/genesis_statement.h"
#include "airgap/record/plan.h"
#include "airgap/record/spares.h"

#define GENESIS_COMMIT_TYPE "quorate/genesis-commit"
#define GENESIS_PART_MAX (1 << 20)	/* bytes of each part */

/* The four parts, as the bytes of their files; borrowed. */
struct genesis_commit {
	enum mode mode;
	struct bytes plan, output, spares, statement;
};

/*
 * Form and bounds only; genesis_parts_read looks inside.  decode borrows from
 * in; encode gives out to the caller, to free with buf_free.  Return 0,
 * ERR_INPUT (which field) or ERR_SYSTEM.
 */
int genesis_commit_decode(struct bytes in, struct genesis_commit *out,
    struct err *e) MUST_CHECK;
int genesis_commit_encode(const struct genesis_commit *c, struct buf *out,
    struct err *e) MUST_CHECK;

/* The parts read; free with genesis_parts_free.  Borrows from the parts. */
struct genesis_parts {
	struct plan plan;
	struct genesis_output output;
	struct spares spares;
	struct genesis_statement statement;
	struct digest256 fingerprint;	/* of the plan */
	struct digest256 output_hash;
};

/*
 * Reads all four parts and checks that they are one genesis, as far as that
 * can be told without any secret: each part's own rules; the statement is
 * signed by the quorum key and names the other three; set, threshold, keys
 * and disaster-recovery key are the plan's; the spares are the plan's and
 * carry the share hashes of their persons; modes and test message agree.
 * Returns 0, ERR_INPUT or ERR_REFUSED with the first rule that does not hold.
 */
int genesis_parts_read(const struct genesis_commit *c,
    struct genesis_parts *out, struct err *e) MUST_CHECK;
void genesis_parts_free(struct genesis_parts *p);

#endif
