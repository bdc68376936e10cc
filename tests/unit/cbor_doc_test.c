/*
 * The bounded reader of foreign CBOR, with libcbor as peer: what it takes,
 * libcbor takes too; what is announced costs nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cbor.h>
#include "enclave/attestation/cbor_doc.h"
#include "tests/unit/vectors.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* True if hex is one well-formed item of the forms that are taken. */
static bool
reads(const char *hex)
{
	struct buf in = vector_unhex(hex);
	struct cbor_doc r = cbor_doc_of(buf_bytes(&in));
	struct bytes item;
	bool ok = cbor_doc_item(&r, &item) == 0 && cbor_doc_end(&r) == 0;

	if (ok)
		assert_int_equal(item.n, in.n);
	else
		assert_non_null(r.why);
	buf_free(&in);
	return ok;
}

static void
items_of_every_kind_and_head_width_are_read(void **state)
{
	static const char *const good[] = { "00", "17", "1818", "1801",
	    "190001", "1a00000001", "1b0000000000000001",
	    "1bffffffffffffffff", "20", "3903e8", "40", "4161", "580161",
	    "59000161", "5b000000000000000161", "60", "6161", "7a0000000161",
	    "80", "8101", "980101", "9f01ff", "9fff", "a0", "a10102",
	    "bf0102ff", "bfff", "b90001f6f6", "f4", "f5", "f6", "f7", "f820",
	    "f97e00", "fa7fc00000", "fb7ff8000000000000", "81818100",
	    "9f9f9f9fffffffff" };
	struct cbor_load_result res;
	cbor_item_t *item;
	(void)state;

	for (size_t i = 0; i < COUNT(good); i++) {
		struct buf in = vector_unhex(good[i]);

		if (!reads(good[i]))
			fail_msg("%s is refused", good[i]);
		/* 0.8 does not know simple values but the named ones */
		if (in.p[0] != 0xf8) {
			item = cbor_load(in.p, in.n, &res);
			assert_non_null(item);
			assert_int_equal(res.read, in.n);
			cbor_decref(&item);
		}
		buf_free(&in);
	}
}

static void
truncated_and_malformed_items_are_refused(void **state)
{
	static const char *const bad[] = { "", "18", "1900", "1a000000",
	    "1b00000000000000", "1c", "1d", "1e", "1f", "3f", "41", "5801",
	    "61", "81", "8201", "a1", "a101", "9f", "9f01", "bf", "bf01ff",
	    "bf01", "ff", "81ff", "a101ff", "f8", "f81f", "f800", "fc", "fe",
	    "0000", "a0a0", "5c", "9c", "bd", "bf0102" };
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (reads(bad[i]))
			fail_msg("%s is taken", bad[i]);
}

static void
strings_in_pieces_and_tags_are_refused(void **state)
{
	static const char *const bad[] = { "5f4161ff", "7f6161ff", "5fff",
	    "7fff", "d200", "c11a00000001", "d9d9f700", "81c100",
	    "5f5f4161ffff" };
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (reads(bad[i]))
			fail_msg("%s is taken", bad[i]);
}

static void
what_is_announced_is_held_against_what_follows(void **state)
{
	static const char *const bad[] = { "5bffffffffffffffff",
	    "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff",
	    "9b7fffffffffffffff00", "bb8000000000000000f6",
	    "9a05f5e10000", "a2000000" };
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (reads(bad[i]))
			fail_msg("%s is taken", bad[i]);
}

static void
nesting_ends_at_its_bound_however_deep_the_input_is(void **state)
{
	static uint8_t deep[100000];
	static const uint8_t heads[] = { 0x81, 0x9f, 0xbf };
	struct bytes item;
	struct cbor_doc r;
	(void)state;

	assert_true(reads("8181818100"));
	assert_false(reads("818181818100"));
	assert_false(reads("a100a100a100a100a10000"));
	for (size_t i = 0; i < COUNT(heads); i++) {
		memset(deep, heads[i], sizeof(deep));
		r = cbor_doc_of(bytes_of(deep, sizeof(deep)));
		assert_int_equal(cbor_doc_item(&r, &item), ERR_INPUT);
		assert_true((size_t)(r.p - r.start) < 64);
	}
}

static void
typed_reads_refuse_other_kinds(void **state)
{
	static const char *const in[] = { "01", "20", "4100", "6161", "8100",
	    "a10000", "d200", "f6" };
	(void)state;

	for (size_t i = 0; i < COUNT(in); i++) {
		struct buf b = vector_unhex(in[i]);
		struct cbor_doc r[7];
		struct cbor_doc_items items;
		struct bytes s;
		uint64_t v;

		for (size_t j = 0; j < COUNT(r); j++)
			r[j] = cbor_doc_of(buf_bytes(&b));
		assert_int_equal(cbor_doc_kind(&r[0]), i);
		assert_int_equal(cbor_doc_uint(&r[0], &v) == 0, i == 0);
		assert_int_equal(cbor_doc_bytes(&r[1], &s) == 0, i == 2);
		assert_int_equal(cbor_doc_text(&r[2], &s) == 0, i == 3);
		assert_int_equal(cbor_doc_array(&r[3], &items) == 0, i == 4);
		assert_int_equal(cbor_doc_map(&r[4], &items) == 0, i == 5);
		assert_int_equal(cbor_doc_tag(&r[5], &v) == 0, i == 6);
		assert_int_equal(cbor_doc_null(&r[6]), i == 7);
		buf_free(&b);
	}
}

/*
 * libcbor 0.8 refuses unnamed simple values and text that is not UTF-8; the
 * reader leaves both to whoever asks for the item.
 */
static bool
peer_is_narrower(const uint8_t in[static 3])
{
	for (size_t i = 0; i < 3; i++)
		if ((in[i] >= 0xe0 && in[i] < 0xf4) || in[i] == 0xf8 ||
		    in[i] >> 5 == CBOR_DOC_TEXT)
			return true;
	return false;
}

/* Inputs of three bytes: every first two, and a sample of the third. */
static void
what_is_taken_is_taken_by_libcbor_with_the_same_length(void **state)
{
	size_t compared = 0;
	(void)state;

	for (uint32_t i = 0; i < 1u << 24; i += 7) {
		const uint8_t in[] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8),
		    (uint8_t)i };
		struct cbor_doc r = cbor_doc_of(bytes_of(in, sizeof(in)));
		struct cbor_load_result res;
		struct bytes item;
		cbor_item_t *peer;

		if (cbor_doc_item(&r, &item) != 0 || peer_is_narrower(in))
			continue;
		peer = cbor_load(in, sizeof(in), &res);
		if (peer == NULL || res.read != item.n)
			fail_msg("%06x: ours %zu bytes, libcbor %zu", i,
			    item.n, peer == NULL ? 0 : res.read);
		cbor_decref(&peer);
		compared++;
	}
	assert_true(compared > 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_every_kind_and_head_width_are_read),
		cmocka_unit_test(truncated_and_malformed_items_are_refused),
		cmocka_unit_test(strings_in_pieces_and_tags_are_refused),
		cmocka_unit_test(
		    what_is_announced_is_held_against_what_follows),
		cmocka_unit_test(
		    nesting_ends_at_its_bound_however_deep_the_input_is),
		cmocka_unit_test(typed_reads_refuse_other_kinds),
		cmocka_unit_test(
		    what_is_taken_is_taken_by_libcbor_with_the_same_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
