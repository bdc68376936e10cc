/*
 * Archives of ramdisks: what is written reads back; every way in which an
 * archive may be wrong has its own refusal, at its byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "enclave/image/cpio.h"
#include "enclave/image/listing.h"
#include "tests/unit/eif_sample.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct memory {
	struct image_sink sink;
	uint8_t b[16384];
	size_t n;
} archive;

static int
put(struct image_sink *s, struct bytes b, struct err *e)
{
	struct memory *m = (struct memory *)s;

	(void)e;
	assert_true(b.n <= sizeof(m->b) - m->n);
	memcpy(m->b + m->n, b.p, b.n);
	m->n += b.n;
	return 0;
}

static const struct cpio_entry entries[] = {
	{ .path = "dev", .mode = S_IFDIR | 0755 },
	{ .path = "dev/console", .mode = S_IFCHR | 0600, .major = 5, .minor = 1 },
	{ .path = "init", .mode = S_IFREG | 0755, .size = 5 },
};

static int
setup(void **state)
{
	struct image_sink *s = &archive.sink;

	(void)state;
	archive.sink.put = put;
	archive.n = 0;
	for (uint32_t i = 0; i < COUNT(entries); i++)
		if (cpio_put_entry(s, &entries[i], i + 1, NULL) != 0 ||
		    put(s, bytes_of("/init", (size_t)entries[i].size), NULL) != 0 ||
		    cpio_put_padding(s, entries[i].size, CPIO_ALIGN, NULL) != 0)
			return -1;
	if (cpio_put_trailer(s, NULL) != 0)
		return -1;
	return cpio_put_padding(s, archive.n, RAMDISK_ALIGN, NULL);
}

static struct cpio_walk walk;

/* Walks over n bytes; how many entries, or an error. */
static int
read_all(size_t n, struct err *e)
{
	static struct source s;
	struct cpio_found x;
	bool more = true;
	int r, count = 0;

	s = source_memory("sample", bytes_of(archive.b, n));
	cpio_begin(&walk, &s, 0, n);
	while ((r = cpio_next(&walk, &x, &more, e)) == 0 && more)
		count++;
	return r != 0 ? r : count;
}

static void
what_is_written_reads_back_and_sizes_are_foretold(void **state)
{
	struct source s = source_memory("sample", bytes_of(archive.b, archive.n));
	uint64_t total = cpio_trailer_size();
	struct cpio_found x;
	bool more;

	(void)state;
	cpio_begin(&walk, &s, 0, archive.n);
	for (size_t i = 0; i < COUNT(entries); i++) {
		assert_int_equal(cpio_next(&walk, &x, &more, NULL), 0);
		assert_true(more);
		assert_string_equal(x.head.path, entries[i].path);
		assert_int_equal(x.head.mode, entries[i].mode);
		assert_int_equal(x.head.major, entries[i].major);
		assert_int_equal(x.head.minor, entries[i].minor);
		assert_int_equal(x.head.size, entries[i].size);
		assert_int_equal(x.uid + x.gid + x.mtime, 0);
		assert_int_equal(x.inode, i + 1);
		assert_int_equal(x.links, 1);
		total += cpio_entry_size(&entries[i]);
	}
	assert_memory_equal(archive.b + x.content, "/init", 5);
	assert_int_equal(cpio_next(&walk, &x, &more, NULL), 0);
	assert_false(more);
	assert_int_equal(round_up(total, RAMDISK_ALIGN), archive.n);
}

static void
the_header_is_the_one_of_the_kernels_document(void **state)
{
	/* ino mode uid gid nlink mtime size maj min rmaj rmin namesize chk */
	static const char want[] = "070701" "00000002" "00002180" "00000000" "00000000"
	    "00000001" "00000000" "00000000" "00000000" "00000000" "00000005"
	    "00000001" "0000000C" "00000000" "dev/console";

	(void)state;
	/* behind "dev": 110 + 4, and padding to 116 */
	assert_memory_equal(archive.b + 116, want, sizeof(want));
}

static void
archives_one_behind_the_other_are_walked_as_one(void **state)
{
	size_t n = archive.n;

	(void)state;
	memcpy(archive.b + n, archive.b, n);
	assert_int_equal(read_all(2 * n, NULL), 6);
}

