/*
 * Proof that a key was born in a token: each mutant of an honest bundle is
 * refused by its own rule, and would pass without it; and real tokens'
 * chains under Yubico's roots.  The verifier is compiled in, for its static
 * function that leaves rules out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "token/attest/attest.c"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "test_piv_pki.h"

#include <openssl/pem.h>

/* Of the same names, with other keys. */
static struct piv_pki other;
static struct attest_bundle bundle_of_other;

struct bench {
	struct piv_cert spec[PIV_CERTS];
	struct piv_pki pki;
	struct attest_bundle b;
	struct attest_terms t;
};

static void
both(struct bench *x, const char *firmware, const char *serial,
    const char *policy)
{
	for (int i = PIV_9D; i < PIV_CERTS; i++) {
		x->spec[i].firmware = firmware;
		x->spec[i].serial = serial;
		x->spec[i].policy = policy;
	}
}

#define FW "DER:050403"
#define SERIAL "DER:020400ec4f3e"
#define POLICY "DER:0302"

/* --- before the certificates are made */
static void pin_once(struct bench *x) { both(x, FW, SERIAL, "DER:0202"); }
static void pin_never(struct bench *x) { both(x, FW, SERIAL, "DER:0102"); }
static void touch_never(struct bench *x) { both(x, FW, SERIAL, "DER:0301"); }
static void touch_cached(struct bench *x) { both(x, FW, SERIAL, "DER:0303"); }
static void one_slot_cached(struct bench *x) { x->spec[PIV_9C].policy = "DER:0303"; }
static void old_firmware(struct bench *x) { both(x, "DER:040206", SERIAL, POLICY); }
static void no_firmware(struct bench *x) { both(x, NULL, SERIAL, POLICY); }
static void no_serial(struct bench *x) { both(x, FW, NULL, POLICY); }
static void zero_serial(struct bench *x) { both(x, FW, "DER:020100", POLICY); }
static void negative_serial(struct bench *x) { both(x, FW, "DER:0201ff", POLICY); }
static void other_serial(struct bench *x) { x->spec[PIV_9C].serial = "DER:020105"; }
static void other_slot(struct bench *x) { x->spec[PIV_9C].name = "PIV Attestation 9a"; }
static void expired(struct bench *x) { x->spec[PIV_F9].until = PIV_TIME - 1; }
static void not_yet(struct bench *x) { x->spec[PIV_9C].from = PIV_TIME + 1; }
static void f9_no_ca(struct bench *x) { x->spec[PIV_F9].constraints = "critical,CA:FALSE"; }
static void f9_plain(struct bench *x) { x->spec[PIV_F9].constraints = NULL; }
static void
too_deep(struct bench *x)
{
	x->spec[PIV_MID].constraints = "critical,CA:TRUE,pathlen:0";
}
static void slot_ca(struct bench *x) { x->spec[PIV_9D].constraints = "critical,CA:TRUE"; }
static void unknown_critical(struct bench *x) { x->spec[PIV_9C].other = "critical,DER:0500"; }
static void sha1(struct bench *x) { x->spec[PIV_9C].sha1 = true; }

/* --- after */
static void no_intermediate(struct bench *x) { x->b.intermediate_count = 0; }
static void no_f9(struct bench *x) { x->b.f9.n = 0; }
static void no_attestation(struct bench *x) { x->b.slot_9c = bytes_of("", 0); }
static void published(struct bench *x) { x->t.trust.published = true; }

/* The operator's key is one that was put into the token. */
static void
imported_key(struct bench *x)
{
	piv_bundle(&other, &bundle_of_other);
	x->b.key = bundle_of_other.key;
}

static void
imported_9c(struct bench *x)
{
	piv_bundle(&other, &bundle_of_other);
	memcpy(x->b.key.b + POINT_LEN, bundle_of_other.key.b + POINT_LEN,
	    POINT_LEN);
}

static void
halves_swapped(struct bench *x)
{
	uint8_t first[POINT_LEN];

	memcpy(first, x->b.key.b, POINT_LEN);
	memmove(x->b.key.b, x->b.key.b + POINT_LEN, POINT_LEN);
	memcpy(x->b.key.b + POINT_LEN, first, POINT_LEN);
}

/* A root of the same name with another key. */
static void
wrong_root(struct bench *x)
{
	x->t.trust.root[0] = buf_bytes(&other.der[PIV_ROOT]);
}

/* The last byte is the signature's. */
static void
bad_signature(struct bench *x)
{
	x->pki.der[PIV_9C].p[x->pki.der[PIV_9C].n - 1] ^= 1;
}

