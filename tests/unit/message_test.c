/*
 * Protocol messages (QOS wire section 8): every vector in both encodings
 * and both directions, the tag tables, hostile texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stable.h"

static void
is_written(const struct message *m, enum wire wire, struct bytes want)
{
	struct err e = { 0 };
	struct buf out;

	if (message_write(m, wire, &out, &e) != 0)
		fail_msg("%s", e.text);
	if (!bytes_equal(buf_bytes(&out), want))
		fail_msg("written %.*s", (int)out.n, (const char *)out.p);
	buf_free(&out);
}

/* Reads one encoding and expects both; the absent one is NULL. */
static void
check_message(const char *name, struct bytes in, const struct bytes *json,
    const struct bytes *borsh)
{
	struct err e = { 0 };
	struct arena a;
	struct message m;
	enum wire wire;
	struct buf out;

	if (message_read(in, &m, &wire, &a, &e) != 0)
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(wire, json != NULL && in.p == json->p ? WIRE_JSON :
	    WIRE_BORSH);
	if (json != NULL)
		is_written(&m, WIRE_JSON, *json);
	else
		assert_int_equal(message_write(&m, WIRE_JSON, &out, NULL),
		    ERR_INPUT);
	if (borsh != NULL)
		is_written(&m, WIRE_BORSH, *borsh);
	else
		assert_int_not_equal(message_write(&m, WIRE_BORSH, &out,
		    NULL), 0);
	arena_free(&a);
}

static void
check_vector(const json_t *v, const char *json_field, const char *borsh_field)
{
	const char *name = vector_text(v, "name");
	json_t *j = json_object_get(v, json_field);
	json_t *b = json_object_get(v, borsh_field);
	struct buf raw = { 0 };
	struct bytes json, borsh;

	if (json_is_string(j))
		json = bytes_str(json_string_value(j));
	if (json_is_string(b))
		raw = vector_buf(v, borsh_field);
	borsh = buf_bytes(&raw);
	if (json_is_string(j))
		check_message(name, json, &json,
		    json_is_string(b) ? &borsh : NULL);
	if (json_is_string(b))
		check_message(name, borsh, json_is_string(j) ? &json : NULL,
		    &borsh);
	buf_free(&raw);
}

static void
every_wire_vector_has_its_bytes_in_both_encodings(void **state)
{
	json_t *all = vectors_load("wire");
	size_t n = 0;
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);

		if (!vector_has(v, "json_wire"))
			continue;
		check_vector(v, "json_wire", "borsh_wire");
		n++;
	}
	assert_int_equal(n, 22);
	json_decref(all);
}

static void
every_tag_of_the_second_writer_has_the_same_bytes(void **state)
{
	json_t *all = vectors_load("own_message");
	bool seen[PM_COUNT] = { false };
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		struct buf b;

		check_vector(v, "json", "borsh");
		if (!vector_has(v, "borsh"))
			continue;
		b = vector_buf(v, "borsh");
		seen[b.p[0]] = true;
		buf_free(&b);
	}
	for (unsigned i = 0; i < PM_COUNT; i++)
		assert_int_equal(seen[i], i != PM_BOOT_GENESIS_REQ &&
		    i != PM_BOOT_GENESIS);
	json_decref(all);
}

static void
boot_with_embedded_json_carries_a_readable_envelope(void **state)
{
	json_t *all = vectors_load("wire");
	const json_t *v = vector_named(all, "BootStandardJsonEnvelopeRequest "
	    "(borsh only)");
	struct buf b = vector_buf(v, "borsh_wire");
	struct message m;
	struct envelope env;
	struct arena a;
	enum wire wire;
	(void)state;

	assert_int_equal(message_read(buf_bytes(&b), &m, &wire, &a, NULL), 0);
	assert_int_equal(m.tag, PM_BOOT_STANDARD_JSON_REQ);
	assert_true(bytes_equal(m.u.boot_json.envelope_json, bytes_str(
	    vector_text(v, "embedded_json"))));
	assert_int_equal(envelope_read(m.u.boot_json.envelope_json, &env, &a,
	    NULL), 0);
	assert_int_equal(env.manifest.version, 2);
	arena_free(&a);
	buf_free(&b);
	json_decref(all);
}

/* The names as Rust has them; ours may differ in the first letter's case. */
static void
check_names(const char *name, const struct type *t, size_t count)
{
	json_t *all = vectors_load("tags");
	json_t *names = json_object_get(vector_named(all, name),
	    "borsh_tags_in_order");

	assert_int_equal(json_array_size(names), count);
	assert_int_equal(t->count, count);
	for (size_t i = 0; i < count; i++) {
		const char *want = json_string_value(json_array_get(names,
		    i));
		const char *got = t->variants[i].name;

		assert_int_equal(got[0] | 0x20, want[0] | 0x20);
		assert_string_equal(got + 1, want + 1);
	}
	json_decref(all);
}

static const struct type *
payload(const struct type *t, unsigned tag)
{
	assert_true(tag < t->count);
	assert_non_null(t->variants[tag].payload);
	return t->variants[tag].payload;
}

