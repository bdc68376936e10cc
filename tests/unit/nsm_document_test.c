/*
 * Documents of the SIMULATED module: taken apart with libcbor, verified with
 * libcrypto's own functions.  The clock is wrapped
 * (-Wl,--wrap=clock_gettime).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cbor.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "airgap/record/aws_root.h"
#include "enclave/attestation/verify.h"
#include "enclave/nsm/nsm.h"
#include "tests/unit/scratch.h"

#define START INT64_C(1800000000)	/* 2027 */
#define NONE bytes_of(NULL, 0)

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

static int64_t clock_now = START;

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int r = __real_clock_gettime(id, t);

	if (id == CLOCK_REALTIME)
		*t = (struct timespec){ (time_t)clock_now, 345678901 };
	return r;
}

static struct nsm *nsm;

static int
setup(void **state)
{
	const struct nsm_sim_config c = { scratch, NULL };

	(void)state;
	clock_now = START;
	if (scratch_make() != 0)
		return -1;
	return nsm_sim_open(&c, &nsm, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	nsm->ops->close(nsm);
	return scratch_remove();
}

/* --- documents, apart */

struct opened {
	cbor_item_t *cose, *payload;
	struct bytes protected, body, signature;
	X509 *root, *instance, *leaf;
};

static struct bytes
bytes_in(const cbor_item_t *i)
{
	assert_true(cbor_isa_bytestring(i) && cbor_bytestring_is_definite(i));
	return bytes_of(cbor_bytestring_handle(i), cbor_bytestring_length(i));
}

static cbor_item_t *
entry(const struct opened *o, size_t at, const char *key)
{
	struct cbor_pair p = cbor_map_handle(o->payload)[at];

	assert_int_equal(cbor_string_length(p.key), strlen(key));
	assert_memory_equal(cbor_string_handle(p.key), key, strlen(key));
	return p.value;
}

static X509 *
certificate(const cbor_item_t *i)
{
	struct bytes der = bytes_in(i);
	const uint8_t *p = der.p;
	X509 *c = d2i_X509(NULL, &p, (long)der.n);

	assert_non_null(c);
	assert_ptr_equal(p, der.p + der.n);
	assert_in_range(der.n, 1, 1024);
	return c;
}

static struct opened
take_apart(const struct buf *document)
{
	struct opened o;
	struct cbor_load_result got;
	cbor_item_t *bundle;

	assert_in_range(document->n, 1, 0x3000 - 64);
	o.cose = cbor_load(document->p, document->n, &got);
	assert_non_null(o.cose);
	assert_int_equal(got.read, document->n);
	/* no tag, a definite array of four */
	assert_int_equal(document->p[0], 0x84);
	o.protected = bytes_in(cbor_array_handle(o.cose)[0]);
	assert_int_equal(o.protected.n, 4);
	assert_memory_equal(o.protected.p, "\xa1\x01\x38\x22", 4);
	assert_int_equal(document->p[6], 0xa0);
	o.body = bytes_in(cbor_array_handle(o.cose)[2]);
	o.signature = bytes_in(cbor_array_handle(o.cose)[3]);
	assert_int_equal(o.signature.n, 96);
	assert_int_equal(o.body.p[0], 0xa9);	/* definite, nine fields */
	o.payload = cbor_load(o.body.p, o.body.n, &got);
	assert_non_null(o.payload);
	assert_int_equal(got.read, o.body.n);
	o.leaf = certificate(entry(&o, 4, "certificate"));
	bundle = entry(&o, 5, "cabundle");
	assert_int_equal(cbor_array_size(bundle), 2);
	o.root = certificate(cbor_array_handle(bundle)[0]);
	o.instance = certificate(cbor_array_handle(bundle)[1]);
	return o;
}

static void
opened_free(struct opened *o)
{
	cbor_decref(&o->cose);
	cbor_decref(&o->payload);
	X509_free(o->root);
	X509_free(o->instance);
	X509_free(o->leaf);
}

/* RFC 9052, 4.4, with the heads written out here */
static int
signature_holds(const struct opened *o)
{
	uint8_t head[21] = "\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40\x59";
	uint8_t der[128], *end = der;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int len, r;

	assert_in_range(o->body.n, 256, 0xffff);
	head[19] = (uint8_t)(o->body.n >> 8);
	head[20] = (uint8_t)o->body.n;
	assert_int_equal(ECDSA_SIG_set0(sig,
	    BN_bin2bn(o->signature.p, 48, NULL),
	    BN_bin2bn(o->signature.p + 48, 48, NULL)), 1);
	len = i2d_ECDSA_SIG(sig, &end);
	assert_in_range(len, 8, sizeof(der));
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL,
	    X509_get0_pubkey(o->leaf)), 1);
	assert_int_equal(EVP_DigestVerifyUpdate(ctx, head, sizeof(head)), 1);
	assert_int_equal(EVP_DigestVerifyUpdate(ctx, o->body.p, o->body.n), 1);
	r = EVP_DigestVerifyFinal(ctx, der, (size_t)len);
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	return r;
}

