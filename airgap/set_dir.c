/*
 * Set folders: public key files and a threshold (QOS wire 15.3, 19.2).
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/manifest.h"
#include "airgap/set_dir.h"

#define PUB_FILE_MAX 4096	/* bytes: 260 digits and white space */
#define PATH_TEXT 1024

struct found {
	char alias[256];
	struct public_key key;
};

struct collect {
	const char *dir;
	struct found *f;
	size_t n, cap;
	struct err *e;
};

int
pub_file_read(const char *path, struct public_key *out, struct err *e)
{
	struct buf b;
	int r;

	if ((r = file_read(path, PUB_FILE_MAX, &b, e)) != 0)
		return r;
	r = public_key_from_text(buf_bytes(&b), out, e);
	buf_free(&b);
	if (r == 0)
		return 0;
	(void)err_prefix(e, "%s", path);
	return ERR_INPUT;
}

struct bytes
pub_file_alias(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	return bytes_of(name, strcspn(name, "."));
}

static bool
is_pub(const char *name)
{
	size_t n = strlen(name);

	return n >= 4 && strcmp(name + n - 4, ".pub") == 0;
}

static int
grow(struct collect *c)
{
	size_t cap = c->cap == 0 ? 16 : c->cap * 2;
	struct found *f;

	if (c->n < c->cap)
		return 0;
	if (c->n == SET_MEMBERS_MAX)
		return err_set(c->e, ERR_INPUT, "%s: more than %d keys",
		    c->dir, SET_MEMBERS_MAX);
	f = realloc(c->f, cap * sizeof(*f));
	if (f == NULL)
		return err_set(c->e, ERR_SYSTEM, "out of memory");
	c->f = f;
	c->cap = cap;
	return 0;
}

static int
take(const char *name, void *ctx)
{
	struct collect *c = ctx;
	struct bytes alias = pub_file_alias(name);
	char path[PATH_TEXT];
	int r;

	if (!is_pub(name))
		return 0;
	if ((r = grow(c)) != 0)
		return r;
	if (alias.n == 0 || alias.n >= sizeof(c->f[0].alias) ||
	    !utf8_valid(alias))
		return err_set(c->e, ERR_INPUT, "%s/%s: the name gives no "
		    "alias", c->dir, name);
	memcpy(c->f[c->n].alias, alias.p, alias.n);
	c->f[c->n].alias[alias.n] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", c->dir, name) >=
	    (int)sizeof(path))
		return err_set(c->e, ERR_INPUT, "%s: path too long", c->dir);
	if ((r = pub_file_read(path, &c->f[c->n].key, c->e)) != 0)
		return r;
	c->n++;
	return 0;
}

static int
by_alias(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = strcmp(x->alias, y->alias);

	return c != 0 ? c : memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static int
by_key(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static int
read_threshold(const char *dir, uint32_t *out, struct err *e)
{
	char path[PATH_TEXT];
	struct bytes rest;
	uint64_t v = 0;
	struct buf b;
	int r;

	if (snprintf(path, sizeof(path), "%s/quorum_threshold", dir) >=
	    (int)sizeof(path))
		return err_set(e, ERR_INPUT, "%s: path too long", dir);
	if ((r = file_read(path, 64, &b, e)) != 0)
		return r;
	rest = buf_bytes(&b);
	if (!bytes_take_number(&rest, UINT32_MAX, &v) ||
	    (rest.n > 0 && rest.p[0] != '\n' && rest.p[0] != '\r'))
		r = err_set(e, ERR_INPUT, "%s: the first line is not a "
		    "decimal number", path);
	buf_free(&b);
	*out = (uint32_t)v;
	return r;
}

static int
pack_found(const struct collect *c, bool keys_only, struct set_dir *out,
    struct err *e)
{
	struct member *m = calloc(c->n == 0 ? 1 : c->n, sizeof(*m));
	struct bytes *k = calloc(c->n == 0 ? 1 : c->n, sizeof(*k));
	int r = ERR_SYSTEM;

	if (m == NULL || k == NULL) {
		(void)err_set(e, r, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < c->n; i++) {
		k[i] = bytes_of(c->f[i].key.b, sizeof(c->f[i].key.b));
		m[i] = (struct member){ bytes_str(c->f[i].alias), k[i] };
	}
	if (keys_only)
		r = list_pack(&type_patch_member, k, c->n, &out->set.members,
		    &out->own, e);
	else
		r = list_pack(&type_member, m, c->n, &out->set.members,
		    &out->own, e);
out:
	free(m);
	free(k);
	return r;
}

static int
read_dir(const char *dir, bool keys_only, struct set_dir *out, struct err *e)
{
	struct collect c = { .dir = dir, .e = e };
	int r;

	*out = (struct set_dir){ 0 };
	if ((r = file_list(dir, take, &c, e)) != 0 ||
	    (r = read_threshold(dir, &out->set.threshold, e)) != 0)
		goto out;
	if (c.n == 0 && !keys_only) {
		r = err_set(e, ERR_INPUT, "%s: no ALIAS.pub files", dir);
		goto out;
	}
	if (c.n > 0)
		qsort(c.f, c.n, sizeof(*c.f), keys_only ? by_key : by_alias);
	r = pack_found(&c, keys_only, out, e);
out:
	free(c.f);
	if (r != 0)
		set_dir_free(out);
	return r;
}

int
set_dir_read(const char *dir, struct set_dir *out, struct err *e)
{
	return read_dir(dir, false, out, e);
}

int
set_dir_read_patch(const char *dir, struct set_dir *out, struct err *e)
{
	return read_dir(dir, true, out, e);
}

void
set_dir_free(struct set_dir *s)
{
	if (s == NULL)
		return;
	buf_free(&s->own);
	*s = (struct set_dir){ 0 };
}
