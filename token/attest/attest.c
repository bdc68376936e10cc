/*
 * PIV attestation: the path, and what the extensions say.
 *
 * libcrypto reads certificates and verifies signatures; each decision is a
 * rule here, none is left to a verifier's defaults.  Certificates of old
 * tokens are valid until 2052, those of new ones without end (9999-12-31).
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "token/attest/attest.h"
#include "token/attest/pinned.h"

#define SLOTS 2
#define PATH_MAX_CERTS (ATTEST_INTERMEDIATES_MAX + 2)
#define CERTS_MAX (SLOTS + 1 + ATTEST_INTERMEDIATES_MAX + ATTEST_ROOTS_MAX)
#define RSA_BITS_MIN 2048
#define PIN_ALWAYS 3
#define TOUCH_ALWAYS 2
#define ARC "1.3.6.1.4.1.41482.3."
#define BIT(rule) (UINT32_C(1) << (rule))

struct work {
	const struct attest_question *q;
	const struct attest_terms *t;
	X509 *slot[SLOTS], *f9;
	X509 *mid[ATTEST_INTERMEDIATES_MAX];
	struct bytes mid_der[ATTEST_INTERMEDIATES_MAX];
	size_t mid_count;
	X509 *root[ATTEST_ROOTS_MAX];
	X509 *path[PATH_MAX_CERTS];	/* f9 first; borrowed */
	size_t path_count;
	bool complete;			/* the last of it is a root */
	bool published;
	X509 *all[CERTS_MAX];		/* slots and path; borrowed */
	size_t all_count;
	struct attest_said said[SLOTS];
};

/* --- reading */

static X509 *
read_cert(struct bytes der)
{
	const unsigned char *p = der.p;
	X509 *x = der.n == 0 || der.n > ATTEST_CERT_MAX ? NULL :
	    d2i_X509(NULL, &p, (long)der.n);

	/* EXFLAG_INVALID: an extension that cannot be read */
	if (x != NULL && (p != der.p + der.n || X509_get_version(x) != 2 ||
	    (X509_get_extension_flags(x) & EXFLAG_INVALID) != 0)) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

static struct bytes
extension(const X509 *x, const char *oid)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	int i = o == NULL ? -1 : X509_get_ext_by_OBJ(x, o, -1);
	const ASN1_OCTET_STRING *v = i < 0 ? NULL :
	    X509_EXTENSION_get_data(X509_get_ext(x, i));

	ASN1_OBJECT_free(o);
	return v == NULL ? bytes_of(NULL, 0) : bytes_of(
	    ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v));
}

/* A DER INTEGER of 1 to 2^32 - 1, shortest form; else 0. */
static uint32_t
read_serial(struct bytes b)
{
	uint32_t v = 0;

	if (b.n < 3 || b.n > 7 || b.p[0] != 2 || b.p[1] != b.n - 2 ||
	    b.p[2] >= 0x80 || (b.n == 7 && b.p[2] != 0) ||
	    (b.n > 3 && b.p[2] == 0 && b.p[3] < 0x80))
		return 0;
	for (size_t i = 2; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

static void
read_point(const X509 *x, struct attest_said *s)
{
	EVP_PKEY *k = X509_get0_pubkey(x);
	char group[32] = "";
	size_t n = 0;

	s->p256 = k != NULL && EVP_PKEY_is_a(k, "EC") &&
	    EVP_PKEY_get_utf8_string_param(k, OSSL_PKEY_PARAM_GROUP_NAME,
	    group, sizeof(group), NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0 &&
	    EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY,
	    s->point, sizeof(s->point), &n) == 1 && n == POINT_LEN &&
	    s->point[0] == 4;
}

static void
read_said(const X509 *x, struct attest_said *s)
{
	struct bytes fw = extension(x, ARC "3");
	struct bytes policy = extension(x, ARC "8");

	s->serial = read_serial(extension(x, ARC "7"));
	if (fw.n == 3)
		s->firmware = ATTEST_FIRMWARE_OF(fw.p[0], fw.p[1], fw.p[2]);
	if (policy.n == 2) {
		s->pin = policy.p[0];
		s->touch = policy.p[1];
	}
	read_point(x, s);
}

bool
attest_said_of(struct bytes cert, struct attest_said *out)
{
	X509 *x = read_cert(cert);

	*out = (struct attest_said){ 0 };
	if (x != NULL)
		read_said(x, out);
	X509_free(x);
	return x != NULL;
}

/* --- the path */

static bool
issued(X509 *above, X509 *x)
{
	return X509_NAME_cmp(X509_get_subject_name(above),
	    X509_get_issuer_name(x)) == 0;
}

static bool
signed_by(X509 *above, X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(above);
	bool yes = k != NULL && X509_verify(x, k) == 1;

	ERR_clear_error();
	return yes;
}

/* Of list, the one that issued x; by name, better by signature too. */
static X509 *
issuer_among(X509 *const *list, size_t n, X509 *x)
{
	X509 *named = NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i] == NULL || !issued(list[i], x))
			continue;
		if (signed_by(list[i], x))
			return list[i];
		if (named == NULL)
			named = list[i];
	}
	return named;
}

