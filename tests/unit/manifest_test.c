/*
 * Manifests and envelopes (QOS wire section 6): every vector, both
 * encodings, versions, hashes; hostile texts.
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

static void
is_bytes(struct buf *b, struct bytes want)
{
	assert_int_equal(b->n, want.n);
	assert_memory_equal(b->p, want.p, want.n);
	buf_free(b);
}

/* JSON and Borsh of one manifest: the same version, forms and hash. */
static void
check_manifest(const json_t *v, const char *hash_field, uint8_t version)
{
	struct bytes json = bytes_str(vector_text(v, "json"));
	struct buf borsh = vector_buf(v, "borsh"), out;
	const struct bytes in[] = { json, buf_bytes(&borsh) };
	uint8_t want[32];

	vector_hex(v, hash_field, want, 32);
	for (size_t i = 0; i < 2; i++) {
		struct digest256 h;
		struct manifest m;
		struct arena a;

		assert_int_equal(manifest_read(in[i], &m, &a, NULL), 0);
		assert_int_equal(m.version, version);
		assert_int_equal(manifest_hash(&m, &h, NULL), 0);
		assert_memory_equal(h.b, want, 32);
		assert_int_equal(manifest_write(&m, &out, NULL), 0);
		is_bytes(&out, json);
		assert_int_equal(schema_encode(manifest_type(version), &m,
		    FORM_BORSH, &out, NULL), 0);
		is_bytes(&out, in[1]);
		arena_free(&a);
	}
	buf_free(&borsh);
}

static void
golden_v1_and_stable_v0_v1_have_their_bytes_and_hashes(void **state)
{
	json_t *all = vectors_load("manifest");
	(void)state;

	check_manifest(vector_named(all, "manifest V1 storage JSON "
	    "(serde_json order, numbers as numbers)"),
	    "borsh_sha256_is_manifest_hash", 1);
	check_manifest(vector_named(all, "stable borsh ManifestV0"),
	    "borsh_sha256", 0);
	json_decref(all);
}

static void
stable_v1_json_reads_in_any_order_of_members(void **state)
{
	json_t *all = vectors_load("manifest");
	const json_t *v = vector_named(all, "stable borsh Manifest (V1)");
	struct buf want = vector_buf(v, "borsh"), out;
	struct manifest m;
	struct arena a;
	(void)state;

	assert_int_equal(manifest_read(bytes_str(vector_text(v, "json")), &m,
	    &a, NULL), 0);
	assert_int_equal(m.version, 1);
	assert_int_equal(schema_encode(manifest_type(1), &m, FORM_BORSH,
	    &out, NULL), 0);
	is_bytes(&out, buf_bytes(&want));
	arena_free(&a);
	buf_free(&want);
	json_decref(all);
}

static void
stable_envelope_v0_is_snake_case_and_has_its_bytes(void **state)
{
	json_t *all = vectors_load("manifest");
	const json_t *v = vector_named(all, "stable borsh ManifestEnvelopeV0");
	struct bytes json = bytes_str(vector_text(v, "json"));
	struct buf borsh = vector_buf(v, "borsh"), out;
	struct envelope env;
	struct arena a;
	(void)state;

	assert_int_equal(envelope_read(buf_bytes(&borsh), &env, &a, NULL), 0);
	assert_int_equal(env.manifest.version, 0);
	assert_int_equal(envelope_write(&env, &out, NULL), 0);
	is_bytes(&out, json);
	assert_int_equal(envelope_read(json, &env, &a, NULL), 0);
	assert_int_equal(schema_encode(envelope_type(0), &env, FORM_BORSH,
	    &out, NULL), 0);
	is_bytes(&out, buf_bytes(&borsh));
	arena_free(&a);
	buf_free(&borsh);
	json_decref(all);
}

/* A vector of the pivot alone, put into a manifest around it. */
static void
check_pivot(const json_t *all, const char *name, const char *around)
{
	const json_t *v = vector_named(all, name);
	struct bytes manifest = bytes_str(vector_text(vector_named(all,
	    around), "json"));
	struct buf borsh = vector_buf(v, "borsh"), text, out;
	const char *from = strstr((const char *)manifest.p, "\"pivot\":{");
	char old[1024];
	struct manifest m;
	struct arena a;
	size_t n;

	assert_non_null(from);
	n = (size_t)(strstr(from, "},\"manifestSet\"") - from) + 1 - 8;
	assert_true(n < sizeof(old));
	memcpy(old, from + 8, n);
	old[n] = '\0';
	text = replaced(manifest, old, vector_text(v, "json"));
	assert_int_equal(manifest_read(buf_bytes(&text), &m, &a, NULL), 0);
	assert_int_equal(schema_encode(manifest_type(m.version), &m,
	    FORM_BORSH, &out, NULL), 0);
	assert_non_null(memmem(out.p, out.n, borsh.p, borsh.n));
	buf_free(&out);
	buf_free(&text);
	buf_free(&borsh);
	arena_free(&a);
}