/* 1, or 0 with openssl's reason in *why */
static int
path_holds(const struct opened *o, X509 *root, int64_t at, int *why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	int r;

	X509_STORE_add_cert(store, root);
	sk_X509_push(between, o->instance);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, o->leaf, between), 1);
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx),
	    (time_t)at);
	r = X509_verify_cert(ctx);
	*why = X509_STORE_CTX_get_error(ctx);
	if (r == 1)
		assert_int_equal(sk_X509_num(X509_STORE_CTX_get0_chain(ctx)),
		    3);
	sk_X509_free(between);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return r;
}

static struct opened
attest(struct buf *document, struct bytes user_data, struct bytes nonce,
    struct bytes public_key)
{
	assert_int_equal(nsm->ops->attest(nsm, user_data, nonce, public_key,
	    document), 0);
	return take_apart(document);
}

static X509 *
root_file(void)
{
	FILE *f = fopen(scratch_at("root.pem"), "r");
	X509 *c;

	assert_non_null(f);
	c = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(c);
	return c;
}

/* --- documents */

static void
a_document_is_signed_under_the_root_in_the_folder(void **state)
{
	struct buf document = { 0 };
	struct opened o = attest(&document, bytes_str("data"), NONE,
	    bytes_str("key"));
	X509 *root = root_file();
	int why;
	(void)state;

	assert_int_equal(signature_holds(&o), 1);
	assert_int_equal(path_holds(&o, root, START, &why), 1);
	assert_int_equal(X509_cmp(root, o.root), 0);
	assert_true(nsm->simulated);
	assert_true(bytes_equal(nsm->root, bytes_in(cbor_array_handle(
	    entry(&o, 5, "cabundle"))[0])));
	opened_free(&o);
	document.p[document.n - 1] ^= 1;
	o = take_apart(&document);
	assert_int_equal(signature_holds(&o), 0);
	opened_free(&o);
	X509_free(root);
	buf_free(&document);
}

static void
a_document_has_the_nine_fields_in_their_order(void **state)
{
	struct buf document = { 0 };
	struct opened o = attest(&document, bytes_str("data"), NONE,
	    bytes_str("key"));
	const cbor_item_t *pcrs = entry(&o, 3, "pcrs");
	(void)state;

	assert_memory_equal(cbor_string_handle(entry(&o, 0, "module_id")),
	    NSM_SIM_MODULE_ID, strlen(NSM_SIM_MODULE_ID));
	assert_memory_equal(cbor_string_handle(entry(&o, 1, "digest")),
	    "SHA384", 6);
	assert_int_equal(cbor_get_uint64(entry(&o, 2, "timestamp")),
	    START * 1000 + 345);
	assert_int_equal(cbor_map_size(pcrs), 16);
	for (uint8_t i = 0; i < 16; i++) {
		assert_int_equal(cbor_get_uint8(
		    cbor_map_handle(pcrs)[i].key), i);
		assert_int_equal(bytes_in(cbor_map_handle(pcrs)[i].value).n,
		    48);
	}
	assert_true(bytes_equal(bytes_in(entry(&o, 6, "public_key")),
	    bytes_str("key")));
	assert_true(bytes_equal(bytes_in(entry(&o, 7, "user_data")),
	    bytes_str("data")));
	assert_true(cbor_is_null(entry(&o, 8, "nonce")));
	opened_free(&o);
	buf_free(&document);
}

