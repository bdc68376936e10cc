/*
 * Reading attestation documents: every rule of the form, one mutant or more
 * for each, told by the rule's own code; no heap.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/test_pki.h"
#include "tests/unit/vectors.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct test_pki pki;
static struct test_doc d;
static struct cb made;
static struct attestation doc;

/* the linker wraps these in this program */
static size_t allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

void *
__wrap_malloc(size_t n)
{
	allocations++;
	return __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	allocations++;
	return __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	allocations++;
	return __real_realloc(p, n);
}

void
__wrap_free(void *p)
{
	__real_free(p);
}

static int
setup(void **state)
{
	struct test_cert spec[PKI_LEVELS];
	(void)state;

	test_pki_spec(spec);
	test_pki_make(&pki, spec);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_pki_free(&pki);
	return 0;
}

static enum attestation_rule
rule_of_bytes(struct bytes in)
{
	struct err e = { 0 };
	int r = attestation_read(in, &doc, &e);

	assert_int_equal(r, doc.verdict.failed == ATTESTATION_RULES ? 0 :
	    ERR_INPUT);
	assert_int_equal(r == 0, e.text[0] == '\0');
	for (unsigned i = 0; i < ATTESTATION_RULES; i++)
		assert_int_equal(doc.verdict.state[i],
		    i > RULE_NONCE ? RULE_NOT_ASKED :
		    i < doc.verdict.failed ? RULE_OK :
		    i == doc.verdict.failed ? RULE_FAILED : RULE_NOT_REACHED);
	return doc.verdict.failed;
}

/* The rule that refuses d; ATTESTATION_RULES if none does. */
static enum attestation_rule
rule_of(void)
{
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	return rule_of_bytes(bytes_of(made.b, made.n));
}

static void
assert_rule_(enum attestation_rule want, int line)
{
	enum attestation_rule got = rule_of();

	if (got != want)
		fail_msg("line %d: refused by %s, not %s", line,
		    got == ATTESTATION_RULES ? "none" : rule_name(got),
		    want == ATTESTATION_RULES ? "none" : rule_name(want));
	test_doc_init(&d, &pki);
}
#define ASSERT_RULE(want) assert_rule_(want, __LINE__)
#define ASSERT_READS() assert_rule_(ATTESTATION_RULES, __LINE__)
#define SET(key, cbor) test_doc_set(&d, key, cbor, sizeof(cbor) - 1)
#define RAW(c, text) cb_raw(c, text, sizeof(text) - 1)

static void
a_document_reads_whatever_the_form_of_its_maps(void **state)
{
	static const uint8_t data[] = { 1, 2, 3 };
	(void)state;

	test_doc_init(&d, &pki);
	test_doc_set_bytes(&d, DOC_USER_DATA, bytes_of(data, 3));
	test_doc_set_bytes(&d, DOC_NONCE, bytes_of(data, 0));
	assert_int_equal(rule_of(), ATTESTATION_RULES);
	assert_true(bytes_equal(doc.module_id, bytes_str("SIMULATED-tests")));
	assert_int_equal(doc.timestamp, PKI_TIME * 1000ull);
	assert_int_equal(doc.cabundle_count, PKI_LEAF);
	assert_true(bytes_equal(doc.user_data, bytes_of(data, 3)));
	assert_true(doc.nonce.p != NULL && doc.nonce.n == 0);
	assert_null(doc.public_key.p);
	assert_int_equal(doc.pcr[15][47], 0x4f);
	assert_null(doc.pcr[16]);
	d.indefinite = true;
	ASSERT_READS();
	/* indefinite within, wide heads, no optional keys, tag 18 */
	SET(DOC_PCRS, "\xbf");
	RAW(&d.value[DOC_PCRS], "\x1b\0\0\0\0\0\0\0\x1f\x59\0\x30");
	cb_raw(&d.value[DOC_PCRS], d.value[DOC_CABUNDLE].b, 48);
	RAW(&d.value[DOC_PCRS], "\xff");
	d.value[DOC_TIMESTAMP].n = 0;
	cb_head_wide(&d.value[DOC_TIMESTAMP], CB_UINT, PKI_TIME * 1000ull, 8);
	d.value[DOC_NONCE].n = d.value[DOC_USER_DATA].n =
	    d.value[DOC_PUBLIC_KEY].n = 0;
	cb_head(&d.tag, CB_TAG, 18);
	ASSERT_READS();
	SET(DOC_CABUNDLE, "\x9f\x41\x30\xff");
	ASSERT_READS();
}