static void
stable_pivots_have_their_bytes(void **state)
{
	json_t *all = vectors_load("manifest");
	(void)state;

	check_pivot(all, "stable borsh PivotConfigV0",
	    "stable borsh ManifestV0");
	check_pivot(all, "stable borsh PivotConfig (V1)",
	    "manifest V1 storage JSON (serde_json order, numbers as "
	    "numbers)");
	json_decref(all);
}

static void
v2_is_canonical_json_and_hashes_as_such(void **state)
{
	static const char *const names[] = {
		"V2 from golden inputs, no dns, no env",
		"V2 from golden inputs with dns (inputs of "
		"v2_commands_generate_approve_and_envelope_use_json_hash)",
	};
	json_t *all = vectors_load("manifest");
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		const json_t *v = vector_named(all, names[i]);
		struct bytes json = bytes_str(vector_text(v,
		    "canonical_json_is_storage_form"));
		uint8_t want[32], sig[64];
		struct digest256 h;
		struct manifest m;
		struct member who;
		struct arena a;
		struct buf out;
		struct rd rd;

		assert_int_equal(manifest_read(json, &m, &a, NULL), 0);
		assert_int_equal(m.version, 2);
		assert_int_equal(m.dns.present, i == 1);
		assert_int_equal(manifest_hash(&m, &h, NULL), 0);
		vector_hex(v, "manifest_hash", want, 32);
		assert_memory_equal(h.b, want, 32);
		assert_int_equal(manifest_write(&m, &out, NULL), 0);
		is_bytes(&out, json);
		assert_int_equal(schema_encode(manifest_type(2), &m,
		    FORM_BORSH, &out, NULL), ERR_INPUT);
		rd = list_walk(&m.manifest_set.members);
		assert_true(list_next(&rd, &type_member, &who));
		vector_hex(v, "approval_signature_by_primary", sig, 64);
		assert_int_equal(signature_verify(who.pub_key, bytes_of(h.b,
		    32), bytes_of(sig, 64)), 0);
		arena_free(&a);
	}
	json_decref(all);
}

static void
what_reads_as_v0_and_as_v1_is_refused(void **state)
{
	json_t *all = vectors_load("manifest");
	struct buf b = vector_buf(vector_named(all, "ambiguous borsh manifest "
	    "(must be rejected: parses as both V0 and V1)"), "borsh");
	struct manifest m;
	struct arena a;
	struct err e;
	(void)state;

	assert_int_equal(manifest_read(buf_bytes(&b), &m, &a, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "ambiguous"));
	assert_int_equal(manifest_read_either(buf_bytes(&b), &m, &a, &e),
	    ERR_INPUT);
	buf_free(&b);
	json_decref(all);
}

/* --- own vectors, by a second writer */

static void
own_vectors_have_the_same_bytes_in_both_encodings(void **state)
{
	json_t *all = vectors_load("own_record");
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		struct bytes json = bytes_str(vector_text(v, "json"));
		struct envelope env;
		struct arena a;
		struct buf borsh, out;
		unsigned version;

		if (strcmp(vector_text(v, "kind"), "envelope") != 0)
			continue;
		version = (unsigned)(vector_text(v, "name")[10] - '0');
		assert_true(stable_envelope(json));
		assert_int_equal(envelope_read(json, &env, &a, NULL), 0);
		assert_int_equal(env.manifest.version, version);
		assert_int_equal(envelope_write(&env, &out, NULL), 0);
		is_bytes(&out, json);
		arena_free(&a);
		if (version == 2)
			continue;
		borsh = vector_buf(v, "borsh");
		assert_int_equal(envelope_read(buf_bytes(&borsh), &env, &a,
		    NULL), 0);
		assert_int_equal(env.manifest.version, version);
		assert_int_equal(envelope_write(&env, &out, NULL), 0);
		is_bytes(&out, json);
		buf_free(&borsh);
	}
	json_decref(all);
}

