/*
 * Power lost at any moment of a genesis.
 *
 * A whole `quorate genesis run` is recorded at the libc boundary.  For every
 * prefix of what it did, each folder that a disk may then show (oplog.h) is
 * built and the program is run on it again: never two keys, never a file
 * without its commit, the same bytes again, no secret in any file.  Then
 * power is lost a second time, after the program was killed and run again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/file.h"
#include "tests/crash/oplog.h"
#include "tests/crash/state.h"
#include "tests/crash/tap.h"
#include "tests/crash/world.h"

#define WORKERS 2
#define STATES_MAX 8192

/* One recorded genesis, and what is known of it. */
struct genesis {
	struct world *w;
	struct oplog log;
	struct disk disk;
	struct tree finished;
	struct needles secrets, marks;
	const char *option;		/* of the recorder, or NULL */
};

/* Shared by the workers. */
struct tally {
	size_t states, none, committed, twice, failures;
	char why[WHY_MAX];
};

static void
fail(struct tally *t, size_t count, const char *why)
{
	if (t->failures++ == 0)
		snprintf(t->why, WHY_MAX, "after %zu changes: %.250s", count,
		    why);
}

static struct run
recorded(const struct genesis *g, const char *dir)
{
	struct run r = world_genesis(g->w, dir);

	r.preload = "record_preload";
	r.env[0] = "RECORD_LOG=log";
	r.env[1] = g->option;
	return r;
}

static void
genesis_record(struct genesis *g)
{
	const char *dir = world_path(g->w, "first");
	char path[160];
	struct run r;

	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	r = recorded(g, dir);
	if (run_status(&r) != 0)
		tap_stop("the recorded genesis failed, see %s", dir);
	snprintf(path, sizeof(path), "%s/log", dir);
	g->log = oplog_read(path, dir);
	g->disk = disk_of(&g->log);
	snprintf(path, sizeof(path), "%s/g", dir);
	g->finished = tree_read(path);
	secrets_of_commit(g->w, state_commit(&g->finished), &g->secrets);
	secrets_of_holders(g->w, &g->secrets);
	marks_of_commit(state_commit(&g->finished), &g->marks);
}

static void
genesis_forget(struct genesis *g)
{
	oplog_free(&g->log);
	disk_free(&g->disk);
	tree_free(&g->finished);
	needles_free(&g->secrets);
	needles_free(&g->marks);
	remove_all(world_path(g->w, "first"));
}

/* --- all states, each folder once */

struct states {
	struct tree v[STATES_MAX];
	struct digest256 seen[STATES_MAX];
	size_t count[STATES_MAX];
	size_t n, all;
};

static struct tree
copy(const struct tree *t)
{
	struct tree c = { 0 };

	for (size_t i = 0; i < t->n; i++)
		tree_add(&c, t->v[i].path, t->v[i].folder,
		    bytes_of(t->v[i].p, t->v[i].n));
	return c;
}

static void
collect(void *ctx, const struct tree *t, size_t count)
{
	struct digest256 d = tree_digest(t);
	struct states *s = ctx;

	s->all++;
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(&s->seen[i], &d, sizeof(d)) == 0)
			return;
	if (s->n == STATES_MAX)
		tap_stop("more than %d folders", STATES_MAX);
	s->seen[s->n] = d;
	s->count[s->n] = count;
	s->v[s->n++] = copy(t);
}

static struct states *
states_of(const struct genesis *g)
{
	struct states *s = calloc(1, sizeof(*s));

	if (s == NULL)
		tap_stop("no memory");
	for (size_t i = 0; i <= g->disk.n; i++)
		disk_states(&g->disk, i, "g", collect, s);
	return s;
}

static void
states_free(struct states *s)
{
	for (size_t i = 0; i < s->n; i++)
		tree_free(&s->v[i]);
	free(s);
}

/* --- one state, run again */