static void
refused(size_t at, uint8_t value, const char *want)
{
	struct err e = { 0 };
	uint8_t old = archive.b[at];

	assert_int_not_equal(old, value);
	archive.b[at] = value;
	assert_int_equal(read_all(archive.n, &e), ERR_INPUT);
	if (strstr(e.text, want) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", want, e.text);
	archive.b[at] = old;
}

static void
every_part_of_an_entry_has_its_own_refusal(void **state)
{
	const size_t init = 116 + 124; /* "dev", "dev/console" */

	(void)state;
	refused(0, '1', "byte 0: the ramdisk's archive: an entry does not begin");
	refused(5, '2', "byte 0: the ramdisk's archive: an entry does not begin");
	refused(14, 'g', "byte 14: the ramdisk's archive: not a hex digit");
	refused(109, ' ', "byte 109: the ramdisk's archive: not a hex digit");
	refused(101, '0', "byte 110: the ramdisk's archive: a name of no length");
	refused(98, '2', "byte 110: the ramdisk's archive: a name of no length, or over");
	refused(101, '3', "byte 110: the ramdisk's archive: a name that does not end");
	refused(111, 0, "byte 110: the ramdisk's archive: a name that does not end");
	refused(115, 1, "byte 115: the ramdisk's archive: padding that is not zero");
	refused(54, '1', "the content of an entry goes past the end");
	refused(init + 116 + 5, 'x', "padding that is not zero");
	refused(archive.n - 1, 'x', "byte 511: the ramdisk's archive: bytes that belong "
	    "to no entry");
}

static void
every_truncated_archive_is_refused(void **state)
{
	size_t end = 116 + 124 + 124 + 124;

	(void)state;
	for (size_t n = 0; n < end; n++)
		assert_int_equal(read_all(n, NULL), ERR_INPUT);
	assert_int_equal(read_all(end, NULL), 3);
}

static void
what_has_no_place_in_an_archive_is_not_written(void **state)
{
	static char name[CPIO_NAME_MAX + 1];
	struct cpio_entry x = { .path = name, .size = UINT64_C(1) << 32 };

	(void)state;
	assert_int_equal(cpio_put_entry(&archive.sink, &x, 1, NULL), ERR_INPUT);
	x.size = 0;
	memset(name, 'n', CPIO_NAME_MAX);
	assert_int_equal(cpio_put_entry(&archive.sink, &x, 1, NULL), ERR_INPUT);
	name[CPIO_NAME_MAX - 1] = '\0';
	assert_int_equal(cpio_put_entry(&archive.sink, &x, 1, NULL), 0);
}

static void
kinds_are_told_by_the_first_bytes(void **state)
{
	static const struct { const char *bytes; size_t n; enum cpio_kind kind; } t[] = {
		{ "", 0, CPIO_EMPTY }, { "070701", 6, CPIO_NEWC },
		{ "070702", 6, CPIO_OTHER }, { "07070", 5, CPIO_OTHER },
		{ "\x1f\x8b\x08", 3, CPIO_COMPRESSED }, { "\x1f", 1, CPIO_OTHER },
		{ "\x28\xb5\x2f\xfd", 4, CPIO_COMPRESSED },
		{ "\xfd" "7zXZ\0", 6, CPIO_COMPRESSED },
	};
	enum cpio_kind kind;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct source s = source_memory("kind", bytes_of(t[i].bytes, t[i].n));

		assert_int_equal(cpio_kind(&s, 0, t[i].n, &kind, NULL), 0);
		assert_int_equal(kind, t[i].kind);
	}
}

/* The kind of a second ramdisk, behind a first of that size. */
static int
second(size_t before, const char *bytes, enum cpio_kind *kind, struct err *e)
{
	static const uint8_t zeros[8];
	static struct eif_sample s;
	struct source from;
	static struct eif x;

	eif_sample_begin(&s);
	eif_sample_add(&s, EIF_KERNEL, bytes_str("k"));
	eif_sample_add(&s, EIF_CMDLINE, bytes_str("c"));
	eif_sample_add(&s, EIF_RAMDISK, bytes_of(zeros, before));
	eif_sample_add(&s, EIF_RAMDISK, bytes_str(bytes));
	from = source_memory("image", bytes_of(s.b, s.n));
	assert_int_equal(eif_read(&from, &x, NULL), 0);
	return ramdisk_kind(&from, &x, &x.section[3], kind, e);
}

static void
an_archive_that_the_kernel_would_not_see_is_refused(void **state)
{
	enum cpio_kind kind;
	struct err e;

	(void)state;
	for (size_t n = 0; n <= 8; n++) {
		int r = second(n, "070701", &kind, &e);

		assert_int_equal(r, n % 4 == 0 ? 0 : ERR_INPUT);
		if (r != 0)
			assert_non_null(strstr(e.text, "would not see"));
		/* packed ones begin anywhere */
		assert_int_equal(second(n, "\x1f\x8b\x08", &kind, &e), 0);
		assert_int_equal(kind, CPIO_COMPRESSED);
	}
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_written_reads_back_and_sizes_are_foretold),
		T(the_header_is_the_one_of_the_kernels_document),
		T(archives_one_behind_the_other_are_walked_as_one),
		T(every_part_of_an_entry_has_its_own_refusal),
		T(every_truncated_archive_is_refused),
		T(what_has_no_place_in_an_archive_is_not_written),
		T(kinds_are_told_by_the_first_bytes),
		T(an_archive_that_the_kernel_would_not_see_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
