/*
 * The path to the root: certificates against libcrypto's reading of them, and
 * one mutant or more for every rule, signed so that only that rule can tell.
 */
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "airgap/record/aws_root.h"
#include "enclave/attestation/chain.h"
#include "enclave/attestation/der.h"
#include "tests/unit/test_pki.h"
#include "tests/unit/vectors.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct test_cert spec[PKI_LEVELS];
static struct test_pki pki;
static struct test_doc d;
static struct cb made;
static struct attestation doc;

static void
begin(void)
{
	test_pki_spec(spec);
}

/* A document of the PKI of spec. */
static void
make(void)
{
	test_pki_free(&pki);
	test_pki_make(&pki, spec);
	test_doc_init(&d, &pki);
}

static enum attestation_rule
rule_at(uint64_t time)
{
	struct err e = { 0 };
	int r;

	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	assert_int_equal(attestation_read(bytes_of(made.b, made.n), &doc,
	    NULL), 0);
	r = attestation_verify_chain(&doc, buf_bytes(&pki.der[PKI_ROOT]),
	    time, &e);
	assert_int_equal(r, doc.verdict.failed == ATTESTATION_RULES ? 0 :
	    ERR_REFUSED);
	assert_int_equal(r == 0, e.text[0] == '\0');
	for (unsigned i = RULE_CERT_FORM; i <= RULE_CERT_EXPIRED; i++)
		assert_int_equal(doc.verdict.state[i],
		    i < doc.verdict.failed ? RULE_OK :
		    i == doc.verdict.failed ? RULE_FAILED : RULE_NOT_REACHED);
	return doc.verdict.failed;
}

static void
assert_rule_at_(enum attestation_rule want, uint64_t time, int line)
{
	enum attestation_rule got = rule_at(time);

	if (got != want)
		fail_msg("line %d: refused by %s, not %s", line,
		    got == ATTESTATION_RULES ? "none" : rule_name(got),
		    want == ATTESTATION_RULES ? "none" : rule_name(want));
	begin();
}
#define ASSERT_RULE(want) (make(), assert_rule_at_(want, PKI_TIME, __LINE__))
#define ASSERT_KEPT(want) assert_rule_at_(want, PKI_TIME, __LINE__)

static void
a_path_like_that_of_aws_verifies(void **state)
{
	(void)state;
	begin();
	ASSERT_RULE(ATTESTATION_RULES);
	spec[PKI_LEAF].eku = "serverAuth";	/* as in QOS's mock PKI */
	spec[PKI_LEAF].usage = "critical,digitalSignature";
	ASSERT_RULE(ATTESTATION_RULES);
	spec[PKI_LEAF].usage = NULL;
	spec[PKI_LEAF].constraints = NULL;
	spec[PKI_ZONAL].usage = NULL;
	ASSERT_RULE(ATTESTATION_RULES);
}

static void
the_bundled_root_is_not_read(void **state)
{
	struct cb *v = &d.value[DOC_CABUNDLE];
	(void)state;

	begin();
	make();
	v->n = 0;
	cb_head(v, CB_ARRAY, PKI_LEAF);
	cb_bytes(v, bytes_str("anything"));
	for (size_t i = 1; i < PKI_LEAF; i++)
		cb_bytes(v, buf_bytes(&pki.der[i]));
	ASSERT_KEPT(ATTESTATION_RULES);
}

static void
certificates_have_to_read_as_x509_version_3(void **state)
{
	static uint8_t der[2048];
	struct bytes leaf;
	(void)state;

	begin();
	spec[PKI_LEAF].version = 0;
	ASSERT_RULE(RULE_CERT_FORM);
	spec[PKI_ZONAL].version = 1;
	ASSERT_RULE(RULE_CERT_FORM);
	make();
	leaf = buf_bytes(&pki.der[PKI_LEAF]);
	memcpy(der, leaf.p, leaf.n);
	der[leaf.n] = 0;
	test_doc_set_bytes(&d, DOC_CERTIFICATE, bytes_of(der, leaf.n + 1));
	ASSERT_KEPT(RULE_CERT_FORM);
	test_doc_set_bytes(&d, DOC_CERTIFICATE,
	    bytes_str("-----BEGIN CERTIFICATE-----\n"));
	ASSERT_KEPT(RULE_CERT_FORM);
	for (size_t n = 1; n < leaf.n; n++) {
		test_doc_set_bytes(&d, DOC_CERTIFICATE, bytes_of(der, n));
		ASSERT_KEPT(RULE_CERT_FORM);
	}
	/* indefinite length, as BER has it */
	memcpy(der, "\x30\x80", 2);
	memcpy(der + 2, leaf.p + 4, leaf.n - 4);
	memset(der + leaf.n - 2, 0, 2);
	test_doc_set_bytes(&d, DOC_CERTIFICATE, bytes_of(der, leaf.n));
	ASSERT_KEPT(RULE_CERT_FORM);
}

