/*
 * A disk that is full or broken at any moment.
 *
 * Every call that a command makes to change a file is made to fail in turn:
 * once with ENOSPC, once with EIO, and with ENOSPC from there on.  The
 * command must end with status 5 and one line that says so, leave no half
 * file, and finish when it is run again with room.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/crash/oplog.h"
#include "tests/crash/state.h"
#include "tests/crash/tap.h"
#include "tests/crash/world.h"

#define SYSTEM_STATUS 5
#define CALLS_MAX 400
#define KEY_SHOWN "quorum key   ("

static const struct kind {
	const char *name, *number, *stays;
} kinds[] = {
	{ "one call fails for lack of room", "FAULT_ERRNO=28", NULL },
	{ "one call fails for an I/O error", "FAULT_ERRNO=5", NULL },
	{ "no room from a call on", "FAULT_ERRNO=28", "FAULT_STAYS=1" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

typedef bool said_fn(const char *dir);

struct tally {
	size_t faults, failures;
	char why[WHY_MAX];
};

static void
fail(struct tally *t, size_t at, const char *call, const char *why)
{
	if (t->failures++ == 0)
		snprintf(t->why, WHY_MAX, "call %zu, %.20s: %.200s", at, call,
		    why);
}

static struct tree
file_tree(const char *dir, const char *file)
{
	struct tree all = tree_read(dir), one = { 0 };
	const struct entry *e = tree_find(&all, file);

	if (e != NULL)
		tree_add(&one, file, false, bytes_of(e->p, e->n));
	tree_free(&all);
	return one;
}

/* Standard error is one line that begins as all of ours do. */
static bool
one_line(const char *dir)
{
	struct tree t = file_tree(dir, "err");
	const struct entry *e = tree_find(&t, "err");
	bool good = e != NULL && e->n > 20 &&
	    memcmp(e->p, "quorate: ", 9) == 0 &&
	    memchr(e->p, '\n', e->n) == e->p + e->n - 1;

	tree_free(&t);
	return good;
}

/* As one_line, for a command that asks first: its last line. */
static bool
last_line(const char *dir)
{
	struct tree t = file_tree(dir, "err");
	const struct entry *e = tree_find(&t, "err");
	const uint8_t *at;
	bool good = false;

	if (e != NULL && e->n > 20 && e->p[e->n - 1] == '\n') {
		at = memrchr(e->p, '\n', e->n - 1);
		at = at == NULL ? e->p : at + 1;
		good = memmem(at, (size_t)(e->p + e->n - at), "quorate: ",
		    9) != NULL;
	}
	tree_free(&t);
	return good;
}

static bool
says_key(const char *dir)
{
	struct tree t = file_tree(dir, "out");
	const struct entry *e = tree_find(&t, "out");
	bool found = e != NULL && memmem(e->p, e->n, KEY_SHOWN,
	    strlen(KEY_SHOWN)) != NULL;

	tree_free(&t);
	return found;
}

static bool
has_stray(const struct tree *t)
{
	size_t n;

	for (size_t i = 0; i < t->n; i++)
		if (is_temporary(last_part(t->v[i].path), &n))
			return true;
	return false;
}

/* Runs with call number at failing; the failed call's name, or "". */
static int
run_faulty(struct run r, const char *dir, const struct kind *k, size_t at,
    char call[static 32])
{
	char index[32], log[160];
	struct oplog ops;
	int status;

	snprintf(index, sizeof(index), "FAULT_AT=%zu", at);
	snprintf(log, sizeof(log), "%s/log", dir);
	(void)unlink(log);
	r.preload = "record_preload";
	r.env[0] = "RECORD_LOG=log";
	r.env[1] = index;
	r.env[2] = k->number;
	r.env[3] = k->stays;
	status = run_status(&r);
	ops = oplog_read(log, dir);
	call[0] = '\0';
	for (size_t i = ops.n; i-- > 0;)
		if (ops.v[i].r.kind == R_FAULT)
			snprintf(call, 32, "%s", ops.v[i].a);
	oplog_free(&ops);
	return status;
}

/* --- genesis run */

static bool
genesis_once(const struct world *w, const char *dir, const char *folder,
    int status, char why[static WHY_MAX])
{
	struct run r = world_genesis(w, dir);
	struct tree before = tree_read(folder), after;
	bool good;

	snprintf(why, WHY_MAX, "exit status %d", status);
	good = status == SYSTEM_STATUS;
	if (good && !one_line(dir)) {
		snprintf(why, WHY_MAX, "not one line on standard error");
		good = false;
	}
	if (good && has_stray(&before)) {
		snprintf(why, WHY_MAX, "a temporary file was left");
		good = false;
	}
	if (good && says_key(dir) && state_commit(&before).n == 0) {
		snprintf(why, WHY_MAX, "a key was shown that was not "
		    "committed");
		good = false;
	}
	if (good && (status = run_status(&r)) != 0) {
		snprintf(why, WHY_MAX, "run again: exit status %d", status);
		good = false;
	}
	after = tree_read(folder);
	good = good && state_resumed(&before, &after, why);
	tree_free(&before);
	tree_free(&after);
	return good;
}

