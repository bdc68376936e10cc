/*
 * The one writer of files: what is at a path after every way a write can go.
 *
 * The calls of the writer are wrapped (-Wl,--wrap), so that each one can be
 * made to fail, to be interrupted, or to write short.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/file.h"
#include "tests/unit/file_calls.h"
#include "tests/unit/scratch.h"

/* --- injected faults */

enum call { CALL_NONE, CALL_WRITE, CALL_FSYNC, CALL_FCHMOD, CALL_RENAME,
    CALL_RENAMEAT2, CALL_LINK };

static struct {
	enum call call;
	int nth;	/* which call fails, from 1 */
	int times;	/* how many fail from there */
	int err;
} fault;
static bool short_writes;	/* one byte a call, every other EINTR */
static bool flip_writes;	/* the medium keeps other bytes */
static bool loose_modes;	/* as FAT: a mode is accepted and not kept */
static char race_path[64];	/* appears just before the rename */

static bool
hit(enum call call)
{
	if (fault.call != call || --fault.nth > 0 || fault.times-- <= 0)
		return false;
	errno = fault.err;
	return true;
}

static void
arm(enum call call, int nth, int times, int err)
{
	fault.call = call;
	fault.nth = nth;
	fault.times = times;
	fault.err = err;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	static int turn;
	uint8_t other;

	if (hit(CALL_WRITE))
		return -1;
	if (flip_writes && n > 0) {
		other = *(const uint8_t *)p ^ 1;
		return __real_write(fd, &other, 1);
	}
	if (!short_writes)
		return __real_write(fd, p, n);
	if (turn++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	return __real_write(fd, p, n > 0 ? 1 : 0);
}

int
__wrap_fsync(int fd)
{
	return hit(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	if (hit(CALL_FCHMOD))
		return -1;
	return __real_fchmod(fd, loose_modes ? 0755 : mode);
}

static void
race(void)
{
	int fd;

	if (race_path[0] == '\0')
		return;
	fd = open(race_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(__real_write(fd, "first", 5), 5);
	close(fd);
	race_path[0] = '\0';
}

int
__wrap_rename(const char *from, const char *to)
{
	return hit(CALL_RENAME) ? -1 : __real_rename(from, to);
}

int
__wrap_renameat2(int d, const char *from, int d2, const char *to,
    unsigned flags)
{
	if (hit(CALL_RENAMEAT2))
		return -1;
	race();
	return __real_renameat2(d, from, d2, to, flags);
}

int
__wrap_link(const char *from, const char *to)
{
	if (hit(CALL_LINK))
		return -1;
	race();
	return __real_link(from, to);
}

/* --- a scratch folder a test */

static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (scratch_make() != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/out", scratch);
	memset(&fault, 0, sizeof(fault));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	short_writes = flip_writes = loose_modes = false;
	race_path[0] = '\0';
	memset(&fault, 0, sizeof(fault));
	return scratch_remove();
}

static void
assert_file(const char *p, const char *text)
{
	struct buf b;

	assert_int_equal(file_read(p, 1 << 20, &b, NULL), 0);
	assert_int_equal(b.n, strlen(text));
	assert_memory_equal(b.p, text, b.n);
	buf_free(&b);
}

static mode_t
mode_of(const char *p)
{
	struct stat st;

	assert_int_equal(lstat(p, &st), 0);
	return st.st_mode & 07777;
}

static int
put(const char *text, bool replace, struct err *e)
{
	return file_write(path, bytes_str(text), FILE_MODE_PUBLIC, replace, e);
}

/* --- writing */

static void
a_written_file_reads_back_and_leaves_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(put("hello", false, NULL), 0);
	assert_file(path, "hello");
	assert_int_equal(put("other", true, NULL), 0);
	assert_file(path, "other");
	assert_int_equal(put("", true, NULL), 0);
	assert_file(path, "");
	assert_int_equal(scratch_count(), 1);
}

static void
the_mode_is_exact_under_every_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777, 0277 };
	static const mode_t modes[] = { 0600, 0644, 0400, 0444 };
	char sub[80];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", scratch);
	for (size_t i = 0; i < 5; i++) {
		mode_t old = umask(masks[i]);

		for (size_t j = 0; j < 4; j++) {
			assert_int_equal(file_write(path, bytes_str("x"),
			    modes[j], true, NULL), 0);
			assert_int_equal(mode_of(path), modes[j]);
		}
		assert_int_equal(file_mkdir(sub, 0750, NULL), 0);
		assert_int_equal(mode_of(sub), 0750);
		assert_int_equal(rmdir(sub), 0);
		umask(old);
	}
}

