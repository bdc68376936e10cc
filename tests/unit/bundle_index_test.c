/*
 * The index of a bundle: what it holds its names, kinds, sizes and order to.
 * Whoever unpacks makes files of these names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/bundle_index.h"
#include "airgap/record/cbor.h"
#include "tests/unit/sentence.h"

/* The files of an index, as a stranger would write them. */
struct entry {
	const char *name, *kind;
	uint64_t size;
};

static void
put_entry(struct sink *s, const struct entry *f)
{
	static const uint8_t hash[SHA256_LEN] = { 7 };

	assert_int_equal(cbor_put_map(s, 4), 0);
	assert_int_equal(cbor_put_text(s, bytes_str("kind")), 0);
	assert_int_equal(cbor_put_text(s, bytes_str(f->kind)), 0);
	assert_int_equal(cbor_put_text(s, bytes_str("name")), 0);
	assert_int_equal(cbor_put_text(s, bytes_str(f->name)), 0);
	assert_int_equal(cbor_put_text(s, bytes_str("size")), 0);
	assert_int_equal(cbor_put_uint(s, f->size), 0);
	assert_int_equal(cbor_put_text(s, bytes_str("sha256")), 0);
	assert_int_equal(cbor_put_bytes(s, bytes_of(hash, sizeof(hash))), 0);
}

/* All that the writer of our own would refuse to write. */
static int
decode(const struct entry *files, size_t n, struct err *e)
{
	static struct bundle_index x;
	static uint8_t out[16384];
	struct sink s = { .put = sink_put_fixed, .out = out,
	    .left = sizeof(out) };

	assert_int_equal(cbor_put_map(&s, 4), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str("v")), 0);
	assert_int_equal(cbor_put_uint(&s, 1), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str("mode")), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str("rehearsal")), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str("type")), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str(BUNDLE_TYPE)), 0);
	assert_int_equal(cbor_put_text(&s, bytes_str("files")), 0);
	assert_int_equal(cbor_put_array(&s, n), 0);
	for (size_t i = 0; i < n; i++)
		put_entry(&s, &files[i]);
	return bundle_index_decode(bytes_of(out, s.count), &x, e);
}

static void
refused(const char *name, const char *kind, uint64_t size, const char *words)
{
	/* the control is before it, and after it in order */
	const struct entry files[] = { { "!", "plan", 1 },
		{ name, kind, size } };
	struct err e = { 0 };

	assert_int_equal(decode(files, 2, &e), ERR_INPUT);
	assert_sentence(&e, words);
}

static void
a_name_that_leads_out_of_the_folder_is_refused(void **state)
{
	static const char *const names[] = { "../a", "/etc/passwd", "a/b",
		"a/../../b", "..", ".", ".hidden", "a/" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		refused(names[i], "plan", 1, "no \"/\" in it and no \".\"");
}

static void
a_name_that_is_no_label_or_the_index_itself_is_refused(void **state)
{
	char longest[BUNDLE_NAME_MAX + 2];

	(void)state;
	refused("", "plan", 1, "bundle index: ");
	refused("a\x1b[2J", "plan", 1, "cannot be seen (U+001B)");
	refused("a\xe2\x80\xae", "plan", 1, "cannot be seen (U+202E)");
	refused("a ", "plan", 1, "begins or ends with a blank");
	refused(BUNDLE_INDEX_NAME, "plan", 1, "the name of the index itself");
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	refused(longest, "plan", 1, "192 bytes");
}

static void
kinds_and_sizes_have_their_bounds(void **state)
{
	const struct entry largest = { "a", "plan", BUNDLE_FILE_MAX };

	(void)state;
	assert_int_equal(decode(&largest, 1, NULL), 0);
	refused("a", "plan", BUNDLE_FILE_MAX + 1, "key 'size'");
	refused("a", "", 1, "key 'kind'");
	refused("a", "plan\x07", 1, "kind has a character");
}

static void
files_are_in_order_and_never_twice(void **state)
{
	static const struct entry good[] = { { "a", "plan", 1 },
		{ "b", "plan", 1 }, { "bb", "plan", 1 } };
	struct entry files[3];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(decode(good, 3, NULL), 0);
	for (size_t i = 1; i < 3; i++) {
		memcpy(files, good, sizeof(files));
		files[i].name = files[i - 1].name;
		assert_int_equal(decode(files, 3, &e), ERR_INPUT);
		assert_sentence(&e, "one is there twice");
		memcpy(files, good, sizeof(files));
		files[i].name = good[i - 1].name;
		files[i - 1].name = good[i].name;
		assert_int_equal(decode(files, 3, &e), ERR_INPUT);
		assert_sentence(&e, "not in order");
	}
	assert_int_equal(decode(good, 0, &e), ERR_INPUT);
	assert_sentence(&e, "0 files, not 1 to 128");
}

static void
a_bundle_has_128_files_at_most(void **state)
{
	static struct entry files[BUNDLE_FILES_MAX + 1];
	static char names[BUNDLE_FILES_MAX + 1][4];
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i <= BUNDLE_FILES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "%03u", (unsigned)i % 1000);
		files[i] = (struct entry){ names[i], "plan", 1 };
	}
	assert_int_equal(decode(files, BUNDLE_FILES_MAX, NULL), 0);
	assert_int_equal(decode(files, BUNDLE_FILES_MAX + 1, &e), ERR_INPUT);
	assert_sentence(&e, "129 files, not 1 to 128");
}

static void
what_is_refused_to_a_reader_is_never_written(void **state)
{
	static struct bundle_index x = { .mode = MODE_REHEARSAL, .count = 1 };
	struct buf out;

	(void)state;
	x.files[0] = (struct bundle_entry){ .name = bytes_str("a"),
		.kind = bytes_str("plan"), .size = 1 };
	assert_int_equal(bundle_index_encode(&x, &out, NULL), 0);
	buf_free(&out);
	x.files[0].name = bytes_str("../a");
	assert_int_equal(bundle_index_encode(&x, &out, NULL), ERR_INPUT);
	assert_null(out.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_leads_out_of_the_folder_is_refused),
		cmocka_unit_test(
		    a_name_that_is_no_label_or_the_index_itself_is_refused),
		cmocka_unit_test(kinds_and_sizes_have_their_bounds),
		cmocka_unit_test(files_are_in_order_and_never_twice),
		cmocka_unit_test(a_bundle_has_128_files_at_most),
		cmocka_unit_test(what_is_refused_to_a_reader_is_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