static void
size_has_bounds(void **state)
{
	static uint8_t big[ATTESTATION_MAX + 1];
	(void)state;

	assert_int_equal(rule_of_bytes(bytes_of(NULL, 0)), RULE_SIZE);
	assert_int_equal(rule_of_bytes(bytes_of(big, sizeof(big))),
	    RULE_SIZE);
	assert_int_equal(rule_of_bytes(bytes_of(big, sizeof(big) - 1)),
	    RULE_COSE_FORM);
}

static void
a_truncated_document_is_refused_at_every_byte(void **state)
{
	(void)state;
	test_doc_init(&d, &pki);
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	for (size_t n = 1; n < made.n; n++)
		assert_int_equal(rule_of_bytes(bytes_of(made.b, n)),
		    RULE_COSE_FORM);
}

static void
the_envelope_is_one_cose_sign1(void **state)
{
	static const unsigned tags[] = { 17, 98, 61, 0 };
	(void)state;

	test_doc_init(&d, &pki);
	for (size_t i = 0; i < COUNT(tags); i++) {
		cb_head(&d.tag, CB_TAG, tags[i]);
		ASSERT_RULE(RULE_COSE_TAG);
	}
	cb_head(&d.tag, CB_TAG, 18);
	cb_head(&d.tag, CB_TAG, 18);
	ASSERT_RULE(RULE_COSE_TAG);
	RAW(&d.after, "\0");
	ASSERT_RULE(RULE_COSE_FORM);
	RAW(&d.unprotected, "\x40");
	ASSERT_RULE(RULE_COSE_FORM);
	RAW(&d.payload, "\xf6");
	ASSERT_RULE(RULE_COSE_FORM);
	RAW(&d.payload, "\x61" "a");
	ASSERT_RULE(RULE_COSE_FORM);
	RAW(&d.protected, "\xa1\x01\x38\x22");
	ASSERT_RULE(RULE_COSE_FORM);
	/* three and five items, a map */
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	for (unsigned i = 0x83; i <= 0xa4; i++) {
		made.b[0] = (uint8_t)i;
		assert_int_equal(rule_of_bytes(bytes_of(made.b, made.n)),
		    i == 0x84 ? ATTESTATION_RULES : RULE_COSE_FORM);
	}
}

static void
headers_say_es384_and_nothing_else(void **state)
{
	(void)state;
	test_doc_init(&d, &pki);
	RAW(&d.protected, "\x40");
	ASSERT_RULE(RULE_COSE_ALGORITHM);
	RAW(&d.protected, "\x43\xa1\x01\x26");		/* ES256 */
	ASSERT_RULE(RULE_COSE_ALGORITHM);
	RAW(&d.protected, "\x44\xa1\x01\x38\x23");	/* ES512 */
	ASSERT_RULE(RULE_COSE_ALGORITHM);
	RAW(&d.protected, "\x45\xa1\x01\x39\0\x22");	/* a wider -35 */
	ASSERT_RULE(RULE_COSE_ALGORITHM);
	RAW(&d.protected, "\x47\xa2\x01\x38\x22\x02\x81\x01");
	ASSERT_RULE(RULE_COSE_ALGORITHM);
	RAW(&d.unprotected, "\xa1\x01\x38\x22");
	ASSERT_RULE(RULE_COSE_UNPROTECTED);
	RAW(&d.unprotected, "\xa1\x04\x42" "11");
	ASSERT_RULE(RULE_COSE_UNPROTECTED);
	RAW(&d.unprotected, "\xbf\xff");
	ASSERT_READS();
}