static void
a_manifest_is_found_alone_and_in_its_envelope(void **state)
{
	json_t *all = vectors_load("own_record");
	static const char *const names[] = { "manifest v0", "envelope v0",
	    "manifest v1", "envelope v1", "manifest v2", "envelope v2" };
	struct digest256 h[6];
	(void)state;

	for (size_t i = 0; i < 6; i++) {
		struct manifest m;
		struct arena a;

		assert_int_equal(manifest_read_either(bytes_str(vector_text(
		    vector_named(all, names[i]), "json")), &m, &a, NULL), 0);
		assert_int_equal(m.version, i / 2);
		assert_int_equal(manifest_hash(&m, &h[i], NULL), 0);
		arena_free(&a);
	}
	for (size_t i = 0; i < 6; i += 2)
		assert_true(digest256_equal(&h[i], &h[i + 1]));
	assert_false(digest256_equal(&h[0], &h[2]));
	json_decref(all);
}

static void
every_truncation_and_wrong_length_is_refused(void **state)
{
	json_t *all = vectors_load("own_record");
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		const char *kind = vector_text(v, "kind");
		struct buf b;

		if (strcmp(kind, "genesis_output") == 0)
			continue;
		refuses_truncations(bytes_str(vector_text(v, "json")),
		    stable_of(kind));
		if (!vector_has(v, "borsh"))
			continue;
		b = vector_buf(v, "borsh");
		refuses_truncations(buf_bytes(&b), stable_of(kind));
		refuses_wrong_lengths(v, stable_of(kind));
		buf_free(&b);
	}
	json_decref(all);
}

static void
every_changed_byte_is_refused_or_read_consistently(void **state)
{
	json_t *all = vectors_load("own_record");
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		stable_fn *fn = stable_of(vector_text(v, "kind"));
		struct buf b;

		if (fn == stable_genesis_output)
			continue;
		assert_true(survives_changes(bytes_str(vector_text(v,
		    "json")), fn) > 100);
		if (!vector_has(v, "borsh"))
			continue;
		b = vector_buf(v, "borsh");
		assert_true(survives_changes(buf_bytes(&b), fn) > 100);
		buf_free(&b);
	}
	json_decref(all);
}

/* --- edits of one text, each taken or refused as 6.3 says */

struct edit { const char *vector, *from, *to; bool taken; };

