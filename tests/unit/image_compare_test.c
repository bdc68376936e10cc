/*
 * An image against an attestation document: the document's numbers count
 * only once it verifies; what is printed names every PCR that differs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "enclave/image/compare.h"
#include "tests/unit/eif_sample.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test_pki.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char document[64], root[64], printed[64];
static struct test_pki pki;
static struct eif_sample image;
static struct report report;
static struct digest384 pcrs[ATTESTATION_PCRS];
static char output[4096];

static int
group_setup(void **state)
{
	struct test_cert cert[PKI_LEVELS];

	(void)state;
	if (scratch_make() != 0)
		return -1;
	snprintf(document, sizeof(document), "%s/doc", scratch);
	snprintf(root, sizeof(root), "%s/root", scratch);
	snprintf(printed, sizeof(printed), "%s/out", scratch);
	test_pki_spec(cert);
	test_pki_make(&pki, cert);
	return file_write(root, buf_bytes(&pki.der[PKI_ROOT]), 0644, true, NULL);
}

static int
group_teardown(void **state)
{
	(void)state;
	test_pki_free(&pki);
	return scratch_remove();
}

static int
setup(void **state)
{
	(void)state;
	eif_sample_make(&image);
	memset(&report, 0, sizeof(report));
	report.source = source_memory("sample", bytes_of(image.b, image.n));
	if (eif_sample_measure(&image, &report.eif, &report.measures, NULL) != 0)
		return -1;
	memset(pcrs, 0, sizeof(pcrs));
	memcpy(pcrs, report.measures.pcr, 3 * sizeof(pcrs[0]));
	return 0;
}

/* Standard output goes to a file, and what it holds to output. */
static int
compare(const struct compare *q, struct err *e)
{
	int r, old = dup(STDOUT_FILENO);
	struct buf b;

	fflush(stdout);
	assert_non_null(freopen(printed, "w", stdout));
	r = compare_image(&report, q, e);
	fflush(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
	assert_int_equal(file_read(printed, sizeof(output) - 1, &b, NULL), 0);
	memcpy(output, b.p, b.n);
	output[b.n] = '\0';
	buf_free(&b);
	return r;
}

/* Against a document with pcrs, at time. */
static int
compare_document(uint64_t time, struct err *e)
{
	static struct test_doc d;
	static struct cb out;
	const struct compare q = { .path = document, .root = root, .at = time };

	test_doc_init(&d, &pki);
	test_doc_set_pcrs(&d, pcrs, 16);
	out.n = 0;
	test_doc_make(&d, pki.key[PKI_LEAF], &out);
	assert_int_equal(file_write(document, bytes_of(out.b, out.n), 0644, true, NULL), 0);
	return compare(&q, e);
}

static void
the_document_of_this_image_is_called_the_same(void **state)
{
	(void)state;
	assert_int_equal(compare_document(PKI_TIME, NULL), 0);
	assert_non_null(strstr(output, "PCR0  the same"));
	assert_non_null(strstr(output, "PCR1  the same"));
	assert_non_null(strstr(output, "PCR2  the same"));
	assert_non_null(strstr(output, "\nthe same image\n"));
	assert_non_null(strstr(output, "a TEST ROOT, not AWS's"));
	assert_non_null(strstr(output, "AS OF "));
}

static void
every_pcr_that_differs_is_named_and_refuses(void **state)
{
	static const unsigned index[] = { 0, 1, 2, 3, 4, 8 };
	char want[32];
	struct err e;

	(void)state;
	report.has_pcr3 = report.has_pcr4 = true;
	for (size_t i = 0; i < COUNT(index); i++) {
		pcrs[index[i]].b[47] ^= 1;
		assert_int_equal(compare_document(PKI_TIME, &e), ERR_REFUSED);
		snprintf(want, sizeof(want), "PCR%u  DIFFERENT", index[i]);
		assert_non_null(strstr(output, want));
		assert_null(strstr(strstr(output, "DIFFERENT") + 1, "DIFFERENT"));
		assert_null(strstr(output, "the same image"));
		assert_non_null(strstr(e.text, "is not the image of"));
		pcrs[index[i]].b[47] ^= 1;
	}
}

static void
a_debug_enclave_is_refused_by_its_own_words(void **state)
{
	struct err e;

	(void)state;
	memset(pcrs, 0, 3 * sizeof(pcrs[0]));
	assert_int_equal(compare_document(PKI_TIME, &e), ERR_REFUSED);
	assert_non_null(strstr(e.text, "a debug enclave"));
}

static void
numbers_of_a_document_that_does_not_verify_are_not_looked_at(void **state)
{
	struct compare q = { .path = document, .at = PKI_TIME };
	struct err e;

	(void)state;
	/* in a year its certificates have expired */
	assert_int_equal(compare_document(PKI_TIME + 365 * 24 * PKI_HOUR, &e), ERR_REFUSED);
	assert_null(strstr(output, "PCR0"));
	assert_non_null(strstr(e.text, "attestation document that verifies"));
	/* it does not end at AWS's root */
	assert_int_equal(compare_document(PKI_TIME, &e), 0);
	assert_int_equal(compare(&q, &e), ERR_REFUSED);
	assert_null(strstr(output, "PCR0"));
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_document_of_this_image_is_called_the_same),
		T(every_pcr_that_differs_is_named_and_refuses),
		T(a_debug_enclave_is_refused_by_its_own_words),
		T(numbers_of_a_document_that_does_not_verify_are_not_looked_at),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
