/*
 * The entries of an archive, sorted.
 */
#include <stdlib.h>

#include "enclave/image/index.h"

static int
add(struct index *x, const struct cpio_found *f, struct err *e)
{
	struct cpio_found *v = x->v;
	char *path;

	if (x->n == INDEX_ENTRIES_MAX)
		return err_set(e, ERR_INPUT, "a ramdisk with over %d entries",
		    INDEX_ENTRIES_MAX);
	if (x->n == x->cap) {
		size_t cap = x->cap == 0 ? 64 : 2 * x->cap;

		if ((v = reallocarray(v, cap, sizeof(*v))) == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		x->v = v;
		x->cap = cap;
	}
	if ((path = strdup(f->head.path)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	v[x->n] = *f;
	v[x->n++].head.path = path;
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct cpio_found *x = a, *y = b;
	int c = strcmp(x->head.path, y->head.path);

	if (c != 0)
		return c;
	return x->content < y->content ? -1 : x->content > y->content;
}

int
index_read(struct index *out, const struct source *s, uint64_t at, uint64_t n,
    struct err *e)
{
	static struct cpio_walk w;
	struct cpio_found f;
	bool more = true;
	int r = ERR_INTERNAL;

	*out = (struct index){ 0 };
	cpio_begin(&w, s, at, n);
	while ((r = cpio_next(&w, &f, &more, e)) == 0 && more)
		if ((r = add(out, &f, e)) != 0)
			return r;
	if (r == 0 && out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	return r;
}

void
index_free(struct index *x)
{
	for (size_t i = 0; i < x->n; i++)
		/* add's copy */
		free((void *)(uintptr_t)x->v[i].head.path);
	free(x->v);
	*x = (struct index){ 0 };
}

const struct cpio_found *
index_find(const struct index *x, const char *path)
{
	/* of entries with one path, the last is the one that counts */
	for (size_t i = x->n; i > 0; i--)
		if (strcmp(x->v[i - 1].head.path, path) == 0)
			return &x->v[i - 1];
	return NULL;
}
