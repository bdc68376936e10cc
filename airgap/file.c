/*
 * The one writer of files.
 *
 * A write is: open a temporary file with O_EXCL in the target's folder,
 * write all, set the final mode, fsync, close, rename, fsync of the folder.
 * The rename is the commit: before it the target is untouched, after it the
 * target is complete.  Where nothing may be replaced the rename itself
 * refuses (RENAME_NOREPLACE, or link and unlink where the file system has
 * only that), so a race cannot overwrite.  A read-back happens before the
 * rename, so bytes that a medium did not keep are never committed.
 *
 * A person's interrupt waits until a whole-file write has ended: it would
 * leave the temporary file behind, which may hold a secret.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "airgap/file_parts.h"

#define TMP_SUFFIX 6
#define TMP_TRIES 100
#define COMPARE_CHUNK 512

static const char tmp_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

static int
sys_error(struct err *e, const char *what, const char *path)
{
	const char *why = strerror(errno);

	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(e, ERR_SYSTEM,
		    "cannot %s %s: %s; make room and run this again", what,
		    path, why);
	return err_set(e, ERR_SYSTEM, "cannot %s %s: %s", what, path, why);
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "out of memory");
}

/* A target path in its parts; all heap, freed by target_free. */
struct target {
	char *dir;	/* "." where the path has no folder */
	char *name;
	char *tmp;	/* path of the temporary file, suffix last */
	int dir_fd;
};

static void
target_free(struct target *t)
{
	free(t->dir);
	free(t->name);
	free(t->tmp);
	if (t->dir_fd >= 0)
		close(t->dir_fd);
}

/* Splits path, trailing slashes dropped, into folder and last part. */
static int
target_split(struct target *t, const char *path, struct err *e)
{
	size_t n = strlen(path), cut;

	*t = (struct target){ .dir_fd = -1 };
	while (n > 1 && path[n - 1] == '/')
		n--;
	for (cut = n; cut > 0 && path[cut - 1] != '/'; cut--)
		continue;
	t->name = strndup(path + cut, n - cut);
	if (cut == 0)
		t->dir = strdup(".");
	else
		t->dir = strndup(path, cut == 1 ? 1 : cut - 1);
	return t->name == NULL || t->dir == NULL ? no_memory(e) : 0;
}

/* As target_split, and opens the folder: it is synced after the rename. */
static int
target_open(struct target *t, const char *path, struct err *e)
{
	int r = target_split(t, path, e);
	size_t n = strlen(path);

	if (r != 0)
		return r;
	if (n == 0 || path[n - 1] == '/' || strcmp(t->name, ".") == 0 ||
	    strcmp(t->name, "..") == 0)
		return err_set(e, ERR_SYSTEM,
		    "cannot write '%s': this is not the name of a file", path);
	t->dir_fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir_fd < 0)
		return sys_error(e, "open folder", t->dir);
	if (asprintf(&t->tmp, "%s/.%s.tmp-%.*s", t->dir, t->name, TMP_SUFFIX,
	    "XXXXXX") < 0) {
		t->tmp = NULL;
		return no_memory(e);
	}
	return 0;
}

static bool
is_stray(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return entry[0] == '.' && strncmp(entry + 1, name, n) == 0 &&
	    strncmp(entry + 1 + n, ".tmp-", 5) == 0 &&
	    strlen(entry + 1 + n + 5) == TMP_SUFFIX &&
	    strspn(entry + 1 + n + 5, tmp_letters) == TMP_SUFFIX;
}

/*
 * Removes what an interrupted write of the same name left.  A failure here
 * is no reason to fail the write: a stray file hinders nobody.
 */
static void
remove_strays(const struct target *t)
{
	DIR *d = opendir(t->dir);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL)
		if (is_stray(de->d_name, t->name) &&
		    fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			(void)unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
}

static int
tmp_create(struct target *t, int *fd, struct err *e)
{
	char *suffix = t->tmp + strlen(t->tmp) - TMP_SUFFIX;
	uint8_t rnd[TMP_SUFFIX];

	for (int i = 0; i < TMP_TRIES; i++) {
		random_bytes(rnd, sizeof(rnd));
		for (size_t j = 0; j < TMP_SUFFIX; j++)
			suffix[j] = tmp_letters[rnd[j] % 32];
		*fd = open(t->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
		    O_NOFOLLOW, FILE_MODE_SECRET);
		if (*fd >= 0 || errno != EEXIST)
			break;
	}
	return *fd >= 0 ? 0 : sys_error(e, "create", t->tmp);
}

static int
sync_fd(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r != 0 && errno == EINTR);
	return r;
}

