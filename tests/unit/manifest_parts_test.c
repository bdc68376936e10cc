/*
 * The irregular parts of a manifest (QOS wire 6.3): environment variables
 * and their limits, resolvers as Rust prints them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

/* The variables of the vector replaced by these; true if it reads. */
static bool
env_reads(const char *env)
{
	json_t *all = vectors_load("own_record");
	struct buf b = replaced(bytes_str(vector_text(vector_named(all,
	    "manifest v2"), "json")), "{\"A\":{\"plain\":{\"value\":\"\"}},"
	    "\"_z9\":{\"plain\":{\"value\":\"x=\\ty\"}}}", env);
	bool taken = stable_manifest(buf_bytes(&b));

	buf_free(&b);
	json_decref(all);
	return taken;
}

static char *
many_variables(size_t n, size_t name, size_t value)
{
	size_t cap = n * (name + value + 40) + 8, len = 1;
	char *text = malloc(cap);

	assert_non_null(text);
	text[0] = '{';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, cap - len,
		    "%s\"_%0*zu\":{\"plain\":{\"value\":\"%0*d\"}}",
		    i == 0 ? "" : ",", (int)name - 1, i, (int)value, 0);
	memcpy(text + len, "}", 2);
	return text;
}

static void
environment_has_the_limits_of_qos(void **state)
{
	static const struct { size_t n, name, value; bool taken; } c[] = {
		{ 512, 5, 1, true }, { 513, 5, 1, false },
		{ 1, 1024, 1, true }, { 1, 1025, 1, false },
		{ 1, 5, 65536, true }, { 1, 5, 65537, false },
	};
	json_t *all = vectors_load("manifest");
	(void)state;

	for (size_t i = 0; i < COUNT(c); i++) {
		char *env = many_variables(c[i].n, c[i].name, c[i].value);

		assert_int_equal(env_reads(env), c[i].taken);
		free(env);
	}
	assert_true(env_reads("{}"));
	assert_true(env_reads(vector_text(vector_named(all,
	    "pivot env json"), "json")));
	json_decref(all);
}

static void
packed_environment_is_sorted_and_checked(void **state)
{
	struct env_var v[] = { { bytes_str("b"), bytes_str("1") },
	    { bytes_str("B"), bytes_str("") }, { bytes_str("a"),
	    bytes_str("3") } };
	static const char want[] = "Bab";
	struct env_var got;
	struct list l;
	struct buf own;
	struct err e;
	struct rd rd;
	size_t i = 0;
	(void)state;

	assert_int_equal(env_pack(v, 3, &l, &own, NULL), 0);
	for (rd = list_walk(&l); list_next(&rd, &type_env_var, &got); i++)
		assert_int_equal(got.name.p[0], want[i]);
	assert_int_equal(i, 3);
	buf_free(&own);
	v[1].name = bytes_str("a");
	assert_int_equal(env_pack(v, 3, &l, &own, &e), ERR_INPUT);
	assert_string_equal(e.text, "variable a is given twice");
	v[1].name = bytes_str("=");
	assert_int_equal(env_pack(v, 3, &l, &own, &e), ERR_INPUT);
	v[1] = (struct env_var){ bytes_str("c"), bytes_of("\0", 1) };
	assert_int_equal(env_pack(v, 3, &l, &own, &e), ERR_INPUT);
	assert_int_equal(env_pack(v, 513, &l, &own, &e), ERR_INPUT);
}

/* Left: text.  Right: what Rust's IpAddr prints, or NULL if it refuses. */
static const char *const resolvers[][2] = {
	{ "1.1.1.1", "1.1.1.1" }, { "255.255.255.255", "255.255.255.255" },
	{ "0.0.0.0", "0.0.0.0" }, { "01.1.1.1", NULL }, { "1.1.1.00", NULL },
	{ "256.1.1.1", NULL }, { "1.1.1", NULL }, { "1.1.1.1.1", NULL },
	{ " 1.1.1.1", NULL }, { "1.1.1.1 ", NULL }, { "1.1.1.1:53", NULL },
	{ "0x1.1.1.1", NULL }, { "", NULL }, { "localhost", NULL },
	{ "::", "::" }, { "::1", "::1" }, { "1::", "1::" },
	{ "2606:4700:4700::1111", "2606:4700:4700::1111" },
	{ "2606:4700:4700:0:0:0:0:1111", "2606:4700:4700::1111" },
	{ "2001:0DB8::00FF", "2001:db8::ff" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "0:0:1:0:0:1:0:0", "::1:0:0:1:0:0" },
	{ "1:0:0:0:0:0:0:0", "1::" }, { "0:0:0:0:0:0:0:0", "::" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
	{ "::ffff:102:304", "::ffff:1.2.3.4" },
	{ "::1.2.3.4", "::102:304" }, { "::102:304", "::102:304" },
	{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
	{ "::ffff:0:1.2.3.4", "::ffff:0:102:304" },
	{ "::ffff:01.2.3.4", NULL }, { "::1::", NULL }, { ":::", NULL },
	{ ":1", NULL }, { "1:", NULL }, { "1:2:3:4:5:6:7:8:9", NULL },
	{ "1:2:3:4:5:6:7::8", NULL }, { "12345::", NULL }, { "g::", NULL },
	{ "fe80::1%eth0", NULL }, { "[::1]", NULL }, { "::1/64", NULL },
};

static void
resolvers_have_the_text_that_rust_prints(void **state)
{
	char out[64];
	struct err e;
	(void)state;

	for (size_t i = 0; i < COUNT(resolvers); i++) {
		const char *want = resolvers[i][1];
		int r = resolver_text(bytes_str(resolvers[i][0]), out, &e);

		if (r != (want == NULL ? ERR_INPUT : 0))
			fail_msg("\"%s\" gives %d", resolvers[i][0], r);
		if (want != NULL)
			assert_string_equal(out, want);
	}
	assert_int_equal(resolver_text(bytes_of("1.1.1.1\0", 8), out, &e),
	    ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_has_the_limits_of_qos),
		cmocka_unit_test(packed_environment_is_sorted_and_checked),
		cmocka_unit_test(resolvers_have_the_text_that_rust_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
