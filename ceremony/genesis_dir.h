/*
 * The folder of a genesis: the commit, the files copied out of it, and the
 * journal.
 *
 *   genesis.commit        everything, public or sealed (the commit point)
 *   genesis.journal       what happened when; no secret, no seed, no dice
 *   plan.cbor genesis_statement.cbor spares.cbor
 *   genesis_output quorum_key.pub genesis_dr_artifacts quorum_threshold
 *   dr_wrapped_quorum_key (with a disaster-recovery key) as QOS names them
 *   shares/ALIAS.share    the sealed share of each person, 130 bytes
 */
#ifndef CEREMONY_GENESIS_DIR_H
#define CEREMONY_GENESIS_DIR_H

#include "airgap/record/genesis_commit.h"

#define GENESIS_PATH_MAX 960	/* bytes */
#define GENESIS_COMMIT_MAX (5 << 20)

/* Is there a commit in dir? */
bool genesis_dir_committed(const char *dir);

/*
 * Before a new genesis: refuses (ERR_EXISTS) a folder that already holds one
 * of its files without a commit, and what is no folder (ERR_INPUT).  Writes
 * nothing.
 */
int genesis_dir_check(const char *dir, struct err *e) MUST_CHECK;

/* Makes the folder, and shares/ in it, if they are missing. */
int genesis_dir_prepare(const char *dir, struct err *e) MUST_CHECK;

/* The commit point: one write of genesis.commit, never over another. */
int genesis_dir_commit(const char *dir, struct bytes commit,
    struct err *e) MUST_CHECK;

/* Reads genesis.commit; in owns the bytes that c borrows. */
int genesis_dir_read(const char *dir, struct buf *in,
    struct genesis_commit *c, struct err *e) MUST_CHECK;

/*
 * Writes every file that is missing, then reads all of them back and
 * compares; *count is their number.  A file that is there with other bytes
 * is never touched: ERR_REFUSED names it.
 */
int genesis_dir_emit(const char *dir, const struct genesis_commit *c,
    size_t *count, struct err *e) MUST_CHECK;

/*
 * Holds every file of the genesis that is in dir against c and its parts p;
 * *here of *all files are there.  A file with other bytes, or one in shares/
 * that is nobody's, is ERR_REFUSED and named.  Writes nothing.
 */
int genesis_dir_compare(const char *dir, const struct genesis_commit *c,
    const struct genesis_parts *p, size_t *here, size_t *all,
    struct err *e) MUST_CHECK;

/*
 * Adds "TIME text" to genesis.journal (written whole through the one
 * writer, so a crash leaves the old or the new journal).
 */
int genesis_dir_journal(const char *dir, const char *text,
    struct err *e) MUST_CHECK;

#endif
