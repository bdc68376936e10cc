/*
 * Reading of newc, strictly: what the kernel would skip over, and a person
 * would not see, is refused.
 */
#include "enclave/image/cpio.h"

#define MAGIC "070701"
#define FIELD_LEN 8

enum field {
	F_INODE, F_MODE, F_UID, F_GID, F_LINKS, F_MTIME, F_SIZE, F_DEV_MAJOR,
	F_DEV_MINOR, F_MAJOR, F_MINOR, F_NAME, F_CHECK, FIELDS
};

static int
bad(const struct cpio_walk *w, uint64_t at, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: byte %ju: the ramdisk's archive: "
	    "%s", w->from->name, (uintmax_t)at, what);
}

int
cpio_kind(const struct source *s, uint64_t at, uint64_t n,
    enum cpio_kind *out, struct err *e)
{
	/* gzip, bzip2, xz, lzma, lzo, lz4, zstd: as the kernel tells them */
	static const struct { size_t n; const char *magic; } packed[] = {
		{ 2, "\x1f\x8b" }, { 2, "\x1f\x9e" }, { 3, "BZh" },
		{ 6, "\xfd" "7zXZ" }, { 3, "\x5d\x00\x00" },
		{ 4, "\x89LZO" }, { 4, "\x02\x21\x4c\x18" },
		{ 4, "\x28\xb5\x2f\xfd" },
	};
	uint8_t head[sizeof(MAGIC) - 1] = { 0 };
	size_t len = n < sizeof(head) ? (size_t)n : sizeof(head);
	int r = source_read(s, at, head, len, e);

	if (r != 0)
		return r;
	*out = n == 0 ? CPIO_EMPTY : CPIO_OTHER;
	if (memcmp(head, MAGIC, sizeof(head)) == 0)
		*out = CPIO_NEWC;
	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		if (len >= packed[i].n &&
		    memcmp(head, packed[i].magic, packed[i].n) == 0)
			*out = CPIO_COMPRESSED;
	return 0;
}

void
cpio_begin(struct cpio_walk *w, const struct source *s, uint64_t at,
    uint64_t n)
{
	w->from = s;
	w->begin = w->at = at;
	w->end = at + n;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_fields(const struct cpio_walk *w, const uint8_t *h,
    uint32_t f[static FIELDS], struct err *e)
{
	if (memcmp(h, MAGIC, strlen(MAGIC)) != 0)
		return bad(w, w->at, "an entry does not begin with " MAGIC, e);
	h += strlen(MAGIC);
	for (size_t i = 0; i < FIELDS; i++)
		for (size_t k = f[i] = 0; k < FIELD_LEN; k++, h++) {
			int v = hex_value(*h);

			if (v < 0)
				return bad(w, w->at + strlen(MAGIC) +
				    FIELD_LEN * i + k, "not a hex digit", e);
			f[i] = f[i] << 4 | (uint32_t)v;
		}
	return 0;
}

/* Bytes up to the next multiple of 4 (from the archive's begin) are zero. */
static int
skip_padding(struct cpio_walk *w, struct err *e)
{
	uint64_t n = round_up(w->at - w->begin, CPIO_ALIGN) -
	    (w->at - w->begin);
	uint8_t pad[CPIO_ALIGN];
	int r = ERR_INTERNAL;

	if (n > w->end - w->at)
		return bad(w, w->end, "it ends in the padding of an entry", e);
	if ((r = source_read(w->from, w->at, pad, (size_t)n, e)) != 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (pad[i] != 0)
			return bad(w, w->at + i, "padding that is not zero",
			    e);
	w->at += n;
	return 0;
}

static int
read_name(struct cpio_walk *w, uint32_t size, struct err *e)
{
	int r = ERR_INTERNAL;

	if (size == 0 || size > sizeof(w->name))
		return bad(w, w->at, "a name of no length, or over 4096", e);
	if (size > w->end - w->at)
		return bad(w, w->end, "it ends in the name of an entry", e);
	if ((r = source_read(w->from, w->at, w->name, size, e)) != 0)
		return r;
	if (strnlen(w->name, size) != size - 1)
		return bad(w, w->at, "a name that does not end where it "
		    "should", e);
	w->at += size;
	return skip_padding(w, e);
}

/* Header, name and place of the content; the walk goes behind it. */
static int
read_entry(struct cpio_walk *w, struct cpio_found *out, struct err *e)
{
	uint8_t h[CPIO_HEADER_LEN];
	uint32_t f[FIELDS];
	int r = ERR_INTERNAL;

	if (w->end - w->at < sizeof(h))
		return bad(w, w->end, "it ends without the entry "
		    CPIO_TRAILER, e);
	if ((r = source_read(w->from, w->at, h, sizeof(h), e)) != 0 ||
	    (r = read_fields(w, h, f, e)) != 0)
		return r;
	w->at += sizeof(h);
	if ((r = read_name(w, f[F_NAME], e)) != 0)
		return r;
	*out = (struct cpio_found){ .head = { .path = w->name,
		.mode = f[F_MODE], .major = f[F_MAJOR], .minor = f[F_MINOR],
		.size = f[F_SIZE] }, .uid = f[F_UID], .gid = f[F_GID],
		.links = f[F_LINKS], .mtime = f[F_MTIME],
		.inode = f[F_INODE], .content = w->at };
	if (out->head.size > w->end - w->at)
		return bad(w, w->at, "the content of an entry goes past the "
		    "end", e);
	w->at += out->head.size;
	return skip_padding(w, e);
}

/* Behind a trailer: zeros, then the end or another archive. */
static int
skip_zeros(struct cpio_walk *w, struct err *e)
{
	uint8_t block[RAMDISK_ALIGN];
	int r = ERR_INTERNAL;

	while (w->at < w->end) {
		size_t n = w->end - w->at < sizeof(block) ?
		    (size_t)(w->end - w->at) : sizeof(block), i = 0;

		if ((r = source_read(w->from, w->at, block, n, e)) != 0)
			return r;
		while (i < n && block[i] == 0)
			i++;
		w->at += i;
		if (i == n)
			continue;
		if ((w->at - w->begin) % CPIO_ALIGN != 0 || block[i] != '0')
			return bad(w, w->at, "bytes that belong to no entry",
			    e);
		return 0;
	}
	return 0;
}

int
cpio_next(struct cpio_walk *w, struct cpio_found *out, bool *more,
    struct err *e)
{
	int r = ERR_INTERNAL;

	*more = false;
	for (;;) {
		if ((r = read_entry(w, out, e)) != 0)
			return r;
		if (strcmp(w->name, CPIO_TRAILER) != 0)
			break;
		if (out->head.size != 0)
			return bad(w, out->content, "a " CPIO_TRAILER " with "
			    "content", e);
		if ((r = skip_zeros(w, e)) != 0 || w->at == w->end)
			return r;
	}
	*more = true;
	return 0;
}
