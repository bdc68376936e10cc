/*
 * The schema engine on the types of QOS: what JSON readers take (wire
 * section 4), lists, sentences that name the field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

/* A list item has to fit the buffer that readers walk lists with. */
_Static_assert(sizeof(struct approval) <= SCHEMA_ITEM_MAX, "approval");
_Static_assert(sizeof(struct member_output) <= SCHEMA_ITEM_MAX, "output");
_Static_assert(sizeof(struct bridge) <= SCHEMA_ITEM_MAX, "bridge");

static bool
reads(const struct type *t, const char *json, void *out)
{
	struct err e = { 0 };
	struct arena a;
	int r = schema_from_json(t, bytes_str(json), &a, out, &e);

	if (r != 0) {
		assert_int_equal(r, ERR_INPUT);
		assert_true(e.text[0] != '\0');
		assert_null(a.p);
		return false;
	}
	arena_free(&a);
	return true;
}

/* text between quotes, as a string and as a number */
static bool
reads_u32(const char *form, const char *text, uint32_t *out)
{
	char json[64];

	snprintf(json, sizeof(json), form, text);
	return reads(&type_u32, json, out);
}

static void
decimal_strings_of_the_vectors_are_taken_or_refused(void **state)
{
	json_t *vectors = vectors_load("misc");
	const json_t *v = vector_named(vectors, "u32 from decimal string");
	json_t *reject = json_object_get(v, "reject"), *want;
	const char *key;
	uint32_t got;
	(void)state;

	json_object_foreach(json_object_get(v, "accept"), key, want) {
		assert_true(reads_u32("\"%s\"", key, &got));
		assert_int_equal(got, json_integer_value(want));
	}
	for (size_t i = 0; i < json_array_size(reject); i++)
		assert_false(reads_u32("\"%s\"", json_string_value(
		    json_array_get(reject, i)), &got));
	json_decref(vectors);
}

