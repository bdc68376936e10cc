/*
 * Set folders: members sorted, thresholds read as QOS reads them, and every
 * odd file named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/seal/hex.h"
#include "airgap/set_dir.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

#define PATH_LEN 512

static char dir[] = "/tmp/quorate-set-XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, bytes_str(text), 0644, true, NULL),
	    0);
}

static void
put_key(const char *name, size_t i, const char *after)
{
	char hex[PUBLIC_KEY_HEX_LEN + 8];

	hex_encode(sample_key(i)->b, PUBLIC_KEY_LEN, hex);
	snprintf(hex + PUBLIC_KEY_HEX_LEN, 8, "%s", after);
	put(name, hex);
}

static int
remove_one(const char *name, void *ctx)
{
	char path[PATH_LEN];

	(void)ctx;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return unlink(path);
}

static int
empty(void **state)
{
	(void)state;
	return file_list(dir, remove_one, NULL, NULL);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void
assert_refused(const char *sentence)
{
	struct set_dir s;
	struct err e = { 0 };

	assert_int_equal(set_dir_read(dir, &s, &e), ERR_INPUT);
	assert_sentence(&e, sentence);
	assert_null(s.own.p);
	set_dir_free(&s);
}

static void
members_come_sorted_with_the_threshold(void **state)
{
	const char *want[] = { "alice", "bob", "carol" };
	const size_t keys[] = { 2, 0, 1 };
	struct set_dir s;
	struct member m;
	struct rd rd;
	size_t i = 0;

	(void)state;
	put_key("carol.pub", 1, "");
	put_key("bob.2026.pub", 0, "\n");
	put_key("alice.pub", 2, " \r\n");
	put("quorum_threshold", "2\nwhat follows is not read");
	put("notes.txt", "not a key");
	put(".hidden.pub", "not a key");	/* as a stray of the writer */
	assert_int_equal(set_dir_read(dir, &s, NULL), 0);
	assert_int_equal(s.set.threshold, 2);
	for (rd = list_walk(&s.set.members);
	    list_next(&rd, &type_member, &m); i++) {
		assert_true(bytes_equal(m.alias, bytes_str(want[i])));
		assert_memory_equal(m.pub_key.p, sample_key(keys[i]),
		    PUBLIC_KEY_LEN);
	}
	assert_int_equal(i, 3);
	assert_int_equal(remove_one(".hidden.pub", NULL), 0);
	set_dir_free(&s);
	set_dir_free(&s);
	set_dir_free(NULL);
}

static void
a_patch_set_comes_sorted_by_key(void **state)
{
	struct set_dir s;

	(void)state;
	put_key("b.pub", 0, "");
	put_key("a.pub", 1, "");
	put("quorum_threshold", "0");
	assert_int_equal(set_dir_read_patch(dir, &s, NULL), 0);
	assert_int_equal(s.set.members.count, 2);
	assert_int_equal(s.set.threshold, 0);
	set_dir_free(&s);
}

static void
a_threshold_is_the_first_line_in_decimal(void **state)
{
	const char *bad[] = { "", "\n2", "x", "2x", "-1", " 2", "2 ", "0x2",
	    "4294967296", "99999999999999999999999" };
	struct set_dir s;

	(void)state;
	put_key("a.pub", 0, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("quorum_threshold", bad[i]);
		assert_refused("quorum_threshold: the first line is not");
	}
	put("quorum_threshold", "4294967295\r\n");
	assert_int_equal(set_dir_read(dir, &s, NULL), 0);
	assert_int_equal(s.set.threshold, UINT32_MAX);
	set_dir_free(&s);
}

static void
what_is_missing_or_no_key_is_named(void **state)
{
	(void)state;
	assert_refused("cannot open");
	put("quorum_threshold", "2");
	assert_refused("no ALIAS.pub files");
	put_key("a.pub", 0, "00");
	assert_refused("/a.pub: ");
	put("a.pub", "04");
	assert_refused("/a.pub: ");
	put("a.pub", "");
	assert_refused("/a.pub: ");
	put_key("a.pub", 0, "");
	put_key("\xff.pub", 1, "");
	assert_refused("the name gives no alias");
}

static void
an_alias_ends_at_the_first_dot_of_the_last_name(void **state)
{
	(void)state;
	assert_true(bytes_equal(pub_file_alias("a.pub"), bytes_str("a")));
	assert_true(bytes_equal(pub_file_alias("x.y/b.c.pub"),
	    bytes_str("b")));
	assert_true(bytes_equal(pub_file_alias("b"), bytes_str("b")));
	assert_int_equal(pub_file_alias("x/.pub").n, 0);
	assert_int_equal(pub_file_alias("x/").n, 0);
}

#define T(f) cmocka_unit_test_teardown(f, empty)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(members_come_sorted_with_the_threshold),
		T(a_patch_set_comes_sorted_by_key),
		T(a_threshold_is_the_first_line_in_decimal),
		T(what_is_missing_or_no_key_is_named),
		T(an_alias_ends_at_the_first_dot_of_the_last_name),
	};
	struct err e;

	if (secret_process_init(&e) != 0)
		return 2;
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