static void
tag_tables_are_those_of_qos_in_order(void **state)
{
	const struct type *nsm = payload(&type_message,
	    PM_BOOT_STANDARD)->fields[0].type;
	const struct type *describe = payload(nsm, NSM_DESCRIBE_NSM);
	(void)state;

	check_names("ProtocolMsg", &type_message, PM_COUNT);
	check_names("ProtocolError", &type_protocol_error, PE_COUNT);
	check_names("P256Error", payload(&type_protocol_error, PE_P256),
	    P256_COUNT);
	check_names("ProtocolPhase", &type_phase, 6);
	check_names("RestartPolicy", &type_restart, 2);
	check_names("NsmResponse", nsm, 8);
	check_names("NsmErrorCode", payload(nsm, NSM_ERROR), 9);
	assert_string_equal(describe->fields[6].name, "digest");
	check_names("NsmDigest", describe->fields[6].type, 3);
}

static void
every_truncation_and_wrong_length_is_refused(void **state)
{
	json_t *all = vectors_load("own_message");
	(void)state;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		struct buf b;

		if (vector_has(v, "json"))
			refuses_truncations(bytes_str(vector_text(v,
			    "json")), stable_message);
		if (!vector_has(v, "borsh"))
			continue;
		b = vector_buf(v, "borsh");
		refuses_truncations(buf_bytes(&b), stable_message);
		refuses_wrong_lengths(v, stable_message);
		buf_free(&b);
	}
	json_decref(all);
}

static void
every_changed_byte_is_refused_or_read_consistently(void **state)
{
	static const char *const names[] = { "boot standard v0", "live v1",
	    "export v2", "provision", "nsm describeNSM", "envelope v1",
	    "genesis response", "error DifferentPcr3", "boot json" };
	json_t *all = vectors_load("own_message");
	size_t lived = 0;
	(void)state;

	for (size_t i = 0; i < COUNT(names); i++) {
		const json_t *v = vector_named(all, names[i]);
		struct buf b;

		if (vector_has(v, "json"))
			lived += survives_changes(bytes_str(vector_text(v,
			    "json")), stable_message);
		if (!vector_has(v, "borsh"))
			continue;
		b = vector_buf(v, "borsh");
		lived += survives_changes(buf_bytes(&b), stable_message);
		buf_free(&b);
	}
	assert_true(lived > 1000);
	json_decref(all);
}

static int
read_code(struct bytes in, struct err *e)
{
	struct arena a;
	struct message m;
	enum wire wire;
	int r = message_read(in, &m, &wire, &a, e);

	if (r == 0)
		arena_free(&a);
	return r;
}

static void
genesis_in_borsh_is_legacy_and_unknown_tags_are_malformed(void **state)
{
	struct err e;
	(void)state;

	for (unsigned tag = 0; tag < 256; tag++) {
		const uint8_t in[2] = { (uint8_t)tag, 0xee };
		int want = tag == PM_BOOT_GENESIS_REQ ||
		    tag == PM_BOOT_GENESIS ? ERR_LEGACY : ERR_INPUT;

		assert_int_equal(read_code(bytes_of(in, 2), &e), want);
		assert_int_equal(read_code(bytes_of(in, 2), NULL), want);
	}
	assert_int_equal(read_code(bytes_of(NULL, 0), &e), ERR_INPUT);
	assert_int_equal(read_code(bytes_str("{}"), NULL), ERR_INPUT);
	assert_int_equal(read_code(bytes_str("\"boom\""), &e), ERR_INPUT);
	assert_string_equal(e.text,
	    "not a protocol message: unknown name \"boom\"");
}

static void
a_message_with_an_ambiguous_envelope_is_refused(void **state)
{
	json_t *all = vectors_load("manifest");
	struct buf b = vector_buf(vector_named(all, "ambiguous borsh manifest "
	    "(must be rejected: parses as both V0 and V1)"), "borsh");
	uint8_t text[256] = { PM_ENVELOPE, 1 };
	struct err e;
	(void)state;

	/* two empty lists of approvals follow the manifest */
	assert_true(b.n + 10 <= sizeof(text));
	memcpy(text + 2, b.p, b.n);
	assert_int_equal(read_code(bytes_of(text, b.n + 10), &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "ambiguous"));
	buf_free(&b);
	json_decref(all);
}

static void
json_follows_the_leniencies_of_qos_and_no_others(void **state)
{
	(void)state;

	assert_true(stable_message(bytes_str(
	    " {\"statusResponse\" : \"genesisBooted\" } \n")));
	assert_true(stable_message(bytes_str("{\"manifestEnvelopeResponse\":"
	    "{\"manifest_envelope\":null}}")));
	assert_true(stable_message(bytes_str("{\"provisionResponse\":"
	    "{\"x\":1,\"reconstructed\":true}}")));
	assert_false(stable_message(bytes_str("{\"manifestEnvelopeResponse\":"
	    "{\"manifestEnvelope\":1,\"manifest_envelope\":{}}}")));
	assert_false(stable_message(bytes_str("\"StatusRequest\"")));
	assert_false(stable_message(bytes_str("{\"statusRequest\":{}}")));
	assert_false(stable_message(bytes_str(
	    "{\"bootStandardJsonEnvelopeRequest\":{\"manifest_envelope\":"
	    "\"7b7d\",\"pivot\":\"7f\"}}")));
	assert_false(stable_message(bytes_str("{\"provisionResponse\":"
	    "{\"reconstructed\":1}}")));
}

