/*
 * Reading a genesis folder, whole (genesis.commit) or as the four files that
 * people pass on: plan.cbor, genesis_output, spares.cbor,
 * genesis_statement.cbor.
 */
#ifndef CEREMONY_GENESIS_LOAD_H
#define CEREMONY_GENESIS_LOAD_H

#include "airgap/record/genesis_commit.h"

struct genesis_files {
	struct buf in[4];		/* what commit borrows */
	struct genesis_commit commit;
	struct genesis_parts parts;
	size_t here, all;		/* files of it: in the folder, in all */
};

/*
 * Reads dir and checks that its parts are one genesis (genesis_parts_read),
 * and that every file of it in dir has its bytes (genesis_dir_compare).
 * Without a commit, plan.cbor may come from elsewhere: plan, or NULL.
 * The result is heap memory; free with genesis_unload (NULL is fine).
 */
int genesis_load(const char *dir, const char *plan,
    struct genesis_files **out, struct err *e) MUST_CHECK;
void genesis_unload(struct genesis_files *g);

/*
 * Holds the fingerprint of g's plan against the 64 digits of hex (blanks
 * allowed), or asks the person where hex is NULL.  0 or ERR_REFUSED.
 */
int genesis_confirm_plan(const struct digest256 *fingerprint, const char *hex,
    struct err *e) MUST_CHECK;

#endif
