/*
 * From a log to the folders that a crash may leave.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/file.h"
#include "tests/crash/oplog.h"
#include "tests/crash/tap.h"

#define LOG_MAX ((size_t)16 << 20)
#define FD_MAX 256
#define NODES_MAX 4096

/* --- the log */

static const char *
relative(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) == 0 && path[n] == '/')
		path += n + 1;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return path;
}

struct oplog
oplog_read(const char *path, const char *dir)
{
	struct oplog log = { 0 };
	struct buf in;
	size_t at = 0;

	if (file_read(path, LOG_MAX, &in, NULL) != 0)
		tap_stop("no log at %s", path);
	log.raw = in.p;
	log.v = calloc(in.n / sizeof(struct record) + 1, sizeof(*log.v));
	if (log.v == NULL)
		tap_stop("no memory");
	while (at < in.n) {
		struct op *o = &log.v[log.n++];
		const char *text;

		if (in.n - at < sizeof(o->r))
			tap_stop("the log is cut");
		memcpy(&o->r, in.p + at, sizeof(o->r));
		at += sizeof(o->r);
		if (in.n - at < (size_t)o->r.a + o->r.b + o->r.data)
			tap_stop("the log is cut");
		text = (const char *)in.p + at;
		o->a = o->r.a > 0 ? relative(text, dir) : "";
		o->b = o->r.b > 0 ? relative(text + o->r.a, dir) : "";
		o->data = bytes_of(text + o->r.a + o->r.b, o->r.data);
		at += (size_t)o->r.a + o->r.b + o->r.data;
	}
	return log;
}

void
oplog_free(struct oplog *log)
{
	free(log->raw);
	free(log->v);
	*log = (struct oplog){ 0 };
}

/* --- names, as they are when every change is made */

struct name {
	size_t parent, node;
	const char *text;
};

struct names {
	struct name v[NODES_MAX];
	size_t n;
};

static struct name *
name_find(struct names *names, size_t parent, const char *text, size_t len)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->v[i].parent == parent &&
		    strlen(names->v[i].text) == len &&
		    memcmp(names->v[i].text, text, len) == 0)
			return &names->v[i];
	return NULL;
}

static void
name_set(struct names *names, size_t parent, const char *text, size_t node)
{
	struct name *at = name_find(names, parent, text, strlen(text));

	if (at != NULL) {
		at->node = node;
		return;
	}
	if (names->n == NODES_MAX)
		tap_stop("too many names");
	names->v[names->n++] = (struct name){ parent, node, text };
}

static void
name_drop(struct names *names, size_t parent, const char *text)
{
	struct name *at = name_find(names, parent, text, strlen(text));

	if (at != NULL)
		*at = names->v[--names->n];
}

/*
 * The folder that path lies in and its last part; false outside of the
 * folder that is watched.  "." is the top itself: *last is "".
 */
static bool
resolve(struct names *names, const char *path, size_t *parent,
    const char **last)
{
	const char *slash;

	*parent = 0;
	if (path[0] == '/' || strncmp(path, "..", 2) == 0)
		return false;
	if (strcmp(path, ".") == 0)
		path = "";
	while ((slash = strchr(path, '/')) != NULL) {
		struct name *n = name_find(names, *parent, path,
		    (size_t)(slash - path));

		if (n == NULL)
			return false;
		*parent = n->node;
		path = slash + 1;
	}
	*last = path;
	return true;
}

/* --- the changes */

struct making {
	struct disk *d;
	struct names names;
	size_t node[FD_MAX];		/* of an open file, plus 1 */
	size_t length[NODES_MAX];
	size_t op;
};

static size_t
node_new(struct disk *d, bool folder)
{
	if (d->nodes == NODES_MAX)
		tap_stop("too many files");
	d->folder[d->nodes] = folder;
	return d->nodes++;
}

static void
change(struct making *m, struct change c)
{
	struct disk *d = m->d;

	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 256 : 2 * d->cap;
		d->v = realloc(d->v, d->cap * sizeof(*d->v));
		if (d->v == NULL)
			tap_stop("no memory");
	}
	c.op = m->op;
	d->v[d->n++] = c;
}

static void
make_name(struct making *m, const char *path, bool folder, size_t node)
{
	const char *last;
	size_t parent;

	if (!resolve(&m->names, path, &parent, &last))
		return;
	if (node == SIZE_MAX)
		node = node_new(m->d, folder);
	name_set(&m->names, parent, last, node);
	change(m, (struct change){ .kind = ADD, .node = node,
	    .parent = parent, .name = last });
}

static void
drop_name(struct making *m, const char *path)
{
	const char *last;
	size_t parent;

	if (!resolve(&m->names, path, &parent, &last))
		return;
	name_drop(&m->names, parent, last);
	change(m, (struct change){ .kind = REMOVE, .parent = parent,
	    .name = last });
}

static size_t
node_at(struct making *m, const char *path)
{
	const char *last;
	struct name *n;
	size_t parent;

	if (!resolve(&m->names, path, &parent, &last))
		return SIZE_MAX;
	if (last[0] == '\0')
		return parent;
	n = name_find(&m->names, parent, last, strlen(last));
	return n == NULL ? SIZE_MAX : n->node;
}

