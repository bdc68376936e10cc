/*
 * A folder of the test's own below /tmp.
 */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scratch.h"

#define PATHS 4
#define FILES_OPEN 16

char scratch[] = "/tmp/quorate-test-XXXXXX";

int
scratch_make(void)
{
	memcpy(scratch + sizeof(scratch) - 7, "XXXXXX", 6);
	return mkdtemp(scratch) == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int
scratch_remove(void)
{
	return nftw(scratch, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
}

const char *
scratch_at(const char *name)
{
	static char path[PATHS][128];
	static unsigned turn;
	char *p = path[turn++ % PATHS];

	snprintf(p, sizeof(path[0]), "%s/%s", scratch, name);
	return p;
}

void
scratch_touch(const char *name)
{
	FILE *f = fopen(scratch_at(name), "w");

	if (f == NULL || fclose(f) != 0)
		abort();
}

size_t
scratch_count(void)
{
	DIR *d = opendir(scratch);
	size_t n = 0;

	if (d == NULL)
		abort();
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}
