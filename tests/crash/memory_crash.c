/*
 * Secrets in memory, looked for in every mapping at every step.
 *
 * A command runs once with random bytes that repeat, so that its secrets are
 * known (opened with everybody's keys), and once more under ptrace: at each
 * system call, and before and after each library call that a secret goes
 * through (memory_preload.c), all of its memory is searched (search.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "airgap/file.h"
#include "tests/crash/search.h"
#include "tests/crash/state.h"
#include "tests/crash/tap.h"
#include "tests/crash/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- the proofs */

static struct run
repeatable(struct run r)
{
	r.preload = "memory_preload";
	r.env[0] = "RANDOM_SEED=7";
	return r;
}

/* What the random generator gave, 16 bytes and more at a time. */
static void
add_random(const char *path, struct needles *n)
{
	struct buf b;
	char name[32];
	size_t at = 0, i = 0;

	if (file_read(path, 1 << 20, &b, NULL) != 0)
		tap_stop("no log of random bytes");
	while (at < b.n) {
		size_t len = b.p[at];

		snprintf(name, sizeof(name), "random bytes %zu", ++i);
		needles_add(n, name, b.p + at + 1, len);
		at += 1 + len;
	}
	buf_free(&b);
}

static void
report(const struct search *s, const char *what)
{
	tap_note("%s: %zu stops, %zu of them at library calls, %zu MiB; %u "
	    "secrets, %u pieces; pieces seen: %zu guarded, %zu on the "
	    "working stack", what, s->stops, s->marks, s->bytes >> 20,
	    s->n->secrets, s->n->n, s->guarded, s->working);
	tap_ok(s->guarded > 0 && s->marks > 0, "%s: the search sees the "
	    "secrets in guarded pages", what);
	tap_ok(s->loose == 0 && s->unlocked == 0, "%s: no piece of a secret "
	    "outside of locked memory at any step", what);
	tap_ok(s->after == 0, "%s: no piece of a secret anywhere after the "
	    "wipe", what);
	tap_ok(s->core_limit == 0 && s->swap == 0, "%s: no core file, "
	    "nothing swapped out", what);
	if (s->loose + s->unlocked + s->after > 0)
		tap_note("%zu loose, %zu on a stack that is not locked, %zu "
		    "after the wipe", s->loose, s->unlocked, s->after);
	for (size_t i = 0; i < s->texts; i++)
		tap_note("%s", s->text[i]);
}

static struct run
genesis_with_dice(const struct world *w, const char *dir)
{
	struct run r = repeatable(world_genesis(w, dir));

	run_words(&r, "--dice", NULL);
	r.in = "../dice";
	return r;
}

static const char dice[] =
    "3516425136425163425161532462351635241635241653142356412536412536";

/* The first, unwatched run: its files tell its secrets. */
static struct tree
genesis_first(const struct world *w, const char *dir, struct needles *n)
{
	struct run r = genesis_with_dice(w, dir);
	struct tree t;

	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	r.env[1] = "RANDOM_LOG=random";
	if (run_status(&r) != 0)
		tap_stop("genesis run fails in %s", dir);
	t = tree_read(world_path(w, "run/g"));
	secrets_of_commit(w, state_commit(&t), n);
	secrets_of_holders(w, n);
	add_random(world_path(w, "run/random"), n);
	needles_add(n, "dice", dice, sizeof(dice) - 1);
	return t;
}

static void
prove_genesis(const struct world *w, struct needles *n)
{
	char dir[sizeof(w->dir) + 8];
	struct tree files = { 0 }, first, again;
	static struct search s;
	struct run r;

	snprintf(dir, sizeof(dir), "%s/run", w->dir);
	tree_add(&files, "dice", false, bytes_of(dice, sizeof(dice) - 1));
	tree_write(&files, world_path(w, "dice.d"));
	tree_free(&files);
	if (rename(world_path(w, "dice.d/dice"), world_path(w, "dice")) != 0)
		tap_stop("no dice");
	first = genesis_first(w, dir, n);
	remove_all(world_path(w, "run/g"));
	r = genesis_with_dice(w, dir);
	search_begin(&s, n, "genesis.commit.tmp-");
	if (trace_run(&r, search_stop, &s) != 0)
		tap_stop("genesis run fails under ptrace");
	again = tree_read(world_path(w, "run/g"));
	tap_ok(bytes_equal(state_commit(&first), state_commit(&again)),
	    "genesis run: with the same random bytes the same genesis, so "
	    "the secrets looked for are its own");
	report(&s, "genesis run");
	search_end(&s);
	tree_free(&first);
	tree_free(&again);
}

/* A command that reads the genesis of prove_genesis. */
static void
prove_command(const struct needles *n, const char *what, struct run r)
{
	static struct search s;
	int status;

	r = repeatable(r);
	search_begin(&s, n, NULL);
	if ((status = trace_run(&r, search_stop, &s)) != 0)
		tap_stop("%s ends with %d", what, status);
	report(&s, what);
	search_end(&s);
}

static void
prove_accept(const struct world *w, const struct needles *n)
{
	struct run r = world_command(w, NULL);

	run_words(&r, "share", "accept", "--genesis", "run/g", "--alias",
	    "rehearsal-ann", "--key", "ann.secret", "--fingerprint",
	    w->fingerprint, "-o", "accepted", NULL);
	prove_command(n, "share accept", r);
}

static void
prove_drill(const struct world *w, const struct needles *n)
{
	struct run r = world_command(w, NULL);

	run_words(&r, "genesis", "drill", "--key", "ann.secret", "--key",
	    "cat.secret", "--key", "dr.secret", "run/g", NULL);
	prove_command(n, "genesis drill", r);
}