/* FAT and some network file systems accept a mode and do not keep it. */
static int
set_mode(int fd, mode_t mode, const char *path, struct err *e)
{
	struct stat st;

	if (fchmod(fd, mode) != 0 || fstat(fd, &st) != 0)
		return sys_error(e, "set the mode of", path);
	if ((mode & 077) == 0 && (st.st_mode & 077) != 0)
		return err_set(e, ERR_SYSTEM, "the file system of %s cannot "
		    "keep a file private; choose another folder", path);
	return 0;
}

static int
exists_error(struct err *e, const char *path)
{
	return err_set(e, ERR_EXISTS,
	    "%s is there already and was not touched", path);
}

/* What may be replaced is a regular file: no folder, device or link. */
static int
check_target(const char *path, bool replace, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return 0;
	if (!replace)
		return exists_error(e, path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_EXISTS,
		    "%s is not a regular file and was not replaced", path);
	return 0;
}

/* A write in pieces; a whole file is one that has one piece. */
struct file_writer {
	struct target t;
	const char *path;	/* ours, for sentences */
	bool replace;
	int fd;			/* of the temporary file; -1 when closed */
	bool made;		/* the temporary file is there */
};

static int
writer_open(struct file_writer *w, mode_t mode, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = target_open(&w->t, w->path, e)) != 0 ||
	    (r = check_target(w->path, w->replace, e)) != 0)
		return r;
	remove_strays(&w->t);
	if ((r = tmp_create(&w->t, &w->fd, e)) != 0)
		return r;
	w->made = true;
	return set_mode(w->fd, mode, w->path, e);
}

/* All bytes are on the disk, and the file is closed. */
static int
writer_close(struct file_writer *w, struct err *e)
{
	int r = 0;

	if (sync_fd(w->fd) != 0)
		return sys_error(e, "write", w->path);
	/* so that a read-back asks the medium, where the kernel agrees */
	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (close(w->fd) != 0)
		r = sys_error(e, "close", w->path);
	w->fd = -1;
	return r;
}

/* Frees what it holds; a file that was not put in place goes. */
static void
writer_free(struct file_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	if (w->made)
		(void)unlink(w->t.tmp);
	target_free(&w->t);
}

/* The bytes may be secret: they pass through a wiped stack buffer only. */
static int
tmp_compare(const struct target *t, const char *path, struct bytes data,
    struct err *e)
{
	uint8_t chunk[COMPARE_CHUNK];
	size_t done = 0, n = 1;
	int r = 0, fd = open(t->tmp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return sys_error(e, "read back", path);
	while (r == 0 && n > 0) {
		if ((r = file_read_up_to(fd, chunk, sizeof(chunk), &n)) != 0) {
			r = sys_error(e, "read back", path);
		} else if (n > data.n - done || (n > 0 &&
		    !secret_equal(chunk, data.p + done, n))) {
			r = ERR_REFUSED;
		}
		done += n;
	}
	if (r == ERR_REFUSED || (r == 0 && done != data.n))
		r = err_set(e, ERR_SYSTEM, "%s reads back other bytes than "
		    "were written; use another disk", path);
	close(fd);
	wipe(chunk, sizeof(chunk));
	return r;
}

static int
rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	if (link(from, to) != 0)
		return -1;
	/* a leftover second name is a stray: the next write removes it */
	(void)unlink(from);
	return 0;
}

static int
writer_commit(struct file_writer *w, struct err *e)
{
	int r = w->replace ? rename(w->t.tmp, w->path) :
	    rename_new(w->t.tmp, w->path);

	if (r != 0)
		return errno == EEXIST && !w->replace ?
		    exists_error(e, w->path) :
		    sys_error(e, "put in place", w->path);
	w->made = false;
	/* EINVAL: this file system has no fsync of folders */
	if (sync_fd(w->t.dir_fd) != 0 && errno != EINVAL) {
		r = sys_error(e, "sync the folder of", w->path);
		if (!w->replace)
			(void)unlink(w->path);
		return r;
	}
	return 0;
}

static int
signals_hold(sigset_t *was, struct err *e)
{
	sigset_t hold;

	sigemptyset(&hold);
	sigaddset(&hold, SIGINT);
	sigaddset(&hold, SIGTERM);
	sigaddset(&hold, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &hold, was) != 0)
		return err_set(e, ERR_SYSTEM, "cannot hold signals back");
	return 0;
}

static int
write_file(const char *path, struct bytes data, mode_t mode, bool replace,
    bool check, struct err *e)
{
	struct file_writer w = { .t.dir_fd = -1, .path = path,
		.replace = replace, .fd = -1 };
	sigset_t was;
	int r = ERR_INTERNAL;

	if ((r = signals_hold(&was, e)) != 0)
		return r;
	if ((r = writer_open(&w, mode, e)) == 0 &&
	    (r = file_put(&w, data, e)) == 0 &&
	    (r = writer_close(&w, e)) == 0 &&
	    (!check || (r = tmp_compare(&w.t, path, data, e)) == 0))
		r = writer_commit(&w, e);
	writer_free(&w);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	return r;
}

