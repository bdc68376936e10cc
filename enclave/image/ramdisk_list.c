/*
 * The list of a ramdisk: lines, words between spaces or tabs, # begins a
 * comment at the start of a line.
 *
 *	dir  PATH MODE
 *	file PATH MODE SOURCE		SOURCE below the folder of sources
 *	link PATH TARGET
 *	char PATH MODE MAJOR MINOR
 *
 * PATH has no "/" in front; MODE is octal.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "airgap/file.h"
#include "enclave/image/ramdisk.h"

#define LIST_MAX (1u << 20)
#define WORDS_MAX 6
#define MODE_MAX 07777
#define DEVICE_MAX 0xfffff

struct line {
	const struct ramdisk *of;
	size_t number;
	struct bytes word[WORDS_MAX];
	size_t words;
};

static int PRINTF_LIKE(3, 4)
bad(const struct line *l, struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "%s: line %zu: %s", l->of->name,
	    l->number, what);
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static int
split(struct line *l, struct bytes text, struct err *e)
{
	size_t i = 0, begin;

	for (l->words = 0;; l->words++) {
		while (i < text.n && blank(text.p[i]))
			i++;
		if (i == text.n)
			return 0;
		if (l->words == WORDS_MAX)
			return bad(l, e, "over %d words", WORDS_MAX);
		for (begin = i; i < text.n && !blank(text.p[i]); i++)
			if (text.p[i] < ' ' || text.p[i] == 0x7f)
				return bad(l, e, "a control character");
		l->word[l->words] = bytes_of(text.p + begin, i - begin);
	}
}

static int
number(const struct line *l, size_t i, unsigned base, uint32_t max,
    uint32_t *out, struct err *e)
{
	struct bytes w = l->word[i];
	uint64_t v = 0;

	for (size_t k = 0; k < w.n; k++) {
		if (w.p[k] < '0' || w.p[k] >= '0' + base)
			return bad(l, e, "word %zu is no number in base %u",
			    i + 1, base);
		v = v * base + (uint64_t)(w.p[k] - '0');
		if (v > max)
			return bad(l, e, "word %zu is too large", i + 1);
	}
	*out = (uint32_t)v;
	return 0;
}

/* A path of plain parts: none empty, "." or "..". */
static bool
path_plain(struct bytes p)
{
	size_t begin = 0;

	for (size_t i = 0; i <= p.n; i++) {
		size_t n = i - begin;

		if (i < p.n && p.p[i] != '/')
			continue;
		if (n == 0 || (n == 1 && p.p[begin] == '.') || (n == 2 &&
		    p.p[begin] == '.' && p.p[begin + 1] == '.'))
			return false;
		begin = i + 1;
	}
	return true;
}

static char *
text_of(struct bytes b)
{
	return strndup((const char *)b.p, b.n);
}

/* A source is below the folder, unless it says from the root. */
static char *
source_of(const char *below, struct bytes name)
{
	char *s = NULL;

	if (name.p[0] == '/')
		return text_of(name);
	if (asprintf(&s, "%s/%.*s", below, (int)name.n,
	    (const char *)name.p) < 0)
		return NULL;
	return s;
}

static const struct kind {
	const char *name;
	size_t words;
	uint32_t type;
	const char *form;
} kinds[] = {
	{ "dir", 3, S_IFDIR, "dir PATH MODE" },
	{ "file", 4, S_IFREG, "file PATH MODE SOURCE" },
	{ "link", 3, S_IFLNK, "link PATH TARGET" },
	{ "char", 5, S_IFCHR, "char PATH MODE MAJOR MINOR" },
};

static const struct kind *
kind_of(struct bytes word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (bytes_equal(word, bytes_str(kinds[i].name)))
			return &kinds[i];
	return NULL;
}

static int
take(struct ramdisk *d, const struct line *l, const char *below,
    struct err *e)
{
	const struct kind *k = kind_of(l->word[0]);
	struct cpio_entry head = { 0 };
	char *from;
	int r = 0;

	if (k == NULL)
		return bad(l, e, "it begins with none of dir, file, link, "
		    "char");
	if (l->words != k->words)
		return bad(l, e, "not %s", k->form);
	if (!path_plain(l->word[1]))
		return bad(l, e, "the path is not like dev/console: no / in "
		    "front, no empty part, . or ..");
	head.mode = 0777;
	if (k->type != S_IFLNK &&
	    (r = number(l, 2, 8, MODE_MAX, &head.mode, e)) != 0)
		return r;
	head.mode |= k->type;
	if (k->type == S_IFCHR &&
	    ((r = number(l, 3, 10, DEVICE_MAX, &head.major, e)) != 0 ||
	    (r = number(l, 4, 10, DEVICE_MAX, &head.minor, e)) != 0))
		return r;
	if (k->type == S_IFLNK)
		head.size = l->word[2].n;
	from = k->type == S_IFREG ? source_of(below, l->word[3]) :
	    k->type == S_IFLNK ? text_of(l->word[2]) : strdup("");
	return ramdisk_add(d, head, text_of(l->word[1]), from, e);
}

int
ramdisk_read_list(struct ramdisk *d, const char *below, struct err *e)
{
	struct line l = { .of = d };
	struct buf file;
	size_t at = 0;
	int r = file_read(d->name, LIST_MAX, &file, e);

	for (l.number = 1; r == 0 && at < file.n; l.number++) {
		const uint8_t *p = file.p + at;
		const uint8_t *nl = memchr(p, '\n', file.n - at);
		size_t n = nl == NULL ? file.n - at : (size_t)(nl - p);

		at += n + 1;
		if (n > 0 && p[0] == '#')
			continue;
		if ((r = split(&l, bytes_of(p, n), e)) == 0 && l.words > 0)
			r = take(d, &l, below, e);
	}
	buf_free(&file);
	return r;
}