static const struct mutant {
	const char *what;
	enum attest_rule rule;
	void (*before)(struct bench *), (*after)(struct bench *);
} mutants[] = {
	{ "honest", ATTEST_RULES, NULL, NULL },
	{ "PIN once", ATTEST_PIN, pin_once, NULL },
	{ "PIN never", ATTEST_PIN, pin_never, NULL },
	{ "touch never", ATTEST_TOUCH, touch_never, NULL },
	{ "touch cached", ATTEST_TOUCH, touch_cached, NULL },
	{ "touch cached in one slot", ATTEST_TOUCH, one_slot_cached, NULL },
	{ "old firmware", ATTEST_FIRMWARE, old_firmware, NULL },
	{ "no firmware", ATTEST_FIRMWARE, no_firmware, NULL },
	{ "no serial", ATTEST_SERIAL, no_serial, NULL },
	{ "serial 0", ATTEST_SERIAL, zero_serial, NULL },
	{ "serial -1", ATTEST_SERIAL, negative_serial, NULL },
	{ "other serial", ATTEST_SAME_SERIAL, other_serial, NULL },
	{ "other slot", ATTEST_SLOT, other_slot, NULL },
	{ "expired", ATTEST_EXPIRED, expired, NULL },
	{ "not yet valid", ATTEST_NOT_YET, not_yet, NULL },
	{ "f9 is no CA", ATTEST_CA, f9_no_ca, NULL },
	{ "f9 does not say CA", ATTEST_CA, f9_plain, NULL },
	{ "too deep", ATTEST_CA, too_deep, NULL },
	{ "a slot's is a CA", ATTEST_CA, slot_ca, NULL },
	{ "unknown critical", ATTEST_EXTENSION, unknown_critical, NULL },
	{ "SHA-1", ATTEST_ALGORITHM, sha1, NULL },
	{ "intermediate missing", ATTEST_PATH, NULL, no_intermediate },
	{ "f9 missing", ATTEST_PATH, NULL, no_f9 },
	/* a token attests no imported key, so its bundle is another key's */
	{ "imported key", ATTEST_KEY, NULL, imported_key },
	{ "imported key in 9C", ATTEST_KEY, NULL, imported_9c },
	{ "halves swapped", ATTEST_KEY, NULL, halves_swapped },
	{ "wrong root", ATTEST_ROOT, NULL, wrong_root },
	{ "bad signature", ATTEST_SIGNATURE, NULL, bad_signature },
	{ "unpublished intermediate", ATTEST_PUBLISHED, NULL, published },
};
#define MUTANTS (sizeof(mutants) / sizeof(mutants[0]))

static void
set_up(struct bench *x, const struct mutant *m)
{
	*x = (struct bench){ .t = { .at = PIV_TIME,
	    .firmware_min = ATTEST_FIRMWARE_MIN } };
	piv_spec(x->spec);
	if (m->before != NULL)
		m->before(x);
	piv_make(&x->pki, x->spec);
	piv_bundle(&x->pki, &x->b);
	assert_int_equal(attest_trust(MODE_REHEARSAL,
	    buf_bytes(&x->pki.der[PIV_ROOT]), &x->t.trust, NULL), 0);
	if (m->after != NULL)
		m->after(x);
}

/* Only leaving out its own rule lets a mutant pass. */
static void
each_mutant_falls_to_its_own_rule_and_to_no_other(void **state)
{
	struct attest_verdict v;
	struct bench *x = malloc(sizeof(*x));
	struct attest_question q;
	struct err e;

	(void)state;
	assert_non_null(x);
	for (size_t i = 0; i < MUTANTS; i++) {
		const struct mutant *m = &mutants[i];
		bool honest = m->rule == ATTEST_RULES;
		int r;

		set_up(x, m);
		r = attest_bundle_verify(&x->b, &x->t, &v, &e);
		if (r != (honest ? 0 : ERR_REFUSED) ||
		    v.failed != (honest ? 0 : BIT(m->rule)))
			fail_msg("%s: %d, failed %x", m->what, r, v.failed);
		q = question_of(&x->b);
		for (unsigned rule = 1; rule < ATTEST_RULES; rule++)
			if ((ask(&q, &x->t, BIT(rule), &v, NULL) == 0) !=
			    (honest || rule == m->rule))
				fail_msg("%s without rule %s", m->what,
				    attest_rule_name(rule));
		piv_free(&x->pki);
	}
	free(x);
}

