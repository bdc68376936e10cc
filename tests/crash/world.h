/*
 * A rehearsal in a folder of its own: three persons, one with a spare key, a
 * disaster-recovery key, a plan of 2 of 3; and what the holders of all keys
 * together can know, which is what no file and no memory may show.
 */
#ifndef TESTS_CRASH_WORLD_H
#define TESTS_CRASH_WORLD_H

#include "airgap/seal/keyset.h"
#include "tests/crash/needles.h"
#include "tests/crash/run.h"
#include "tests/crash/tree.h"

#define HOLDERS 5
#define PERSONS 3

struct world {
	char dir[64];			/* absolute */
	char fingerprint[65];		/* of plan.cbor */
	struct keyset keys[HOLDERS];	/* ann ben cat annspare dr */
};

extern const char *const holder_names[HOLDERS];

/* Memory-backed where the machine has it; gone at world_end. */
void world_begin(struct world *w);
void world_end(struct world *w);

/* Reads the keys again: guarded memory is wiped in a forked child. */
void world_load(struct world *w);

/* A path below the folder of the world; the text is overwritten later. */
const char *world_path(const struct world *w, const char *name);

/*
 * `quorate WORDS...` in dir, a folder of the world (NULL: its top); output
 * to the files "out" and "err" there.
 */
struct run world_command(const struct world *w, const char *dir);

/*
 * `genesis run` into g below dir, which lies one below the top; all three
 * keys given.
 */
struct run world_genesis(const struct world *w, const char *dir);

/*
 * The sources of a manifest below the folder set, and `manifest new` into
 * out; one holder's `manifest approve` of manifest into the folder out.
 */
void world_sources(const struct world *w);
struct run world_manifest(const struct world *w, const char *out);
struct run world_approve(const struct world *w, size_t holder,
    const char *manifest, const char *out);

/*
 * Adds what the keys of all holders open: seed, scalars, AES key, shares,
 * ECDH results, envelope keys, nonces of the quorum key's signatures.
 */
void secrets_of_commit(const struct world *w, struct bytes commit,
    struct needles *n);

/* Adds the seeds and scalars of the holders themselves. */
void secrets_of_holders(const struct world *w, struct needles *n);

/* Adds what a genesis publishes: by this one key is told from another. */
void marks_of_commit(struct bytes commit, struct needles *n);

#endif