static const struct edit edits[] = {
	/* unknown fields: refused in manifest, pivot, dns and envelope V2 */
	{ "manifest v2", "{\"dns\"", "{\"x\":1,\"dns\"", false },
	{ "manifest v2", "\"pivot\":{", "\"pivot\":{\"x\":1,", false },
	{ "manifest v2", "\"dns\":{", "\"dns\":{\"x\":1,", false },
	{ "envelope v2", "{\"manifest\"", "{\"x\":1,\"manifest\"", false },
	{ "manifest v2", "{\"plain\":{", "{\"plain\":{\"x\":1,", false },
	/* and ignored elsewhere */
	{ "manifest v2", "\"namespace\":{", "\"namespace\":{\"x\":1,", true },
	{ "manifest v2", "\"enclave\":{", "\"enclave\":{\"x\":[{}],", true },
	{ "manifest v2", "\"shareSet\":{", "\"shareSet\":{\"x\":1,", true },
	{ "manifest v2", "{\"alias\"", "{\"x\":null,\"alias\"", true },
	{ "manifest v2", "{\"host\"", "{\"x\":1,\"host\"", true },
	{ "envelope v2", "{\"member\"", "{\"x\":1,\"member\"", true },
	{ "manifest v1", "{\"namespace\"", "{\"x\":1,\"namespace\"", true },
	{ "manifest v1", "\"pivot\":{", "\"pivot\":{\"x\":1,", true },
	{ "envelope v1", "{\"manifest\"", "{\"x\":1,\"manifest\"", true },
	/* version */
	{ "manifest v2", "\"v2\"", "\"v1\"", false },
	{ "manifest v2", "\"v2\"", "\"V2\"", false },
	{ "manifest v2", "\"v2\"", "2", false },
	{ "manifest v2", ",\"version\":\"v2\"", "", false },
	{ "manifest v1", "{\"namespace\"", "{\"version\":\"v1\","
	    "\"namespace\"", false },
	{ "manifest v1", "{\"namespace\"", "{\"version\":null,"
	    "\"namespace\"", false },
	/* TRAP 6.4: the one that would lose its bridges */
	{ "envelope v0", "\"args\"", "\"bridgeConfig\":[],\"args\"", false },
	{ "envelope v0", "\"args\"", "\"debugMode\":false,\"args\"", false },
	{ "manifest v0", "\"args\"", "\"debugMode\":false,\"args\"", false },
	{ "envelope v1", "manifestSetApprovals", "manifest_set_approvals",
	    false },
	/* numbers in both forms, everywhere */
	{ "manifest v2", "\"port\":\"3000\"", "\"port\":3000", true },
	{ "manifest v2", "\"port\":\"3000\"", "\"port\":65536", false },
	{ "manifest v1", "4294967295", "\"+004294967295\"", true },
	{ "manifest v1", "4294967295", "4294967296", false },
	/* bridges */
	{ "manifest v1", "\"host\":\"0.0.0.0\"", "\"host\":null", false },
	{ "manifest v1", "\"type\":\"client\"", "\"type\":\"server\"", false },
	{ "manifest v1", "\"type\":\"client\"", "\"type\":\"Client\"", false },
	{ "manifest v1", "\"port\":65535", "\"port\":65535,\"host\":null",
	    true },
	{ "manifest v1", "\"port\":65535", "\"port\":1,\"port\":2", false },
	{ "manifest v1", "\"type\":\"client\",", "", false },
	/* env and dns */
	{ "manifest v2", "\"A\":", "\"1A\":", false },
	{ "manifest v2", "\"A\":", "\"\":", false },
	{ "manifest v2", "\"A\":", "\"A-\":", false },
	{ "manifest v2", "\"A\":", "\"A\xc3\xa9\":", false },
	{ "manifest v2", "\"A\":", "\"A9_\":", true },
	{ "manifest v2", "\"A\":", "\"\\u0041\":", true },
	{ "manifest v2", "\"A\":", "\"_z9\":", false },
	{ "manifest v2", "\"x=\\ty\"", "\"\\u0000\"", false },
	{ "manifest v2", "\"x=\\ty\"", "null", false },
	{ "manifest v2", "{\"plain\"", "{\"secret\"", false },
	{ "manifest v2", "\"1.1.1.1\",\"::1\"", "", true },
	{ "manifest v2", "\"1.1.1.1\"", "\"1.1.1.01\"", false },
	{ "manifest v2", "\"1.1.1.1\"", "\"dns.example\"", false },
	{ "manifest v2", "\"1.1.1.1\"", "\"0:0::0:1\"", true },
	{ "manifest v2", "[\"1.1.1.1\",\"::1\"]", "null", false },
	/* names and places */
	{ "manifest v1", "\"Always\"", "\"always\"", false },
	{ "manifest v1", "\"debugMode\":false", "\"debugMode\":0", false },
	{ "manifest v1", "\"threshold\":2,", "", false },
	{ "manifest v1", ",\"patchSet\"", ",\"patchset\"", false },
};

static void
edited_texts_are_taken_or_refused_as_the_schema_says(void **state)
{
	json_t *all = vectors_load("own_record");
	(void)state;

	for (size_t i = 0; i < COUNT(edits); i++) {
		const struct edit *e = &edits[i];
		const json_t *v = vector_named(all, e->vector);
		struct buf b = replaced(bytes_str(vector_text(v, "json")),
		    e->from, e->to);

		if (stable_of(vector_text(v, "kind"))(buf_bytes(&b)) !=
		    e->taken)
			fail_msg("%s with %s should be %s", e->vector, e->to,
			    e->taken ? "taken" : "refused");
		buf_free(&b);
	}
	json_decref(all);
}

/* The text with another member of that name, null, in front of it. */
static struct buf
with_twin(struct bytes text, size_t at, size_t len, bool escaped)
{
	struct buf b = { malloc(text.n + len + 16), 0 };

	assert_non_null(b.p);
	memcpy(b.p, text.p, at);
	b.n = at;
	if (escaped)
		b.n += (size_t)sprintf((char *)b.p + b.n, "\"\\u%04x%.*s:null,",
		    text.p[at + 1], (int)len - 2, (const char *)text.p + at +
		    2);
	else
		b.n += (size_t)sprintf((char *)b.p + b.n, "%.*s:null,",
		    (int)len, (const char *)text.p + at);
	memcpy(b.p + b.n, text.p + at, text.n - at);
	b.n += text.n - at;
	return b;
}

