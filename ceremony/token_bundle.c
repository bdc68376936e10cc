/*
 * Making attestation bundles (token_bundle.h), and quorate token attest.
 *
 * Of the intermediates that are given those on the way from the token's own
 * certificate to a root are taken, so that Yubico's file serves as it is.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "ceremony/operator_options.h"
#include "ceremony/plan_show.h"
#include "ceremony/plumbing.h"
#include "ceremony/token_bundle.h"
#include "ceremony/token_care.h"
#include "ceremony/token_cmds.h"
#include "token/token_key.h"

#define GIVEN_MAX 64		/* certificates in the files */

static const char no_cert[] = "%s: no certificates, PEM";

struct path {
	X509 *given[GIVEN_MAX];
	size_t given_count;
	struct bytes der[ATTEST_INTERMEDIATES_MAX];	/* of OpenSSL's heap */
	size_t count;
};

int
bundle_prepare(struct bundle_options *o, struct err *e)
{
	int r;

	o->mode = MODE_PRODUCTION;
	if (o->mode_text != NULL && mode_from_text(bytes_str(o->mode_text),
	    &o->mode, e) != 0)
		return err_set(e, ERR_USAGE, "--mode %.40s: production or "
		    "rehearsal", o->mode_text);
	if ((r = token_root_read(o->root, &o->root_der, e)) != 0)
		return r;
	return attest_trust(o->mode, buf_bytes(&o->root_der), &o->trust, e);
}

void
bundle_end(struct bundle_options *o)
{
	buf_free(&o->root_der);
}

static int
read_given(const char *file, struct path *p, struct err *e)
{
	struct buf in;
	size_t before = p->given_count;
	X509 *x;
	BIO *b;
	int r;

	if ((r = file_read(file, RECORD_FILE_MAX, &in, e)) != 0)
		return r;
	b = BIO_new_mem_buf(in.p, (int)in.n);
	while (b != NULL && p->given_count < GIVEN_MAX &&
	    (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL)
		p->given[p->given_count++] = x;
	ERR_clear_error();
	BIO_free(b);
	buf_free(&in);
	return p->given_count > before ? 0 : err_set(e, ERR_INPUT, no_cert,
	    file);
}

/* The given one that issued x, taken out of the list; or NULL. */
static X509 *
take_issuer(struct path *p, const X509 *x)
{
	for (size_t i = 0; i < p->given_count; i++) {
		X509 *got = p->given[i];

		if (got == NULL || X509_NAME_cmp(X509_get_subject_name(got),
		    X509_get_issuer_name(x)) != 0)
			continue;
		p->given[i] = NULL;
		return got;
	}
	return NULL;
}

static void
walk(struct path *p, struct bytes f9)
{
	const unsigned char *at = f9.p;
	X509 *x = d2i_X509(NULL, &at, (long)f9.n), *up;

	while (x != NULL && p->count < ATTEST_INTERMEDIATES_MAX) {
		unsigned char *der = NULL;
		int n;

		if ((up = take_issuer(p, x)) == NULL)
			break;
		X509_free(x);
		x = up;
		if ((n = i2d_X509(x, &der)) > 0)
			p->der[p->count++] = bytes_of(der, (size_t)n);
	}
	X509_free(x);
	ERR_clear_error();
}

static void
path_free(struct path *p)
{
	for (size_t i = 0; i < p->given_count; i++)
		X509_free(p->given[i]);
	for (size_t i = 0; i < p->count; i++) {
		union { const uint8_t *from; uint8_t *to; } u = {
		    p->der[i].p };

		OPENSSL_free(u.to);
	}
}

static int
verdict(const struct bundle_options *o, const struct attest_bundle *b,
    bool show, struct err *e)
{
	struct attest_terms t = { .trust = o->trust, .at = ui_now(),
	    .firmware_min = ATTEST_FIRMWARE_MIN };
	struct attest_verdict v;
	int r = attest_bundle_verify(b, &t, &v, e);

	if (show || r != 0)
		token_verdict_print(b, &t, &v);
	return r;
}

int
bundle_make(const struct bundle_options *o, const struct token_exam *x,
    const struct public_key *key, bool show, struct buf *out, struct err *e)
{
	struct attest_bundle b = { .mode = o->mode, .key = *key,
	    .slot_9c = x->slot[SETUP_9C].attestation,
	    .slot_9d = x->slot[SETUP_9D].attestation, .f9 = x->f9 };
	struct path p = { 0 };
	int r = 0;

	*out = (struct buf){ 0 };
	for (size_t i = 0; i < SETUP_SLOTS; i++)
		if (x->slot[i].attestation.n == 0)
			return err_set(e, ERR_TOKEN, "the token gives no "
			    "attestation of slot %s: its key was not made in "
			    "it", setup_slot_name(i));
	if (x->f9.n == 0)
		return err_set(e, ERR_TOKEN, "the token has no certificate of "
		    "its own in slot f9: nothing proves its keys");
	for (size_t i = 0; r == 0 && i < o->intermediate.n; i++)
		r = read_given(o->intermediate.v[i], &p, e);
	if (r == 0)
		walk(&p, x->f9);
	memcpy(b.intermediates, p.der, sizeof(p.der));
	b.intermediate_count = p.count;
	if (r == 0 && (r = verdict(o, &b, show, e)) == 0)
		r = attest_bundle_encode(&b, out, e);
	path_free(&p);
	return r;
}

static int
attest(struct cmd *c, const struct bundle_options *o,
    const struct operator_options *k, const struct output *to)
{
	static struct token_exam x;
	struct buf data = { 0 }, out = { 0 };
	const struct token_info *t;
	struct public_key key;
	int r;

	if ((r = token_find(c, k, NULL, &t)) != 0 ||
	    (r = token_public(t, &key, &c->e)) != 0 ||
	    (r = token_examine(t, &data, &x, &c->e)) != 0)
		return r;
	if ((r = bundle_make(o, &x, &key, true, &out, &c->e)) == 0)
		r = file_write_checked(to->path, buf_bytes(&out),
		    FILE_MODE_PUBLIC, to->force, &c->e);
	buf_free(&out);
	buf_free(&data);
	return r;
}

int
token_attest_cmd(struct cmd *c)
{
	struct operator_options k = { 0 };
	struct bundle_options o = { 0 };
	struct output to = { 0 };
	const struct opt opts[] = {
		TEXT("--serial", "N", &k.serial, "the token with this serial "
		    "number"),
		BUNDLE_OPTIONS(&o),
		TEXT("-o", "FILE", &to.path, "the bundle"),
		FLAG("--force", &to.force, "replace FILE if it is there"),
		END
	};
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, to.path, "-o")) != 0)
		return r;
	if ((r = bundle_prepare(&o, &c->e)) == 0)
		r = attest(c, &o, &k, &to);
	bundle_end(&o);
	return r;
}
