/*
 * JSON: what is accepted (with jansson as the peer), QOS's canonical form
 * (wire section 4), strings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "tests/unit/stable.h"

static bool
accepts(struct bytes text)
{
	struct bytes value;
	struct err e = { 0 };
	int r = json_check(text, &value, &e);

	assert_true(r == 0 || (r == ERR_INPUT && e.text[0] != '\0'));
	return r == 0;
}

static void
is_canonical(const char *in, const char *want)
{
	struct err e = { 0 };
	struct buf b;

	if (json_canonical(bytes_str(in), &b, &e) != 0)
		fail_msg("%s: %s", in, e.text);
	if (!bytes_equal(buf_bytes(&b), bytes_str(want)))
		fail_msg("%s gives %.*s", in, (int)b.n, (char *)b.p);
	buf_free(&b);
	assert_true(stable_json(bytes_str(in)));
}

static void
has_no_canonical_form(const char *in, const char *because)
{
	struct err e = { 0 };
	struct buf b;

	assert_int_equal(json_canonical(bytes_str(in), &b, &e), ERR_INPUT);
	assert_null(b.p);
	if (strstr(e.text, because) == NULL)
		fail_msg("%s: %s", in, e.text);
	assert_int_equal(json_canonical(bytes_str(in), &b, NULL), ERR_INPUT);
}

static void
canonical_forms_and_hashes_are_those_of_the_vectors(void **state)
{
	json_t *vectors = vectors_load("qos_json");
	size_t i;
	(void)state;

	for (i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		const char *in = vector_text(v, "input");
		struct digest256 h;
		uint8_t want[32];

		if (vector_has(v, "error")) {
			has_no_canonical_form(in, "number");
			continue;
		}
		is_canonical(in, vector_text(v, "canonical"));
		if (!vector_has(v, "sha256"))
			continue;
		h = sha256(bytes_str(vector_text(v, "canonical")));
		vector_hex(v, "sha256", want, 32);
		assert_memory_equal(h.b, want, 32);
	}
	assert_int_equal(i, 15);
	json_decref(vectors);
}

static void
integers_of_64_bits_are_taken_and_the_next_ones_refused(void **state)
{
	(void)state;

	is_canonical("[9223372036854775807,9223372036854775808]",
	    "[\"9223372036854775807\",\"9223372036854775808\"]");
	is_canonical("18446744073709551615", "\"18446744073709551615\"");
	is_canonical("-9223372036854775808", "\"-9223372036854775808\"");
	is_canonical("{\"a\":0,\"b\":-1}", "{\"a\":\"0\",\"b\":\"-1\"}");
	has_no_canonical_form("18446744073709551616", "64 bits");
	has_no_canonical_form("99999999999999999999", "64 bits");
	has_no_canonical_form("100000000000000000000000000", "64 bits");
	has_no_canonical_form("-9223372036854775809", "64 bits");
	has_no_canonical_form("-18446744073709551615", "64 bits");
	has_no_canonical_form("[1.5]", "number 1.5");
	has_no_canonical_form("-0", "number -0");
	has_no_canonical_form("1E2", "number 1E2");
}

static void
members_are_sorted_by_utf16_units_of_the_unescaped_name(void **state)
{
	(void)state;

	/* U+10000 is D800 DC00, before U+E000; bytes would say otherwise */
	is_canonical("{\"\xee\x80\x80\":1,\"\xf0\x90\x80\x80\":2}",
	    "{\"\xf0\x90\x80\x80\":\"2\",\"\xee\x80\x80\":\"1\"}");
	is_canonical("{\"\xef\xbf\xbf\":1,\"\xf4\x8f\xbf\xbf\":2,"
	    "\"\xed\x9f\xbf\":3}", "{\"\xed\x9f\xbf\":\"3\","
	    "\"\xf4\x8f\xbf\xbf\":\"2\",\"\xef\xbf\xbf\":\"1\"}");
	is_canonical("{\"\\ud800\\udc01\":1,\"\xf0\x90\x80\x80\":2}",
	    "{\"\xf0\x90\x80\x80\":\"2\",\"\xf0\x90\x80\x81\":\"1\"}");
	is_canonical("{\"b\":1,\"\\u0061\":2,\"\":3,\"aa\":4}",
	    "{\"\":\"3\",\"a\":\"2\",\"aa\":\"4\",\"b\":\"1\"}");
	is_canonical("{\"a\\\"\":1,\"a!\":2}",
	    "{\"a!\":\"2\",\"a\\\"\":\"1\"}");
}

