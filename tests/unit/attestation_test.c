/*
 * Attestation as a whole: real documents of the fixture folder, the vectors
 * of QOS, and every rule that holds a document against a manifest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "enclave/attestation/verify.h"
#include "tests/unit/samples.h"
#include "tests/unit/test_pki.h"
#include "tests/unit/vectors.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FOUR_HOURS 14400
#define ONE_DAY 86400

static struct attestation doc;

/* --- documents that others made */

/* The rule that refuses in; ATTESTATION_RULES if none does. */
static enum attestation_rule
chain_rule(struct bytes in, struct bytes root, int64_t offset)
{
	if (attestation_read(in, &doc, NULL) == 0)
		(void)!attestation_verify_chain(&doc, root, (uint64_t)(
		    (int64_t)(doc.timestamp / 1000) + offset), NULL);
	return doc.verdict.failed;
}

struct seen {
	size_t aws, bad, other;
	char folder[512];
};

static int
one_fixture(const char *name, void *ctx)
{
	struct seen *s = ctx;
	char path[1024];
	struct buf file;
	struct bytes in;

	if (strstr(name, ".cbor") == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	assert_int_equal(file_read(path, ATTESTATION_MAX, &file, NULL), 0);
	in = buf_bytes(&file);
	if (strncmp(name, "aws_", 4) == 0) {
		s->aws++;
		assert_int_equal(chain_rule(in, aws_root_der(), 0),
		    ATTESTATION_RULES);
		assert_true(bytes_equal(doc.cabundle[0], aws_root_der()));
		assert_false(attestation_simulated(&doc));
		assert_int_equal(chain_rule(in, aws_root_der(), FOUR_HOURS),
		    RULE_CERT_EXPIRED);
		assert_int_equal(chain_rule(in, aws_root_der(), -ONE_DAY),
		    RULE_CERT_NOT_YET);
	} else if (strncmp(name, "bad-signature_", 14) == 0) {
		s->bad++;
		assert_int_equal(chain_rule(in, aws_root_der(), 0),
		    RULE_SIGNATURE);
	} else {
		s->other++;
		assert_int_equal(chain_rule(in, aws_root_der(), 0),
		    RULE_ROOT);
		assert_int_equal(chain_rule(in, doc.cabundle[0], 0),
		    ATTESTATION_RULES);
	}
	buf_free(&file);
	return 0;
}

static void
real_documents_verify_at_their_own_time_and_not_before_or_after(void **state)
{
	struct seen s = { 0 };
	(void)state;

	if (!fixture_path("attestation", s.folder, sizeof(s.folder)))
		skip();
	assert_int_equal(file_list(s.folder, one_fixture, &s, NULL), 0);
	assert_int_equal(s.aws, 20);
	assert_int_equal(s.bad, 1);
	assert_int_equal(s.other, 1);
}

static void
a_flipped_bit_anywhere_in_a_real_document_is_refused(void **state)
{
	struct buf file;
	(void)state;

	if (!fixture_read("attestation/aws_20250916_b1086cbb.cbor", &file))
		skip();
	/* a step that meets every part; the bundled root is not read */
	for (size_t i = 0; i < file.n; i += 23) {
		enum attestation_rule rule;

		file.p[i] ^= 1;
		rule = chain_rule(buf_bytes(&file), aws_root_der(), 0);
		file.p[i] ^= 1;
		assert_int_not_equal(rule, ATTESTATION_RULES);
	}
	buf_free(&file);
}

static void
the_mock_document_of_qos_is_valid_when_qos_says(void **state)
{
	json_t *all = vectors_load("attestation");
	const json_t *v = vector_named(all, "mock attestation document");
	static const struct { const char *at; enum attestation_rule want; }
	    c[] = { { "valid_at_seconds", ATTESTATION_RULES },
	    { "too_late_seconds", RULE_CERT_EXPIRED },
	    { "too_early_seconds", RULE_CERT_NOT_YET } };
	struct buf file, pcr0 = vector_buf(v, "pcr0");
	struct buf data = vector_buf(v, "user_data");
	(void)state;

	if (!fixture_read("qos_nsm/src/static/mock_attestation_doc", &file)) {
		buf_free(&pcr0);
		buf_free(&data);
		json_decref(all);
		skip();
	}
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(attestation_read(buf_bytes(&file), &doc,
		    NULL), 0);
		assert_int_equal(attestation_verify_chain(&doc,
		    aws_root_der(), (uint64_t)vector_int(v, c[i].at), NULL),
		    c[i].want == ATTESTATION_RULES ? 0 : ERR_REFUSED);
		assert_int_equal(doc.verdict.failed, c[i].want);
	}
	assert_int_equal(doc.timestamp, vector_int(v, "timestamp_ms"));
	assert_memory_equal(doc.pcr[0], pcr0.p, SHA384_LEN);
	assert_true(bytes_equal(doc.user_data, buf_bytes(&data)));
	assert_int_equal(doc.public_key.n, 800);
	buf_free(&file);
	buf_free(&pcr0);
	buf_free(&data);
	json_decref(all);
}

