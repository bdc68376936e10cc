/*
 * QUORATE_SHARE_HASHES: one form, one hash a member, in the set's order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/share_hashes.h"
#include "tests/unit/samples.h"

#define MEMBERS 3
#define TEXT_LEN (MEMBERS * 129 - 1)

struct world {
	struct manifest m;
	struct member member[MEMBERS];
	struct buf set, env;
	char text[TEXT_LEN + 8];
};

static void
put_env(struct world *w, const char *name, struct bytes value)
{
	const struct env_var v[] = {
		{ bytes_str("OTHER"), bytes_str("x") },
		{ bytes_str(name), value },
	};

	buf_free(&w->env);
	assert_int_equal(env_pack(v, 2, &w->m.pivot.env, &w->env, NULL), 0);
}

static int
start(void **state)
{
	static const char *const names[] = { "alice", "bob", "carol" };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	for (size_t i = 0; i < MEMBERS; i++) {
		w->member[i].alias = bytes_str(names[i]);
		w->member[i].pub_key = bytes_of(sample_key(i)->b,
		    PUBLIC_KEY_LEN);
		memset(w->text + i * 129, 'a' + (int)i, 128);
		w->text[i * 129 + 128] = i + 1 < MEMBERS ? ',' : '\0';
	}
	w->m.version = 2;
	assert_int_equal(list_pack(&type_member, w->member, MEMBERS,
	    &w->m.share_set.members, &w->set, NULL), 0);
	put_env(w, ENV_SHARE_HASHES, bytes_str(w->text));
	*state = w;
	return 0;
}

static int
finish(void **state)
{
	struct world *w = *state;

	buf_free(&w->set);
	buf_free(&w->env);
	free(w);
	return 0;
}

static void
assert_bad(struct world *w, struct bytes value)
{
	struct digest512 *out = (struct digest512 *)w;
	struct err e = { 0 };

	put_env(w, ENV_SHARE_HASHES, value);
	assert_int_equal(share_hashes_read(&w->m, &out, &e), ERR_INPUT);
	assert_null(out);
	assert_non_null(strstr(e.text, "QUORATE_SHARE_HASHES: 3 lower-case"));
}

static void
one_hash_a_member_is_read_in_the_order_of_the_set(void **state)
{
	struct world *w = *state;
	struct digest512 *out;

	assert_int_equal(share_hashes_read(&w->m, &out, NULL), 0);
	assert_non_null(out);
	for (size_t i = 0; i < MEMBERS; i++)
		for (size_t j = 0; j < SHA512_LEN; j++)
			assert_int_equal(out[i].b[j], 0xaa + 0x11 * i);
	free(out);
}

static void
a_manifest_without_the_variable_has_none(void **state)
{
	static const char *const names[] = { "QUORATE_SHARE_HASH",
		"QUORATE_SHARE_HASHES2", "quorate_share_hashes" };
	struct world *w = *state;
	struct digest512 *out = (struct digest512 *)w;

	for (size_t i = 0; i < COUNT(names); i++) {
		put_env(w, names[i], bytes_str(w->text));
		assert_int_equal(share_hashes_read(&w->m, &out, NULL), 0);
		assert_null(out);
	}
	w->m.pivot.env = (struct list){ 0 };
	assert_int_equal(share_hashes_read(&w->m, &out, NULL), 0);
	assert_null(out);
}

static void
any_other_length_is_refused(void **state)
{
	struct world *w = *state;

	for (size_t n = 0; n < TEXT_LEN; n++)
		assert_bad(w, bytes_of(w->text, n));
	w->text[TEXT_LEN] = ',';
	assert_bad(w, bytes_of(w->text, TEXT_LEN + 1));
	w->text[TEXT_LEN] = 'c';
	assert_bad(w, bytes_of(w->text, TEXT_LEN + 1));
}

static void
any_other_character_at_any_place_is_refused(void **state)
{
	static const char wrong[] = "AFg,; \n";
	struct world *w = *state;

	for (size_t at = 0; at < TEXT_LEN; at++)
		for (size_t i = 0; wrong[i] != '\0'; i++) {
			char was = w->text[at];

			if (was == wrong[i])
				continue;
			w->text[at] = wrong[i];
			assert_bad(w, bytes_of(w->text, TEXT_LEN));
			w->text[at] = was;
		}
	memcpy(w->text, "0x", 2);
	assert_bad(w, bytes_of(w->text, TEXT_LEN));
}

static void
more_or_fewer_members_than_hashes_are_refused(void **state)
{
	struct digest512 *out;
	struct world *w = *state;

	for (size_t n = 0; n < MEMBERS; n++) {
		buf_free(&w->set);
		assert_int_equal(list_pack(&type_member, w->member, n,
		    &w->m.share_set.members, &w->set, NULL), 0);
		assert_int_equal(share_hashes_read(&w->m, &out, NULL),
		    ERR_INPUT);
		assert_null(out);
	}
}

static void
a_members_place_needs_alias_and_key(void **state)
{
	struct world *w = *state;
	struct member x;
	size_t at;

	for (size_t i = 0; i < MEMBERS; i++) {
		assert_true(set_index(&w->m.share_set, &w->member[i], &at));
		assert_int_equal(at, i);
	}
	x = w->member[0];
	x.alias = w->member[1].alias;
	assert_false(set_index(&w->m.share_set, &x, &at));
	x = w->member[0];
	x.pub_key = w->member[1].pub_key;
	assert_false(set_index(&w->m.share_set, &x, &at));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_hash_a_member_is_read_in_the_order_of_the_set),
		T(a_manifest_without_the_variable_has_none),
		T(any_other_length_is_refused),
		T(any_other_character_at_any_place_is_refused),
		T(more_or_fewer_members_than_hashes_are_refused),
		T(a_members_place_needs_alias_and_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