static void
a_name_that_is_there_twice_has_no_canonical_form(void **state)
{
	(void)state;

	has_no_canonical_form("{\"a\":1,\"a\":1}", "twice");
	has_no_canonical_form("{\"a\":1,\"b\":2,\"\\u0061\":3}", "twice");
	has_no_canonical_form("[{\"x\":{\"\":null,\"\":null}}]", "twice");
	is_canonical("[{\"a\":1},{\"a\":1}]",
	    "[{\"a\":\"1\"},{\"a\":\"1\"}]");
}

static void
strings_are_escaped_as_qos_does(void **state)
{
	char in[64], want[64];
	(void)state;

	for (unsigned c = 0; c < 0x20; c++) {
		static const char *const with_letter[0x20] = {
			['\b'] = "\"\\b\"", ['\t'] = "\"\\t\"",
			['\n'] = "\"\\n\"", ['\f'] = "\"\\f\"",
			['\r'] = "\"\\r\"",
		};

		snprintf(in, sizeof(in), "\"\\u%04X\"", c);
		snprintf(want, sizeof(want), "\"\\u%04x\"", c);
		is_canonical(in, with_letter[c] != NULL ? with_letter[c] :
		    want);
	}
	is_canonical("\"\\/\\u002f\\u007f\\u00e9\\ud83d\\udca9\"",
	    "\"//\x7f\xc3\xa9\xf0\x9f\x92\xa9\"");
	is_canonical("\"\\u0022\\u005c\"", "\"\\\"\\\\\"");
	is_canonical(" \t\r\n null \n", "null");
}

static struct buf
nested(size_t depth, char open, const char *inner, char close)
{
	const char *unit = open == '{' ? "{\"a\":" : "[";
	size_t n = strlen(unit), m = strlen(inner);
	struct buf b = { malloc(depth * (n + 1) + m), 0 };

	assert_non_null(b.p);
	for (size_t i = 0; i < depth; i++, b.n += n)
		memcpy(b.p + b.n, unit, n);
	memcpy(b.p + b.n, inner, m);
	b.n += m;
	memset(b.p + b.n, close, depth);
	b.n += depth;
	return b;
}

static void
nesting_of_128_is_taken_and_129_refused(void **state)
{
	static const struct { char open, close; const char *inner; } k[] = {
		{ '[', ']', "" }, { '[', ']', "1" }, { '{', '}', "\"x\"" },
	};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct buf ok = nested(128, k[i].open, k[i].inner, k[i].close);
		struct buf bad = nested(129, k[i].open, k[i].inner,
		    k[i].close);

		assert_true(accepts(buf_bytes(&ok)));
		assert_true(stable_json(buf_bytes(&ok)));
		assert_false(accepts(buf_bytes(&bad)));
		buf_free(&ok);
		buf_free(&bad);
	}
	/* a container that closes at once counts too */
	{
		struct buf b = nested(128, '[', "{}", ']');

		assert_false(accepts(buf_bytes(&b)));
		buf_free(&b);
	}
}

/* Texts around every rule of RFC 8259. */
static const char *const texts[] = {
	"", " ", "null", "nul", "nulll", "true", "True", "false", "0", "-0",
	"-", "+1", "01", "-01", "1.", ".1", "1.0", "1e", "1e+", "1e+5", "1E-5",
	"1.5e3", "0e0", "0x10", "NaN", "Infinity", "1 2", "\"", "\"\"",
	"\"a\"b", "'a'", "\"\\\"", "\"\\\\\"", "\"\\x\"", "\"\\u12\"",
	"\"\\u12g4\"", "\"\\u00e9\"", "\"\\U00e9\"", "\"\\ud800\"",
	"\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"",
	"\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\udc00\"",
	"\"\\uDBFF\\uDFFF\"", "\"\\ud800\\udc0\"", "\"\t\"", "\"\x01\"",
	"\"\x1f\"", "\"\x7f\"", "\"\n\"", "\"\xff\"", "\"\xc3\"",
	"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	"\"\xe2\x82\xac\"", "\xef\xbb\xbf{}", "[", "]", "[]", "[ ]", "[,]",
	"[1,]", "[,1]", "[1,,2]", "[1 2]", "[1,2", "[1}", "[[]", "[]]",
	"[[],{}]", "{", "}", "{}", "{ }", "{,}", "{\"a\"}", "{\"a\":}",
	"{\"a\":1,}", "{\"a\" : 1 }", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}",
	"{\"a\"1}", "{\"a\"::1}", "{\"a\":1]", "{\"a\":{\"b\":[]}}",
	"{\"a\":1}}", "{\"a\":1}x", "[1]//", "/**/1", "\v1", "\f[]", "\xa0[]",
	"[1,\t2 ,\r\n3]", "\"a\" \n", "[tru]", "[true,false,null]",
	"[nullnull]", "[1null]", "{\"a\":truefalse}", "[\"a\" \"b\"]",
	"[-]", "[1e5,-2.5E+3]", "[\"\\/\\b\\f\\n\\r\\t\"]", "{\"\":0}",
	"{\"a\":null,\"b\":[null]}", "[0.0]", "[00]", "[-1]", "[--1]",
};