/* Secrets of whatever key there is now, in none of the files. */
static bool
no_secret(const struct genesis *g, const struct tree *t,
    char why[static WHY_MAX])
{
	struct needles n = { 0 };
	bool good = state_free_of(t, &g->secrets, "a secret of the first "
	    "key", why);

	if (good && state_commit(t).n > 0 && !bytes_equal(state_commit(t),
	    state_commit(&g->finished))) {
		secrets_of_commit(g->w, state_commit(t), &n);
		good = state_free_of(t, &n, "a secret of the new key", why);
		needles_free(&n);
	}
	return good;
}

/*
 * The folder after the second run: the same key if it was committed, and
 * then no trace of another; else no trace of the first.
 */
static bool
judge(const struct genesis *g, const struct tree *before,
    const struct tree *after, char why[static WHY_MAX])
{
	bool was = state_commit(before).n > 0;

	if (!state_resumed(before, after, why) ||
	    !no_secret(g, before, why) || !no_secret(g, after, why))
		return false;
	if (was && !bytes_equal(state_commit(after),
	    state_commit(&g->finished))) {
		snprintf(why, WHY_MAX, "another commit than the first run's");
		return false;
	}
	return was || state_free_of(after, &g->marks, "a trace of the key "
	    "that was never committed", why);
}

static void
try_state(const struct genesis *g, const struct tree *before, size_t count,
    const char *dir, struct tally *t)
{
	struct run r = world_genesis(g->w, dir);
	char path[160], why[WHY_MAX];
	struct tree after;
	int status;

	snprintf(path, sizeof(path), "%s/g", dir);
	if (before->n > 0)
		tree_write(before, path);
	else
		remove_all(path);
	if (!state_possible(before, why)) {
		fail(t, count, why);
		return;
	}
	if ((status = run_status(&r)) != 0) {
		snprintf(why, sizeof(why), "run again: exit status %d",
		    status);
		fail(t, count, why);
		return;
	}
	after = tree_read(path);
	if (!judge(g, before, &after, why))
		fail(t, count, why);
	t->states++;
	t->none += state_commit(before).n == 0;
	t->committed += state_commit(before).n > 0;
	tree_free(&after);
}

static void
work(const struct genesis *g, const struct states *s, size_t worker,
    struct tally *t)
{
	char dir[sizeof(g->w->dir) + 8];

	snprintf(dir, sizeof(dir), "%s/w%zu", g->w->dir, worker);
	remove_all(dir);
	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	world_load(g->w);
	for (size_t i = worker; i < s->n; i += WORKERS)
		try_state(g, &s->v[i], s->count[i], dir, t);
	remove_all(dir);
}