static void
a_signature_is_two_scalars(void **state)
{
	static const size_t lengths[] = { 0, 64, 95, 97, 104 };
	static const uint8_t order[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
		0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a,
		0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73 };
	uint8_t sig[104];
	(void)state;

	test_doc_init(&d, &pki);
	memset(sig, 1, sizeof(sig));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		cb_bytes(&d.signature, bytes_of(sig, lengths[i]));
		ASSERT_RULE(RULE_COSE_SIGNATURE);
	}
	for (size_t half = 0; half < 96; half += 48) {
		memset(sig, 1, sizeof(sig));
		memset(sig + half, 0, 48);
		cb_bytes(&d.signature, bytes_of(sig, 96));
		ASSERT_RULE(RULE_COSE_SIGNATURE);
		memcpy(sig + half, order, 48);
		cb_bytes(&d.signature, bytes_of(sig, 96));
		ASSERT_RULE(RULE_COSE_SIGNATURE);
		sig[half + 47]--;
		cb_bytes(&d.signature, bytes_of(sig, 96));
		ASSERT_READS();
	}
}

static void
the_payload_is_one_map_of_known_keys_once_each(void **state)
{
	static const char *const keys[] = { "module_id", "pcrs", "nonce" };
	(void)state;

	test_doc_init(&d, &pki);
	RAW(&d.after_payload, "\0");
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	cb_bytes(&d.payload, bytes_of("\x80", 1));
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	cb_bytes(&d.payload, bytes_of("\xbf", 1));
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	d.extra_count = 1;		/* a key that is a number */
	RAW(&d.extra, "\0\0");
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	d.extra_count = 1;		/* an announced entry is missing */
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	SET(DOC_NONCE, "\xc1\0");	/* a tag */
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	SET(DOC_NONCE, "\x5f\x41\0\xff");	/* bytes in pieces */
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	SET(DOC_NONCE, "\x81\x81\x81\x81\x81\0");
	ASSERT_RULE(RULE_PAYLOAD_FORM);
	for (size_t i = 0; i < COUNT(keys); i++) {
		d.extra_count = 1;
		cb_text(&d.extra, keys[i]);
		RAW(&d.extra, CB_NULL);
		ASSERT_RULE(RULE_PAYLOAD_TWICE);
	}
	d.extra_count = 1;
	cb_text(&d.extra, "Nonce");
	RAW(&d.extra, CB_NULL);
	ASSERT_RULE(RULE_PAYLOAD_UNKNOWN);
	d.extra_count = 1;
	cb_text(&d.extra, "\x1b[2J");
	RAW(&d.extra, CB_NULL);
	ASSERT_RULE(RULE_PAYLOAD_UNKNOWN);
}

static const enum attestation_rule field_rules[DOC_KEYS] = {
	RULE_MODULE_ID, RULE_DIGEST, RULE_TIMESTAMP, RULE_PCRS,
	RULE_CERTIFICATE, RULE_CABUNDLE, RULE_PUBLIC_KEY, RULE_USER_DATA,
	RULE_NONCE };

static void
mandatory_fields_are_there_and_not_null(void **state)
{
	(void)state;
	test_doc_init(&d, &pki);
	for (unsigned i = 0; i < DOC_PUBLIC_KEY; i++) {
		d.value[i].n = 0;
		ASSERT_RULE(field_rules[i]);
		SET(i, CB_NULL);
		ASSERT_RULE(field_rules[i]);
		SET(i, "\xfb\x3f\xf0\0\0\0\0\0\0");	/* 1.0 */
		ASSERT_RULE(field_rules[i]);
	}
	for (unsigned i = DOC_PUBLIC_KEY; i < DOC_KEYS; i++) {
		SET(i, "\x61" "a");
		ASSERT_RULE(field_rules[i]);
		SET(i, "\xf7");				/* undefined */
		ASSERT_RULE(field_rules[i]);
	}
}