static void
move_name(struct making *m, const char *from, const char *to)
{
	struct change c = { .kind = MOVE, .node = node_at(m, from) };

	if (c.node == SIZE_MAX || !resolve(&m->names, from, &c.parent,
	    &c.name) || !resolve(&m->names, to, &c.parent2, &c.name2))
		return;
	name_drop(&m->names, c.parent, c.name);
	name_set(&m->names, c.parent2, c.name2, c.node);
	change(m, c);
}

static void
open_file(struct making *m, const struct op *o)
{
	size_t node;

	if ((o->r.flags & R_CREATED) != 0)
		make_name(m, o->a, false, SIZE_MAX);
	node = node_at(m, o->a);
	if ((o->r.flags & O_TRUNC) != 0 && (o->r.flags & R_CREATED) == 0)
		tap_stop("%s was cut short: the model has no room for it",
		    o->a);
	m->node[o->r.fd] = node == SIZE_MAX ? 0 : node + 1;
}

static void
on_file(struct making *m, const struct op *o)
{
	size_t node = o->r.fd >= 0 && o->r.fd < FD_MAX ?
	    m->node[o->r.fd] : 0;
	struct change c = { .kind = SYNC, .node = node - 1 };

	if (node == 0)
		return;
	if (o->r.kind == R_WRITE) {
		c.kind = WRITE;
		c.data = o->data;
		c.offset = m->length[c.node];
		m->length[c.node] += c.data.n;
	}
	change(m, c);
}

static void
take(struct making *m, const struct op *o)
{
	size_t node;

	switch (o->r.kind) {
	case R_OPEN:
		open_file(m, o);
		break;
	case R_CLOSE:
		if (o->r.fd >= 0 && o->r.fd < FD_MAX)
			m->node[o->r.fd] = 0;
		break;
	case R_WRITE:
	case R_SYNC:
		on_file(m, o);
		break;
	case R_MKDIR:
		make_name(m, o->a, true, SIZE_MAX);
		break;
	case R_RENAME:
		move_name(m, o->a, o->b);
		break;
	case R_LINK:
		if ((node = node_at(m, o->a)) != SIZE_MAX)
			make_name(m, o->b, false, node);
		break;
	case R_RMDIR:
	case R_UNLINK:
		drop_name(m, o->a);
		break;
	case R_MODE:
		break;
	default:
		tap_stop("%s: a call that the model has no room for", o->a);
	}
}

struct disk
disk_of(const struct oplog *log)
{
	struct making *m = calloc(1, sizeof(*m));
	struct disk d = { .folder = calloc(NODES_MAX, sizeof(bool)) };

	if (m == NULL || d.folder == NULL)
		tap_stop("no memory");
	m->d = &d;
	(void)node_new(&d, true);
	for (m->op = 0; m->op < log->n; m->op++)
		take(m, &log->v[m->op]);
	free(m);
	return d;
}

void
disk_free(struct disk *d)
{
	free(d->v);
	free(d->folder);
	*d = (struct disk){ 0 };
}

/* --- folders out of changes */

struct choice {
	const bool *kept;	/* by change */
	size_t count;
	size_t torn;		/* a WRITE, or SIZE_MAX */
	size_t cut;		/* where it is torn */
	bool tail;		/* its end reached the disk, not its start */
};

struct built {
	struct names names;
	uint8_t *data[NODES_MAX];
	size_t len[NODES_MAX];
};

static void
put_data(struct built *b, const struct change *c, size_t from, size_t to,
    size_t end)
{
	if (b->len[c->node] < c->offset + end) {
		b->data[c->node] = realloc(b->data[c->node],
		    c->offset + end + 1);
		if (b->data[c->node] == NULL)
			tap_stop("no memory");
		memset(b->data[c->node] + b->len[c->node], 0,
		    c->offset + end - b->len[c->node]);
		b->len[c->node] = c->offset + end;
	}
	if (to > from)
		memcpy(b->data[c->node] + c->offset + from, c->data.p + from,
		    to - from);
}

static void
apply(struct built *b, const struct change *c, const struct choice *how,
    bool torn)
{
	switch (c->kind) {
	case ADD:
		name_set(&b->names, c->parent, c->name, c->node);
		break;
	case REMOVE:
		name_drop(&b->names, c->parent, c->name);
		break;
	case MOVE:
		name_drop(&b->names, c->parent, c->name);
		name_set(&b->names, c->parent2, c->name2, c->node);
		break;
	case WRITE:
		if (torn && how->tail)
			put_data(b, c, how->cut, c->data.n, c->data.n);
		else if (torn)
			put_data(b, c, 0, how->cut, how->cut);
		else
			put_data(b, c, 0, c->data.n, c->data.n);
		break;
	case SYNC:
		break;
	}
}