/* Of any key: an operator's key is of P-256 in any case. */
static void
a_key_of_another_curve_falls_to_its_own_rule(void **state)
{
	struct attest_question q;
	struct attest_verdict v;
	struct bench x = { .t = { .at = PIV_TIME } };

	(void)state;
	piv_spec(x.spec);
	x.spec[PIV_9C].p384 = true;
	piv_make(&x.pki, x.spec);
	piv_bundle(&x.pki, &x.b);
	assert_int_equal(attest_trust(MODE_REHEARSAL,
	    buf_bytes(&x.pki.der[PIV_ROOT]), &x.t.trust, NULL), 0);
	q = question_of(&x.b);
	q.slots[0].point = q.slots[1].point = NULL;
	assert_int_equal(attest_verify(&q, &x.t, &v, NULL), ERR_REFUSED);
	assert_int_equal(v.failed, BIT(ATTEST_CURVE));
	for (unsigned rule = 1; rule < ATTEST_RULES; rule++)
		assert_int_equal(ask(&q, &x.t, BIT(rule), &v, NULL) == 0,
		    rule == ATTEST_CURVE);
	piv_free(&x.pki);
}

static void
a_key_without_an_attestation_is_refused(void **state)
{
	const struct mutant m = { "no attestation", ATTEST_FORM, NULL,
	    no_attestation };
	struct attest_verdict v;
	struct buf out;
	struct bench x;

	(void)state;
	set_up(&x, &m);
	assert_int_equal(attest_bundle_verify(&x.b, &x.t, &v, NULL),
	    ERR_REFUSED);
	assert_int_equal(v.failed, BIT(ATTEST_FORM));
	assert_int_equal(attest_bundle_encode(&x.b, &out, NULL), ERR_INPUT);
	piv_free(&x.pki);
}

