/*
 * Making a manifest from a command line and local sources.  Making and
 * judging are apart: manifest_make gives the bytes that QOS would give for
 * the same inputs, manifest_rules (manifest_flow.h) says whether this tool
 * lets them out.
 */
#ifndef CEREMONY_MANIFEST_MAKE_H
#define CEREMONY_MANIFEST_MAKE_H

#include "airgap/record/genesis_output.h"
#include "airgap/record/share_hashes.h"
#include "airgap/cli/cmd.h"
#include "ceremony/sources.h"

/* As given; NULL or n == 0 is "not given". */
struct manifest_inputs {
	uint64_t version;		/* 1 or 2 */
	const char *name;		/* namespace */
	uint64_t nonce;
	const char *restart;		/* never, always; any case */
	bool debug_mode;
	struct many args, bridges, env, dns;
	const char *env_file;		/* lines NAME=VALUE */
	bool dns_none;
	const char *genesis_output, *spares;
	bool share_hashes;
	struct source_paths sources;
};

struct made_manifest {
	struct manifest m;		/* borrows from what follows */
	struct sources sources;
	struct buf args, bridges, env, dns;	/* packed */
	struct buf env_file, hashes;
	struct arena bridge_arena;
};

/*
 * Builds the manifest; in outlives out.  Free with made_manifest_free.
 * Returns 0, ERR_USAGE (options that do not go together), ERR_INPUT,
 * ERR_REFUSED (it does not fit the genesis output) or ERR_SYSTEM.
 */
int manifest_make(const struct manifest_inputs *in, struct made_manifest *out,
    struct err *e) MUST_CHECK;
void made_manifest_free(struct made_manifest *m);

/* Bridges of "server:PORT:HOST" words and at most one JSON file. */
int manifest_make_bridges(const struct many *words, struct list *out,
    struct buf *own, struct arena *arena, struct err *e) MUST_CHECK;

/*
 * Environment of NAME=VALUE words, of the lines of a file (kept in file),
 * and of hashes, unless that is empty.
 */
int manifest_make_env(const struct manifest_inputs *in, struct bytes hashes,
    struct list *out, struct buf *own, struct buf *file,
    struct err *e) MUST_CHECK;

/*
 * Compares quorum key, share set, k and mode with a genesis output.  A
 * member may hold the spare key that the record spares gives them.  Members
 * of the genesis who are not in the share set are told on standard error.
 * hashes, if not NULL: share hashes of the share set's members in its order,
 * 128 hex digits each, joined by ","; free with buf_free.
 * Returns 0, ERR_INPUT, ERR_REFUSED or ERR_SYSTEM.
 */
int manifest_fits_genesis(const struct manifest *m, const char *genesis_output,
    const char *spares, struct buf *hashes, struct err *e) MUST_CHECK;

#endif