static void
a_document_lists_what_was_extended_and_all_once_locked(void **state)
{
	struct buf document = { 0 };
	struct digest384 value;
	struct opened o;
	const cbor_item_t *pcrs;
	(void)state;

	assert_int_equal(nsm->ops->extend(nsm, 17, bytes_str("abcd"),
	    &value), 0);
	o = attest(&document, NONE, NONE, NONE);
	pcrs = entry(&o, 3, "pcrs");
	assert_int_equal(cbor_map_size(pcrs), 17);
	assert_int_equal(cbor_get_uint8(cbor_map_handle(pcrs)[16].key), 17);
	assert_true(bytes_equal(bytes_in(cbor_map_handle(pcrs)[16].value),
	    bytes_of(value.b, sizeof(value.b))));
	opened_free(&o);
	buf_free(&document);
	assert_int_equal(nsm->ops->lock_range(nsm, 32), 0);
	o = attest(&document, NONE, NONE, NONE);
	assert_int_equal(cbor_map_size(entry(&o, 3, "pcrs")), 32);
	assert_int_equal(signature_holds(&o), 1);
	opened_free(&o);
	buf_free(&document);
}

static void
fields_are_at_most_1024_bytes_and_a_key_at_least_one(void **state)
{
	static uint8_t data[1025];
	struct bytes full = bytes_of(data, 1024), over = bytes_of(data, 1025);
	struct buf document = { 0 };
	struct opened o = attest(&document, full, full, full);
	(void)state;

	assert_int_equal(signature_holds(&o), 1);
	assert_int_equal(bytes_in(entry(&o, 8, "nonce")).n, 1024);
	opened_free(&o);
	buf_free(&document);
	assert_int_equal(nsm->ops->attest(nsm, over, NONE, NONE, &document),
	    NSM_INPUT_TOO_LARGE);
	assert_int_equal(nsm->ops->attest(nsm, NONE, over, NONE, &document),
	    NSM_INPUT_TOO_LARGE);
	assert_int_equal(nsm->ops->attest(nsm, NONE, NONE, over, &document),
	    NSM_INPUT_TOO_LARGE);
	assert_int_equal(nsm->ops->attest(nsm, NONE, NONE, bytes_str(""),
	    &document), NSM_INVALID_ARGUMENT);
	assert_null(document.p);
}

/* --- certificates */

static void
assert_certificate(X509 *c, int64_t begin, int64_t end, bool ca,
    long pathlen, uint32_t usage)
{
	char curve[32] = "", o[32] = "", cn[64] = "";

	assert_int_equal(EVP_PKEY_get_utf8_string_param(X509_get0_pubkey(c),
	    "group", curve, sizeof(curve), NULL), 1);
	assert_string_equal(curve, "secp384r1");
	assert_int_equal(X509_get_signature_nid(c), NID_ecdsa_with_SHA384);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(c),
	    (time_t)begin), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(c),
	    (time_t)end), 0);
	assert_int_equal((X509_get_extension_flags(c) & EXFLAG_CA) != 0, ca);
	assert_int_equal(X509_get_pathlen(c), pathlen);
	assert_int_equal(X509_get_key_usage(c), usage);
	X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName,
	    cn, sizeof(cn));
	X509_NAME_get_text_by_NID(X509_get_subject_name(c),
	    NID_organizationName, o, sizeof(o));
	assert_memory_equal(cn, "SIMULATED", 9);
	assert_string_equal(o, "SIMULATED");
}

