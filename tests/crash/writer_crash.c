/*
 * No file is opened for writing outside the one writer.
 *
 * The commands run under ptrace, so every system call is seen, also those
 * that libc or a library makes by itself.  What may change a file system is
 * only: mkdir; the writer's own temporary file (".NAME.tmp-XXXXXX", O_EXCL),
 * renamed or linked to NAME in its folder; removing such a file; fsync.
 * tests/lint/writers says the same of the source.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/crash/tap.h"
#include "tests/crash/trace.h"
#include "tests/crash/world.h"

#define PATH_TEXT 512

struct watch {
	size_t writes, moves, broken;
	char first[PATH_TEXT];
};

static void
broken(struct watch *w, const char *what, const char *path)
{
	if (w->broken++ == 0)
		snprintf(w->first, sizeof(w->first), "%s %.400s", what, path);
}

static void
see_open(struct watch *w, const struct traced *t, uint64_t addr,
    uint64_t flags)
{
	const uint64_t must = O_CREAT | O_EXCL;
	char path[PATH_TEXT];
	size_t n;

	if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)) == 0)
		return;
	trace_text(t, addr, path, sizeof(path));
	w->writes++;
	if (!is_temporary(last_part(path), &n) || (flags & must) != must)
		broken(w, "open", path);
}

/* From the temporary file of NAME to NAME, in one folder. */
static void
see_move(struct watch *w, const struct traced *t, uint64_t from, uint64_t to)
{
	char a[PATH_TEXT], b[PATH_TEXT];
	const char *la, *lb, *start = a;
	size_t n;

	trace_text(t, from, a, sizeof(a));
	trace_text(t, to, b, sizeof(b));
	if (strncmp(a, "./", 2) == 0 && strchr(b, '/') == NULL)
		start += 2;
	la = last_part(start);
	lb = last_part(b);
	w->moves++;
	if (!is_temporary(la, &n) || strlen(lb) != n ||
	    memcmp(la + 1, lb, n) != 0 || la - start != lb - b ||
	    memcmp(start, b, (size_t)(la - start)) != 0)
		broken(w, "rename", a);
}

static void
see_path(struct watch *w, const struct traced *t, const char *what,
    uint64_t addr)
{
	char path[PATH_TEXT];

	trace_text(t, addr, path, sizeof(path));
	broken(w, what, path);
}

/* A name that is removed is a temporary one. */
static void
see_remove(struct watch *w, const struct traced *t, uint64_t addr)
{
	char path[PATH_TEXT];
	size_t n;

	trace_text(t, addr, path, sizeof(path));
	if (!is_temporary(last_part(path), &n))
		broken(w, "remove", path);
}

static void
see(void *ctx, const struct traced *t, const struct call *c)
{
	struct watch *w = ctx;

	if (c->end)
		return;
	switch (c->nr) {
#ifdef SYS_open
	case SYS_open:
		see_open(w, t, c->arg[0], c->arg[1]);
		break;
	case SYS_creat:
	case SYS_mknod:
	case SYS_symlink:
		see_path(w, t, "create", c->arg[0]);
		break;
	case SYS_rename:
	case SYS_link:
		see_move(w, t, c->arg[0], c->arg[1]);
		break;
	case SYS_unlink:
		see_remove(w, t, c->arg[0]);
		break;
#endif
	case SYS_openat:
		see_open(w, t, c->arg[1], c->arg[2]);
		break;
	case SYS_renameat2:
	case SYS_linkat:
		see_move(w, t, c->arg[1], c->arg[3]);
		break;
	case SYS_unlinkat:
		see_remove(w, t, c->arg[1]);
		break;
	case SYS_openat2:
	case SYS_mknodat:
	case SYS_symlinkat:
		see_path(w, t, "create", c->arg[1]);
		break;
	case SYS_truncate:
		see_path(w, t, "truncate", c->arg[0]);
		break;
	case SYS_ftruncate:
	case SYS_pwrite64:
	case SYS_pwritev:
	case SYS_sendfile:
	case SYS_copy_file_range:
	case SYS_io_uring_setup:
	case SYS_memfd_create:
		broken(w, "a call of another kind", "");
		break;
	default:
		break;
	}
}

/* Runs under the eye; the command must end with that status. */
static struct watch
watch(const struct run *r, int want)
{
	struct watch w = { 0 };
	int status = trace_run(r, see, &w);

	if (status != want)
		tap_stop("%s %s: exit status %d", r->words[1], r->words[2],
		    status);
	return w;
}

