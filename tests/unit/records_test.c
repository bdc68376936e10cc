/*
 * Every record of ours: one form of bytes, and each break of it refused
 * with a sentence that names what is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>

#include "airgap/record/cbor.h"
#include "airgap/record/form.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

static const enum mode modes[] = { MODE_PRODUCTION, MODE_REHEARSAL };

static void
assert_broken(const struct sample *s, struct buf b, const char *sentence)
{
	struct buf out = { 0 };
	struct err e = { 0 };

	assert_int_equal(s->again(buf_bytes(&b), &out, &e), ERR_INPUT);
	assert_sentence(&e, sentence);
	assert_null(out.p);
	buf_free(&b);
}

/* --- all types */

static void
what_is_decoded_encodes_to_the_same_bytes(void **state)
{
	struct buf b, out;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++)
		for (size_t m = 0; m < 2; m++) {
			b = samples[i].make(modes[m]);
			if (samples[i].again(buf_bytes(&b), &out, &e) != 0)
				fail_msg("%s: %s", samples[i].type, e.text);
			assert_true(bytes_equal(buf_bytes(&b),
			    buf_bytes(&out)));
			buf_free(&out);
			buf_free(&b);
		}
}

static void
each_truncation_is_refused(void **state)
{
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_REHEARSAL);

		for (size_t n = 0; n < b.n; n++) {
			/* of its own size, for the address sanitizer */
			uint8_t *cut = malloc(n + 1);

			assert_non_null(cut);
			memcpy(cut, b.p, n);
			cut = realloc(cut, n == 0 ? 1 : n);
			assert_int_equal(samples[i].again(bytes_of(cut, n),
			    &out, NULL), ERR_INPUT);
			free(cut);
		}
		buf_free(&b);
	}
}

static void
each_changed_byte_is_refused_or_keeps_one_form(void **state)
{
	size_t refused = 0, kept = 0;

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_REHEARSAL), out;

		for (size_t at = 0; at < b.n; at++)
			for (unsigned x = 1; x < 256; x++) {
				struct err e = { 0 };
				int r;

				b.p[at] ^= (uint8_t)x;
				r = samples[i].again(buf_bytes(&b), &out, &e);
				if (r == 0) {
					assert_true(bytes_equal(buf_bytes(&b),
					    buf_bytes(&out)));
					buf_free(&out);
					kept++;
				} else {
					assert_true(e.text[0] != '\0');
					refused++;
				}
				b.p[at] ^= (uint8_t)x;
			}
		buf_free(&b);
	}
	assert_true(refused > 0 && kept > 0);
}

static void
trailing_bytes_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_PRODUCTION);

		b.p = realloc(b.p, b.n + 1);
		assert_non_null(b.p);
		b.p[b.n++] = 0;
		assert_broken(&samples[i], b, "1 bytes follow the end");
	}
}

static void
a_record_of_another_type_is_refused_by_name(void **state)
{
	struct bytes type;
	struct buf out;

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_PRODUCTION);
		struct err e;

		assert_int_equal(record_type(buf_bytes(&b), &type, NULL), 0);
		assert_true(bytes_equal(type, bytes_str(samples[i].type)));
		for (size_t j = 0; j < SAMPLE_COUNT; j++) {
			if (i == j)
				continue;
			assert_int_equal(samples[j].again(buf_bytes(&b), &out,
			    &e), ERR_INPUT);
			assert_sentence(&e, samples[i].type);
			assert_sentence(&e, samples[j].type);
		}
		buf_free(&b);
	}
}

static void
another_version_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_PRODUCTION);

		assert_broken(&samples[i], sample_with(buf_bytes(&b), "v",
		    bytes_str("\x02")), "version 2 is not known here");
		assert_broken(&samples[i], sample_with(buf_bytes(&b), "v",
		    bytes_of("\x00", 1)), "version 0 is not known here");
		assert_broken(&samples[i], sample_with(buf_bytes(&b), "v",
		    bytes_str("\x61" "1")), "text stands where a number");
		buf_free(&b);
	}
}