static void
a_file_is_never_overwritten_without_replace(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(put("old", false, NULL), 0);
	assert_int_equal(put("new", false, &e), ERR_EXISTS);
	assert_non_null(strstr(e.text, path));
	assert_file(path, "old");
	assert_int_equal(scratch_count(), 1);
}

static void
a_file_that_appears_in_a_race_is_not_overwritten(void **state)
{
	(void)state;
	memcpy(race_path, path, sizeof(path));
	assert_int_equal(put("second", false, NULL), ERR_EXISTS);
	assert_file(path, "first");
	assert_int_equal(scratch_count(), 1);

	/* the same where only link exists */
	assert_int_equal(unlink(path), 0);
	memcpy(race_path, path, sizeof(path));
	arm(CALL_RENAMEAT2, 1, 1, EINVAL);
	assert_int_equal(put("second", false, NULL), ERR_EXISTS);
	assert_file(path, "first");
	assert_int_equal(scratch_count(), 1);
}

static void
a_file_system_without_noreplace_gets_link_and_unlink(void **state)
{
	(void)state;
	arm(CALL_RENAMEAT2, 1, 1, ENOSYS);
	assert_int_equal(put("linked", false, NULL), 0);
	assert_file(path, "linked");
	assert_int_equal(scratch_count(), 1);
}

static void
a_symbolic_link_at_the_target_is_neither_followed_nor_replaced(void **state)
{
	char other[80];

	(void)state;
	snprintf(other, sizeof(other), "%s/other", scratch);
	assert_int_equal(file_write(other, bytes_str("theirs"), 0644, false,
	    NULL), 0);
	for (int dangling = 0; dangling < 2; dangling++) {
		if (dangling)
			assert_int_equal(unlink(other), 0);
		else
			assert_int_equal(symlink("other", path), 0);
		assert_int_equal(put("x", false, NULL), ERR_EXISTS);
		assert_int_equal(put("x", true, NULL), ERR_EXISTS);
		if (!dangling)
			assert_file(other, "theirs");
		assert_true(file_exists(path));
	}
	assert_int_equal(scratch_count(), 1);
}

static void
a_folder_or_device_at_the_target_is_not_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(put("x", true, NULL), ERR_EXISTS);
	assert_int_equal(put("x", false, NULL), ERR_EXISTS);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(put("x", true, NULL), ERR_EXISTS);
	assert_int_equal(scratch_count(), 1);
}

static void
what_is_not_a_file_name_is_refused(void **state)
{
	char p[400];

	(void)state;
	assert_int_equal(file_write("", bytes_str("x"), 0644, true, NULL),
	    ERR_SYSTEM);
	snprintf(p, sizeof(p), "%s/", scratch);
	assert_int_equal(file_write(p, bytes_str("x"), 0644, true, NULL),
	    ERR_SYSTEM);
	snprintf(p, sizeof(p), "%s/..", scratch);
	assert_int_equal(file_write(p, bytes_str("x"), 0644, true, NULL),
	    ERR_SYSTEM);
	snprintf(p, sizeof(p), "%s/none/file", scratch);
	assert_int_equal(file_write(p, bytes_str("x"), 0644, true, NULL),
	    ERR_SYSTEM);
	snprintf(p, sizeof(p), "%s/%0250d", scratch, 1);
	assert_int_equal(file_write(p, bytes_str("x"), 0644, true, NULL),
	    ERR_SYSTEM);
	assert_int_equal(scratch_count(), 0);
}

static void
interrupted_and_short_writes_are_continued(void **state)
{
	(void)state;
	short_writes = true;
	assert_int_equal(file_write_checked(path, bytes_str("byte by byte"),
	    0600, false, NULL), 0);
	short_writes = false;
	assert_file(path, "byte by byte");
	arm(CALL_FSYNC, 1, 3, EINTR);
	assert_int_equal(put("again", true, NULL), 0);
	assert_file(path, "again");
}

