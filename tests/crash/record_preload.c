/*
 * The recorder, and the disk that is full: between the program and libc's
 * file calls.  Every call that changes a file is written to RECORD_LOG after
 * it was done; call number FAULT_AT fails instead (a write does half of its
 * work first).  It goes to the kernel itself, so libc is not used twice.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/crash/record.h"

#define FD_MAX 256

static char folder[FD_MAX][512];	/* path of an open folder */
static bool writes[FD_MAX];		/* opened for writing */
static long calls;

static void
put(struct record r, const char *a, const char *b, const void *data, size_t n)
{
	const char *path = getenv("RECORD_LOG");
	struct iovec v[4];
	int fd, saved = errno;

	if (path == NULL)
		return;
	r.a = a == NULL ? 0 : (uint32_t)strlen(a) + 1;
	r.b = b == NULL ? 0 : (uint32_t)strlen(b) + 1;
	r.data = (uint32_t)n;
	v[0] = (struct iovec){ &r, sizeof(r) };
	v[1] = (struct iovec){ (void *)(uintptr_t)a, r.a };
	v[2] = (struct iovec){ (void *)(uintptr_t)b, r.b };
	v[3] = (struct iovec){ (void *)(uintptr_t)data, n };
	fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || syscall(SYS_writev, fd, v, 4) < 0)
		abort();
	syscall(SYS_close, fd);
	errno = saved;
}

static long
number(const char *name, long none)
{
	const char *text = getenv(name);

	return text == NULL ? none : strtol(text, NULL, 10);
}

/* Is this call to fail?  errno is set then. */
static bool
fault(const char *name)
{
	long at = number("FAULT_AT", -1), now = calls++;

	if (at < 0 || (now != at &&
	    !(now > at && number("FAULT_STAYS", 0) != 0)))
		return false;
	put((struct record){ .kind = R_FAULT }, name, NULL, NULL, 0);
	errno = (int)number("FAULT_ERRNO", ENOSPC);
	return true;
}

static int
open_at(int dirfd, const char *path, int flags, mode_t mode)
{
	struct record r = { .kind = R_OPEN, .flags = (uint32_t)flags };
	bool change = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
	struct stat st;
	int fd;

	if (change && fault("open"))
		return -1;
	if ((flags & O_CREAT) != 0 && lstat(path, &st) != 0)
		r.flags |= R_CREATED;
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fd < 0 || fd >= FD_MAX)
		return fd;
	writes[fd] = change;
	r.fd = fd;
	put(r, path, NULL, NULL, 0);
	return fd;
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return open_at(AT_FDCWD, path, flags, mode);
}

int
openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return open_at(dirfd, path, flags, mode);
}

/* FORTIFY's names of both, for calls without a mode. */
int __open_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);

int
__open_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int
__openat_2(int dirfd, const char *path, int flags)
{
	return open_at(dirfd, path, flags, 0);
}

int
creat(const char *path, mode_t mode)
{
	return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

DIR *
opendir(const char *path)
{
	void *p = dlsym(RTLD_NEXT, "opendir");
	DIR *(*real)(const char *);
	DIR *d;

	memcpy(&real, &p, sizeof(real));
	d = real(path);
	if (d != NULL && dirfd(d) < FD_MAX)
		snprintf(folder[dirfd(d)], sizeof(folder[0]), "%s", path);
	return d;
}

int
close(int fd)
{
	bool was = fd >= 0 && fd < FD_MAX && writes[fd];
	int r;

	if (fd >= 0 && fd < FD_MAX)
		writes[fd] = false;
	if (was && fault("close")) {
		syscall(SYS_close, fd);
		return -1;
	}
	r = (int)syscall(SYS_close, fd);
	put((struct record){ .kind = R_CLOSE, .fd = fd }, NULL, NULL, NULL, 0);
	return r;
}

static ssize_t
written(int fd, const void *p, ssize_t n)
{
	if (n > 0)
		put((struct record){ .kind = R_WRITE, .fd = fd }, NULL, NULL,
		    p, (size_t)n);
	return n;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (fault("write")) {
		int why = errno;

		written(fd, p, syscall(SYS_write, fd, p, n / 2));
		errno = why;
		return -1;
	}
	return written(fd, p, syscall(SYS_write, fd, p, n));
}

/* Nothing of ours writes at an offset: the model has no room for it. */
ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	put((struct record){ .kind = R_TRUNCATE, .fd = fd }, "pwrite", NULL,
	    NULL, 0);
	return syscall(SYS_pwrite64, fd, p, n, offset);
}

int
ftruncate(int fd, off_t len)
{
	put((struct record){ .kind = R_TRUNCATE, .fd = fd }, "ftruncate",
	    NULL, NULL, 0);
	return (int)syscall(SYS_ftruncate, fd, len);
}

int
truncate(const char *path, off_t len)
{
	put((struct record){ .kind = R_TRUNCATE, .fd = -1 }, path, NULL,
	    NULL, 0);
	return (int)syscall(SYS_truncate, path, len);
}

/* A call on paths or a descriptor, done, then recorded. */
static int
done(struct record r, const char *a, const char *b, long result)
{
	if (result == 0)
		put(r, a, b, NULL, 0);
	return (int)result;
}

int
fsync(int fd)
{
	return fault("fsync") ? -1 : done((struct record){ .kind = R_SYNC,
	    .fd = fd }, NULL, NULL, syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	return fault("fdatasync") ? -1 : done((struct record){
	    .kind = R_SYNC, .fd = fd }, NULL, NULL,
	    syscall(SYS_fdatasync, fd));
}

int
fchmod(int fd, mode_t mode)
{
	return fault("fchmod") ? -1 : done((struct record){ .kind = R_MODE,
	    .fd = fd }, NULL, NULL, syscall(SYS_fchmod, fd, mode));
}

int
chmod(const char *path, mode_t mode)
{
	return fault("chmod") ? -1 : done((struct record){ .kind = R_MODE,
	    .fd = -1 }, path, NULL, syscall(SYS_fchmodat, AT_FDCWD, path,
	    mode));
}

int
mkdir(const char *path, mode_t mode)
{
	return fault("mkdir") ? -1 : done((struct record){ .kind = R_MKDIR },
	    path, NULL, syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int
rmdir(const char *path)
{
	return done((struct record){ .kind = R_RMDIR }, path, NULL,
	    syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

int
rename(const char *a, const char *b)
{
	return fault("rename") ? -1 : done((struct record){
	    .kind = R_RENAME }, a, b, syscall(SYS_renameat2, AT_FDCWD, a,
	    AT_FDCWD, b, 0));
}

int
renameat2(int da, const char *a, int db, const char *b, unsigned flags)
{
	if (number("NO_RENAMEAT2", 0) != 0) {
		errno = ENOSYS;
		return -1;
	}
	return fault("renameat2") ? -1 : done((struct record){
	    .kind = R_RENAME }, a, b, syscall(SYS_renameat2, da, a, db, b,
	    flags));
}

int
link(const char *a, const char *b)
{
	return fault("link") ? -1 : done((struct record){ .kind = R_LINK },
	    a, b, syscall(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0));
}

int
unlink(const char *path)
{
	return done((struct record){ .kind = R_UNLINK }, path, NULL,
	    syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int
unlinkat(int dirfd, const char *name, int flags)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dirfd >= 0 && dirfd < FD_MAX ?
	    folder[dirfd] : "?", name);
	return done((struct record){ .kind = (flags & AT_REMOVEDIR) != 0 ?
	    R_RMDIR : R_UNLINK }, path, NULL,
	    syscall(SYS_unlinkat, dirfd, name, flags));
}