static void
lengths_and_ranges_of_fields_are_held(void **state)
{
	static uint8_t long_data[ATTESTATION_FIELD_MAX + 1];
	struct bytes over = bytes_of(long_data, sizeof(long_data));
	struct bytes most = bytes_of(long_data, sizeof(long_data) - 1);
	static const uint64_t times[] = { 0, PKI_TIME, UINT64_MAX,
	    ATTESTATION_TIME_MIN - 1, ATTESTATION_TIME_MAX + 1ull };
	(void)state;

	test_doc_init(&d, &pki);
	SET(DOC_MODULE_ID, "\x60");
	ASSERT_RULE(RULE_MODULE_ID);
	SET(DOC_MODULE_ID, "\x41" "a");
	ASSERT_RULE(RULE_MODULE_ID);
	SET(DOC_MODULE_ID, "\x62\xc3\x28");		/* not UTF-8 */
	ASSERT_RULE(RULE_MODULE_ID);
	SET(DOC_DIGEST, "\x66" "SHA256");
	ASSERT_RULE(RULE_DIGEST);
	SET(DOC_DIGEST, "\x66" "sha384");
	ASSERT_RULE(RULE_DIGEST);
	for (size_t i = 0; i < COUNT(times); i++) {
		d.value[DOC_TIMESTAMP].n = 0;
		cb_head(&d.value[DOC_TIMESTAMP], CB_UINT, times[i]);
		ASSERT_RULE(RULE_TIMESTAMP);
	}
	SET(DOC_TIMESTAMP, "\x3b\0\0\1\0\0\0\0\0");	/* negative */
	ASSERT_RULE(RULE_TIMESTAMP);
	for (unsigned i = DOC_PUBLIC_KEY; i < DOC_KEYS; i++) {
		test_doc_set_bytes(&d, i, over);
		ASSERT_RULE(field_rules[i]);
		test_doc_set_bytes(&d, i, most);
		ASSERT_READS();
	}
	SET(DOC_PUBLIC_KEY, "\x40");
	ASSERT_RULE(RULE_PUBLIC_KEY);
	test_doc_set_bytes(&d, DOC_CERTIFICATE, over);
	ASSERT_RULE(RULE_CERTIFICATE);
	SET(DOC_CERTIFICATE, "\x40");
	ASSERT_RULE(RULE_CERTIFICATE);
	test_doc_set_bytes(&d, DOC_CERTIFICATE, most);
	ASSERT_READS();
}

/* pcrs as a map of count entries with these keys, of len bytes. */
static void
set_pcrs(const uint64_t *index, size_t count, size_t len)
{
	static const uint8_t value[64];
	struct cb *v = &d.value[DOC_PCRS];

	v->n = 0;
	cb_head(v, CB_MAP, count);
	for (size_t i = 0; i < count; i++) {
		cb_head(v, CB_UINT, index[i]);
		cb_bytes(v, bytes_of(value, len));
	}
}

static void
pcrs_are_0_to_31_once_each_of_48_bytes(void **state)
{
	static const size_t lengths[] = { 0, 32, 47, 49, 64 };
	uint64_t index[33];
	(void)state;

	for (size_t i = 0; i < COUNT(index); i++)
		index[i] = i;
	test_doc_init(&d, &pki);
	set_pcrs(index, 32, 48);
	ASSERT_READS();
	set_pcrs(index, 0, 48);
	ASSERT_RULE(RULE_PCRS);
	set_pcrs(index, 33, 48);
	ASSERT_RULE(RULE_PCRS);
	SET(DOC_PCRS, "\xa1\x20\x40");			/* key -1 */
	ASSERT_RULE(RULE_PCRS);
	SET(DOC_PCRS, "\xa1\x61" "0\x40");
	ASSERT_RULE(RULE_PCRS);
	SET(DOC_PCRS, "\xa1\0\x60");			/* text */
	ASSERT_RULE(RULE_PCRS);
	set_pcrs(index + 32, 1, 48);
	ASSERT_RULE(RULE_PCR_INDEX);
	index[1] = UINT64_MAX;
	set_pcrs(index, 2, 48);
	ASSERT_RULE(RULE_PCR_INDEX);
	index[1] = 0;
	set_pcrs(index, 2, 48);
	ASSERT_RULE(RULE_PCR_TWICE);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		set_pcrs(index, 1, lengths[i]);
		ASSERT_RULE(RULE_PCR_LENGTH);
	}
}

