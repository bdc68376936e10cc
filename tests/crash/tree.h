/*
 * A folder as a value: its folders and files with their bytes, in bytewise
 * order of their paths.  Read from disk, built by hand, written to disk,
 * compared.
 */
#ifndef TESTS_CRASH_TREE_H
#define TESTS_CRASH_TREE_H

#include <stdbool.h>

#include "airgap/bytes.h"

struct entry {
	char *path;		/* from the top, no leading slash */
	bool folder;
	uint8_t *p;
	size_t n;
};

struct tree {
	struct entry *v;
	size_t n, cap;
};

/* What lies below dir; an absent dir is an empty tree. */
struct tree tree_read(const char *dir);

/* Makes dir hold exactly the tree. */
void tree_write(const struct tree *t, const char *dir);

/* Adds a copy; the caller adds folders before what lies in them. */
void tree_add(struct tree *t, const char *path, bool folder,
    struct bytes data);
void tree_sort(struct tree *t);
void tree_free(struct tree *t);

const struct entry *tree_find(const struct tree *t, const char *path);
struct digest256 tree_digest(const struct tree *t);

/* Last part of a path. */
const char *last_part(const char *path);

/* ".NAME.tmp-XXXXXX": the writer's temporary file; *len of NAME. */
bool is_temporary(const char *name, size_t *len);

/* Removes dir and everything in it. */
void remove_all(const char *dir);

#endif
