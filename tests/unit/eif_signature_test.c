/*
 * Signed images: the section as AWS's tools write it, made here with
 * libcrypto; PCR8, and every way in which a signature may not hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "airgap/seal/hash.h"
#include "enclave/image/signature.h"
#include "tests/unit/eif_sample.h"
#include "tests/unit/test_pki.h"

static struct test_pki pki;
static struct eif_sample image;
static struct eif eif;
static struct measures measures;

/* What goes into a section; each may be changed before it is made. */
static struct {
	unsigned index;			/* of the register */
	struct digest384 value;
	const char *protected;		/* 4 bytes */
	EVP_PKEY *key;
	struct buf pem;
	const char *name1, *name2;	/* keys of the map */
	unsigned maps;
	bool flip;			/* a bit of the signature */
} spec;

static struct buf
pem_of(struct bytes der)
{
	BIO *out = BIO_new(BIO_s_mem());
	struct buf b = { 0 };
	char *p;

	assert_true(PEM_write_bio(out, "CERTIFICATE", "", der.p, (long)der.n) > 0);
	b.n = (size_t)BIO_get_mem_data(out, &p);
	b.p = malloc(b.n);
	assert_non_null(b.p);
	memcpy(b.p, p, b.n);
	BIO_free(out);
	return b;
}

static int
group_setup(void **state)
{
	struct test_cert cert[PKI_LEVELS];

	(void)state;
	test_pki_spec(cert);
	test_pki_make(&pki, cert);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	test_pki_free(&pki);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	eif_sample_make(&image);
	if (eif_sample_measure(&image, &eif, &measures, NULL) != 0)
		return -1;
	spec.index = 0;
	spec.value = measures.pcr[0];
	spec.protected = "\xa1\x01\x38\x22";
	spec.key = pki.key[PKI_LEAF];
	spec.pem = pem_of(buf_bytes(&pki.der[PKI_LEAF]));
	spec.name1 = "signing_certificate";
	spec.name2 = "signature";
	spec.maps = 1;
	spec.flip = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&spec.pem);
	return 0;
}

/* Bytes as an array of integers. */
static void
put_integers(struct cb *c, struct bytes b)
{
	cb_head(c, CB_ARRAY, b.n);
	for (size_t i = 0; i < b.n; i++)
		cb_head(c, CB_UINT, b.p[i]);
}

static void
make_cose(struct cb *out)
{
	static struct cb payload, message;
	uint8_t sig[P384_SIGNATURE_LEN];

	payload.n = message.n = out->n = 0;
	cb_head(&payload, CB_MAP, 2);
	cb_text(&payload, "register_index");
	cb_head(&payload, CB_UINT, spec.index);
	cb_text(&payload, "register_value");
	put_integers(&payload, bytes_of(spec.value.b, SHA384_LEN));
	cb_head(&message, CB_ARRAY, 4);
	cb_text(&message, "Signature1");
	cb_bytes(&message, bytes_of(spec.protected, 4));
	cb_bytes(&message, bytes_of("", 0));
	cb_bytes(&message, bytes_of(payload.b, payload.n));
	test_pki_sign(spec.key, bytes_of(message.b, message.n), sig);
	sig[40] ^= spec.flip;
	cb_head(out, CB_ARRAY, 4);
	cb_bytes(out, bytes_of(spec.protected, 4));
	cb_head(out, CB_MAP, 0);
	cb_bytes(out, bytes_of(payload.b, payload.n));
	cb_bytes(out, bytes_of(sig, sizeof(sig)));
}

static void
make_section(struct cb *out)
{
	static struct cb cose;

	make_cose(&cose);
	out->n = 0;
	cb_head(out, CB_ARRAY, spec.maps);
	for (unsigned i = 0; i < spec.maps; i++) {
		cb_head(out, CB_MAP, 2);
		cb_text(out, spec.name1);
		put_integers(out, buf_bytes(&spec.pem));
		cb_text(out, spec.name2);
		put_integers(out, bytes_of(cose.b, cose.n));
	}
}

/* Adds the section to the image, and reads it. */
static int
read_with(struct bytes section, struct eif_signature *out, struct err *e)
{
	struct source s;

	eif_sample_make(&image);
	eif_sample_add(&image, EIF_SIGNATURE, section);
	eif_sample_end(&image);
	if (eif_sample_measure(&image, &eif, &measures, e) != 0)
		return ERR_INTERNAL;
	s = source_memory("sample", bytes_of(image.b, image.n));
	return eif_signature_read(&s, &eif, &measures.pcr[0], out, e);
}