static void
certificates_live_and_may_as_those_of_aws(void **state)
{
	struct buf document = { 0 };
	struct opened o = attest(&document, NONE, NONE, NONE);
	uint32_t ca = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN;
	(void)state;

	assert_certificate(o.root, START, START + INT64_C(10957) * 86400,
	    true, -1, ca);
	assert_certificate(o.instance, START, START + 86400, true, 0, ca);
	assert_certificate(o.leaf, START, START + 3 * 3600, false, -1,
	    KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
	opened_free(&o);
	buf_free(&document);
}

static void
a_document_of_any_hour_is_valid_then_and_not_later(void **state)
{
	struct buf document = { 0 };
	X509 *root = root_file();
	struct opened o;
	int why;
	(void)state;

	for (int hour = 0; hour < 60; hour++) {
		clock_now = START + hour * 3600;
		o = attest(&document, NONE, NONE, NONE);
		assert_int_equal(signature_holds(&o), 1);
		assert_int_equal(path_holds(&o, root, clock_now, &why), 1);
		/* an hour to carry it */
		assert_int_equal(path_holds(&o, root, clock_now + 3600,
		    &why), 1);
		assert_int_equal(path_holds(&o, root, clock_now + 4 * 3600,
		    &why), 0);
		assert_int_equal(why, X509_V_ERR_CERT_HAS_EXPIRED);
		opened_free(&o);
		buf_free(&document);
	}
	/* and when the clock was set back */
	clock_now = START - 3600;
	o = attest(&document, NONE, NONE, NONE);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(o.leaf),
	    (time_t)clock_now), 0);
	opened_free(&o);
	buf_free(&document);
	X509_free(root);
}

static void
a_leaf_serves_many_documents(void **state)
{
	struct buf a = { 0 }, b = { 0 };
	struct opened first = attest(&a, NONE, NONE, NONE), second;
	(void)state;

	clock_now += 100 * 60 - 1;
	second = attest(&b, NONE, NONE, NONE);
	assert_int_equal(X509_cmp(first.leaf, second.leaf), 0);
	opened_free(&second);
	buf_free(&b);
	clock_now++;
	second = attest(&b, NONE, NONE, NONE);
	assert_int_not_equal(X509_cmp(first.leaf, second.leaf), 0);
	assert_int_equal(X509_cmp(first.instance, second.instance), 0);
	opened_free(&first);
	opened_free(&second);
	buf_free(&a);
	buf_free(&b);
}

static void
our_own_verifier_takes_a_document_with_its_root_and_no_other(void **state)
{
	static struct attestation doc;
	struct buf document = { 0 };
	struct err e = { 0 };
	(void)state;

	assert_int_equal(nsm->ops->lock_range(nsm, 32), 0);
	assert_int_equal(nsm->ops->attest(nsm, bytes_str("data"), NONE,
	    bytes_str("key"), &document), 0);
	assert_int_equal(attestation_read(buf_bytes(&document), &doc, &e), 0);
	assert_true(attestation_simulated(&doc));
	assert_int_equal(attestation_verify_chain(&doc, nsm->root, START,
	    &e), 0);
	assert_int_equal(attestation_read(buf_bytes(&document), &doc, &e), 0);
	assert_int_equal(attestation_verify_chain(&doc, aws_root_der(), START,
	    &e), ERR_REFUSED);
	buf_free(&document);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_document_is_signed_under_the_root_in_the_folder),
		T(a_document_has_the_nine_fields_in_their_order),
		T(a_document_lists_what_was_extended_and_all_once_locked),
		T(fields_are_at_most_1024_bytes_and_a_key_at_least_one),
		T(certificates_live_and_may_as_those_of_aws),
		T(a_document_of_any_hour_is_valid_then_and_not_later),
		T(a_leaf_serves_many_documents),
		T(our_own_verifier_takes_a_document_with_its_root_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