static void
algorithm_and_keys_are_p384_and_sha384_alone(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		spec[i].digest = "SHA256";
		ASSERT_RULE(RULE_CERT_ALGORITHM);
		spec[i].digest = "SHA512";
		ASSERT_RULE(RULE_CERT_ALGORITHM);
	}
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		spec[i].unused_bits = true;
		ASSERT_RULE(RULE_CERT_KEY);
	}
	for (size_t i = 0; i < PKI_LEAF; i++) {
		spec[i].curve = "P-256";
		ASSERT_RULE(RULE_CERT_KEY);
	}
}

/* The test's own signature needs a P-384 leaf: the points are changed. */
static void
keys_are_uncompressed_points_of_the_curve(void **state)
{
	static uint8_t der[2048];
	struct certificate c;
	const char *why;
	size_t n, at;
	(void)state;

	begin();
	make();
	n = pki.der[PKI_LEAF].n;
	memcpy(der, pki.der[PKI_LEAF].p, n);
	assert_int_equal(certificate_read(bytes_of(der, n), &c, &why), 0);
	at = (size_t)(c.point.p - der);
	der[at + 96] ^= 1;
	test_doc_set_bytes(&d, DOC_CERTIFICATE, bytes_of(der, n));
	ASSERT_KEPT(RULE_CERT_KEY);
	der[at + 96] ^= 1;
	der[at] = 6;		/* hybrid form */
	test_doc_set_bytes(&d, DOC_CERTIFICATE, bytes_of(der, n));
	ASSERT_KEPT(RULE_CERT_KEY);
}

static void
critical_extensions_that_nobody_knows_are_refused(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		spec[i].oid = "1.2.3.4";
		spec[i].oid_value = "critical,DER:0500";
		ASSERT_RULE(RULE_CERT_EXTENSION);
		spec[i].oid = "1.2.3.4";
		spec[i].oid_value = "DER:0500";
		ASSERT_RULE(ATTESTATION_RULES);
		spec[i].oid = "nameConstraints";
		spec[i].oid_value = "permitted;DNS:example.com";
		ASSERT_RULE(RULE_CERT_EXTENSION);
	}
}

static void
issuers_are_authorities_within_their_path_length(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < PKI_LEAF; i++) {
		spec[i].constraints = "critical,CA:FALSE";
		ASSERT_RULE(RULE_CERT_CA);
		spec[i].constraints = NULL;
		ASSERT_RULE(RULE_CERT_CA);
		spec[i].usage = "critical,digitalSignature";
		ASSERT_RULE(RULE_CERT_SIGNER);
	}
	spec[PKI_ZONAL].constraints = "critical,CA:TRUE,pathlen:0";
	ASSERT_RULE(RULE_CERT_PATH);
	spec[PKI_REGIONAL].constraints = "critical,CA:TRUE,pathlen:1";
	ASSERT_RULE(RULE_CERT_PATH);
	spec[PKI_ROOT].constraints = "critical,CA:TRUE,pathlen:2";
	ASSERT_RULE(RULE_CERT_PATH);
	spec[PKI_ROOT].constraints = "critical,CA:TRUE,pathlen:3";
	ASSERT_RULE(ATTESTATION_RULES);
}

static void
the_leaf_is_no_authority_and_may_sign(void **state)
{
	(void)state;
	begin();
	spec[PKI_LEAF].constraints = "critical,CA:TRUE";
	ASSERT_RULE(RULE_CERT_LEAF);
	spec[PKI_LEAF].usage = "critical,keyAgreement";
	ASSERT_RULE(RULE_CERT_LEAF_USAGE);
	for (size_t i = 1; i < PKI_LEVELS; i++) {
		spec[i].eku = "clientAuth";
		ASSERT_RULE(RULE_CERT_EKU);
		spec[i].eku = "clientAuth,serverAuth";
		ASSERT_RULE(ATTESTATION_RULES);
	}
}

static void
names_and_signatures_chain_from_the_root(void **state)
{
	(void)state;
	begin();
	for (size_t i = 1; i < PKI_LEVELS; i++) {
		spec[i].issuer = "somebody";
		ASSERT_RULE(i == 1 ? RULE_ROOT : RULE_CERT_NAMES);
		spec[i].bad_signature = true;
		ASSERT_RULE(i == 1 ? RULE_ROOT : RULE_CERT_SIGNATURE);
	}
}