static int
signed_as_specified(struct eif_signature *out, struct err *e)
{
	static struct cb section;

	make_section(&section);
	return read_with(bytes_of(section.b, section.n), out, e);
}

static void
an_image_without_a_signature_has_a_zero_pcr8(void **state)
{
	static const struct digest384 zero;
	struct source s = source_memory("sample", bytes_of(image.b, image.n));
	struct eif_signature sig;

	(void)state;
	assert_int_equal(eif_signature_read(&s, &eif, &measures.pcr[0], &sig, NULL), 0);
	assert_int_equal(sig.state, SIGNATURE_NONE);
	assert_memory_equal(sig.pcr8.b, zero.b, SHA384_LEN);
}

static void
a_signature_holds_and_pcr8_is_of_its_certificate(void **state)
{
	static const uint8_t zero[SHA384_LEN];
	struct digest384 d = sha384(buf_bytes(&pki.der[PKI_LEAF])), pcr0 = measures.pcr[0];
	struct eif_signature sig;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(signed_as_specified(&sig, &e), 0);
	assert_int_equal(sig.state, SIGNATURE_OK);
	d = sha384_two(bytes_of(zero, sizeof(zero)), bytes_of(d.b, sizeof(d.b)));
	assert_memory_equal(sig.pcr8.b, d.b, SHA384_LEN);
	/* and the section changed no other PCR */
	assert_memory_equal(measures.pcr[0].b, pcr0.b, SHA384_LEN);
}

static void
refused(int code, const char *want)
{
	struct eif_signature sig;
	struct err e = { 0 };

	assert_int_equal(signed_as_specified(&sig, &e), code);
	if (strstr(e.text, want) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", want, e.text);
}

static void
a_signature_of_another_image_or_register_is_refused(void **state)
{
	(void)state;
	spec.value.b[47] ^= 1;
	refused(ERR_REFUSED, "over another PCR0");
	spec.value.b[47] ^= 1;
	spec.index = 1;
	refused(ERR_REFUSED, "over another PCR0");
}

static void
a_signature_of_another_key_or_changed_is_refused(void **state)
{
	(void)state;
	spec.key = pki.key[PKI_ROOT];
	refused(ERR_REFUSED, "not made by the key of its certificate");
	spec.key = pki.key[PKI_LEAF];
	spec.flip = true;
	refused(ERR_REFUSED, "not made by the key of its certificate");
}

static void
another_algorithm_is_told_and_not_called_good(void **state)
{
	struct eif_signature sig;

	(void)state;
	spec.protected = "\xa1\x01\x38\x23"; /* ES512 */
	assert_int_equal(signed_as_specified(&sig, NULL), 0);
	assert_int_equal(sig.state, SIGNATURE_UNCHECKED);
}

static void
sections_of_another_form_are_refused_as_input(void **state)
{
	(void)state;
	spec.maps = 0;
	refused(ERR_INPUT, "an empty list");
	spec.maps = 2;
	refused(ERR_INPUT, "more in it than AWS writes");
	spec.maps = 1;
	spec.name1 = "certificate";
	refused(ERR_INPUT, "other ones than AWS's");
	spec.name1 = "signing_certificate";
	spec.name2 = "seal";
	refused(ERR_INPUT, "other ones than AWS's");
	spec.name2 = "signature";
	spec.pem.p[3] ^= 1;
	refused(ERR_INPUT, "no certificate in PEM");
}

static void
every_truncated_section_is_refused(void **state)
{
	static struct cb section;
	struct eif_signature sig;

	(void)state;
	make_section(&section);
	for (size_t n = 0; n < section.n; n++)
		assert_int_equal(read_with(bytes_of(section.b, n), &sig, NULL), ERR_INPUT);
	section.b[section.n++] = 0;
	assert_int_equal(read_with(bytes_of(section.b, section.n), &sig, NULL), ERR_INPUT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_image_without_a_signature_has_a_zero_pcr8),
		T(a_signature_holds_and_pcr8_is_of_its_certificate),
		T(a_signature_of_another_image_or_register_is_refused),
		T(a_signature_of_another_key_or_changed_is_refused),
		T(another_algorithm_is_told_and_not_called_good),
		T(sections_of_another_form_are_refused_as_input),
		T(every_truncated_section_is_refused),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
