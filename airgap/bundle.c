/*
 * Bundles: packing, reading, unpacking.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "airgap/bundle.h"
#include "airgap/seal/hash.h"

#define PATH_TEXT 1024

static int
path_in(char out[static PATH_TEXT], const char *dir, const char *name,
    struct err *e)
{
	if (snprintf(out, PATH_TEXT, "%s/%s", dir, name) >= PATH_TEXT)
		return err_set(e, ERR_USAGE, "%.60s...: the path is too long",
		    dir);
	return 0;
}

/* --- packing */

struct packed {
	char name[BUNDLE_NAME_MAX + 1];
	struct buf data;
	struct file_facts facts;
};

struct packing {
	struct packed files[BUNDLE_FILES_MAX];
	struct bundle_index index;
	size_t n;
	const char *dir;
	struct err *e;
};

static int
load(struct packing *p, const char *path)
{
	struct packed *f = &p->files[p->n];
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int r;

	if ((r = bundle_name_check(bytes_str(name), p->e)) != 0)
		return r;
	snprintf(f->name, sizeof(f->name), "%s", name);
	if ((r = file_read(path, BUNDLE_FILE_MAX, &f->data, p->e)) != 0)
		return r;
	p->n++;
	return file_facts(name, buf_bytes(&f->data), &f->facts, p->e);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct packed *)a)->name,
	    ((const struct packed *)b)->name);
}

static int
one_mode(struct packing *p)
{
	const struct packed *first = NULL;
	int r;

	for (size_t i = 0; i < p->n; i++) {
		const struct packed *f = &p->files[i];

		if (!f->facts.has_mode)
			continue;
		if (first == NULL)
			first = f;
		if ((r = mode_check_same(first->facts.mode, f->facts.mode,
		    f->name, p->e)) != 0)
			return r;
	}
	if (first == NULL)
		return err_set(p->e, ERR_REFUSED, "nothing here says whether "
		    "it is a rehearsal; pack the manifest envelope too");
	p->index.mode = first->facts.mode;
	return 0;
}

static int
make_index(struct packing *p, struct buf *out)
{
	qsort(p->files, p->n, sizeof(p->files[0]), by_name);
	for (size_t i = 0; i < p->n; i++) {
		const struct packed *f = &p->files[i];

		if (i > 0 && strcmp(f[-1].name, f->name) == 0)
			return err_set(p->e, ERR_REFUSED, "two files of the "
			    "name %s", f->name);
		p->index.files[i] = (struct bundle_entry){
		    .name = bytes_str(f->name),
		    .kind = bytes_str(file_role_text(f->facts.role)),
		    .size = f->data.n, .hash = sha256(buf_bytes(&f->data)) };
	}
	p->index.count = p->n;
	return bundle_index_encode(&p->index, out, p->e);
}

/* What lies in the folder is of this bundle. */
static int
refuse_extra(const char *name, void *ctx)
{
	struct packing *p = ctx;

	if (strcmp(name, BUNDLE_INDEX_NAME) == 0)
		return 0;
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->files[i].name, name) == 0)
			return 0;
	return err_set(p->e, ERR_REFUSED, "%s/%s is there and is no part of "
	    "this bundle; take an empty folder", p->dir, name);
}

/* The same bytes are there already: a packing that was cut short. */
static bool
is_there(const char *path, struct bytes data)
{
	struct buf b = { 0 };
	bool same = file_exists(path) &&
	    file_read(path, BUNDLE_FILE_MAX, &b, NULL) == 0 &&
	    bytes_equal(buf_bytes(&b), data);

	buf_free(&b);
	return same;
}

static int
write_one(struct packing *p, const char *name, struct bytes data,
    bool replace)
{
	char path[PATH_TEXT];
	int r;

	if ((r = path_in(path, p->dir, name, p->e)) != 0 ||
	    is_there(path, data))
		return r;
	return file_write_checked(path, data, FILE_MODE_PUBLIC, replace,
	    p->e);
}

static int
write_all(struct packing *p, struct bytes index, bool replace)
{
	int r;

	if ((r = file_mkdir(p->dir, 0755, p->e)) != 0 ||
	    (r = file_list(p->dir, refuse_extra, p, p->e)) != 0)
		return r;
	for (size_t i = 0; i < p->n; i++)
		if ((r = write_one(p, p->files[i].name,
		    buf_bytes(&p->files[i].data), replace)) != 0)
			return r;
	return write_one(p, BUNDLE_INDEX_NAME, index, replace);
}

int
bundle_pack(const char *dir, const char *const *paths, size_t n,
    bool replace, struct err *e)
{
	struct packing *p = NULL;
	struct buf index = { 0 };
	int r = ERR_INTERNAL;

	if (n < 1 || n > BUNDLE_FILES_MAX)
		return err_set(e, ERR_USAGE, "a bundle has 1 to %d files",
		    BUNDLE_FILES_MAX);
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	p->dir = dir;
	p->e = e;
	for (size_t i = 0; i < n; i++)
		if ((r = load(p, paths[i])) != 0)
			goto out;
	if ((r = one_mode(p)) != 0 || (r = make_index(p, &index)) != 0)
		goto out;
	r = write_all(p, buf_bytes(&index), replace);
out:
	for (size_t i = 0; i < BUNDLE_FILES_MAX; i++)
		buf_free(&p->files[i].data);
	free(p);
	buf_free(&index);
	return r;
}