/* cabundle of these levels, in this order */
static void
set_bundle(const size_t *level, size_t n)
{
	struct cb *v = &d.value[DOC_CABUNDLE];

	v->n = 0;
	cb_head(v, CB_ARRAY, n);
	for (size_t i = 0; i < n; i++)
		cb_bytes(v, buf_bytes(&pki.der[level[i]]));
}

static void
the_bundle_is_the_path_in_order_without_gaps(void **state)
{
	static const size_t gap[] = { 0, 1, 3 }, short_one[] = { 0, 1, 2 },
	    swapped[] = { 0, 1, 3, 2 }, reversed[] = { 3, 2, 1, 0 },
	    none[] = { 0 }, twice[] = { 0, 1, 1, 2, 3 };
	(void)state;

	begin();
	make();
	set_bundle(gap, COUNT(gap));
	ASSERT_KEPT(RULE_CERT_NAMES);
	set_bundle(short_one, COUNT(short_one));
	ASSERT_KEPT(RULE_CERT_NAMES);
	set_bundle(swapped, COUNT(swapped));
	ASSERT_KEPT(RULE_CERT_PATH);
	set_bundle(reversed, COUNT(reversed));
	ASSERT_KEPT(RULE_CERT_PATH);
	set_bundle(none, COUNT(none));
	ASSERT_KEPT(RULE_ROOT);
	set_bundle(twice, COUNT(twice));
	ASSERT_KEPT(RULE_CERT_PATH);
}

static void
another_root_of_the_same_name_is_not_the_trusted_one(void **state)
{
	struct test_pki other;
	struct err e;
	(void)state;

	begin();
	make();
	/* the leaf's key under the root's name */
	spec[PKI_LEAF].name = spec[PKI_ROOT].name;
	spec[PKI_LEAF].constraints = spec[PKI_ROOT].constraints;
	spec[PKI_LEAF].usage = spec[PKI_ROOT].usage;
	test_pki_make(&other, spec);
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	assert_int_equal(attestation_read(bytes_of(made.b, made.n), &doc,
	    NULL), 0);
	assert_int_equal(attestation_verify_chain(&doc,
	    buf_bytes(&other.der[PKI_LEAF]), PKI_TIME, &e), ERR_REFUSED);
	assert_int_equal(doc.verdict.failed, RULE_ROOT);
	assert_int_equal(attestation_verify_chain(&doc, aws_root_der(),
	    PKI_TIME, &e), ERR_REFUSED);
	assert_int_equal(doc.verdict.failed, RULE_ROOT);
	test_pki_free(&other);
}

static void
a_document_is_signed_by_its_leaf(void **state)
{
	uint8_t sig[P384_SIGNATURE_LEN];
	(void)state;

	begin();
	make();
	d.context = bytes_of("\x69Signature", 10);
	ASSERT_KEPT(RULE_SIGNATURE);
	make();
	test_pki_sign(pki.key[PKI_LEAF], bytes_str("else"), sig);
	cb_bytes(&d.signature, bytes_of(sig, sizeof(sig)));
	ASSERT_KEPT(RULE_SIGNATURE);
	make();
	test_doc_make(&d, pki.key[PKI_LEAF], &made);
	for (size_t i = made.n - 96; i < made.n; i += 19) {
		made.b[i] ^= 0x10;
		assert_int_equal(attestation_read(bytes_of(made.b, made.n),
		    &doc, NULL), 0);
		assert_int_equal(attestation_verify_chain(&doc,
		    buf_bytes(&pki.der[PKI_ROOT]), PKI_TIME, NULL),
		    ERR_REFUSED);
		assert_int_equal(doc.verdict.failed, RULE_SIGNATURE);
		made.b[i] ^= 0x10;
	}
}

static void
every_certificate_is_valid_at_the_time_to_the_second(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < PKI_LEVELS; i++) {
		spec[i].from = PKI_TIME;
		make();
		assert_int_equal(rule_at(PKI_TIME), ATTESTATION_RULES);
		assert_int_equal(rule_at(PKI_TIME - 1), RULE_CERT_NOT_YET);
		begin();
		spec[i].until = PKI_TIME;
		make();
		assert_int_equal(rule_at(PKI_TIME), ATTESTATION_RULES);
		assert_int_equal(rule_at(PKI_TIME + 1), RULE_CERT_EXPIRED);
		begin();
	}
	make();
	assert_int_equal(rule_at(0), RULE_CERT_NOT_YET);
	assert_int_equal(rule_at(UINT64_MAX), RULE_CERT_EXPIRED);
}

