/*
 * A ramdisk: its entries in order, checked, and its bytes.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "enclave/image/ramdisk.h"

#define LIST_SUFFIX ".list"

int
ramdisk_add(struct ramdisk *d, struct cpio_entry head, char *path, char *from,
    struct err *e)
{
	if (path == NULL || from == NULL)
		goto out;
	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 32 : 2 * d->cap;
		struct ramdisk_entry *v = reallocarray(d->v, cap, sizeof(*v));

		if (v == NULL)
			goto out;
		d->v = v;
		d->cap = cap;
	}
	head.path = path;
	d->v[d->n++] = (struct ramdisk_entry){ head, from };
	return 0;
out:
	free(path);
	free(from);
	return err_set(e, ERR_SYSTEM, "out of memory");
}

void
ramdisk_free(struct ramdisk *d)
{
	for (size_t i = 0; i < d->n; i++) {
		/* as ramdisk_add took it */
		free((void *)(uintptr_t)d->v[i].head.path);
		free(d->v[i].from);
	}
	free(d->v);
	*d = (struct ramdisk){ 0 };
}

static int
by_path(const void *a, const void *b)
{
	const struct ramdisk_entry *x = a, *y = b;

	return strcmp(x->head.path, y->head.path);
}

/* The entry of that path among the first n, which are sorted. */
static const struct ramdisk_entry *
find(const struct ramdisk *d, size_t n, const char *path)
{
	const struct ramdisk_entry key = { .head.path = path };

	return n == 0 ? NULL : bsearch(&key, d->v, n, sizeof(key), by_path);
}

/* The kernel drops, without a word, what has no folder to be in. */
static int
check_parent(const struct ramdisk *d, size_t i, struct err *e)
{
	const char *path = d->v[i].head.path, *slash = strrchr(path, '/');
	const struct ramdisk_entry *parent;
	char *dir;

	if (slash == NULL)
		return 0;
	if ((dir = strndup(path, (size_t)(slash - path))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	parent = find(d, i, dir);
	free(dir);
	if (parent == NULL || !S_ISDIR(parent->head.mode))
		return err_set(e, ERR_INPUT, "%s: %s is in no folder of the "
		    "ramdisk; add a line for its folder", d->name, path);
	return 0;
}

/* Parents come before what is in them: they are beginnings of its path. */
static int
sort(struct ramdisk *d, struct err *e)
{
	int r = 0;

	if (d->n == 0)
		return err_set(e, ERR_INPUT, "%s: there is nothing for a "
		    "ramdisk", d->name);
	qsort(d->v, d->n, sizeof(*d->v), by_path);
	for (size_t i = 0; r == 0 && i < d->n; i++) {
		if (i > 0 && by_path(&d->v[i - 1], &d->v[i]) == 0)
			return err_set(e, ERR_INPUT, "%s: %s is there twice",
			    d->name, d->v[i].head.path);
		if (strcmp(d->v[i].head.path, CPIO_TRAILER) == 0)
			return err_set(e, ERR_INPUT, "%s: %s is the name that "
			    "ends an archive; no file can have it", d->name,
			    CPIO_TRAILER);
		r = check_parent(d, i, e);
	}
	return r;
}

static int
measure_files(struct ramdisk *d, struct err *e)
{
	uint64_t total = cpio_trailer_size();

	for (size_t i = 0; i < d->n; i++) {
		struct ramdisk_entry *x = &d->v[i];
		struct source s;

		if (S_ISREG(x->head.mode)) {
			int r = source_open(x->from, &s, e);

			source_close(&s);
			if (r != 0)
				return r;
			x->head.size = s.size;
		}
		if (x->head.size > UINT32_MAX ||
		    strlen(x->head.path) >= CPIO_NAME_MAX)
			return err_set(e, ERR_INPUT, "%s: a name of over %d "
			    "or a content of over 4 GiB - 1 bytes has no "
			    "place in a ramdisk", x->head.path,
			    CPIO_NAME_MAX - 1);
		total += cpio_entry_size(&x->head);
	}
	d->size = round_up(total, RAMDISK_ALIGN);
	return 0;
}

static bool
is_list(const char *name)
{
	size_t n = strlen(name), suffix = strlen(LIST_SUFFIX);

	return n > suffix && strcmp(name + n - suffix, LIST_SUFFIX) == 0;
}

int
ramdisk_plan(const char *name, const char *below, struct ramdisk *out,
    struct err *e)
{
	struct source s;
	struct stat st;
	int r = ERR_INTERNAL;

	*out = (struct ramdisk){ .name = name };
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		r = ramdisk_read_tree(out, e);
	else if (is_list(name))
		r = ramdisk_read_list(out, below, e);
	else {
		out->ready = true;
		r = source_open(name, &s, e);
		source_close(&s);
		out->archive = s.size;
		out->size = round_up(s.size, RAMDISK_ALIGN);
		return r;
	}
	if (r != 0 || (r = sort(out, e)) != 0)
		return r;
	return measure_files(out, e);
}

/* --- bytes */

static int
put_file(struct image_sink *sink, const char *path, uint64_t size,
    struct err *e)
{
	static struct piece piece;
	struct source s;
	struct bytes b;
	int r = source_open(path, &s, e);

	if (r == 0 && s.size != size)
		r = err_set(e, ERR_INPUT, "%s changed while it was read; run "
		    "this again", path);
	if (r != 0)
		goto out;
	piece_begin(&piece, &s, 0, size);
	do
		if ((r = piece_next(&piece, &b, e)) != 0 ||
		    (r = sink->put(sink, b, e)) != 0)
			break;
	while (b.n > 0);
out:
	source_close(&s);
	return r;
}

static int
put_entry(const struct ramdisk_entry *x, uint32_t number,
    struct image_sink *s, struct err *e)
{
	int r = cpio_put_entry(s, &x->head, number, e);

	if (r == 0 && S_ISREG(x->head.mode))
		r = put_file(s, x->from, x->head.size, e);
	else if (r == 0 && S_ISLNK(x->head.mode))
		r = s->put(s, bytes_str(x->from), e);
	if (r == 0)
		r = cpio_put_padding(s, x->head.size, CPIO_ALIGN, e);
	return r;
}

int
ramdisk_put(const struct ramdisk *d, struct image_sink *s, struct err *e)
{
	uint64_t total = cpio_trailer_size();
	int r = ERR_INTERNAL;

	if (d->ready) {
		if ((r = put_file(s, d->name, d->archive, e)) != 0)
			return r;
		return cpio_put_padding(s, d->archive, RAMDISK_ALIGN, e);
	}
	for (size_t i = 0; i < d->n; i++) {
		if ((r = put_entry(&d->v[i], (uint32_t)i + 1, s, e)) != 0)
			return r;
		total += cpio_entry_size(&d->v[i].head);
	}
	if ((r = cpio_put_trailer(s, e)) != 0)
		return r;
	return cpio_put_padding(s, total, RAMDISK_ALIGN, e);
}