static bool
jansson_accepts(struct bytes text)
{
	/* names with \u0000 are legal JSON; jansson must be told so */
	json_t *v = json_loadb((const char *)text.p, text.n,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);

	json_decref(v);
	return v != NULL;
}

static void
agree(struct bytes text)
{
	if (accepts(text) != jansson_accepts(text))
		fail_msg("we %s, jansson does not: %.*s", accepts(text) ?
		    "accept" : "refuse", (int)text.n, (const char *)text.p);
}

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static void
exactly_what_jansson_accepts_is_accepted(void **state)
{
	size_t taken = 0;
	(void)state;

	for (size_t i = 0; i < TEXTS; i++) {
		agree(bytes_str(texts[i]));
		taken += accepts(bytes_str(texts[i]));
	}
	assert_true(taken > 30 && taken < TEXTS - 30);
}

static void
every_edit_of_those_texts_is_taken_as_jansson_does(void **state)
{
	static const char to[] = "\"\\{}[],:0-.eu \x80\xc3\x01\xff";
	(void)state;

	for (size_t i = 0; i < TEXTS; i++) {
		size_t n = strlen(texts[i]);
		char text[64];

		assert_true(n < sizeof(text));
		for (size_t at = 0; at < n; at++) {
			agree(bytes_of(texts[i], at));
			for (size_t j = 0; j < sizeof(to) - 1; j++) {
				memcpy(text, texts[i], n);
				text[at] = to[j];
				agree(bytes_of(text, n));
			}
		}
	}
}

/* Where we differ from jansson, and why. */
static void
depth_nul_and_huge_exponents_differ_from_jansson(void **state)
{
	struct buf b = nested(200, '[', "", ']');
	(void)state;

	assert_true(jansson_accepts(buf_bytes(&b)));
	assert_false(accepts(buf_bytes(&b)));
	buf_free(&b);
	/* to jansson a NUL ends the text */
	assert_true(jansson_accepts(bytes_of("null\0", 5)));
	assert_false(accepts(bytes_of("null\0", 5)));
	assert_false(accepts(bytes_of("[1]\0x", 5)));
	assert_false(accepts(bytes_of("\"\0\"", 3)));
	/* nor does it hold one in a name */
	assert_false(jansson_accepts(bytes_str("{\"\\u0000\":1}")));
	assert_true(accepts(bytes_str("{\"\\u0000\":1}")));
	/* a double's range does not bind us; QOS refuses it as not integer */
	assert_false(jansson_accepts(bytes_str("1e999")));
	assert_true(accepts(bytes_str("1e999")));
	has_no_canonical_form("1e999", "number");
}

/* The scan takes eight bytes at a time: each byte at each place of a string. */
static void
every_byte_at_every_place_of_a_string_means_the_same(void **state)
{
	char text[32];
	(void)state;

	for (size_t len = 1; len <= 20; len++)
		for (unsigned c = 0; c < 128 * len; c++) {
			char b = (char)(c % 128);
			bool last = c / 128 == len - 1;
			bool want = b >= 0x20 && b != '"';

			memset(text, 'n', sizeof(text));
			text[0] = '"';
			text[1 + c / 128] = b;
			text[1 + len] = '"';
			/* an escaped n, except for the closing quote */
			if (b == '\\' && last)
				want = false;
			assert_int_equal(accepts(bytes_of(text, len + 2)),
			    want);
		}
}

static void
a_quote_ends_a_string_after_an_even_run_of_backslashes(void **state)
{
	char text[48];
	struct json_walk w;
	struct bytes value;
	(void)state;

	for (int run = 0; run <= 18; run++) {
		int n = snprintf(text, sizeof(text), "[\"%.*s%s\",7]", run,
		    "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
		    run % 2 != 0 ? "\"" : "");

		assert_true(accepts(bytes_of(text, (size_t)n)));
		w = json_walk(bytes_of(text, (size_t)n));
		assert_true(json_next_item(&w, &value));
		assert_int_equal(value.n, n - 4);
		assert_true(json_next_item(&w, &value));
		assert_true(bytes_equal(value, bytes_str("7")));
		assert_false(json_next_item(&w, &value));
	}
}

