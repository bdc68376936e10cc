/*
 * Reading files: memory grows with what is read, not with what is announced;
 * secrets go straight into guarded memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/file_parts.h"

#define READ_START 4096
#define SECRET_FILE_MAX (1 << 20)

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->p);
	b->p = NULL;
	b->n = 0;
}

/* What people call the input. */
static const char *
input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int
too_large(struct err *e, const char *path, size_t max)
{
	return err_set(e, ERR_INPUT,
	    "%s is larger than the %zu bytes allowed here",
	    input_name(path), max);
}

static int
input_open(const char *path, int *fd, struct err *e)
{
	struct stat st;

	*fd = strcmp(path, "-") == 0 ?
	    fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st) != 0) {
		err_set(e, ERR_INPUT, "cannot open %s: %s", input_name(path),
		    strerror(errno));
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		err_set(e, ERR_INPUT, "%s is a folder, not a file",
		    input_name(path));
		goto out;
	}
	return 0;
out:
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return ERR_INPUT;
}

/* Reads up to cap bytes; *n < cap only at the end of the file. */
int
file_read_up_to(int fd, uint8_t *p, size_t cap, size_t *n)
{
	*n = 0;
	while (*n < cap) {
		ssize_t got = read(fd, p + *n, cap - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_INPUT;
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	return 0;
}

/* The next buffer size: twice as much, at most one byte over max. */
static size_t
next_cap(size_t cap, size_t max)
{
	if (cap == 0)
		return max < READ_START ? max + 1 : READ_START;
	return cap > max / 2 ? max + 1 : 2 * cap;
}

int
file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	size_t cap = 0, got;
	struct buf b = { 0 };
	uint8_t *more;
	int r = ERR_INTERNAL, fd = -1;

	*out = b;
	if (max == SIZE_MAX)
		max--;
	if ((r = input_open(path, &fd, e)) != 0)
		return r;
	do {
		cap = next_cap(cap, max);
		if ((more = realloc(b.p, cap)) == NULL) {
			r = err_set(e, ERR_SYSTEM, "out of memory");
			goto out;
		}
		b.p = more;
		r = file_read_up_to(fd, b.p + b.n, cap - b.n, &got);
		if (r != 0) {
			err_set(e, r, "cannot read %s: %s", input_name(path),
			    strerror(errno));
			goto out;
		}
		b.n += got;
		if (b.n > max) {
			r = too_large(e, path, max);
			goto out;
		}
	} while (b.n == cap);
	if ((more = realloc(b.p, b.n == 0 ? 1 : b.n)) != NULL)
		b.p = more;
	*out = b;
	b = (struct buf){ 0 };
	r = 0;
out:
	buf_free(&b);
	close(fd);
	return r;
}

/* Moves the n bytes of *s into guarded memory of exactly cap bytes. */
static int
secret_resize(struct secret *s, size_t n, size_t cap, struct err *e)
{
	struct secret t = { 0 };
	int r = cap == 0 ? 0 : secret_new(&t, cap, e);

	if (r != 0)
		return r;
	if (n > 0)
		memcpy(t.b, s->b, n);
	secret_free(s);
	*s = t;
	return 0;
}

int
file_read_secret(const char *path, size_t max, struct secret *out,
    struct err *e)
{
	struct secret s = { 0 };
	size_t cap = 0, n = 0, got;
	int r = ERR_INTERNAL, fd = -1;

	*out = s;
	if (max > SECRET_FILE_MAX)
		return err_set(e, r, "secret file limit over 1 MiB");
	if ((r = input_open(path, &fd, e)) != 0)
		return r;
	do {
		cap = next_cap(cap, max);
		if ((r = secret_resize(&s, n, cap, e)) != 0)
			goto out;
		if ((r = file_read_up_to(fd, s.b + n, cap - n, &got)) != 0) {
			err_set(e, r, "cannot read %s: %s", input_name(path),
			    strerror(errno));
			goto out;
		}
		n += got;
		if (n > max) {
			r = too_large(e, path, max);
			goto out;
		}
	} while (n == cap);
	if ((r = secret_resize(&s, n, n, e)) != 0)
		goto out;
	*out = s;
	s = (struct secret){ 0 };
out:
	secret_free(&s);
	close(fd);
	return r;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}
