/*
 * What a program did to its files, in order, as the recorder wrote it down;
 * and the folders that a disk may show after power was lost at any point.
 *
 * The model is POSIX at its strictest: a write is lost, whole or torn at any
 * 512 bytes, until its file was synced; a name made, renamed or removed is
 * as it was until its folder was synced; each of these on its own, in any
 * combination.
 */
#ifndef TESTS_CRASH_OPLOG_H
#define TESTS_CRASH_OPLOG_H

#include "tests/crash/record.h"
#include "tests/crash/tree.h"

struct op {
	struct record r;
	const char *a, *b;		/* paths; "" where there is none */
	struct bytes data;
};

struct oplog {
	uint8_t *raw;
	struct op *v;
	size_t n;
};

/* Reads a log; paths below dir (absolute) become relative to it. */
struct oplog oplog_read(const char *path, const char *dir);
void oplog_free(struct oplog *log);

/* One change to a disk. */
struct change {
	enum { ADD, REMOVE, MOVE, WRITE, SYNC } kind;
	size_t node, parent, parent2;	/* of the name; WRITE, SYNC: node */
	const char *name, *name2;
	struct bytes data;
	size_t offset;
	size_t op;			/* which operation it came from */
};

struct disk {
	struct change *v;
	size_t n, cap;
	size_t nodes;
	bool *folder;			/* by node */
};

/* The changes of a log, onto the empty folder it began with. */
struct disk disk_of(const struct oplog *log);
void disk_free(struct disk *d);

/*
 * Calls each for every folder that may be found after the first `count`
 * changes: all combinations of what is not synced (where they are more than
 * 2^SUBSET_BITS: all, none, each one alone, each one missing), and each
 * write that is not synced torn at each 512 bytes, both ends.  Below `top`.
 */
#define SUBSET_BITS 8
#define SECTOR 512
typedef void state_fn(void *ctx, const struct tree *t, size_t count);
void disk_states(const struct disk *d, size_t count, const char *top,
    state_fn *each, void *ctx);

/*
 * The one folder after all changes (synced false), or where nothing was kept
 * that is not synced.  False where there is no `top`.
 */
bool disk_after(const struct disk *d, const char *top, bool synced,
    struct tree *t);

#endif