static void
whole_numbers_within_range_are_taken_in_both_forms(void **state)
{
	static const char *const bad[] = { "7.0", "1e2", "-1", "-0",
	    "4294967296", "18446744073709551616", "99999999999999999999999" };
	static const char *const bad_text[] = { "7 ", " 7", "++7", "+", "-7",
	    "0x7", "7a", "\\u0037", "4294967296", "42949672950" };
	uint16_t h;
	uint32_t w;
	(void)state;

	assert_true(reads_u32("%s", "4294967295", &w));
	assert_int_equal(w, UINT32_MAX);
	assert_true(reads_u32("\"%s\"", "+0004294967295", &w));
	assert_int_equal(w, UINT32_MAX);
	assert_true(reads_u32("%s", "0", &w));
	assert_int_equal(w, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(reads_u32("%s", bad[i], &w));
	for (size_t i = 0; i < COUNT(bad_text); i++)
		assert_false(reads_u32("\"%s\"", bad_text[i], &w));
	assert_false(reads(&type_u32, "null", &w));
	assert_false(reads(&type_u32, "true", &w));
	assert_false(reads(&type_u32, "[7]", &w));
	assert_true(reads(&type_u16, "65535", &h));
	assert_int_equal(h, 65535);
	assert_false(reads(&type_u16, "65536", &h));
	assert_false(reads(&type_u16, "\"65536\"", &h));
}

static void
hex_fields_take_hex_only_and_fixed_ones_their_length(void **state)
{
	static const char *const bad[] = { "\"0\"", "\"0g\"", "\"+f\"",
	    "\" 00\"", "\"\\u0030\\u0030\"", "7", "null", "[0]", "\"0X00\"" };
	char digits[80];
	struct bytes b;
	uint8_t h[32];
	(void)state;

	assert_true(reads(&type_bytes, "\"\"", &b));
	assert_int_equal(b.n, 0);
	assert_true(reads(&type_bytes, "\"0xAbcD\"", &b));
	assert_int_equal(b.n, 2);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(reads(&type_bytes, bad[i], &b));
	for (int n = 62; n <= 66; n++) {
		snprintf(digits, sizeof(digits), "\"%0*d\"", n, 0);
		assert_int_equal(reads(&type_hash32, digits, h), n == 64);
	}
}

#define MEMBER_A "\"alias\":\"x\""
#define MEMBER_K "\"pubKey\":\"00\""

static void
members_come_in_any_order_once_each_and_none_is_missing(void **state)
{
	struct member m;
	(void)state;

	assert_true(reads(&type_member, "{" MEMBER_A "," MEMBER_K "}", &m));
	assert_true(reads(&type_member, "{" MEMBER_K "," MEMBER_A "}", &m));
	assert_true(reads(&type_member, "{\"x\":{\"alias\":[1]}," MEMBER_K
	    "," MEMBER_A ",\"y\":null,\"y\":1.5}", &m));
	assert_true(reads(&type_member, "{\"\\u0061lias\":\"x\"," MEMBER_K
	    "}", &m));
	assert_false(reads(&type_member, "{" MEMBER_A "}", &m));
	assert_false(reads(&type_member, "{}", &m));
	assert_false(reads(&type_member, "{" MEMBER_A "," MEMBER_K ","
	    MEMBER_A "}", &m));
	assert_false(reads(&type_member, "{" MEMBER_A "," MEMBER_K ","
	    "\"\\u0061lias\":\"x\"}", &m));
	assert_false(reads(&type_member, "{\"alias\":null," MEMBER_K "}",
	    &m));
	assert_false(reads(&type_member, "{\"Alias\":\"x\"," MEMBER_K "}",
	    &m));
	assert_false(reads(&type_member, "[\"x\",\"00\"]", &m));
	assert_false(reads(&type_member, "null", &m));
}

static void
options_take_null_and_absence_alike(void **state)
{
	struct opt_bytes o;
	(void)state;

	assert_true(reads(&type_opt_bytes, "null", &o));
	assert_false(o.present);
	assert_true(reads(&type_opt_bytes, "\"00\"", &o));
	assert_true(o.present);
	assert_false(reads(&type_opt_bytes, "0", &o));
}

static void
enums_take_a_name_or_an_object_with_one_member(void **state)
{
	struct protocol_error p;
	uint8_t phase;
	(void)state;

	assert_true(reads(&type_phase, "\"GenesisBooted\"", &phase));
	assert_int_equal(phase, PHASE_GENESIS_BOOTED);
	assert_true(reads(&type_phase, "\"genesisBooted\"", &phase));
	assert_int_equal(phase, PHASE_GENESIS_BOOTED);
	assert_false(reads(&type_phase, "\"genesisbooted\"", &phase));
	assert_false(reads(&type_phase, "\"GENESISBOOTED\"", &phase));
	assert_false(reads(&type_phase, "2", &phase));
	assert_false(reads(&type_phase, "{\"GenesisBooted\":1}", &phase));
	assert_true(reads(&type_protocol_error, "\"InvalidMsg\"", &p));
	assert_false(reads(&type_protocol_error, "\"invalidMsg\"", &p));
	assert_true(reads(&type_protocol_error, "{\"QosCrypto\":\"x\"}",
	    &p));
	assert_false(reads(&type_protocol_error, "\"QosCrypto\"", &p));
	assert_false(reads(&type_protocol_error, "{}", &p));
	assert_false(reads(&type_protocol_error,
	    "{\"QosCrypto\":\"x\",\"IOError\":null}", &p));
	assert_true(reads(&type_protocol_error, "{\"InvalidStateTransition\":"
	    "[\"GenesisBooted\",\"UnrecoverableError\"]}", &p));
	assert_int_equal(p.u.phases.from, PHASE_GENESIS_BOOTED);
	assert_false(reads(&type_protocol_error, "{\"InvalidStateTransition\":"
	    "[\"GenesisBooted\"]}", &p));
	assert_false(reads(&type_protocol_error, "{\"InvalidStateTransition\":"
	    "[\"GenesisBooted\",\"GenesisBooted\",\"GenesisBooted\"]}", &p));
}

static void
borsh_flags_and_tags_out_of_range_are_refused(void **state)
{
	struct opt_bytes o;
	uint8_t phase;
	bool flag;
	(void)state;

	for (unsigned i = 0; i < 256; i++) {
		const uint8_t in[5] = { (uint8_t)i };

		assert_int_equal(schema_from_borsh(&type_bool, bytes_of(in,
		    1), &flag, NULL), i < 2 ? 0 : ERR_INPUT);
		assert_int_equal(schema_from_borsh(&type_opt_bytes, bytes_of(
		    in, i == 0 ? 1 : 5), &o, NULL), i < 2 ? 0 : ERR_INPUT);
		assert_int_equal(schema_from_borsh(&type_phase, bytes_of(in,
		    1), &phase, NULL), i < 6 ? 0 : ERR_INPUT);
		assert_int_equal(schema_from_borsh(&type_bool, bytes_of(in,
		    2), &flag, NULL), ERR_INPUT);
	}
}

static void
borsh_text_must_be_utf8(void **state)
{
	struct bytes b;
	(void)state;

	assert_int_equal(schema_from_borsh(&type_str, bytes_of(
	    "\2\0\0\0\xc3\xa9", 6), &b, NULL), 0);
	assert_int_equal(schema_from_borsh(&type_str, bytes_of(
	    "\2\0\0\0\xc3(", 6), &b, NULL), ERR_INPUT);
	assert_int_equal(schema_from_borsh(&type_bytes, bytes_of(
	    "\2\0\0\0\xc3(", 6), &b, NULL), 0);
}

static void
sentences_name_the_field(void **state)
{
	static const struct { const char *json, *want; } cases[] = {
		{ "{\"signature\":\"00\"}", "member: missing" },
		{ "{\"signature\":\"0\",\"member\":1}", "signature: " },
		{ "{\"signature\":\"\",\"member\":{\"alias\":\"\","
		    "\"pubKey\":1}}",
		    "member.pubKey: a string of hex digits was expected" },
		{ "{\"signature\":\"\",\"member\":[]}",
		    "member: a member was expected" },
	};
	struct approval a;
	struct arena arena;
	struct err e;
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(approval_read(bytes_str(cases[i].json), &a,
		    &arena, &e), ERR_INPUT);
		assert_non_null(strstr(e.text, cases[i].want));
	}
	assert_int_equal(approval_read(bytes_str("{}x"), &a, &arena, &e),
	    ERR_INPUT);
	assert_string_equal(e.text, "not valid JSON at byte 2: more text "
	    "after the value");
}