static void
walking_gives_the_slices_between_the_commas(void **state)
{
	static const char text[] = " { \"a\" : [1, \"],}\\\"\" ,{}] ,\n"
	    "\"b\":{\"c\":-1.5e3} , \"d\":null}";
	static const char *const want[] = { "\"a\"",
	    "[1, \"],}\\\"\" ,{}]", "\"b\"", "{\"c\":-1.5e3}", "\"d\"",
	    "null" };
	static const char *const items[] = { "1", "\"],}\\\"\"", "{}" };
	struct bytes value, name, v;
	struct json_walk w;
	size_t i = 0;
	(void)state;

	assert_int_equal(json_check(bytes_str(text), &value, NULL), 0);
	assert_int_equal(json_kind(value), JK_OBJECT);
	for (w = json_walk(value); json_next_member(&w, &name, &v); i += 2) {
		assert_true(i < 6);
		assert_true(bytes_equal(name, bytes_str(want[i])));
		assert_true(bytes_equal(v, bytes_str(want[i + 1])));
	}
	assert_int_equal(i, 6);
	v = bytes_str(want[1]);
	i = 0;
	for (w = json_walk(v); json_next_item(&w, &name); i++)
		assert_true(bytes_equal(name, bytes_str(items[i])));
	assert_int_equal(i, 3);
	w = json_walk(bytes_str("{ }"));
	assert_false(json_next_member(&w, &name, &v));
	w = json_walk(bytes_str("[]"));
	assert_false(json_next_item(&w, &v));
}

static void
unescaping_agrees_with_jansson_and_with_comparison(void **state)
{
	static const char *const s[] = { "\"\"", "\"abc\"",
	    "\"\\u0061\\n\\t\\r\\b\\f\\/\\\\\\\"\"", "\"\\ud83d\\udca9x\"",
	    "\"\\uDBFF\\uDFFF\"", "\"\xe2\x82\xac\\u20AC\\u07ff\\u0800\"" };
	uint8_t out[64];
	(void)state;

	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		json_t *v = json_loads(s[i], JSON_DECODE_ANY, NULL);
		const char *want = json_string_value(v);
		size_t n = json_unescape(bytes_str(s[i]), out);

		assert_int_equal(n, strlen(want));
		assert_memory_equal(out, want, n);
		assert_true(json_string_is(bytes_str(s[i]), want));
		assert_false(json_string_is(bytes_str(s[i]), "abcd"));
		assert_false(json_string_is(bytes_str(s[i]), "ab"));
		json_decref(v);
	}
	assert_false(json_string_is(bytes_str("\"a\\u0000\""), "a"));
}

static void
every_edit_of_the_vectors_is_refused_or_stable(void **state)
{
	json_t *vectors = vectors_load("qos_json");
	size_t lived = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(vectors); i++)
		lived += survives_changes(bytes_str(vector_text(
		    json_array_get(vectors, i), "input")), stable_json);
	assert_true(lived > 100);
	json_decref(vectors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    canonical_forms_and_hashes_are_those_of_the_vectors),
		cmocka_unit_test(
		    integers_of_64_bits_are_taken_and_the_next_ones_refused),
		cmocka_unit_test(
		    members_are_sorted_by_utf16_units_of_the_unescaped_name),
		cmocka_unit_test(
		    a_name_that_is_there_twice_has_no_canonical_form),
		cmocka_unit_test(strings_are_escaped_as_qos_does),
		cmocka_unit_test(nesting_of_128_is_taken_and_129_refused),
		cmocka_unit_test(exactly_what_jansson_accepts_is_accepted),
		cmocka_unit_test(
		    every_edit_of_those_texts_is_taken_as_jansson_does),
		cmocka_unit_test(
		    depth_nul_and_huge_exponents_differ_from_jansson),
		cmocka_unit_test(
		    every_byte_at_every_place_of_a_string_means_the_same),
		cmocka_unit_test(
		    a_quote_ends_a_string_after_an_even_run_of_backslashes),
		cmocka_unit_test(walking_gives_the_slices_between_the_commas),
		cmocka_unit_test(
		    unescaping_agrees_with_jansson_and_with_comparison),
		cmocka_unit_test(
		    every_edit_of_the_vectors_is_refused_or_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