static void
the_cose_vector_of_qos_verifies(void **state)
{
	json_t *all = vectors_load("attestation");
	const json_t *v = vector_named(all, "cose_sign1_ec384_validate");
	struct buf in = vector_buf(v, "cose_sign1");
	struct buf key = vector_buf(v, "p384_public");
	struct cose_sign1 m = { 0 };
	struct bytes rest = buf_bytes(&in);
	const char *why;
	size_t at;
	(void)state;

	cose_read_tag(&rest, &m);
	assert_false(m.tagged);
	assert_int_equal(cose_read(rest, &m, &why, &at), 0);
	assert_true(bytes_equal(m.payload, bytes_str(vector_text(v,
	    "payload_ascii"))));
	assert_int_equal(cose_verify(&m, buf_bytes(&key)), 0);
	in.p[(size_t)(m.payload.p - in.p)] ^= 1;
	assert_int_equal(cose_verify(&m, buf_bytes(&key)), ERR_SIG_WRONG);
	in.p[(size_t)(m.payload.p - in.p)] ^= 1;
	in.p[(size_t)(m.protected.p - in.p) + 3] ^= 1;
	assert_int_equal(cose_verify(&m, buf_bytes(&key)), ERR_SIG_FORM);
	key.p[96] ^= 1;
	in.p[(size_t)(m.protected.p - in.p) + 3] ^= 1;
	assert_int_equal(cose_verify(&m, buf_bytes(&key)), ERR_KEY_POINT);
	buf_free(&in);
	buf_free(&key);
	json_decref(all);
}

/* --- a document against a manifest */

static struct {
	struct test_pki pki;
	struct buf text;
	struct arena arena;
	struct manifest m;
	struct digest256 hash;
	struct digest384 pcr[ATTESTATION_PCRS];
	struct test_doc d;
	struct cb made;
	struct public_key key;
} b;