static void
an_unknown_key_is_refused_wherever_it_stands(void **state)
{
	static const char *const keys[] = { "a", "zz", "nodes", "signature2",
	    "an-unknown-key-of-32-bytes-12345" };
	char want[64];

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
			struct buf b = samples[i].make(MODE_PRODUCTION);

			snprintf(want, sizeof(want), "unknown key '%s'",
			    keys[k]);
			assert_broken(&samples[i], sample_with(buf_bytes(&b),
			    keys[k], bytes_str("\xf5")), want);
			buf_free(&b);
		}
}

static bool
is_optional(const char *type, const struct bytes key)
{
	if (bytes_equal(key, bytes_str("manifest")))
		return strcmp(type, TRUST_TYPE) == 0;
	return bytes_equal(key, bytes_str("dr")) ||
	    bytes_equal(key, bytes_str("unattested")) ||
	    bytes_equal(key, bytes_str("challenge"));
}

/* Calls each with every top-level key of a sample. */
static void
for_each_key(void (*each)(const struct sample *s, struct bytes in,
    const char *key))
{
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_REHEARSAL);
		struct cbor_rd r = cbor_rd_of(buf_bytes(&b), NULL);
		struct cbor_items m;
		struct bytes key;
		char name[CBOR_KEY_MAX + 1];

		assert_int_equal(cbor_map_begin(&r, &m), 0);
		while (cbor_map_next(&r, &m, &key) == 0 && key.p != NULL) {
			snprintf(name, sizeof(name), "%.*s", (int)key.n,
			    (const char *)key.p);
			each(&samples[i], buf_bytes(&b), name);
			assert_int_equal(cbor_skip(&r), 0);
		}
		buf_free(&b);
	}
}

static void
drop(const struct sample *s, struct bytes in, const char *key)
{
	struct buf b = sample_without(in, key), out;
	char want[64];

	if (is_optional(s->type, bytes_str(key))) {
		assert_int_equal(s->again(buf_bytes(&b), &out, NULL), 0);
		assert_true(bytes_equal(buf_bytes(&b), buf_bytes(&out)));
		buf_free(&out);
		buf_free(&b);
		return;
	}
	snprintf(want, sizeof(want), "the key '%s' is missing", key);
	assert_broken(s, b, want);
}

static void
a_missing_key_is_named(void **state)
{
	(void)state;
	for_each_key(drop);
}

static void
put_false(const struct sample *s, struct bytes in, const char *key)
{
	assert_broken(s, sample_with(in, key, bytes_str("\xf4")),
	    "a simple value or float stands where");
}

static void
a_value_of_another_kind_is_refused(void **state)
{
	(void)state;
	for_each_key(put_false);
}

static void
put_empty(const struct sample *s, struct bytes in, const char *key)
{
	struct buf b = sample_with(in, key, bytes_str("\x40")), out;
	char want[64];
	struct err e;

	assert_int_equal(s->again(buf_bytes(&b), &out, &e), ERR_INPUT);
	snprintf(want, sizeof(want), "key '%s'", key);
	if (strcmp(key, "v") != 0 && strcmp(key, "type") != 0)
		assert_sentence(&e, want);
	buf_free(&b);
}

static void
an_empty_value_is_refused_with_its_key(void **state)
{
	(void)state;
	for_each_key(put_empty);
}

static void
the_mode_of_a_record_with_names_cannot_be_switched(void **state)
{
	struct bytes other = bytes_str("\x6aproduction");

	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++) {
		struct buf b = samples[i].make(MODE_REHEARSAL), out;
		struct buf x = sample_with(buf_bytes(&b), "mode", other);
		bool bare = strcmp(samples[i].type,
		    GENESIS_STATEMENT_TYPE) == 0;
		struct err e;
		int r = samples[i].again(buf_bytes(&x), &out, &e);

		/* a statement has no name: its signature says no, below */
		assert_int_equal(r, bare ? 0 : ERR_REFUSED);
		if (bare)
			buf_free(&out);
		else
			assert_sentence(&e, "marks a rehearsal");
		buf_free(&x);
		assert_broken(&samples[i], sample_with(buf_bytes(&b), "mode",
		    bytes_str("\x64test")), "neither 'production'");
		buf_free(&b);
	}
}