static void
take_mid(struct work *w, const X509 *x)
{
	for (size_t i = 0; i < w->mid_count; i++)
		if (w->mid[i] == x && !pinned_intermediate(w->mid_der[i]))
			w->published = false;
}

static void
build_path(struct work *w)
{
	X509 *free_mid[ATTEST_INTERMEDIATES_MAX] = { NULL }, *x = w->f9;

	memcpy(free_mid, w->mid, sizeof(free_mid));
	while (x != NULL && !w->complete) {
		w->path[w->path_count++] = x;
		if ((x = issuer_among(w->root, w->t->trust.root_count,
		    x)) != NULL) {
			w->path[w->path_count++] = x;
			w->complete = true;
			break;
		}
		x = issuer_among(free_mid, w->mid_count,
		    w->path[w->path_count - 1]);
		for (size_t i = 0; i < w->mid_count; i++)
			if (free_mid[i] == x)
				free_mid[i] = NULL;
		if (x != NULL)
			take_mid(w, x);
	}
	for (size_t i = 0; i < w->q->slot_count; i++)
		w->all[w->all_count++] = w->slot[i];
	for (size_t i = 0; i < w->path_count; i++)
		w->all[w->all_count++] = w->path[i];
}

/* --- rules; each is asked only when every certificate could be read */

static bool
good_algorithm(struct work *w)
{
	for (size_t i = 0; i < w->all_count; i++) {
		EVP_PKEY *k = X509_get0_pubkey(w->all[i]);

		switch (X509_get_signature_nid(w->all[i])) {
		case NID_sha256WithRSAEncryption:
		case NID_sha384WithRSAEncryption:
		case NID_sha512WithRSAEncryption:
		case NID_ecdsa_with_SHA256:
		case NID_ecdsa_with_SHA384:
		case NID_ecdsa_with_SHA512:
			break;
		default:
			return false;
		}
		if (k == NULL || (EVP_PKEY_is_a(k, "RSA") &&
		    EVP_PKEY_get_bits(k) < RSA_BITS_MIN))
			return false;
	}
	return true;
}

static bool
good_extensions_of(const X509 *x)
{
	for (int i = 0; i < X509_get_ext_count(x); i++) {
		X509_EXTENSION *e = X509_get_ext(x, i);
		ASN1_OBJECT *o = X509_EXTENSION_get_object(e);
		int nid = OBJ_obj2nid(o);

		if (X509_get_ext_by_OBJ(x, o, i) >= 0)
			return false;
		if (X509_EXTENSION_get_critical(e) != 0 &&
		    nid != NID_basic_constraints && nid != NID_key_usage)
			return false;
	}
	return true;
}

static bool
good_extensions(struct work *w)
{
	for (size_t i = 0; i < w->all_count; i++)
		if (!good_extensions_of(w->all[i]))
			return false;
	return true;
}

static bool
good_path(struct work *w)
{
	if (!w->complete)
		return false;
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (!issued(w->f9, w->slot[i]))
			return false;
	return true;
}

static bool
good_signature(struct work *w)
{
	size_t below = w->path_count - (w->complete ? 1 : 0);

	for (size_t i = 0; i < w->q->slot_count; i++)
		if (!signed_by(w->f9, w->slot[i]))
			return false;
	for (size_t i = 1; i < below; i++)
		if (!signed_by(w->path[i], w->path[i - 1]))
			return false;
	return true;
}

static bool
good_root(struct work *w)
{
	return signed_by(w->path[w->path_count - 1],
	    w->path[w->path_count - 2]);
}

static bool
good_published(struct work *w)
{
	return w->published;
}

