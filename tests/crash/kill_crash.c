/*
 * kill -9 at 1,000 random moments of the real program, and two at once.
 *
 * Each time `quorate genesis run` is started on an absent folder, killed
 * after a random part of the time that it takes, looked at, and run again.
 * CRASH_SEED repeats a run as far as the machine allows; CRASH_KILLS sets
 * the number.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/crash/state.h"
#include "tests/crash/tap.h"
#include "tests/crash/world.h"

#define WORKERS 2
#define KILLS 1000
#define TRIES 6			/* runs per kill, at most */
#define ROUNDS 30
#define SAMPLES 9
#define KEY_SHOWN "quorum key   ("

struct tally {
	size_t kills, before, after, late, failures;
	char why[WHY_MAX];
};

static uint64_t
number(const char *name, uint64_t none)
{
	const char *text = getenv(name);

	return text == NULL ? none : strtoull(text, NULL, 0);
}

/* splitmix64 */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
fail(struct tally *t, const char *what, const char *why)
{
	if (t->failures++ == 0)
		snprintf(t->why, WHY_MAX, "kill %zu: %s: %.200s", t->kills,
		    what, why);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* The median time of a whole run, in nanoseconds. */
static int64_t
duration(const struct world *w, const char *dir, const char *folder)
{
	struct run r = world_genesis(w, dir);
	int64_t t[SAMPLES];

	for (size_t i = 0; i < SAMPLES; i++) {
		remove_all(folder);
		t[i] = now_ns();
		if (run_status(&r) != 0)
			tap_stop("genesis run fails in %s", dir);
		t[i] = now_ns() - t[i];
	}
	qsort(t, SAMPLES, sizeof(t[0]), by_value);
	return t[SAMPLES / 2];
}

/* False if it had ended before the signal came. */
static bool
killed(const struct run *r, int64_t after)
{
	const struct timespec t = { after / 1000000000, after % 1000000000 };
	pid_t pid = run_start(r, false);
	int status;

	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			tap_stop("cannot wait");
	return WIFSIGNALED(status);
}

static bool
no_secret(const struct world *w, const struct tree *t,
    char why[static WHY_MAX])
{
	struct needles n = { 0 };
	bool good;

	secrets_of_commit(w, state_commit(t), &n);
	secrets_of_holders(w, &n);
	good = state_free_of(t, &n, "a secret", why);
	needles_free(&n);
	return good;
}

static void
look(const struct world *w, const char *dir, const char *folder,
    struct tally *t)
{
	struct run r = world_genesis(w, dir);
	struct tree before = tree_read(folder), after;
	char why[WHY_MAX] = "";
	bool was = state_commit(&before).n > 0;
	int status = run_status(&r);

	after = tree_read(folder);
	t->kills++;
	t->before += !was;
	t->after += was;
	if (status != 0)
		fail(t, "run again", "not exit status 0");
	else if (!state_resumed(&before, &after, why))
		fail(t, "run again", why);
	else if ((was && !no_secret(w, &before, why)) ||
	    !no_secret(w, &after, why))
		fail(t, "files", why);
	tree_free(&before);
	tree_free(&after);
}

/* in a child of its own */
static __attribute__((noinline)) void
work(struct world *w, size_t worker, size_t kills, uint64_t seed,
    struct tally *t)
{
	char dir[sizeof(w->dir) + 8], folder[sizeof(dir) + 4];
	uint64_t state = seed + worker;
	struct run r;
	int64_t whole;

	snprintf(dir, sizeof(dir), "%s/w%zu", w->dir, worker);
	snprintf(folder, sizeof(folder), "%s/g", dir);
	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	world_load(w);
	r = world_genesis(w, dir);
	whole = duration(w, dir, folder);
	for (size_t i = 0; t->kills < kills && i < TRIES * kills; i++) {
		remove_all(folder);
		/* what else the machine does comes and goes meanwhile */
		if (killed(&r, (int64_t)(next(&state) % (uint64_t)whole))) {
			look(w, dir, folder, t);
			whole += whole / 64;
		} else {
			t->late++;
			whole -= whole / 16;
		}
	}
	remove_all(dir);
}

static struct tally
in_parallel(struct world *w, size_t kills, uint64_t seed)
{
	struct tally *t = mmap(NULL, WORKERS * sizeof(*t),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally sum = { 0 };
	pid_t pid[WORKERS];

	if (t == MAP_FAILED)
		tap_stop("no shared memory");
	for (size_t i = 0; i < WORKERS; i++) {
		if ((pid[i] = fork()) < 0)
			tap_stop("cannot fork");
		if (pid[i] == 0) {
			work(w, i, kills / WORKERS, seed, &t[i]);
			_exit(0);
		}
	}
	for (size_t i = 0; i < WORKERS; i++) {
		if (run_wait(pid[i]) != 0)
			fail(&sum, "a worker", "stopped");
		sum.kills += t[i].kills;
		sum.before += t[i].before;
		sum.after += t[i].after;
		sum.late += t[i].late;
		if (t[i].failures > 0 && sum.failures == 0)
			memcpy(sum.why, t[i].why, WHY_MAX);
		sum.failures += t[i].failures;
	}
	munmap(t, WORKERS * sizeof(*t));
	return sum;
}

static void
prove_kills(struct world *w)
{
	uint64_t seed = number("CRASH_SEED", 20240229);
	size_t kills = number("CRASH_KILLS", KILLS);
	struct tally t;

	tap_note("CRASH_SEED=%llu", (unsigned long long)seed);
	t = in_parallel(w, kills, seed);
	tap_note("%zu killed: %zu before the commit, %zu after it; %zu more "
	    "had ended", t.kills, t.before, t.after, t.late);
	tap_ok(t.kills == kills, "kill -9 met the program at %zu random "
	    "moments", kills);
	tap_ok(t.before > 0 && t.after > 0, "moments before and after the "
	    "commit were among them");
	tap_ok(t.failures == 0, "run again after each, it finished: the "
	    "committed key to the byte, or a first one");
	if (t.failures > 0)
		tap_note("%zu times; first %s", t.failures, t.why);
}

/* --- two at once */

static bool
says(const char *dir, const char *file, struct bytes text)
{
	struct tree t = tree_read(dir);
	const struct entry *e = tree_find(&t, file);
	bool found = e != NULL && memmem(e->p, e->n, text.p, text.n) != NULL;

	tree_free(&t);
	return found;
}

/* Who says success has made, or finished, the one key that is there. */
static bool
race(const struct world *w, const char *dir, const char *folder,
    char why[static WHY_MAX])
{
	struct run a = world_genesis(w, dir), b = a;
	struct tree t;
	int sa, sb;
	pid_t pa, pb;
	bool good;

	remove_all(folder);
	b.out = "out2";
	b.err = "err2";
	pa = run_start(&a, false);
	pb = run_start(&b, false);
	sa = run_wait(pa);
	sb = run_wait(pb);
	snprintf(why, WHY_MAX, "exit status %d and %d", sa, sb);
	/* both may lose the race for a temporary name; a third run settles */
	if (sa != 0 && sb != 0 && (says(dir, "out", bytes_str(KEY_SHOWN))
	    || says(dir, "out2", bytes_str(KEY_SHOWN))))
		return false;
	t = tree_read(folder);
	if ((sa == 0 || sb == 0) && !state_possible(&t, why)) {
		tree_free(&t);
		return false;
	}
	good = run_status(&a) == 0;
	if (good) {
		struct tree end = tree_read(folder);

		good = state_resumed(&t, &end, why);
		tree_free(&end);
	}
	tree_free(&t);
	return good;
}

static void
prove_race(const struct world *w)
{
	char dir[sizeof(w->dir) + 8], folder[sizeof(dir) + 4];
	char why[WHY_MAX], first[WHY_MAX] = "";
	size_t failures = 0;

	snprintf(dir, sizeof(dir), "%s/two", w->dir);
	snprintf(folder, sizeof(folder), "%s/g", dir);
	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	for (size_t i = 0; i < ROUNDS; i++)
		if (!race(w, dir, folder, why) && failures++ == 0)
			memcpy(first, why, WHY_MAX);
	tap_ok(failures == 0, "two runs at once on one folder, %d times, "
	    "leave one key", ROUNDS);
	if (failures > 0)
		tap_note("%zu times; first: %s", failures, first);
}

int
main(void)
{
	static struct world w;

	world_begin(&w);
	prove_kills(&w);
	prove_race(&w);
	world_end(&w);
	return tap_done();
}