static void
list_folder(const struct disk *d, struct built *b, size_t node,
    const char *path, struct tree *t)
{
	char sub[1024];

	for (size_t i = 0; i < b->names.n; i++) {
		const struct name *n = &b->names.v[i];

		if (n->parent != node)
			continue;
		snprintf(sub, sizeof(sub), "%s%s%s", path,
		    path[0] == '\0' ? "" : "/", n->text);
		tree_add(t, sub, d->folder[n->node],
		    bytes_of(b->data[n->node], b->len[n->node]));
		if (d->folder[n->node])
			list_folder(d, b, n->node, sub, t);
	}
}

static bool
build(const struct disk *d, const char *top, const struct choice *how,
    struct tree *t)
{
	struct built *b = calloc(1, sizeof(*b));
	struct name *at;
	bool there;

	if (b == NULL)
		tap_stop("no memory");
	for (size_t i = 0; i < how->count; i++)
		if (how->kept[i] || i == how->torn)
			apply(b, &d->v[i], how, i == how->torn);
	*t = (struct tree){ 0 };
	there = (at = name_find(&b->names, 0, top, strlen(top))) != NULL;
	if (there)
		list_folder(d, b, at->node, "", t);
	tree_sort(t);
	for (size_t i = 0; i < d->nodes; i++)
		free(b->data[i]);
	free(b);
	return there;
}

static bool
synced_after(const struct disk *d, size_t i, size_t count, size_t node)
{
	for (size_t j = i + 1; j < count; j++)
		if (d->v[j].kind == SYNC && d->v[j].node == node)
			return true;
	return false;
}

static bool
is_synced(const struct disk *d, size_t i, size_t count)
{
	const struct change *c = &d->v[i];

	switch (c->kind) {
	case SYNC:
		return true;
	case WRITE:
		return synced_after(d, i, count, c->node);
	case MOVE:
		return synced_after(d, i, count, c->parent) &&
		    synced_after(d, i, count, c->parent2);
	default:
		return synced_after(d, i, count, c->parent);
	}
}

struct states {
	const struct disk *d;
	const char *top;
	state_fn *each;
	void *ctx;
	bool *kept;
	size_t *open, nopen;	/* what is not synced */
	struct choice how;
};

static void
emit(struct states *s)
{
	struct tree t;

	(void)build(s->d, s->top, &s->how, &t);
	s->each(s->ctx, &t, s->how.count);
	tree_free(&t);
}

static void
keep_all(struct states *s, bool yes)
{
	for (size_t i = 0; i < s->nopen; i++)
		s->kept[s->open[i]] = yes;
}

static void
combinations(struct states *s)
{
	if (s->nopen <= SUBSET_BITS) {
		for (size_t m = 0; m < (size_t)1 << s->nopen; m++) {
			for (size_t i = 0; i < s->nopen; i++)
				s->kept[s->open[i]] = (m >> i & 1) != 0;
			emit(s);
		}
		return;
	}
	for (int rest = 0; rest < 2; rest++) {
		keep_all(s, rest != 0);
		emit(s);
		for (size_t i = 0; i < s->nopen; i++) {
			s->kept[s->open[i]] = rest == 0;
			emit(s);
			s->kept[s->open[i]] = rest != 0;
		}
	}
}

static void
torn_writes(struct states *s)
{
	keep_all(s, true);
	for (size_t i = 0; i < s->nopen; i++) {
		const struct change *c = &s->d->v[s->open[i]];

		if (c->kind != WRITE)
			continue;
		s->kept[s->open[i]] = false;
		s->how.torn = s->open[i];
		for (s->how.cut = SECTOR; s->how.cut < c->data.n;
		    s->how.cut += SECTOR)
			for (int tail = 0; tail < 2; tail++) {
				s->how.tail = tail != 0;
				emit(s);
			}
		s->how.torn = SIZE_MAX;
		s->kept[s->open[i]] = true;
	}
}

void
disk_states(const struct disk *d, size_t count, const char *top,
    state_fn *each, void *ctx)
{
	struct states s = { .d = d, .top = top, .each = each, .ctx = ctx,
	    .kept = calloc(d->n + 1, sizeof(bool)),
	    .open = calloc(d->n + 1, sizeof(size_t)) };

	if (s.kept == NULL || s.open == NULL)
		tap_stop("no memory");
	s.how = (struct choice){ .kept = s.kept, .count = count,
	    .torn = SIZE_MAX };
	for (size_t i = 0; i < count; i++) {
		s.kept[i] = is_synced(d, i, count);
		if (!s.kept[i])
			s.open[s.nopen++] = i;
	}
	combinations(&s);
	torn_writes(&s);
	free(s.kept);
	free(s.open);
}

bool
disk_after(const struct disk *d, const char *top, bool synced,
    struct tree *t)
{
	struct choice how = { .count = d->n, .torn = SIZE_MAX };
	bool *kept = calloc(d->n + 1, sizeof(bool)), there;

	if (kept == NULL)
		tap_stop("no memory");
	for (size_t i = 0; i < d->n; i++)
		kept[i] = !synced || is_synced(d, i, d->n);
	how.kept = kept;
	there = build(d, top, &how, t);
	free(kept);
	return there;
}