static void
writes_only(const struct run *r, size_t files)
{
	struct watch w = watch(r, 0);

	tap_ok(w.broken == 0 && w.writes == files && w.moves == files,
	    "quorate %s %s writes through the one writer: %zu files",
	    r->words[1], r->words[2], files);
	if (w.broken > 0)
		tap_note("%zu times; first: %s", w.broken, w.first);
	if (w.writes != files)
		tap_note("%zu files", w.writes);
}

#define COMMAND(w, files, ...) do {					\
	struct run r_ = world_command(w, NULL);				\
	run_words(&r_, __VA_ARGS__, NULL);				\
	writes_only(&r_, files);					\
} while (0)

static void
prove_commands(const struct world *w)
{
	COMMAND(w, 2, "key", "generate", "-o", "eve.secret", "--pub",
	    "eve.pub");
	COMMAND(w, 1, "plan", "new", "--mode", "rehearsal", "--name", "w",
	    "--member", "ann.pub", "--member", "ben.pub", "--threshold", "2",
	    "-o", "w.cbor");
	COMMAND(w, 1, "key", "encrypt", "--to", "ann.pub", "w.cbor", "-o",
	    "sealed");
	COMMAND(w, 1, "key", "decrypt", "--key", "ann.secret", "sealed",
	    "-o", "opened");
	COMMAND(w, 1, "key", "sign", "--key", "ann.secret", "w.cbor", "-o",
	    "signature");
	COMMAND(w, 1, "key", "public", "ann.secret", "-o", "again.pub");
	COMMAND(w, 3, "shamir", "split", "-k", "2", "-n", "3", "-o", "split",
	    "w.cbor");
	COMMAND(w, 1, "shamir", "join", "split/1.share", "split/3.share",
	    "-o", "joined");
	COMMAND(w, 3, "share", "accept", "--genesis", "run/g", "--alias",
	    "rehearsal-ann", "--key", "ann.secret", "--fingerprint",
	    w->fingerprint, "-o", "ann");
	COMMAND(w, 0, "genesis", "drill", "--key", "ann.secret", "--key",
	    "cat.secret", "run/g");
	COMMAND(w, 0, "genesis", "show", "run/g/genesis_output");
	COMMAND(w, 0, "plan", "show", "plan.cbor");
}

static void
prove_manifest(const struct world *w)
{
	struct run r = world_manifest(w, "manifest.json");

	world_sources(w);
	writes_only(&r, 1);
	for (size_t i = 0; i < 2; i++) {
		r = world_approve(w, i, "manifest.json", "set");
		writes_only(&r, 1);
	}
	COMMAND(w, 1, "manifest", "assemble", "manifest.json",
	    "--approvals", "set", "-o", "envelope");
}

/* A stray of an interrupted write is there, and goes. */
static void
prove_genesis(const struct world *w)
{
	const char *dir = world_path(w, "run");
	struct tree stray = { 0 };
	struct run r;

	if (mkdir(dir, 0700) != 0)
		tap_stop("cannot make %s", dir);
	tree_add(&stray, ".genesis.commit.tmp-abcdef", false,
	    bytes_str("half"));
	tree_write(&stray, world_path(w, "run/g"));
	tree_free(&stray);
	r = world_genesis(w, dir);
	writes_only(&r, 15);
	writes_only(&r, 1);
}

static void
control(const struct world *w, const char *what, const char *program,
    const char *a, const char *b, const char *c)
{
	struct run r = world_command(w, NULL);
	struct watch seen;

	r.words[0] = program;
	run_words(&r, a, b, c, NULL);
	r.out = r.err = NULL;
	seen = watch(&r, 0);
	tap_ok(seen.broken > 0, "control: %s is seen", what);
}

int
main(void)
{
	static struct world w;

	world_begin(&w);
	prove_genesis(&w);
	prove_commands(&w);
	prove_manifest(&w);
	control(&w, "a file opened for writing by its own name", "/bin/sh",
	    "-c", "echo x >plain", NULL);
	control(&w, "a temporary file that is not new", "/bin/sh", "-c",
	    "echo x >.plain.tmp-abcdef", NULL);
	control(&w, "a rename of a file that is not a temporary one",
	    "/bin/mv", "plain", "moved", NULL);
	control(&w, "a rename to another name", "/bin/mv",
	    ".plain.tmp-abcdef", "other", NULL);
	control(&w, "a file that is removed", "/bin/rm", "moved", NULL, NULL);
	world_end(&w);
	return tap_done();
}