/* What is opened goes to a file as it is; memory must not show it. */
static void
prove_decrypt(const struct world *w, const struct needles *n)
{
	struct run r = world_command(w, NULL);

	run_words(&r, "key", "decrypt", "--key", "ben.secret",
	    "run/g/shares/rehearsal-ben.share", "-o", "opened", NULL);
	prove_command(n, "key decrypt", r);
}

/* --- closed to others of the same user */

#define NOBODY 65534

static void
become_nobody(void)
{
	if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(3);
}

/* Can another process of that user read the environment of pid? */
static bool
others_read(pid_t pid)
{
	char path[64];
	pid_t reader;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fflush(stdout);
	if ((reader = fork()) < 0)
		tap_stop("cannot fork");
	if (reader == 0) {
		become_nobody();
		_exit(open(path, O_RDONLY) >= 0 ? 0 : errno == EACCES ? 1 : 2);
	}
	switch (run_wait(reader)) {
	case 0:
		return true;
	case 1:
		return false;
	default:
		tap_stop("cannot ask for %s", path);
	}
}

/* Starts a program that waits for its input, as nobody; NULL ends words. */
static pid_t
start_waiting(int program, const char *const *words, int in)
{
	const char *env[] = { "LC_ALL=C", NULL };
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) < 0)
		tap_stop("cannot fork");
	if (pid > 0)
		return pid;
	become_nobody();
	if (dup2(in, STDIN_FILENO) < 0 ||
	    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO) < 0 ||
	    dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(3);
	fexecve(program, (char *const *)(uintptr_t)words,
	    (char *const *)(uintptr_t)env);
	_exit(3);
}

/* Until it sits in read(2): past its beginning.  Three looks agree. */
static void
wait_for_read(pid_t pid)
{
	const struct timespec t = { 0, 5000000 };
	char path[64], line[32], last[256] = "";
	int same = 0;
	struct buf b;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	snprintf(line, sizeof(line), "%ld 0x", (long)SYS_read);
	for (int i = 0; i < 12000 && same < 3; i++) {
		nanosleep(&t, NULL);
		if (file_read(path, sizeof(last), &b, NULL) != 0) {
			/* without privilege a closed process does not tell */
			if (i > 100)
				return;
			continue;
		}
		same = b.n > strlen(line) && memcmp(b.p, line,
		    strlen(line)) == 0 && memcmp(b.p, last, b.n) == 0 ?
		    same + 1 : 0;
		memcpy(last, b.p, b.n);
		buf_free(&b);
	}
	if (same < 3)
		tap_stop("process %d does not wait for input", (int)pid);
}

static bool
readable_while_waiting(const char *path, const char *const *words)
{
	int in[2], program = open(path, O_RDONLY | O_CLOEXEC);
	bool readable;
	pid_t pid;

	if (program < 0 || pipe2(in, O_CLOEXEC) != 0)
		tap_stop("cannot start %s", path);
	pid = start_waiting(program, words, in[0]);
	wait_for_read(pid);
	readable = others_read(pid);
	kill(pid, SIGKILL);
	(void)run_wait(pid);
	close(program);
	close(in[0]);
	close(in[1]);
	return readable;
}

static void
prove_closed(void)
{
	const char *const ours[] = { "quorate", "key", "sign", "--key", "-",
	    "/dev/null", NULL };
	const char *const cat[] = { "cat", NULL };

	tap_ok(!readable_while_waiting(program_path(), ours), "another "
	    "process of the same user cannot look into the program");
	tap_ok(readable_while_waiting("/bin/cat", cat), "control: it can "
	    "look into a program that does not close itself");
}

/* --- controls */

/* The first random bytes of key encrypt are an ephemeral scalar. */
static void
control(const struct world *w, const struct needles *n, const char *what)
{
	struct run r = world_command(w, NULL);
	char plant[32];
	static struct search s;

	snprintf(plant, sizeof(plant), "PLANT=%s", what);
	run_words(&r, "key", "encrypt", "--to", "ann.pub", "plan.cbor", "-o",
	    "c", NULL);
	r = repeatable(r);
	r.env[1] = plant;
	search_begin(&s, n, NULL);
	if (trace_run(&r, search_stop, &s) != 0)
		tap_stop("key encrypt fails");
	if (strcmp(what, "nothing") == 0)
		tap_ok(s.loose == 0 && s.working > 0, "control: without a "
		    "copy none is found");
	else
		tap_ok(s.loose > 0, "control: a copy (%s) in ordinary memory "
		    "is found", what);
	search_end(&s);
	(void)unlink(world_path(w, "c"));
}

static void
prove_controls(const struct world *w)
{
	static const char *const kinds[] = { "nothing", "heap", "static",
	    "stack", "hex", "HEX", "base64", "reversed", "half" };
	struct run r = repeatable(world_command(w, NULL));
	struct needles n = { 0 };

	run_words(&r, "key", "encrypt", "--to", "ann.pub", "plan.cbor", "-o",
	    "c", NULL);
	r.env[1] = "RANDOM_LOG=control";
	if (run_status(&r) != 0)
		tap_stop("key encrypt fails");
	add_random(world_path(w, "control"), &n);
	(void)unlink(world_path(w, "c"));
	for (size_t i = 0; i < COUNT(kinds); i++)
		control(w, &n, kinds[i]);
	needles_free(&n);
}

int
main(void)
{
	static struct needles n;
	static struct world w;

	world_begin(&w);
	prove_genesis(&w, &n);
	prove_accept(&w, &n);
	prove_drill(&w, &n);
	prove_decrypt(&w, &n);
	prove_closed();
	prove_controls(&w);
	needles_free(&n);
	world_end(&w);
	return tap_done();
}