int
file_write(const char *path, struct bytes data, mode_t mode, bool replace,
    struct err *e)
{
	return write_file(path, data, mode, replace, false, e);
}

int
file_write_checked(const char *path, struct bytes data, mode_t mode,
    bool replace, struct err *e)
{
	return write_file(path, data, mode, replace, true, e);
}

int
file_begin(const char *path, mode_t mode, bool replace,
    struct file_writer **out, struct err *e)
{
	struct file_writer *w = calloc(1, sizeof(*w));
	int r = ERR_INTERNAL;

	*out = NULL;
	if (w == NULL)
		return no_memory(e);
	*w = (struct file_writer){ .t.dir_fd = -1, .path = path,
		.replace = replace, .fd = -1 };
	if ((r = writer_open(w, mode, e)) != 0)
		file_abandon(w);
	else
		*out = w;
	return r;
}

int
file_put(struct file_writer *w, struct bytes data, struct err *e)
{
	return fd_write_all(w->fd, data.p, data.n) == 0 ? 0 :
	    sys_error(e, "write", w->path);
}

int
file_patch(struct file_writer *w, off_t at, struct bytes data, struct err *e)
{
	int r = ERR_INTERNAL;

	if (lseek(w->fd, at, SEEK_SET) != at)
		return sys_error(e, "write", w->path);
	if ((r = file_put(w, data, e)) == 0 && lseek(w->fd, 0, SEEK_END) < 0)
		r = sys_error(e, "write", w->path);
	return r;
}

int
file_commit(struct file_writer *w, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = writer_close(w, e)) == 0)
		r = writer_commit(w, e);
	file_abandon(w);
	return r;
}

void
file_abandon(struct file_writer *w)
{
	if (w == NULL)
		return;
	writer_free(w);
	free(w);
}

static bool
is_standard(const char *path)
{
	return path == NULL || strcmp(path, "-") == 0;
}

int
file_output_check(const char *path, bool replace, bool binary, struct err *e)
{
	if (!is_standard(path))
		return replace || !file_exists(path) ? 0 :
		    exists_error(e, path);
	return !binary || !isatty(STDOUT_FILENO) ? 0 : err_set(e, ERR_USAGE,
	    "the output is binary and standard output is a terminal; use -o "
	    "FILE");
}

int
file_output(const char *path, struct bytes data, mode_t mode, bool replace,
    bool binary, struct err *e)
{
	int r;

	if (!is_standard(path))
		return file_write(path, data, mode, replace, e);
	if ((r = file_output_check(path, replace, binary, e)) != 0)
		return r;
	if (fd_write_all(STDOUT_FILENO, data.p, data.n) != 0)
		return sys_error(e, "write", "standard output");
	return 0;
}

/* --- folders */

static int
set_folder_mode(const char *path, mode_t mode, struct err *e)
{
	int r = 0, fd = -1;

	/* an odd umask may have made it unreadable to its owner */
	if (chmod(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	if (fd < 0)
		return sys_error(e, "open folder", path);
	if ((r = set_mode(fd, mode, path, e)) == 0 && sync_fd(fd) != 0 &&
	    errno != EINVAL)
		r = sys_error(e, "sync folder", path);
	close(fd);
	return r;
}

static int
sync_parent(const char *path, struct err *e)
{
	struct target t = { .dir_fd = -1 };
	int r = target_split(&t, path, e);

	if (r != 0)
		goto out;
	t.dir_fd = open(t.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dir_fd < 0 || (sync_fd(t.dir_fd) != 0 && errno != EINVAL))
		r = sys_error(e, "sync folder", t.dir);
out:
	target_free(&t);
	return r;
}

/*
 * An interrupted run may have made the folder, or renamed a file into it,
 * and not have come to the sync; what is built on it must last.
 */
static int
sync_existing(const char *path, struct err *e)
{
	int r = 0, fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (sync_fd(fd) != 0 && errno != EINVAL))
		r = sys_error(e, "sync folder", path);
	if (fd >= 0)
		close(fd);
	return r != 0 ? r : sync_parent(path, e);
}

int
file_mkdir(const char *path, mode_t mode, struct err *e)
{
	struct stat st;
	int r = ERR_INTERNAL;

	if (mkdir(path, 0700) != 0) {
		int why = errno;

		if (why == EEXIST && stat(path, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			return sync_existing(path, e);
		if (why == EEXIST)
			return err_set(e, ERR_EXISTS, "%s is there already "
			    "and is no folder; take another name", path);
		errno = why;
		return sys_error(e, "make folder", path);
	}
	if ((r = set_folder_mode(path, mode, e)) != 0 ||
	    (r = sync_parent(path, e)) != 0)
		(void)rmdir(path);
	return r;
}
