/*
 * Names of the regular files of a folder in bytewise order, so that what is
 * read from a folder does not depend on the file system's order.  Names that
 * begin with "." are left out: temporary files of the writer are such names.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "airgap/file.h"

/* Names on the heap, grown as the folder is read. */
struct names {
	char **v;
	size_t n, cap;
};

static void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

static int
names_add(struct names *l, const char *name, struct err *e)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
		char **v = reallocarray(l->v, cap, sizeof(*v));

		if (v == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	if ((l->v[l->n] = strdup(name)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	l->n++;
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
names_read(struct names *l, DIR *d, const char *dir, struct err *e)
{
	struct dirent *de;
	struct stat st;
	int r = 0;

	for (errno = 0; r == 0 && (de = readdir(d)) != NULL; errno = 0)
		if (de->d_name[0] != '.' &&
		    fstatat(dirfd(d), de->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode))
			r = names_add(l, de->d_name, e);
	if (r == 0 && errno != 0)
		r = err_set(e, ERR_INPUT, "cannot read folder %s: %s", dir,
		    strerror(errno));
	return r;
}

int
file_list(const char *dir, int (*each)(const char *name, void *ctx),
    void *ctx, struct err *e)
{
	struct names l = { 0 };
	DIR *d = opendir(dir);
	int r = ERR_INTERNAL;

	if (d == NULL)
		return err_set(e, ERR_INPUT, "cannot read folder %s: %s", dir,
		    strerror(errno));
	if ((r = names_read(&l, d, dir, e)) != 0)
		goto out;
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_bytes);
	for (size_t i = 0; r == 0 && i < l.n; i++)
		r = each(l.v[i], ctx);
out:
	names_free(&l);
	closedir(d);
	return r;
}