/* Certificate i of the path has i others of the path below it. */
static bool
good_ca(struct work *w)
{
	for (size_t i = 0; i < w->path_count; i++) {
		long deep = X509_get_pathlen(w->path[i]);

		if (X509_check_ca(w->path[i]) != 1 ||
		    (deep >= 0 && (size_t)deep < i))
			return false;
	}
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (X509_check_ca(w->slot[i]) != 0)
			return false;
	return true;
}

static bool
good_begin(struct work *w)
{
	for (size_t i = 0; i < w->all_count; i++) {
		int c = ASN1_TIME_cmp_time_t(X509_get0_notBefore(w->all[i]),
		    w->t->at);

		if (c != 0 && c != -1)
			return false;
	}
	return true;
}

static bool
good_end(struct work *w)
{
	for (size_t i = 0; i < w->all_count; i++)
		if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(w->all[i]),
		    w->t->at) < 0)
			return false;
	return true;
}

static bool
good_curve(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (!w->said[i].p256)
			return false;
	return true;
}

static bool
good_key(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (w->q->slots[i].point != NULL && memcmp(w->said[i].point,
		    w->q->slots[i].point, POINT_LEN) != 0)
			return false;
	return true;
}

/* "YubiKey PIV Attestation 9c": one common name that ends so. */
static bool
names_slot(const X509 *x, uint8_t slot)
{
	static const char digits[] = "0123456789abcdef";
	const char want[3] = { ' ', digits[slot >> 4], digits[slot & 15] };
	X509_NAME *name = X509_get_subject_name(x);
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1), n;
	const ASN1_STRING *s;

	if (i < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, i) >= 0)
		return false;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
	n = ASN1_STRING_length(s);
	return n >= (int)sizeof(want) && memcmp(ASN1_STRING_get0_data(s) +
	    n - sizeof(want), want, sizeof(want)) == 0;
}

static bool
good_slot(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (!names_slot(w->slot[i], w->q->slots[i].slot))
			return false;
	return true;
}

static bool
good_firmware(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (w->said[i].firmware == 0 ||
		    w->said[i].firmware < w->t->firmware_min)
			return false;
	return true;
}

static bool
good_serial(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (w->said[i].serial == 0)
			return false;
	return true;
}

static bool
good_same_serial(struct work *w)
{
	return w->q->slot_count < 2 ||
	    w->said[0].serial == w->said[1].serial;
}

static bool
good_pin(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (w->said[i].pin != PIN_ALWAYS)
			return false;
	return true;
}

static bool
good_touch(struct work *w)
{
	for (size_t i = 0; i < w->q->slot_count; i++)
		if (w->said[i].touch != TOUCH_ALWAYS)
			return false;
	return true;
}

static bool (*const holds[ATTEST_RULES])(struct work *) = {
	[ATTEST_ALGORITHM] = good_algorithm,
	[ATTEST_EXTENSION] = good_extensions,
	[ATTEST_PATH] = good_path, [ATTEST_SIGNATURE] = good_signature,
	[ATTEST_ROOT] = good_root, [ATTEST_PUBLISHED] = good_published,
	[ATTEST_CA] = good_ca, [ATTEST_NOT_YET] = good_begin,
	[ATTEST_EXPIRED] = good_end, [ATTEST_CURVE] = good_curve,
	[ATTEST_KEY] = good_key, [ATTEST_SLOT] = good_slot,
	[ATTEST_FIRMWARE] = good_firmware, [ATTEST_SERIAL] = good_serial,
	[ATTEST_SAME_SERIAL] = good_same_serial, [ATTEST_PIN] = good_pin,
	[ATTEST_TOUCH] = good_touch,
};

/* --- */

/* Every certificate that is there must be readable. */
static bool
read_all(struct work *w)
{
	const struct attest_question *q = w->q;
	bool good = q->slot_count >= 1 && q->slot_count <= SLOTS &&
	    q->intermediate_count <= ATTEST_INTERMEDIATES_MAX;

	for (size_t i = 0; good && i < q->slot_count; i++)
		if ((good = (w->slot[i] = read_cert(q->slots[i].cert)) !=
		    NULL))
			read_said(w->slot[i], &w->said[i]);
	if (good && q->f9.n != 0)
		good = (w->f9 = read_cert(q->f9)) != NULL;
	for (; good && w->mid_count < q->intermediate_count; w->mid_count++) {
		w->mid_der[w->mid_count] = q->intermediates[w->mid_count];
		w->mid[w->mid_count] = read_cert(w->mid_der[w->mid_count]);
		good = w->mid[w->mid_count] != NULL;
	}
	for (size_t i = 0; good && i < w->t->trust.root_count; i++)
		good = (w->root[i] = read_cert(w->t->trust.root[i])) != NULL;
	return good;
}