static void
packed_lists_are_walked_in_order(void **state)
{
	static const char *const words[] = { "a", "", "\xe2\x82\xac" };
	struct list l;
	struct bytes b;
	struct buf own;
	struct rd rd;
	size_t i = 0;
	(void)state;

	assert_int_equal(strings_pack(words, 3, &l, &own, NULL), 0);
	assert_int_equal(l.count, 3);
	for (rd = list_walk(&l); list_next(&rd, &type_str, &b); i++)
		assert_true(bytes_equal(b, bytes_str(words[i])));
	assert_int_equal(i, 3);
	buf_free(&own);
	assert_int_equal(strings_pack(words, 0, &l, &own, NULL), 0);
	assert_int_equal(l.count, 0);
	rd = list_walk(&l);
	assert_false(list_next(&rd, &type_str, &b));
	buf_free(&own);
}

static void
json_members_are_found_by_name_at_the_top_only(void **state)
{
	struct bytes v = bytes_str("{\"a\":{\"b\":1},\"\\u0063\":null}");
	(void)state;

	assert_true(json_has_member(v, "a"));
	assert_true(json_has_member(v, "c"));
	assert_false(json_has_member(v, "b"));
	assert_false(json_has_member(bytes_str("[\"a\"]"), "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    decimal_strings_of_the_vectors_are_taken_or_refused),
		cmocka_unit_test(
		    whole_numbers_within_range_are_taken_in_both_forms),
		cmocka_unit_test(
		    hex_fields_take_hex_only_and_fixed_ones_their_length),
		cmocka_unit_test(
		    members_come_in_any_order_once_each_and_none_is_missing),
		cmocka_unit_test(options_take_null_and_absence_alike),
		cmocka_unit_test(
		    enums_take_a_name_or_an_object_with_one_member),
		cmocka_unit_test(
		    borsh_flags_and_tags_out_of_range_are_refused),
		cmocka_unit_test(borsh_text_must_be_utf8),
		cmocka_unit_test(sentences_name_the_field),
		cmocka_unit_test(packed_lists_are_walked_in_order),
		cmocka_unit_test(
		    json_members_are_found_by_name_at_the_top_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