/* --- reading */

void
bundle_free(struct bundle *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->count; i++)
		buf_free(&b->files[i].data);
	free(b->files);
	*b = (struct bundle){ .count = 0 };
}

static struct bundle_file *
add(struct bundle *b, struct bytes name, struct bytes kind)
{
	struct bundle_file *f = &b->files[b->count++];

	snprintf(f->name, sizeof(f->name), "%.*s", (int)name.n,
	    (const char *)name.p);
	snprintf(f->kind, sizeof(f->kind), "%.*s", (int)kind.n,
	    (const char *)kind.p);
	return f;
}

/*
 * Is what the index names one of the files that cross the gap, of the kind
 * and the mode that it says?  Whoever made the stick made its index too.
 */
static int
judge(struct bundle_file *f, enum mode mode, struct err *e)
{
	struct file_facts facts;
	int r = file_facts(f->name, buf_bytes(&f->data), &facts, e);

	if (r == ERR_SYSTEM)
		return r;
	if (r == 0 && strcmp(file_role_text(facts.role), f->kind) == 0 &&
	    (!facts.has_mode || facts.mode == mode))
		f->state = BUNDLE_GOOD;
	else
		f->state = BUNDLE_FOREIGN;
	return 0;
}

static int
read_file(struct bundle *b, const char *dir, const struct bundle_entry *x,
    struct err *e)
{
	struct bundle_file *f = add(b, x->name, x->kind);
	struct digest256 hash;
	char path[PATH_TEXT];
	struct stat st;
	int r;

	f->state = BUNDLE_MISSING;
	if ((r = path_in(path, dir, f->name, e)) != 0)
		return r;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_SYSTEM, "%s: %s",
		    path, strerror(errno));
	f->state = BUNDLE_CHANGED;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != x->size ||
	    file_read(path, BUNDLE_FILE_MAX, &f->data, NULL) != 0)
		return 0;
	hash = sha256(buf_bytes(&f->data));
	if (!digest256_equal(&hash, &x->hash))
		return 0;
	return judge(f, b->mode, e);
}

struct finding {
	struct bundle *b;
	size_t indexed;
	struct err *e;
};

static int
find_extra(const char *name, void *ctx)
{
	struct finding *x = ctx;
	struct bundle_file *grown;

	if (strcmp(name, BUNDLE_INDEX_NAME) == 0)
		return 0;
	for (size_t i = 0; i < x->indexed; i++)
		if (strcmp(x->b->files[i].name, name) == 0)
			return 0;
	grown = reallocarray(x->b->files, x->b->count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(x->e, ERR_SYSTEM, "out of memory");
	x->b->files = grown;
	grown[x->b->count] = (struct bundle_file){ .state = BUNDLE_EXTRA };
	(void)add(x->b, bytes_str(name), bytes_str("not in the index"));
	return 0;
}

static int
read_index(const char *dir, struct buf *in, struct bundle_index *index,
    struct err *e)
{
	char path[PATH_TEXT];
	int r;

	if ((r = path_in(path, dir, BUNDLE_INDEX_NAME, e)) != 0)
		return r;
	if (!file_exists(path))
		return err_set(e, ERR_INPUT, "%s: there is no %s: it is no "
		    "bundle, or packing was cut short; pack it again", dir,
		    BUNDLE_INDEX_NAME);
	if ((r = file_read(path, BUNDLE_FILE_MAX, in, e)) != 0)
		return r;
	if ((r = bundle_index_decode(buf_bytes(in), index, e)) != 0)
		(void)err_prefix(e, "%s", path);
	return r;
}

int
bundle_read(const char *dir, struct bundle *out, struct err *e)
{
	struct bundle_index *index = calloc(1, sizeof(*index));
	struct finding x = { out, 0, e };
	struct buf in = { 0 };
	int r = ERR_INTERNAL;

	*out = (struct bundle){ .count = 0 };
	if (index == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = read_index(dir, &in, index, e)) != 0)
		goto out;
	out->mode = index->mode;
	out->hash = sha256(buf_bytes(&in));
	if ((out->files = calloc(index->count, sizeof(*out->files))) == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < index->count; i++)
		if ((r = read_file(out, dir, &index->files[i], e)) != 0)
			goto out;
	x.indexed = out->count;
	if ((r = file_list(dir, find_extra, &x, e)) != 0)
		goto out;
	for (size_t i = 0; i < out->count; i++)
		out->bad += out->files[i].state != BUNDLE_GOOD;
out:
	if (r != 0)
		bundle_free(out);
	free(index);
	buf_free(&in);
	return r;
}

int
bundle_unpack(const struct bundle *b, const char *dir, bool replace,
    struct err *e)
{
	char path[PATH_TEXT];
	int r;

	if (b->bad > 0)
		return err_set(e, ERR_INTERNAL, "a bundle that is not whole");
	if ((r = file_mkdir(dir, 0755, e)) != 0)
		return r;
	for (size_t i = 0; i < b->count; i++) {
		const struct bundle_file *f = &b->files[i];

		if ((r = path_in(path, dir, f->name, e)) != 0 ||
		    (r = file_write_checked(path, buf_bytes(&f->data),
		    FILE_MODE_PUBLIC, replace, e)) != 0)
			return r;
	}
	return 0;
}