static void
free_all(struct work *w)
{
	for (size_t i = 0; i < SLOTS; i++)
		X509_free(w->slot[i]);
	X509_free(w->f9);
	for (size_t i = 0; i < ATTEST_INTERMEDIATES_MAX; i++)
		X509_free(w->mid[i]);
	for (size_t i = 0; i < ATTEST_ROOTS_MAX; i++)
		X509_free(w->root[i]);
}

/* Which rules can be asked: without a path (refused) not all. */
static uint32_t
askable(const struct work *w)
{
	uint32_t mask = BIT(ATTEST_RULES) - 1;

	if (w->f9 == NULL)
		mask &= ~(BIT(ATTEST_SIGNATURE) | BIT(ATTEST_CA));
	if (!w->complete)
		mask &= ~BIT(ATTEST_ROOT);
	if (!w->t->trust.published)
		mask &= ~BIT(ATTEST_PUBLISHED);
	return mask;
}

/* skip: rules that are left out; none in the product. */
static void
judge(struct work *w, uint32_t skip, struct attest_verdict *v)
{
	v->asked = BIT(ATTEST_FORM);
	w->published = true;
	if (!read_all(w)) {
		v->failed = BIT(ATTEST_FORM);
		return;
	}
	build_path(w);
	v->asked = askable(w) & ~skip;
	v->serial = w->said[0].serial;
	v->firmware = w->said[0].firmware;
	v->pin = w->said[0].pin;
	v->touch = w->said[0].touch;
	for (unsigned i = ATTEST_FORM + 1; i < ATTEST_RULES; i++)
		if ((v->asked & BIT(i)) != 0 && !holds[i](w))
			v->failed |= BIT(i);
}

static int
ask(const struct attest_question *q, const struct attest_terms *t,
    uint32_t skip, struct attest_verdict *v, struct err *e)
{
	struct work w = { .q = q, .t = t };

	*v = (struct attest_verdict){ 0 };
	judge(&w, skip, v);
	free_all(&w);
	for (unsigned i = 0; i < ATTEST_RULES; i++)
		if ((v->failed & BIT(i)) != 0)
			return err_set(e, ERR_REFUSED, "this is not so: %s "
			    "(%s)", attest_rule_text(i), attest_rule_name(i));
	return 0;
}

int
attest_verify(const struct attest_question *q, const struct attest_terms *t,
    struct attest_verdict *v, struct err *e)
{
	return ask(q, t, 0, v, e);
}

static struct attest_question
question_of(const struct attest_bundle *b)
{
	return (struct attest_question){
		.slots = { { b->slot_9d, ATTEST_9D, b->key.b },
		    { b->slot_9c, ATTEST_9C, b->key.b + POINT_LEN } },
		.slot_count = SLOTS, .f9 = b->f9,
		.intermediates = b->intermediates,
		.intermediate_count = b->intermediate_count,
	};
}

int
attest_bundle_verify(const struct attest_bundle *b,
    const struct attest_terms *t, struct attest_verdict *v, struct err *e)
{
	struct attest_question q = question_of(b);

	return ask(&q, t, 0, v, e);
}

int
attest_trust(enum mode mode, struct bytes test, struct attest_trust *out,
    struct err *e)
{
	*out = (struct attest_trust){ .published = mode == MODE_PRODUCTION };
	if (mode == MODE_PRODUCTION) {
		if (test.p != NULL)
			return err_set(e, ERR_REFUSED, "in production tokens "
			    "are proven by Yubico's pinned roots alone; leave "
			    "the test root out");
		for (size_t i = 0; i < PINNED_ROOTS; i++)
			out->root[out->root_count++] = pinned_root(i);
		return 0;
	}
	if (test.p == NULL)
		return err_set(e, ERR_REFUSED, "a rehearsal has no pinned "
		    "root of tokens; name the test root");
	for (size_t i = 0; i < PINNED_ROOTS; i++)
		if (bytes_equal(test, pinned_root(i)))
			return err_set(e, ERR_REFUSED, "a rehearsal does not "
			    "end at Yubico's root; name a test root");
	out->root[out->root_count++] = test;
	return 0;
}