static void
cabundle_has_one_to_seven_entries(void **state)
{
	static const uint8_t big[ATTESTATION_FIELD_MAX + 1];
	(void)state;

	test_doc_init(&d, &pki);
	SET(DOC_CABUNDLE, "\x80");
	ASSERT_RULE(RULE_CABUNDLE);
	SET(DOC_CABUNDLE, "\x9f\xff");
	ASSERT_RULE(RULE_CABUNDLE);
	SET(DOC_CABUNDLE, "\x81\xf6");
	ASSERT_RULE(RULE_CABUNDLE);
	SET(DOC_CABUNDLE, "\x81\x40");
	ASSERT_RULE(RULE_CABUNDLE);
	SET(DOC_CABUNDLE, "\x81");
	cb_bytes(&d.value[DOC_CABUNDLE], bytes_of(big, sizeof(big)));
	ASSERT_RULE(RULE_CABUNDLE);
	SET(DOC_CABUNDLE, "\x87\x41\0\x41\0\x41\0\x41\0\x41\0\x41\0\x41\0");
	ASSERT_READS();
	SET(DOC_CABUNDLE,
	    "\x88\x41\0\x41\0\x41\0\x41\0\x41\0\x41\0\x41\0\x41\0");
	ASSERT_RULE(RULE_CABUNDLE);
}

static void
reading_takes_no_heap_whatever_is_announced(void **state)
{
	static const uint8_t bomb[] = { 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff };
	size_t before;
	int r;
	(void)state;

	test_doc_init(&d, &pki);
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	before = allocations;
	r = attestation_read(bytes_of(made.b, made.n), &doc, NULL);
	assert_int_equal(allocations, before);
	assert_int_equal(r, 0);
	r = attestation_read(bytes_of(bomb, sizeof(bomb)), &doc, NULL);
	assert_int_equal(allocations, before);
	assert_int_equal(r, ERR_INPUT);
	free(__wrap_malloc(1));
	assert_int_equal(allocations, before + 1);
}

static void
every_rule_has_a_name_of_its_own_and_a_sentence(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ATTESTATION_RULES; i++) {
		enum attestation_rule a = (enum attestation_rule)i;

		assert_non_null(rule_name(a));
		assert_true(rule_text(a)[0] != '\0');
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(rule_name(a),
			    rule_name((enum attestation_rule)j));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_document_reads_whatever_the_form_of_its_maps),
		cmocka_unit_test(size_has_bounds),
		cmocka_unit_test(
		    a_truncated_document_is_refused_at_every_byte),
		cmocka_unit_test(the_envelope_is_one_cose_sign1),
		cmocka_unit_test(headers_say_es384_and_nothing_else),
		cmocka_unit_test(a_signature_is_two_scalars),
		cmocka_unit_test(
		    the_payload_is_one_map_of_known_keys_once_each),
		cmocka_unit_test(mandatory_fields_are_there_and_not_null),
		cmocka_unit_test(lengths_and_ranges_of_fields_are_held),
		cmocka_unit_test(pcrs_are_0_to_31_once_each_of_48_bytes),
		cmocka_unit_test(cabundle_has_one_to_seven_entries),
		cmocka_unit_test(reading_takes_no_heap_whatever_is_announced),
		cmocka_unit_test(
		    every_rule_has_a_name_of_its_own_and_a_sentence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
