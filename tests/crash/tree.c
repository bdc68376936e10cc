/*
 * Folders as values.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/seal/hash.h"
#include "tests/crash/tap.h"
#include "tests/crash/tree.h"

#define FILE_MAX ((size_t)16 << 20)
#define SUFFIX 6

const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool
is_temporary(const char *name, size_t *len)
{
	static const char mark[] = ".tmp-";
	size_t n = strlen(name), tail = sizeof(mark) - 1 + SUFFIX;

	if (name[0] != '.' || n < 2 + tail ||
	    strncmp(name + n - tail, mark, sizeof(mark) - 1) != 0 ||
	    strspn(name + n - SUFFIX,
	    "abcdefghijklmnopqrstuvwxyz234567") != SUFFIX)
		return false;
	*len = n - tail - 1;
	return true;
}

void
tree_add(struct tree *t, const char *path, bool folder, struct bytes data)
{
	struct entry *e;

	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 32 : 2 * t->cap;
		t->v = realloc(t->v, t->cap * sizeof(*t->v));
		if (t->v == NULL)
			tap_stop("no memory");
	}
	e = &t->v[t->n++];
	*e = (struct entry){ .path = strdup(path), .folder = folder,
	    .p = malloc(data.n + 1), .n = data.n };
	if (e->path == NULL || e->p == NULL)
		tap_stop("no memory");
	if (data.n > 0)
		memcpy(e->p, data.p, data.n);
}

static int
by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void
tree_sort(struct tree *t)
{
	if (t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), by_path);
}

void
tree_free(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].path);
		free(t->v[i].p);
	}
	free(t->v);
	*t = (struct tree){ 0 };
}

const struct entry *
tree_find(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].path, path) == 0)
			return &t->v[i];
	return NULL;
}

static void
add_file(struct tree *t, const char *path, const FTSENT *f)
{
	size_t n = (size_t)f->fts_statp->st_size;
	uint8_t *p = malloc(n + 1);
	int fd = open(f->fts_accpath, O_RDONLY | O_CLOEXEC);

	if (p == NULL || n > FILE_MAX || fd < 0 ||
	    read(fd, p, n + 1) != (ssize_t)n)
		tap_stop("cannot read %s", f->fts_accpath);
	close(fd);
	tree_add(t, path, false, bytes_of(p, n));
	free(p);
}

struct tree
tree_read(const char *dir)
{
	char *name = strdup(dir), *list[2] = { name, NULL };
	struct tree t = { 0 };
	FTSENT *f;
	FTS *fts;

	fts = name == NULL ? NULL :
	    fts_open(list, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (fts == NULL)
		tap_stop("cannot walk %s", dir);
	while ((f = fts_read(fts)) != NULL) {
		if (f->fts_level == 0)
			continue;
		if (f->fts_info == FTS_D)
			tree_add(&t, f->fts_path + strlen(dir) + 1, true,
			    bytes_of(NULL, 0));
		else if (f->fts_info == FTS_F)
			add_file(&t, f->fts_path + strlen(dir) + 1, f);
		else if (f->fts_info != FTS_DP)
			tap_stop("%s is neither file nor folder",
			    f->fts_path);
	}
	fts_close(fts);
	free(name);
	tree_sort(&t);
	return t;
}

void
remove_all(const char *dir)
{
	char *name = strdup(dir), *list[2] = { name, NULL };
	FTSENT *f;
	FTS *fts;

	fts = name == NULL ? NULL :
	    fts_open(list, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (fts == NULL)
		tap_stop("cannot walk %s", dir);
	while ((f = fts_read(fts)) != NULL) {
		if (f->fts_info == FTS_D) {
			(void)chmod(f->fts_accpath, 0700);
			continue;
		}
		if (f->fts_info != FTS_NS && remove(f->fts_accpath) != 0)
			tap_stop("cannot remove %s", f->fts_path);
	}
	fts_close(fts);
	free(name);
	errno = 0;
}

void
tree_write(const struct tree *t, const char *dir)
{
	char path[1024];

	remove_all(dir);
	if (mkdir(dir, 0755) != 0)
		tap_stop("cannot make %s", dir);
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->v[i];
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, e->path);
		if (e->folder) {
			if (mkdir(path, 0755) != 0)
				tap_stop("cannot make %s", path);
			continue;
		}
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0644);
		if (fd < 0 || write(fd, e->p, e->n) != (ssize_t)e->n)
			tap_stop("cannot write %s", path);
		close(fd);
	}
}

struct digest256
tree_digest(const struct tree *t)
{
	struct digest256 d = { { 0 } }, one;

	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->v[i];

		d = sha256_two(bytes_of(d.b, sizeof(d.b)),
		    bytes_str(e->path));
		one = sha256(bytes_of(e->p, e->n));
		one.b[0] ^= e->folder;
		d = sha256_two(bytes_of(d.b, sizeof(d.b)),
		    bytes_of(one.b, sizeof(one.b)));
	}
	return d;
}