static void
a_failing_call_leaves_the_old_file_and_nothing_else(void **state)
{
	static const struct { enum call call; int err; } f[] = {
		{ CALL_WRITE, ENOSPC }, { CALL_WRITE, EIO },
		{ CALL_WRITE, EDQUOT }, { CALL_FSYNC, EIO },
		{ CALL_FSYNC, ENOSPC }, { CALL_FCHMOD, EPERM },
		{ CALL_RENAME, EIO }, { CALL_RENAME, ENOSPC },
	};
	struct err e;

	(void)state;
	assert_int_equal(put("old", false, NULL), 0);
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		arm(f[i].call, 1, 1, f[i].err);
		assert_int_equal(put("new", true, &e), ERR_SYSTEM);
		assert_non_null(strstr(e.text, strerror(f[i].err)));
		assert_file(path, "old");
		assert_int_equal(scratch_count(), 1);
	}
}

static void
a_failing_call_of_a_new_file_leaves_nothing(void **state)
{
	static const struct { enum call call; int nth; int err; } f[] = {
		{ CALL_WRITE, 1, ENOSPC }, { CALL_FSYNC, 1, EIO },
		{ CALL_FCHMOD, 1, EPERM }, { CALL_RENAMEAT2, 1, EIO },
		{ CALL_FSYNC, 2, EIO },	/* of the folder, after the rename */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		arm(f[i].call, f[i].nth, 1, f[i].err);
		assert_int_equal(put("new", false, NULL), ERR_SYSTEM);
		assert_int_equal(scratch_count(), 0);
	}
	arm(CALL_FSYNC, 2, 1, EINVAL);	/* no fsync of folders here */
	assert_int_equal(put("new", false, NULL), 0);
	assert_file(path, "new");
}

static void
a_full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
	static uint8_t big[128 * 1024];
	struct rlimit old, tight;
	bool full = mount("none", scratch, "tmpfs", 0, "size=64k") == 0;
	struct err e;
	int r;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(put("old", false, NULL), 0);
	if (!full) {	/* not root: a limit is as good a wall */
		signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
		tight = old;
		tight.rlim_cur = 64 * 1024;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	}
	r = file_write(path, bytes_of(big, sizeof(big)), 0600, true, &e);
	if (!full)
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r, ERR_SYSTEM);
	assert_non_null(strstr(e.text, full ? "make room" : "too large"));
	assert_file(path, "old");
	assert_int_equal(scratch_count(), 1);
	if (full)
		assert_int_equal(umount(scratch), 0);
}

static void
a_medium_that_keeps_other_bytes_commits_nothing(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(put("old", false, NULL), 0);
	flip_writes = true;
	assert_int_equal(file_write_checked(path, bytes_str("new"), 0600,
	    true, &e), ERR_SYSTEM);
	flip_writes = false;
	assert_non_null(strstr(e.text, "reads back other bytes"));
	assert_file(path, "old");
	assert_int_equal(scratch_count(), 1);
}

static void
a_secret_is_not_written_where_modes_are_not_kept(void **state)
{
	struct err e;

	(void)state;
	loose_modes = true;
	assert_int_equal(file_write(path, bytes_str("s"), FILE_MODE_SECRET,
	    false, &e), ERR_SYSTEM);
	assert_non_null(strstr(e.text, "private"));
	assert_int_equal(scratch_count(), 0);
	assert_int_equal(put("public", false, NULL), 0);
}

static void
strays_of_the_same_name_go_and_others_stay(void **state)
{
	static const char *const keep[] = { ".other.tmp-abcdef",
	    ".out.tmp-abcde", ".out.tmp-abcdefg", ".out.tmp-abc.ef",
	    ".out.tmp-a.tmp-abcdef" };
	char p[128];

	(void)state;
	scratch_touch(".out.tmp-abcdef");
	scratch_touch(".out.tmp-234567");
	for (size_t i = 0; i < 5; i++)
		scratch_touch(keep[i]);
	assert_int_equal(put("x", false, NULL), 0);
	assert_int_equal(scratch_count(), 6);
	for (size_t i = 0; i < 5; i++) {
		snprintf(p, sizeof(p), "%s/%s", scratch, keep[i]);
		assert_true(file_exists(p));
	}
}