/* TRAP 6.4 on the wire: it would lose its bridges and hash as V0. */
static void
a_v1_manifest_in_a_snake_case_envelope_is_refused(void **state)
{
	json_t *all = vectors_load("own_message");
	struct bytes json = bytes_str(vector_text(vector_named(all,
	    "envelope v0"), "json"));
	struct buf b = replaced(json, "\"pivot\":{",
	    "\"pivot\":{\"bridgeConfig\":[],\"debugMode\":false,");
	(void)state;

	assert_true(stable_message(json));
	assert_false(stable_message(buf_bytes(&b)));
	buf_free(&b);
	json_decref(all);
}

static void
locked_pcrs_must_ascend(void **state)
{
	json_t *all = vectors_load("own_message");
	struct bytes json = bytes_str(vector_text(vector_named(all,
	    "nsm describeNSM"), "json"));
	static const char from[] = "[\"0\",\"1\",\"2\",\"256\",\"65535\"]";
	static const struct { const char *to; bool taken; } cases[] = {
		{ "[]", true }, { "[255,256]", true }, { "[256,1]", false },
		{ "[7,7]", false }, { "[0,65536]", false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = replaced(json, from, cases[i].to);

		assert_int_equal(stable_message(buf_bytes(&b)),
		    cases[i].taken);
		buf_free(&b);
	}
	json_decref(all);
}

static void
names_and_sentences_for_people(void **state)
{
	struct message m = message_error(PE_LOW_NONCE);
	char text[512], small[8];
	(void)state;

	m.u.error.u.numbers.expected = 4;
	protocol_error_text(&m.u.error, text, sizeof(text));
	assert_string_equal(text,
	    "{\"LowNonce\":{\"expected\":4,\"actual\":0}}");
	protocol_error_text(&m.u.error, small, sizeof(small));
	assert_string_equal(small, "{\"LowNo");
	assert_string_equal(phase_name(PHASE_GENESIS_BOOTED),
	    "GenesisBooted");
	assert_string_equal(phase_name(6), "unknown phase");
	assert_string_equal(protocol_error_name(PE_LEGACY_GENESIS),
	    "LegacyGenesisNotSupported");
	assert_string_equal(protocol_error_name(PE_COUNT), "unknown error");
	m = message_error(200);
	protocol_error_text(&m.u.error, text, sizeof(text));
	assert_string_equal(text, "unknown error");
}

static void
error_codes_have_the_p256_error_of_qos(void **state)
{
	static const struct { int code; const char *name; } table[] = {
		{ ERR_KEY_LONG, "EncodedPublicKeyTooLong" },
		{ ERR_KEY_SHORT, "EncodedPublicKeyTooShort" },
		{ ERR_KEY_POINT, "FailedToReadPublicKey" },
		{ ERR_SEED, "FailedToReadSecret" },
		{ ERR_SIG_FORM, "FailedToDeserializeSignature" },
		{ ERR_SIG_WRONG, "FailedSignatureVerification" },
		{ ERR_ENV_FORM, "FailedToDeserializeEnvelope" },
		{ ERR_ENV_POINT, "FailedToDeserializePublicKey" },
		{ ERR_ENV_TAG, "AesGcm256DecryptError" },
	};
	const struct type *p256 = payload(&type_protocol_error, PE_P256);
	(void)state;

	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(p256->variants[p256_error_of(
		    table[i].code)].name, table[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_wire_vector_has_its_bytes_in_both_encodings),
		cmocka_unit_test(
		    every_tag_of_the_second_writer_has_the_same_bytes),
		cmocka_unit_test(
		    boot_with_embedded_json_carries_a_readable_envelope),
		cmocka_unit_test(tag_tables_are_those_of_qos_in_order),
		cmocka_unit_test(
		    every_truncation_and_wrong_length_is_refused),
		cmocka_unit_test(
		    every_changed_byte_is_refused_or_read_consistently),
		cmocka_unit_test(
		    genesis_in_borsh_is_legacy_and_unknown_tags_are_malformed),
		cmocka_unit_test(
		    a_message_with_an_ambiguous_envelope_is_refused),
		cmocka_unit_test(
		    json_follows_the_leniencies_of_qos_and_no_others),
		cmocka_unit_test(
		    a_v1_manifest_in_a_snake_case_envelope_is_refused),
		cmocka_unit_test(locked_pcrs_must_ascend),
		cmocka_unit_test(names_and_sentences_for_people),
		cmocka_unit_test(error_codes_have_the_p256_error_of_qos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