static void
prove_genesis(const struct world *w, const struct kind *k)
{
	char dir[sizeof(w->dir) + 8], folder[sizeof(dir) + 8];
	char call[32], why[WHY_MAX];
	struct tally t = { 0 };

	snprintf(dir, sizeof(dir), "%s/g0", w->dir);
	snprintf(folder, sizeof(folder), "%s/g", dir);
	remove_all(dir);
	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	for (size_t at = 0; at < CALLS_MAX; at++) {
		int status;

		remove_all(folder);
		status = run_faulty(world_genesis(w, dir), dir, k, at, call);
		if (call[0] == '\0')
			break;
		t.faults++;
		if (!genesis_once(w, dir, folder, status, why))
			fail(&t, at, call, why);
	}
	tap_ok(t.failures == 0 && t.faults > 80, "genesis run, %s: status 5, "
	    "one line, and run again it finishes (%zu calls)", k->name,
	    t.faults);
	if (t.failures > 0)
		tap_note("%zu times; first %s", t.failures, t.why);
}

/* --- other commands, into a folder of their own */

/*
 * What a failed command left: files of a whole run, with their whole length.
 */
static bool
no_half(const struct tree *t, const struct tree *whole,
    char why[static WHY_MAX])
{
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->v[i];
		const struct entry *f = tree_find(whole, e->path);

		if (f != NULL && f->folder == e->folder && f->n == e->n)
			continue;
		snprintf(why, WHY_MAX, "%.100s, %zu bytes, was left",
		    e->path, e->n);
		return false;
	}
	return true;
}

static bool
command_once(const struct run *r, const char *folder, int status,
    const struct tree *whole, said_fn *said, char why[static WHY_MAX])
{
	struct tree left = tree_read(folder), end;
	bool good;

	snprintf(why, WHY_MAX, "exit status %d", status);
	good = status == SYSTEM_STATUS;
	if (good && !said(r->dir)) {
		snprintf(why, WHY_MAX, "not one line on standard error");
		good = false;
	}
	good = good && no_half(&left, whole, why);
	tree_free(&left);
	if (good && (status = run_status(r)) != 0) {
		snprintf(why, WHY_MAX, "run again: exit status %d", status);
		good = false;
	}
	end = tree_read(folder);
	good = good && no_half(&end, whole, why) && end.n == whole->n;
	tree_free(&end);
	return good;
}

/* The command writes below "o" in its folder, which is empty before. */
static void
prove_command(const struct run *r, const char *folder, const struct kind *k,
    said_fn *said)
{
	const struct tree empty = { 0 };
	char call[32], why[WHY_MAX];
	struct tally t = { 0 };
	struct tree whole;

	tree_write(&empty, folder);
	if (run_status(r) != 0)
		tap_stop("%s %s fails", r->words[1], r->words[2]);
	whole = tree_read(folder);
	for (size_t at = 0; at < CALLS_MAX; at++) {
		int status;

		tree_write(&empty, folder);
		status = run_faulty(*r, r->dir, k, at, call);
		if (call[0] == '\0')
			break;
		t.faults++;
		if (!command_once(r, folder, status, &whole, said,
		    why))
			fail(&t, at, call, why);
	}
	tree_free(&whole);
	tap_ok(t.failures == 0 && t.faults > 4, "%s %s, %s: status 5, one "
	    "line, no half file (%zu calls)", r->words[1], r->words[2],
	    k->name, t.faults);
	if (t.failures > 0)
		tap_note("%zu times; first %s", t.failures, t.why);
}

#define COMMAND(w, ...) do {						\
	struct run r_ = world_command(w, NULL);				\
	run_words(&r_, __VA_ARGS__, NULL);				\
	for (size_t k_ = 0; k_ < KINDS; k_++)				\
		prove_command(&r_, folder, &kinds[k_], one_line);	\
} while (0)

static __attribute__((noinline)) void
prove_files(const struct world *w, const char *folder)
{
	COMMAND(w, "plan", "new", "--mode", "rehearsal", "--name", "w",
	    "--member", "ann.pub", "--member", "ben.pub", "--threshold", "2",
	    "-o", "o/w.cbor");
	COMMAND(w, "key", "generate", "-o", "o/eve.secret", "--pub",
	    "o/eve.pub");
	COMMAND(w, "key", "encrypt", "--to", "ann.pub", "ben.pub", "-o",
	    "o/sealed");
}

static __attribute__((noinline)) void
prove_folders(const struct world *w, const char *folder)
{
	COMMAND(w, "shamir", "split", "-k", "2", "-n", "3", "-o", "o/d",
	    "ann.pub");
	COMMAND(w, "share", "accept", "--genesis", "g0/g", "--alias",
	    "rehearsal-ann", "--key", "ann.secret", "--fingerprint",
	    w->fingerprint, "-o", "o/ann");
}

static __attribute__((noinline)) void
prove_manifest(const struct world *w, const char *folder)
{
	struct run r = world_manifest(w, "o/manifest.json");

	world_sources(w);
	for (size_t k = 0; k < KINDS; k++)
		prove_command(&r, folder, &kinds[k], one_line);
	r = world_manifest(w, "manifest.json");
	if (run_status(&r) != 0)
		tap_stop("manifest new fails");
	r = world_approve(w, 0, "manifest.json", "o");
	for (size_t k = 0; k < KINDS; k++)
		prove_command(&r, folder, &kinds[k], last_line);
}

int
main(void)
{
	static struct world w;
	static char folder[80];

	world_begin(&w);
	snprintf(folder, sizeof(folder), "%s/o", w.dir);
	for (size_t k = 0; k < KINDS; k++)
		prove_genesis(&w, &kinds[k]);
	prove_files(&w, folder);
	prove_folders(&w, folder);
	prove_manifest(&w, folder);
	world_end(&w);
	return tap_done();
}