/* --- certificates against libcrypto */

static int64_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

static void
assert_same_name(struct bytes ours, const X509_NAME *theirs)
{
	const unsigned char *p;
	size_t n;

	assert_int_equal(X509_NAME_get0_der(theirs, &p, &n), 1);
	assert_true(bytes_equal(ours, bytes_of(p, n)));
}

static void
assert_same(struct bytes der)
{
	const unsigned char *at = der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	ASN1_BIT_STRING *bits;
	struct certificate c;
	const char *why;
	uint32_t usage;

	assert_non_null(x);
	assert_int_equal(certificate_read(der, &c, &why), 0);
	assert_same_name(c.subject, X509_get_subject_name(x));
	assert_same_name(c.issuer, X509_get_issuer_name(x));
	assert_int_equal(c.not_before, seconds(X509_get0_notBefore(x)));
	assert_int_equal(c.not_after, seconds(X509_get0_notAfter(x)));
	bits = X509_get0_pubkey_bitstr(x);
	assert_true(bytes_equal(c.point, bytes_of(bits->data,
	    (size_t)bits->length)));
	assert_int_equal(c.ca, (X509_get_extension_flags(x) & EXFLAG_CA) != 0);
	assert_int_equal(c.path_max == PATH_UNLIMITED ? -1 : c.path_max,
	    X509_get_pathlen(x));
	usage = X509_get_key_usage(x) & 0xff;
	assert_int_equal(c.usage, usage);
	X509_free(x);
}

static void
certificates_read_as_libcrypto_reads_them(void **state)
{
	static const int64_t times[] = { 0, 951782399, 951782400, 1709164800,
	    2524607999, 2524608000, 4107542400, 253402300799, -631152000 };
	(void)state;

	assert_same(aws_root_der());
	begin();
	for (size_t i = 0; i < COUNT(times); i++) {
		spec[PKI_ROOT].from = times[i];
		spec[PKI_ROOT].until = times[COUNT(times) - 1 - i];
		make();
		assert_same(buf_bytes(&pki.der[PKI_ROOT]));
	}
	begin();
	make();
	for (size_t i = 0; i < PKI_LEVELS; i++)
		assert_same(buf_bytes(&pki.der[i]));
}

static void
times_that_do_not_exist_are_refused(void **state)
{
	static const char *const bad[] = { "\x17\x0d" "230229000000Z",
	    "\x17\x0d" "231301000000Z", "\x17\x0d" "230100000000Z",
	    "\x17\x0d" "230101240000Z", "\x17\x0d" "230101006000Z",
	    "\x17\x0d" "2301010000600", "\x17\x0b" "2301010000Z",
	    "\x17\x11" "230101000000+0100", "\x18\x0d" "230101000000Z",
	    "\x18\x0f" "20230101000000 ", "\x18\x11" "20230101000000.5Z",
	    "\x17\x0d" "2301/1000000Z" };
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct der r = der_of(bytes_str(bad[i]));
		int64_t t;

		assert_int_equal(der_time(&r, &t), ERR_INPUT);
	}
}

static int
teardown(void **state)
{
	(void)state;
	test_pki_free(&pki);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_like_that_of_aws_verifies),
		cmocka_unit_test(the_bundled_root_is_not_read),
		cmocka_unit_test(certificates_have_to_read_as_x509_version_3),
		cmocka_unit_test(algorithm_and_keys_are_p384_and_sha384_alone),
		cmocka_unit_test(keys_are_uncompressed_points_of_the_curve),
		cmocka_unit_test(
		    critical_extensions_that_nobody_knows_are_refused),
		cmocka_unit_test(
		    issuers_are_authorities_within_their_path_length),
		cmocka_unit_test(the_leaf_is_no_authority_and_may_sign),
		cmocka_unit_test(names_and_signatures_chain_from_the_root),
		cmocka_unit_test(the_bundle_is_the_path_in_order_without_gaps),
		cmocka_unit_test(
		    another_root_of_the_same_name_is_not_the_trusted_one),
		cmocka_unit_test(a_document_is_signed_by_its_leaf),
		cmocka_unit_test(
		    every_certificate_is_valid_at_the_time_to_the_second),
		cmocka_unit_test(certificates_read_as_libcrypto_reads_them),
		cmocka_unit_test(times_that_do_not_exist_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