static void
a_relative_path_is_written_in_the_working_folder(void **state)
{
	char *old = getcwd(NULL, 0);

	(void)state;
	assert_non_null(old);
	assert_int_equal(chdir(scratch), 0);
	assert_int_equal(file_write("out", bytes_str("x"), 0600, false, NULL),
	    0);
	assert_int_equal(file_mkdir("sub/", 0700, NULL), 0);
	assert_int_equal(chdir(old), 0);
	free(old);
	assert_file(path, "x");
	assert_int_equal(scratch_count(), 2);
}

static void
a_folder_that_is_there_is_fine_and_a_file_there_is_not(void **state)
{
	char sub[80];
	struct err e;

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", scratch);
	assert_int_equal(file_mkdir(sub, 0700, NULL), 0);
	assert_int_equal(file_mkdir(sub, 0755, NULL), 0);
	assert_int_equal(mode_of(sub), 0700);
	assert_int_equal(put("x", false, NULL), 0);
	assert_int_equal(file_mkdir(path, 0700, &e), ERR_EXISTS);
	assert_non_null(strstr(e.text, "is there already and is no folder"));
	assert_int_equal(rmdir(sub), 0);
	arm(CALL_FSYNC, 1, 1, EIO);
	assert_int_equal(file_mkdir(sub, 0700, NULL), ERR_SYSTEM);
	assert_false(file_exists(sub));
}

/* --- in pieces */

static struct file_writer *
begin(const char *first, bool replace)
{
	struct file_writer *w = NULL;

	assert_int_equal(file_begin(path, 0640, replace, &w, NULL), 0);
	assert_int_equal(file_put(w, bytes_str(first), NULL), 0);
	return w;
}
static void
pieces_and_a_patch_make_a_file_that_is_there_at_the_commit(void **state)
{
	struct file_writer *w = begin("ab--", false);

	(void)state;
	assert_int_equal(file_patch(w, 2, bytes_str("cd"), NULL), 0);
	assert_int_equal(file_put(w, bytes_str("ef"), NULL), 0);
	assert_false(file_exists(path));
	assert_int_equal(file_commit(w, NULL), 0);
	assert_file(path, "abcdef");
	assert_int_equal(mode_of(path), 0640);
	assert_int_equal(scratch_count(), 1);
}

static void
pieces_that_are_abandoned_leave_the_old_file_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(put("old", false, NULL), 0);
	file_abandon(begin("new", true));
	assert_file(path, "old");
	assert_int_equal(scratch_count(), 1);
}

static void
a_failing_call_between_pieces_leaves_the_old_file_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(put("old", false, NULL), 0);
	for (int i = 0; i < 3; i++) {
		struct file_writer *w = begin("new", true);

		arm((enum call[]){ CALL_WRITE, CALL_FSYNC, CALL_RENAME }[i], 1, 1, EIO);
		assert_int_equal(file_patch(w, 0, bytes_str("N"), NULL), i == 0 ? ERR_SYSTEM : 0);
		if (i != 0)
			assert_int_equal(file_commit(w, NULL), ERR_SYSTEM);
		else
			file_abandon(w);
		assert_file(path, "old");
		assert_int_equal(scratch_count(), 1);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_written_file_reads_back_and_leaves_nothing_else),
		T(the_mode_is_exact_under_every_umask),
		T(a_file_is_never_overwritten_without_replace),
		T(a_file_that_appears_in_a_race_is_not_overwritten),
		T(a_file_system_without_noreplace_gets_link_and_unlink),
		T(a_symbolic_link_at_the_target_is_neither_followed_nor_replaced),
		T(a_folder_or_device_at_the_target_is_not_replaced),
		T(what_is_not_a_file_name_is_refused),
		T(interrupted_and_short_writes_are_continued),
		T(a_failing_call_leaves_the_old_file_and_nothing_else),
		T(a_failing_call_of_a_new_file_leaves_nothing),
		T(a_full_disk_leaves_the_old_file_and_nothing_else),
		T(a_medium_that_keeps_other_bytes_commits_nothing),
		T(a_secret_is_not_written_where_modes_are_not_kept),
		T(strays_of_the_same_name_go_and_others_stay),
		T(a_relative_path_is_written_in_the_working_folder),
		T(a_folder_that_is_there_is_fine_and_a_file_there_is_not),
		T(pieces_and_a_patch_make_a_file_that_is_there_at_the_commit),
		T(pieces_that_are_abandoned_leave_the_old_file_and_nothing_else),
		T(a_failing_call_between_pieces_leaves_the_old_file_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