/* PCR16 and PCR17 for the manifest and the key as they are. */
static void
commit(void)
{
	struct digest384 c;

	assert_int_equal(manifest_hash(&b.m, &b.hash, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		c = attestation_commitment(i == 0 ? ATTESTATION_SETUP :
		    ATTESTATION_LIVE, &b.hash, bytes_of(b.key.b,
		    PUBLIC_KEY_LEN));
		b.pcr[16 + i] = attestation_pcr_value(&c);
	}
	test_doc_set_pcrs(&b.d, b.pcr, ATTESTATION_PCRS);
	test_doc_set_bytes(&b.d, DOC_USER_DATA, bytes_of(b.hash.b,
	    SHA256_LEN));
	test_doc_set_bytes(&b.d, DOC_PUBLIC_KEY, bytes_of(b.key.b,
	    PUBLIC_KEY_LEN));
}

/* A production manifest and a document that attests it. */
static void
bind(void)
{
	for (size_t i = 0; i < ATTESTATION_PCRS; i++)
		memset(b.pcr[i].b, i < 4 ? (int)(0x10 + i) : 0, SHA384_LEN);
	for (size_t i = 0; i < 4; i++)
		b.m.enclave.pcr[i] = bytes_of(b.pcr[i].b, SHA384_LEN);
	b.m.ns.name = bytes_str("production/namespace");
	b.key = *sample_key(0);
	test_doc_init(&b.d, &b.pki);
	commit();
}

static int
setup(void **state)
{
	struct test_cert spec[PKI_LEVELS];
	json_t *all = vectors_load("own_record");
	(void)state;

	test_pki_spec(spec);
	test_pki_make(&b.pki, spec);
	b.text = (struct buf){ (uint8_t *)strdup(vector_text(
	    vector_named(all, "manifest v2"), "json")), 0 };
	b.text.n = strlen((char *)b.text.p);
	json_decref(all);
	return manifest_read(buf_bytes(&b.text), &b.m, &b.arena, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&b.arena);
	buf_free(&b.text);
	test_pki_free(&b.pki);
	return 0;
}

static char why[ERR_TEXT_MAX];

static enum attestation_rule
bound_rule(enum attestation_kind kind)
{
	struct verdict *v = &doc.verdict;
	struct err e = { 0 };
	int r;

	test_doc_make(&b.d, b.pki.key[PKI_LEAF], &b.made);
	assert_int_equal(attestation_read(bytes_of(b.made.b, b.made.n), &doc,
	    NULL), 0);
	assert_int_equal(attestation_verify_chain(&doc,
	    buf_bytes(&b.pki.der[PKI_ROOT]), PKI_TIME, NULL), 0);
	r = attestation_verify_manifest(kind, &doc, &b.m, &e);
	assert_int_equal(r, v->failed == ATTESTATION_RULES ? 0 : ERR_REFUSED);
	assert_int_equal(r == 0, e.text[0] == '\0');
	strcpy(why, e.text);
	assert_int_equal(v->state[kind == ATTESTATION_SETUP ? RULE_PCR17 :
	    RULE_PCR16], RULE_NOT_ASKED);
	return v->failed;
}

static void
assert_rule_(enum attestation_kind kind, enum attestation_rule want, int line)
{
	enum attestation_rule got = bound_rule(kind);

	if (got != want)
		fail_msg("line %d: refused by %s, not %s", line,
		    got == ATTESTATION_RULES ? "none" : rule_name(got),
		    want == ATTESTATION_RULES ? "none" : rule_name(want));
	bind();
}
#define ASSERT_SETUP(want) assert_rule_(ATTESTATION_SETUP, want, __LINE__)
#define ASSERT_LIVE(want) assert_rule_(ATTESTATION_LIVE, want, __LINE__)

static void
a_document_binds_its_manifest_and_key_in_either_kind(void **state)
{
	(void)state;
	bind();
	ASSERT_SETUP(ATTESTATION_RULES);
	ASSERT_LIVE(ATTESTATION_RULES);
	b.d.value[DOC_NONCE].n = 0;
	ASSERT_SETUP(ATTESTATION_RULES);
}

static void
user_data_is_the_manifest_hash_and_there_is_no_nonce(void **state)
{
	(void)state;
	bind();
	test_doc_set(&b.d, DOC_USER_DATA, CB_NULL, 1);
	ASSERT_SETUP(RULE_MANIFEST_USER_DATA);
	b.hash.b[0] ^= 1;
	test_doc_set_bytes(&b.d, DOC_USER_DATA, bytes_of(b.hash.b, 32));
	ASSERT_SETUP(RULE_MANIFEST_USER_DATA);
	test_doc_set_bytes(&b.d, DOC_USER_DATA, bytes_of(b.hash.b, 31));
	ASSERT_LIVE(RULE_MANIFEST_USER_DATA);
	b.m.ns.nonce++;
	ASSERT_SETUP(RULE_MANIFEST_USER_DATA);
	b.m.ns.nonce--;
	bind();
	test_doc_set(&b.d, DOC_NONCE, "\x40", 1);
	ASSERT_SETUP(RULE_MANIFEST_NONCE);
	test_doc_set_bytes(&b.d, DOC_NONCE, bytes_of(b.hash.b, 32));
	ASSERT_LIVE(RULE_MANIFEST_NONCE);
}

static void
pcr0_to_3_are_those_of_the_manifest(void **state)
{
	(void)state;
	bind();
	b.pcr[0].b[0] ^= 0xff;
	test_doc_set_pcrs(&b.d, b.pcr, ATTESTATION_PCRS);
	b.pcr[0].b[0] ^= 0xff;
	ASSERT_SETUP(RULE_MANIFEST_PCR0);
	assert_string_equal(why, "PCR0 is not the manifest's: another "
	    "enclave image (the document has ef10101010101010..., the "
	    "manifest 1010101010101010...)");
	for (unsigned i = 0; i < 4; i++) {
		b.pcr[i].b[47] ^= 1;
		test_doc_set_pcrs(&b.d, b.pcr, ATTESTATION_PCRS);
		b.pcr[i].b[47] ^= 1;
		ASSERT_SETUP((enum attestation_rule)(RULE_MANIFEST_PCR0 + i));
		b.m.enclave.pcr[i].n--;
		commit();
		ASSERT_SETUP((enum attestation_rule)(RULE_MANIFEST_PCR0 + i));
		test_doc_set_pcrs(&b.d, b.pcr, i);
		if (i == 0)
			continue;
		ASSERT_LIVE((enum attestation_rule)(RULE_MANIFEST_PCR0 + i));
		assert_non_null(strstr(why, "the document has none, "));
	}
}

static void
production_refuses_a_debug_enclave_and_a_rehearsal_does_not_ask(void **state)
{
	(void)state;
	bind();
	for (size_t i = 0; i < 3; i++) {
		memset(b.pcr[i].b, 0, SHA384_LEN);
		commit();
		ASSERT_SETUP(RULE_NOT_DEBUG);
		memset(b.pcr[i].b, 0, SHA384_LEN);
		b.m.ns.name = bytes_str("REHEARSAL/namespace");
		commit();
		ASSERT_SETUP(ATTESTATION_RULES);
	}
}

static void
all_pcrs_have_to_be_there(void **state)
{
	(void)state;
	bind();
	test_doc_set_pcrs(&b.d, b.pcr, 31);
	ASSERT_SETUP(RULE_ALL_PCRS);
	test_doc_set_pcrs(&b.d, b.pcr, 4);
	ASSERT_LIVE(RULE_ALL_PCRS);
}

static void
the_key_is_one_and_committed_to(void **state)
{
	(void)state;
	bind();
	test_doc_set(&b.d, DOC_PUBLIC_KEY, CB_NULL, 1);
	ASSERT_SETUP(RULE_MANIFEST_KEY);
	test_doc_set_bytes(&b.d, DOC_PUBLIC_KEY, bytes_of(b.key.b, 129));
	ASSERT_SETUP(RULE_MANIFEST_KEY);
	b.key.b[129] ^= 1;
	test_doc_set_bytes(&b.d, DOC_PUBLIC_KEY, bytes_of(b.key.b, 130));
	ASSERT_LIVE(RULE_MANIFEST_KEY);
	test_doc_set_bytes(&b.d, DOC_PUBLIC_KEY, bytes_of(sample_key(1)->b,
	    PUBLIC_KEY_LEN));
	ASSERT_SETUP(RULE_PCR16);
	test_doc_set_bytes(&b.d, DOC_PUBLIC_KEY, bytes_of(sample_key(1)->b,
	    PUBLIC_KEY_LEN));
	ASSERT_LIVE(RULE_PCR17);
	/* a setup key is no live key */
	b.pcr[17] = b.pcr[16];
	test_doc_set_pcrs(&b.d, b.pcr, ATTESTATION_PCRS);
	ASSERT_LIVE(RULE_PCR17);
	memset(b.pcr[16].b, 0, SHA384_LEN);
	test_doc_set_pcrs(&b.d, b.pcr, ATTESTATION_PCRS);
	ASSERT_SETUP(RULE_PCR16);
}

static void
nothing_is_bound_before_its_chain_was_verified(void **state)
{
	struct err e;
	(void)state;

	bind();
	assert_int_equal(bound_rule(ATTESTATION_SETUP), ATTESTATION_RULES);
	assert_int_equal(attestation_read(bytes_of(b.made.b, b.made.n), &doc,
	    NULL), 0);
	assert_int_equal(attestation_verify_manifest(ATTESTATION_SETUP, &doc,
	    &b.m, &e), ERR_INTERNAL);
	assert_int_equal(attestation_verify_chain(&doc, aws_root_der(),
	    PKI_TIME, &e), ERR_REFUSED);
	assert_int_equal(attestation_verify_manifest(ATTESTATION_SETUP, &doc,
	    &b.m, &e), ERR_INTERNAL);
	/* a second verification that fails takes the first one back */
	assert_int_equal(attestation_verify_chain(&doc,
	    buf_bytes(&b.pki.der[PKI_ROOT]), PKI_TIME, &e), 0);
	assert_int_equal(attestation_verify_chain(&doc,
	    buf_bytes(&b.pki.der[PKI_ROOT]), 0, &e), ERR_REFUSED);
	assert_int_equal(attestation_verify_manifest(ATTESTATION_SETUP, &doc,
	    &b.m, &e), ERR_INTERNAL);
	assert_int_not_equal(attestation_read(bytes_of("", 1), &doc, &e), 0);
	assert_int_equal(attestation_verify_chain(&doc, aws_root_der(),
	    PKI_TIME, &e), ERR_INTERNAL);
}

/* --- roots */

static void
production_trusts_the_pinned_root_and_rehearsal_a_named_one(void **state)
{
	struct bytes test = buf_bytes(&b.pki.der[PKI_ROOT]), none = { NULL, 0 };
	struct bytes out;
	struct err e;
	(void)state;

	assert_int_equal(attestation_root(MODE_PRODUCTION, none, &out, &e), 0);
	assert_true(bytes_equal(out, aws_root_der()));
	assert_int_equal(attestation_root(MODE_PRODUCTION, test, &out, &e),
	    ERR_REFUSED);
	assert_int_equal(attestation_root(MODE_PRODUCTION, aws_root_der(),
	    &out, &e), ERR_REFUSED);
	assert_int_equal(attestation_root(MODE_REHEARSAL, test, &out, &e), 0);
	assert_true(bytes_equal(out, test));
	assert_int_equal(attestation_root(MODE_REHEARSAL, none, &out, &e),
	    ERR_REFUSED);
	assert_non_null(strstr(e.text, "--root"));
	assert_int_equal(attestation_root(MODE_REHEARSAL, aws_root_der(),
	    &out, &e), ERR_REFUSED);
}

static void
the_pinned_root_is_the_published_one_in_pem_and_der(void **state)
{
	json_t *all = vectors_load("attestation");
	const json_t *v = vector_named(all, "aws root");
	struct digest256 hash = sha256(aws_root_der());
	struct buf want = vector_buf(v, "der_sha256"), root;
	char path[1024];
	struct err e;
	(void)state;

	assert_memory_equal(hash.b, want.p, SHA256_LEN);
	buf_free(&want);
	json_decref(all);
	if (!fixture_path("attestation/aws_nitro_root_g1.pem", path,
	    sizeof(path)))
		skip();
	assert_int_equal(attestation_root_read(path, &root, &e), 0);
	assert_true(bytes_equal(buf_bytes(&root), aws_root_der()));
	buf_free(&root);
	assert_true(fixture_path("qos_nsm/src/static/mock_pki/root.der", path,
	    sizeof(path)));
	assert_int_equal(attestation_root_read(path, &root, &e), 0);
	buf_free(&root);
	assert_int_equal(attestation_root_read("Makefile", &root, &e),
	    ERR_INPUT);
	assert_null(root.p);
	assert_non_null(strstr(e.text, "Makefile"));
}

static void
simulated_documents_are_known_by_module_or_certificates(void **state)
{
	(void)state;
	bind();
	(void)bound_rule(ATTESTATION_SETUP);
	assert_true(attestation_simulated(&doc));
	doc.module_id = bytes_str("i-0123456789abcdef0-enc0123456789abcdef");
	assert_true(attestation_simulated(&doc));
	doc.cabundle_count = 1;
	doc.cabundle[0] = aws_root_der();
	assert_false(attestation_simulated(&doc));
	doc.module_id = bytes_str("SIMULATED");
	assert_true(attestation_simulated(&doc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
    real_documents_verify_at_their_own_time_and_not_before_or_after),
		cmocka_unit_test(
		    a_flipped_bit_anywhere_in_a_real_document_is_refused),
		cmocka_unit_test(
		    the_mock_document_of_qos_is_valid_when_qos_says),
		cmocka_unit_test(the_cose_vector_of_qos_verifies),
		cmocka_unit_test(
		    a_document_binds_its_manifest_and_key_in_either_kind),
		cmocka_unit_test(
		    user_data_is_the_manifest_hash_and_there_is_no_nonce),
		cmocka_unit_test(pcr0_to_3_are_those_of_the_manifest),
		cmocka_unit_test(
    production_refuses_a_debug_enclave_and_a_rehearsal_does_not_ask),
		cmocka_unit_test(all_pcrs_have_to_be_there),
		cmocka_unit_test(the_key_is_one_and_committed_to),
		cmocka_unit_test(
		    nothing_is_bound_before_its_chain_was_verified),
		cmocka_unit_test(
		    production_trusts_the_pinned_root_and_rehearsal_a_named_one),
		cmocka_unit_test(
		    the_pinned_root_is_the_published_one_in_pem_and_der),
		cmocka_unit_test(
		    simulated_documents_are_known_by_module_or_certificates),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
