/*
 * Reading of an image: by offset, never past what was asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/image/source.h"

int
source_open(const char *path, struct source *out, struct err *e)
{
	struct stat st;

	*out = (struct source){ .name = path,
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		O_NONBLOCK) };
	if (out->fd < 0 || fstat(out->fd, &st) != 0)
		return err_set(e, ERR_INPUT, "cannot open %s: %s", path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s is not a regular file",
		    path);
	out->size = (uint64_t)st.st_size;
	return 0;
}

struct source
source_memory(const char *name, struct bytes mem)
{
	return (struct source){ .name = name, .fd = -1, .mem = mem,
		.size = mem.n };
}

void
source_close(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static int
read_file(const struct source *s, uint64_t at, uint8_t *p, size_t n,
    struct err *e)
{
	ssize_t got;

	for (size_t done = 0; done < n; done += (size_t)got) {
		got = pread(s->fd, p + done, n - done, (off_t)(at + done));
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got < 0)
			return err_set(e, ERR_INPUT, "cannot read %s: %s",
			    s->name, strerror(errno));
		else if (got == 0)
			return err_set(e, ERR_INPUT, "%s became shorter "
			    "while it was read", s->name);
	}
	return 0;
}

int
source_read(const struct source *s, uint64_t at, void *p, size_t n,
    struct err *e)
{
	if (at > s->size || n > s->size - at)
		return err_set(e, ERR_INPUT, "%s ends at byte %ju, before "
		    "what is expected there", s->name, (uintmax_t)s->size);
	if (n == 0)
		return 0;
	if (s->fd >= 0)
		return read_file(s, at, p, n, e);
	memcpy(p, s->mem.p + at, n);
	return 0;
}

void
piece_begin(struct piece *p, const struct source *s, uint64_t at, uint64_t n)
{
	p->from = s;
	p->at = at;
	p->left = n;
}

int
piece_next(struct piece *p, struct bytes *out, struct err *e)
{
	size_t n = p->left < SOURCE_CHUNK ? (size_t)p->left : SOURCE_CHUNK;
	int r = source_read(p->from, p->at, p->bytes, n, e);

	if (r != 0)
		return r;
	*out = bytes_of(p->bytes, n);
	p->at += n;
	p->left -= n;
	return 0;
}