/* Two readers may take different ones of two members of one name. */
static void
a_member_that_is_there_twice_is_refused_wherever_it_stands(void **state)
{
	static const char *const names[] = { "envelope v0", "envelope v1",
	    "envelope v2" };
	json_t *all = vectors_load("own_record");
	size_t members = 0;
	struct envelope env;
	struct arena a;
	(void)state;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct bytes text = bytes_str(vector_text(vector_named(all,
		    names[i]), "json"));

		for (size_t at = 1; at < text.n; at++) {
			const uint8_t *end = memchr(text.p + at + 1, '"',
			    text.n - at - 1);

			if (text.p[at] != '"' || end == NULL || end[1] != ':' ||
			    (text.p[at - 1] != '{' && text.p[at - 1] != ','))
				continue;
			for (int escaped = 0; escaped < 2; escaped++) {
				struct buf b = with_twin(text, at, (size_t)
				    (end + 1 - text.p) - at, escaped == 1);

				assert_int_equal(json_check(buf_bytes(&b),
				    &(struct bytes){ 0 }, NULL), 0);
				if (envelope_read(buf_bytes(&b), &env, &a,
				    NULL) != ERR_INPUT)
					fail_msg("%s: %.20s", names[i],
					    (const char *)text.p + at);
				buf_free(&b);
			}
			members++;
		}
	}
	assert_true(members > 100);
	json_decref(all);
}

static void
unknown_fields_do_not_change_the_hash(void **state)
{
	json_t *all = vectors_load("own_record");
	struct bytes json = bytes_str(vector_text(vector_named(all,
	    "manifest v2"), "json"));
	struct buf b = replaced(json, "\"enclave\":{", "\"enclave\":{\"x\":1,");
	struct digest256 h[2];
	struct manifest m;
	struct arena a;
	(void)state;

	assert_int_equal(manifest_read(json, &m, &a, NULL), 0);
	assert_int_equal(manifest_hash(&m, &h[0], NULL), 0);
	arena_free(&a);
	assert_int_equal(manifest_read(buf_bytes(&b), &m, &a, NULL), 0);
	assert_int_equal(manifest_hash(&m, &h[1], NULL), 0);
	arena_free(&a);
	assert_true(digest256_equal(&h[0], &h[1]));
	buf_free(&b);
	json_decref(all);
}

static void
what_is_no_manifest_is_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = { "", "{}", "null", "[]", "\"v2\"",
	    "{\"version\":\"v2\"}", "{\"manifest\":{}}", "{\"manifest\":1}",
	    "{\"manifest\":{\"version\":\"v2\"}}", "\xff\xff\xff\xff" };
	struct manifest m;
	struct arena a;
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(stable_manifest(bytes_str(bad[i])));
		assert_false(stable_envelope(bytes_str(bad[i])));
		assert_int_equal(manifest_read_either(bytes_str(bad[i]), &m,
		    &a, NULL), ERR_INPUT);
	}
	assert_null(manifest_type(3));
	assert_string_equal(manifest_version_text(1), "v1");
	assert_string_equal(manifest_version_text(3), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    golden_v1_and_stable_v0_v1_have_their_bytes_and_hashes),
		cmocka_unit_test(
		    stable_v1_json_reads_in_any_order_of_members),
		cmocka_unit_test(
		    stable_envelope_v0_is_snake_case_and_has_its_bytes),
		cmocka_unit_test(stable_pivots_have_their_bytes),
		cmocka_unit_test(v2_is_canonical_json_and_hashes_as_such),
		cmocka_unit_test(what_reads_as_v0_and_as_v1_is_refused),
		cmocka_unit_test(
		    own_vectors_have_the_same_bytes_in_both_encodings),
		cmocka_unit_test(
		    a_manifest_is_found_alone_and_in_its_envelope),
		cmocka_unit_test(
		    every_truncation_and_wrong_length_is_refused),
		cmocka_unit_test(
		    every_changed_byte_is_refused_or_read_consistently),
		cmocka_unit_test(
		    edited_texts_are_taken_or_refused_as_the_schema_says),
		cmocka_unit_test(
		    a_member_that_is_there_twice_is_refused_wherever_it_stands),
		cmocka_unit_test(unknown_fields_do_not_change_the_hash),
		cmocka_unit_test(
		    what_is_no_manifest_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
