/*
 * All memory of a traced process, searched for secrets at each of its stops.
 *
 *   guarded   a mapping that is locked and left out of dumps, guarded pages
 *             and the vault: secrets may be there until the wipe
 *   working   the stack, at a stop inside airgap/seal: its buffers, wiped
 *             before it returns; that stack is locked and undumped too
 *   loose     anything else: never
 *
 * From the wipe on (the first file that follows from the secret) there is
 * nothing anywhere.  Pages that hold a file's bytes unchanged are searched
 * at the first and last stop only.
 */
#ifndef TESTS_CRASH_SEARCH_H
#define TESTS_CRASH_SEARCH_H

#include "tests/crash/needles.h"
#include "tests/crash/trace.h"

#define SHOWN 12

struct mapping {
	uint64_t start, end;
	bool readable, writable, own, locked, undumped;
	char name[64];
};

struct search {
	const struct needles *n;
	const char *wiped_at;		/* file whose open comes after it */
	bool wiped, every;
	size_t stops, marks, bytes;
	size_t guarded, working, unlocked, loose, after, swapped;
	long core_limit, swap;
	char text[SHOWN][160];
	size_t texts;
	uint8_t *room;
	char *smaps;
	/* where the search is */
	const struct traced *t;
	const struct call *call;
	const struct mapping *m;
	uint64_t base, stack_top;
};

/*
 * Looks for n; wiped_at, or NULL, is in the name of the file that comes after
 * the wipe.  Both stay the caller's.  Stops the test without memory.
 */
void search_begin(struct search *s, const struct needles *n,
    const char *wiped_at);

/* What trace_run calls at each stop; ctx is the search. */
void search_stop(void *ctx, const struct traced *t, const struct call *c);
void search_end(struct search *s);

#endif