static struct tally
in_parallel(const struct genesis *g, const struct states *s)
{
	struct tally *t = mmap(NULL, WORKERS * sizeof(*t),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally sum = { 0 };
	pid_t pid[WORKERS];

	if (t == MAP_FAILED)
		tap_stop("no shared memory");
	fflush(stdout);
	for (size_t i = 0; i < WORKERS; i++) {
		if ((pid[i] = fork()) < 0)
			tap_stop("cannot fork");
		if (pid[i] == 0) {
			work(g, s, i, &t[i]);
			_exit(0);
		}
	}
	for (size_t i = 0; i < WORKERS; i++) {
		if (run_wait(pid[i]) != 0)
			fail(&sum, 0, "a worker stopped");
		sum.states += t[i].states;
		sum.none += t[i].none;
		sum.committed += t[i].committed;
		if (t[i].failures > 0 && sum.failures == 0)
			memcpy(sum.why, t[i].why, WHY_MAX);
		sum.failures += t[i].failures;
	}
	munmap(t, WORKERS * sizeof(*t));
	return sum;
}

/* --- killed, run again, and then power is lost */

/* The first op operations, and then all of more. */
static struct disk
disk_of_both(const struct genesis *g, size_t op, const struct oplog *more)
{
	struct oplog both = { .n = op + more->n,
	    .v = calloc(op + more->n + 1, sizeof(*both.v)) };
	struct disk d;

	if (both.v == NULL)
		tap_stop("no memory");
	memcpy(both.v, g->log.v, op * sizeof(*both.v));
	memcpy(both.v + op, more->v, more->n * sizeof(*both.v));
	d = disk_of(&both);
	free(both.v);
	return d;
}

/* The disk as it was after op operations, none of them lost. */
static void
restore(const struct genesis *g, size_t op, const char *path)
{
	const struct oplog none = { 0 };
	struct disk d = disk_of_both(g, op, &none);
	struct tree t;

	remove_all(path);
	if (disk_after(&d, "g", false, &t))
		tree_write(&t, path);
	tree_free(&t);
	disk_free(&d);
}

/* Killed after op operations; the second run says 0; power is lost. */
static bool
second_loss(const struct genesis *g, size_t op, const char *dir,
    char why[static WHY_MAX])
{
	struct run r = recorded(g, dir);
	struct oplog more;
	struct disk d;
	struct tree t;
	char path[160];
	bool good;

	snprintf(path, sizeof(path), "%s/g", dir);
	restore(g, op, path);
	snprintf(path, sizeof(path), "%s/log", dir);
	(void)unlink(path);
	if (run_status(&r) != 0) {
		snprintf(why, WHY_MAX, "the second run failed");
		return false;
	}
	more = oplog_read(path, dir);
	d = disk_of_both(g, op, &more);
	(void)disk_after(&d, "g", true, &t);
	good = state_finished(&t, why);
	tree_free(&t);
	disk_free(&d);
	oplog_free(&more);
	return good;
}

static void
prove_second_loss(const struct genesis *g)
{
	char dir[sizeof(g->w->dir) + 8], why[WHY_MAX];
	struct tally t = { 0 };

	snprintf(dir, sizeof(dir), "%s/again", g->w->dir);
	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	for (size_t op = 0; op <= g->log.n; op++)
		if (!second_loss(g, op, dir, why))
			fail(&t, op, why);
	remove_all(dir);
	tap_ok(t.failures == 0, "killed after any of %zu operations and run "
	    "again, what was reported done outlives a loss of power",
	    g->log.n);
	if (t.failures > 0)
		tap_note("%zu times; first %s", t.failures, t.why);
}

static void
prove_states(const struct genesis *g, const char *how)
{
	struct states *s = states_of(g);
	struct tally t = in_parallel(g, s);

	tap_note("%zu operations, %zu changes, %zu folders built, %zu of "
	    "them different: %zu before the commit, %zu after", g->log.n,
	    g->disk.n, s->all, s->n, t.none, t.committed);
	tap_ok(t.failures == 0 && t.states == s->n && t.none > 0 &&
	    t.committed > 0, "%s: power lost at any moment leaves nothing "
	    "begun, or the same key and the same bytes", how);
	if (t.failures > 0)
		tap_note("%zu times; first %s", t.failures, t.why);
	states_free(s);
}

/* --- controls: a log that breaks a rule must be seen to */

struct control {
	const struct genesis *g;
	size_t broken;
};

static void
count_broken(void *ctx, const struct tree *t, size_t count)
{
	struct control *c = ctx;
	char why[WHY_MAX];

	(void)count;
	c->broken += !state_possible(t, why) ||
	    !state_free_of(t, &c->g->secrets, "secret", why);
}

static size_t
broken_states(const struct genesis *g, const struct oplog *log)
{
	struct control c = { .g = g };
	struct disk d = disk_of(log);

	for (size_t i = 0; i <= d.n; i++)
		disk_states(&d, i, "g", count_broken, &c);
	disk_free(&d);
	return c.broken;
}

static size_t
commit_rename(const struct oplog *log)
{
	for (size_t i = 0; i < log->n; i++)
		if ((log->v[i].r.kind == R_RENAME ||
		    log->v[i].r.kind == R_LINK) &&
		    strcmp(log->v[i].b, "g/genesis.commit") == 0)
			return i;
	tap_stop("the commit is not in the log");
}

static struct oplog
log_copy(const struct oplog *log)
{
	struct oplog c = { .n = log->n, .v = calloc(log->n, sizeof(*c.v)) };

	if (c.v == NULL)
		tap_stop("no memory");
	memcpy(c.v, log->v, log->n * sizeof(*c.v));
	return c;
}

static void
control_order(const struct genesis *g)
{
	struct oplog c = log_copy(&g->log);
	size_t at = commit_rename(&c);
	struct op commit = c.v[at];

	memmove(&c.v[at], &c.v[at + 1], (c.n - at - 1) * sizeof(*c.v));
	c.v[c.n - 1] = commit;
	tap_ok(broken_states(g, &c) > 0, "control: a commit that comes after "
	    "the shares is seen");
	free(c.v);
}

/* The last sync before the commit is that of its bytes. */
static void
control_unsynced(const struct genesis *g)
{
	struct oplog c = log_copy(&g->log);
	size_t at = commit_rename(&c);

	while (c.v[at].r.kind != R_SYNC)
		at--;
	c.v[at].r.kind = R_MODE;
	tap_ok(broken_states(g, &c) > 0, "control: a commit whose bytes are "
	    "not synced before its rename is seen");
	free(c.v);
}

static void
control_folder(const struct genesis *g)
{
	struct oplog c = log_copy(&g->log);
	bool folder[256] = { false };

	for (size_t i = 0; i < c.n; i++) {
		struct record *r = &c.v[i].r;

		if (r->kind == R_OPEN)
			folder[r->fd & 255] = (r->flags & O_DIRECTORY) != 0;
		else if (r->kind == R_SYNC && folder[r->fd & 255])
			r->kind = R_MODE;
	}
	tap_ok(broken_states(g, &c) > 0, "control: renames whose folder is "
	    "not synced are seen");
	free(c.v);
}

static void
hex_of(const struct piece *p, char out[static 2 * PIECE_LEN + 1])
{
	for (size_t i = 0; i < PIECE_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", p->b[i]);
}

/* Half of the first secret, as hex text, in the journal. */
static void
control_plaintext(const struct genesis *g)
{
	struct oplog c = log_copy(&g->log);
	char text[26 + 2 * PIECE_LEN + 2] = "2000-01-01 00:00:00 UTC  ";
	size_t i = 0;

	while (c.v[i].r.kind != R_WRITE)
		i++;
	hex_of(&g->secrets.v[0], text + 25);
	text[25 + 2 * PIECE_LEN] = '\n';
	c.v[i].data = bytes_str(text);
	tap_ok(broken_states(g, &c) > 0, "control: half a share in hex in "
	    "the journal is seen");
	free(c.v);
}

static void
prove_writes(const struct genesis *g)
{
	size_t bytes = 0, hits = 0, writes = 0;

	for (size_t i = 0; i < g->log.n; i++) {
		const struct op *o = &g->log.v[i];

		hits += needles_find(&g->secrets, o->data.p, o->data.n, NULL,
		    NULL);
		hits += needles_find(&g->secrets, o->a, strlen(o->a), NULL,
		    NULL);
		bytes += o->data.n;
		writes += o->r.kind == R_WRITE;
	}
	tap_note("%zu writes, %zu bytes, %u secrets in %u pieces", writes,
	    bytes, g->secrets.secrets, g->secrets.n);
	tap_ok(hits == 0 && writes > 10, "no plaintext secret is in any byte "
	    "that was ever written");
}

int
main(void)
{
	static struct world w;
	static struct genesis g = { .w = &w };

	world_begin(&w);
	genesis_record(&g);
	prove_writes(&g);
	prove_states(&g, "renameat2");
	prove_second_loss(&g);
	control_order(&g);
	control_unsynced(&g);
	control_folder(&g);
	control_plaintext(&g);
	genesis_forget(&g);
	g = (struct genesis){ .w = &w, .option = "NO_RENAMEAT2=1" };
	genesis_record(&g);
	prove_states(&g, "link and unlink, where renames cannot refuse");
	genesis_forget(&g);
	world_end(&w);
	return tap_done();
}