static void
a_bundle_reads_back_and_verifies_the_same(void **state)
{
	struct attest_bundle b;
	struct attest_verdict v;
	struct buf out, again;
	struct bench x;

	(void)state;
	set_up(&x, &mutants[0]);
	assert_int_equal(attest_bundle_encode(&x.b, &out, NULL), 0);
	assert_int_equal(attest_bundle_decode(buf_bytes(&out), &b, NULL), 0);
	assert_int_equal(attest_bundle_verify(&b, &x.t, &v, NULL), 0);
	assert_int_equal(v.serial, 0xec4f3e);
	assert_int_equal(v.firmware, ATTEST_FIRMWARE_OF(5, 4, 3));
	assert_int_equal(attest_bundle_encode(&b, &again, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	for (size_t n = 0; n < out.n; n++)
		assert_int_equal(attest_bundle_decode(bytes_of(out.p, n), &b,
		    NULL), ERR_INPUT);
	buf_free(&out);
	buf_free(&again);
	piv_free(&x.pki);
}

static void
test_roots_serve_rehearsals_and_yubicos_serve_production(void **state)
{
	struct attest_trust t;
	struct bytes test = buf_bytes(&other.der[PIV_ROOT]);
	struct bytes none = { NULL, 0 };

	(void)state;
	assert_int_equal(attest_trust(MODE_PRODUCTION, test, &t, NULL),
	    ERR_REFUSED);
	assert_int_equal(attest_trust(MODE_REHEARSAL, none, &t, NULL),
	    ERR_REFUSED);
	for (size_t i = 0; i < PINNED_ROOTS; i++)
		assert_int_equal(attest_trust(MODE_REHEARSAL, pinned_root(i),
		    &t, NULL), ERR_REFUSED);
	assert_int_equal(attest_trust(MODE_PRODUCTION, none, &t, NULL), 0);
	assert_int_equal(t.root_count, 2);
	assert_true(t.published);
	assert_int_equal(attest_trust(MODE_REHEARSAL, test, &t, NULL), 0);
	assert_int_equal(t.root_count, 1);
}

static void
the_pinned_roots_have_the_published_fingerprints(void **state)
{
	static const char *const want[PINNED_ROOTS] = {
	    "63ece914e54dd87915f34033c85af4c0"
	    "696ba1512f8add66ced738331207b546",
	    "62760c6a6ef91679f454c8902b80fd00"
	    "9825b3f25da90f1fbace2ec6586cd5a8" };

	(void)state;
	for (size_t i = 0; i < PINNED_ROOTS; i++) {
		struct digest256 d = sha256(pinned_root(i));
		char text[65];

		for (size_t j = 0; j < sizeof(d.b); j++)
			snprintf(text + 2 * j, 3, "%02x", d.b[j]);
		assert_string_equal(text, want[i]);
	}
}

/* --- real tokens */

static struct buf
fixture(const char *name)
{
	const char *dir = getenv("QUORATE_FIXTURES");
	struct buf out = { 0 };
	unsigned char *der = NULL;
	char path[512];
	FILE *f;
	X509 *x;
	int n;

	snprintf(path, sizeof(path), "%s/yubikey/%s", dir != NULL ? dir :
	    "../shared/fixtures", name);
	if ((f = fopen(path, "r")) == NULL)
		return out;
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(x);
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	out.p = malloc((size_t)n);
	assert_non_null(out.p);
	memcpy(out.p, der, (size_t)n);
	out.n = (size_t)n;
	OPENSSL_free(der);
	X509_free(x);
	return out;
}

static void
real_terms(struct attest_terms *t)
{
	*t = (struct attest_terms){ .at = PIV_TIME,
	    .firmware_min = ATTEST_FIRMWARE_MIN };
	assert_int_equal(attest_trust(MODE_PRODUCTION, bytes_of(NULL, 0),
	    &t->trust, NULL), 0);
}

static void
real_tokens_lead_to_yubicos_root(void **state)
{
	static const struct {
		uint32_t serial, firmware;
	} real[] = {
		{ 10550341, ATTEST_FIRMWARE_OF(4, 4, 5) },
		{ 13078782, ATTEST_FIRMWARE_OF(5, 2, 6) },
		{ 15724862, ATTEST_FIRMWARE_OF(5, 2, 7) } };
	struct attest_terms t;

	(void)state;
	real_terms(&t);
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		struct attest_verdict v;
		struct buf key, f9;
		char name[64];

		snprintf(name, sizeof(name), "%u_key_cert.pem",
		    real[i].serial);
		key = fixture(name);
		snprintf(name, sizeof(name), "%u_device_cert.pem",
		    real[i].serial);
		f9 = fixture(name);
		if (key.p == NULL || f9.p == NULL)
			skip();
		struct attest_question q = { .slots = { { buf_bytes(&key),
		    ATTEST_9C, NULL } }, .slot_count = 1,
		    .f9 = buf_bytes(&f9) };
		assert_int_equal(attest_verify(&q, &t, &v, NULL), 0);
		assert_int_equal(v.serial, real[i].serial);
		assert_int_equal(v.firmware, real[i].firmware);
		assert_int_equal(v.pin, 3);
		assert_int_equal(v.touch, 2);
		q.slots[0].slot = ATTEST_9D;
		assert_int_equal(attest_verify(&q, &t, &v, NULL), ERR_REFUSED);
		assert_int_equal(v.failed, BIT(ATTEST_SLOT));
		buf_free(&key);
		buf_free(&f9);
	}
}

static void
the_5_7_4_one_falls_to_its_policies_and_missing_intermediates(void **state)
{
	struct buf key = fixture("att-5.7.4-9a-36345471.pem");
	struct attest_question q = { .slots = { { buf_bytes(&key), 0x9a,
	    NULL } }, .slot_count = 1 };
	struct attest_terms t;
	struct attest_verdict v;

	(void)state;
	if (key.p == NULL)
		skip();
	real_terms(&t);
	t.at = 1767225600;	/* it is valid from 2024-12-01 */
	assert_int_equal(attest_verify(&q, &t, &v, NULL), ERR_REFUSED);
	assert_int_equal(v.failed, BIT(ATTEST_PATH) | BIT(ATTEST_PIN) |
	    BIT(ATTEST_TOUCH));
	assert_int_equal(v.serial, 36345471);
	assert_int_equal(v.firmware, ATTEST_FIRMWARE_OF(5, 7, 4));
	buf_free(&key);
}

static int
begin(void **state)
{
	struct piv_cert spec[PIV_CERTS];

	(void)state;
	piv_spec(spec);
	piv_make(&other, spec);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	piv_free(&other);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_mutant_falls_to_its_own_rule_and_to_no_other),
		cmocka_unit_test(
		    a_key_of_another_curve_falls_to_its_own_rule),
		cmocka_unit_test(a_key_without_an_attestation_is_refused),
		cmocka_unit_test(a_bundle_reads_back_and_verifies_the_same),
		cmocka_unit_test(
		    test_roots_serve_rehearsals_and_yubicos_serve_production),
		cmocka_unit_test(
		    the_pinned_roots_have_the_published_fingerprints),
		cmocka_unit_test(real_tokens_lead_to_yubicos_root),
		cmocka_unit_test(
		    the_5_7_4_one_falls_to_its_policies_and_missing_intermediates),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