static void
libcbor_reads_and_writes_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLE_COUNT; i++)
		for (size_t m = 0; m < 2; m++) {
			struct buf b = samples[i].make(modes[m]);
			struct cbor_load_result lr;
			cbor_item_t *item = cbor_load(b.p, b.n, &lr);
			unsigned char *out = NULL;
			size_t size;

			assert_non_null(item);
			assert_int_equal(lr.read, b.n);
			assert_true(cbor_isa_map(item));
			assert_int_equal(cbor_serialize_alloc(item, &out,
			    &size), b.n);
			assert_memory_equal(out, b.p, b.n);
			free(out);
			cbor_decref(&item);
			buf_free(&b);
		}
}

/* The value of a text key in a libcbor map; borrowed. */
static cbor_item_t *
peer_get(const cbor_item_t *map, const char *key)
{
	struct cbor_pair *pairs = cbor_map_handle(map);

	for (size_t i = 0; i < cbor_map_size(map); i++)
		if (cbor_string_length(pairs[i].key) == strlen(key) &&
		    memcmp(cbor_string_handle(pairs[i].key), key,
		    strlen(key)) == 0)
			return pairs[i].value;
	fail_msg("libcbor finds no '%s'", key);
	return NULL;
}

static void
assert_peer_bytes(const cbor_item_t *map, const char *key, const uint8_t *p,
    size_t n)
{
	const cbor_item_t *v = peer_get(map, key);

	assert_true(cbor_isa_bytestring(v));
	assert_int_equal(cbor_bytestring_length(v), n);
	assert_memory_equal(cbor_bytestring_handle(v), p, n);
}

static void
assert_peer_text(const cbor_item_t *map, const char *key, const char *text)
{
	const cbor_item_t *v = peer_get(map, key);

	assert_true(cbor_isa_string(v));
	assert_int_equal(cbor_string_length(v), strlen(text));
	assert_memory_equal(cbor_string_handle(v), text, strlen(text));
}

static void
libcbor_reads_the_same_values(void **state)
{
	struct buf b = samples[4].make(MODE_REHEARSAL);
	struct cbor_load_result lr;
	struct release x;
	cbor_item_t *item = cbor_load(b.p, b.n, &lr);

	(void)state;
	sample_release(&x, MODE_REHEARSAL);
	assert_non_null(item);
	assert_int_equal(cbor_map_size(item), 12);
	assert_int_equal(cbor_get_int(peer_get(item, "v")), 1);
	assert_int_equal(cbor_get_int(peer_get(item, "time")), x.time);
	assert_peer_text(item, "type", "quorate/release");
	assert_peer_text(item, "mode", "rehearsal");
	assert_peer_text(item, "alias", "rehearsal-bob");
	assert_peer_bytes(item, "key", x.key.b, PUBLIC_KEY_LEN);
	assert_peer_bytes(item, "setupKey", x.setup_key.b, PUBLIC_KEY_LEN);
	assert_peer_bytes(item, "share", x.share.b, SHA256_LEN);
	assert_peer_bytes(item, "manifest", x.manifest.b, SHA256_LEN);
	assert_peer_bytes(item, "attestation", x.attestation.b, SHA256_LEN);
	assert_peer_bytes(item, "challenge", x.challenge.p, x.challenge.n);
	assert_peer_bytes(item, "signature", x.signature.b, SIGNATURE_LEN);
	cbor_decref(&item);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_decoded_encodes_to_the_same_bytes),
		cmocka_unit_test(each_truncation_is_refused),
		cmocka_unit_test(each_changed_byte_is_refused_or_keeps_one_form),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(a_record_of_another_type_is_refused_by_name),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(an_unknown_key_is_refused_wherever_it_stands),
		cmocka_unit_test(a_missing_key_is_named),
		cmocka_unit_test(a_value_of_another_kind_is_refused),
		cmocka_unit_test(an_empty_value_is_refused_with_its_key),
		cmocka_unit_test(the_mode_of_a_record_with_names_cannot_be_switched),
		cmocka_unit_test(libcbor_reads_and_writes_the_same_bytes),
		cmocka_unit_test(libcbor_reads_the_same_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
