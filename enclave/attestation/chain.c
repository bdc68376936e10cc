/*
 * Path validation as webpki does it in QOS, rule by rule over all
 * certificates (RFC 5280, section 6.1, without policies, names and
 * revocation: AWS's certificates live hours to weeks).
 *
 * libcrypto's own path builder is not used: it wants key identifiers that
 * Nitro's leaf and instance certificates lack, or else checks less.  Time is
 * asked last, so that an old document shows that it is genuine.
 */
#include "airgap/seal/hash.h"
#include "enclave/attestation/chain.h"

#define CHAIN_MAX (ATTESTATION_CABUNDLE_MAX + 1)

struct chain {
	const struct attestation *doc;
	struct bytes root;
	uint64_t time;
	size_t n;			/* root, issuers, leaf: at least 2 */
	struct certificate cert[CHAIN_MAX];
};

/* "the root", "cabundle[2]", "certificate" */
struct position { char text[16]; };

static struct position
position(const struct chain *c, size_t i)
{
	struct position p = { "the root" };

	if (i + 1 == c->n)
		memcpy(p.text, "certificate", sizeof("certificate"));
	else if (i > 0) {
		memcpy(p.text, "cabundle[0]", sizeof("cabundle[0]"));
		p.text[9] = (char)('0' + i);
	}
	return p;
}

static int
refuse(const struct chain *c, size_t i, const char *what, struct err *e)
{
	return err_set(e, ERR_REFUSED, "%s: %s", position(c, i).text, what);
}

static int
check_form(void *ctx, struct err *e)
{
	struct chain *c = ctx;
	const struct attestation *doc = c->doc;
	const char *why;

	for (size_t i = 0; i < c->n; i++) {
		struct bytes der = i == 0 ? c->root : i + 1 == c->n ?
		    doc->certificate : doc->cabundle[i];

		if (certificate_read(der, &c->cert[i], &why) != 0)
			return refuse(c, i, why, e);
	}
	return 0;
}

static int
check_algorithm(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 0; i < c->n; i++)
		if (!c->cert[i].ecdsa_sha384)
			return refuse(c, i, "it is not signed with "
			    "ecdsa-with-SHA384", e);
	return 0;
}

static int
check_key(void *ctx, struct err *e)
{
	const struct chain *c = ctx;
	int r;

	for (size_t i = 0; i < c->n; i++)
		if ((r = p384_point_check(c->cert[i].point)) != 0)
			return r == ERR_SYSTEM ? err_set(e, r, "libcrypto "
			    "has no P-384") : refuse(c, i, "its key is not "
			    "an uncompressed point of P-384", e);
	return 0;
}

static int
check_extension(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 0; i < c->n; i++)
		if (c->cert[i].unknown.p != NULL)
			return refuse(c, i, "a critical extension is not "
			    "understood here", e);
	return 0;
}

static int
check_ca(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 0; i + 1 < c->n; i++)
		if (!c->cert[i].ca)
			return refuse(c, i, "it issued a certificate and is "
			    "no authority (basicConstraints)", e);
	return 0;
}

static int
check_path(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 0; i + 1 < c->n; i++)
		if (c->n - 2 - i > c->cert[i].path_max)
			return refuse(c, i, "more issuers are below it than "
			    "its path length lets", e);
	return 0;
}

static int
check_signer(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 0; i + 1 < c->n; i++)
		if ((c->cert[i].usage & USAGE_CERT_SIGN) == 0)
			return refuse(c, i, "its key may not sign "
			    "certificates (keyUsage)", e);
	return 0;
}

static int
check_leaf(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	if (c->cert[c->n - 1].ca)
		return refuse(c, c->n - 1, "it is an authority", e);
	return 0;
}

static int
check_leaf_usage(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	if ((c->cert[c->n - 1].usage & USAGE_SIGNATURE) == 0)
		return refuse(c, c->n - 1, "its key may not sign "
		    "(keyUsage)", e);
	return 0;
}

/* the root's is not asked: it is trusted for what it is */
static int
check_eku(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 1; i < c->n; i++)
		if (!c->cert[i].server_auth)
			return refuse(c, i, "its extended key usage is "
			    "without serverAuth", e);
	return 0;
}

/* The link between root and first certificate is check_root's. */
static int
check_names(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = 2; i < c->n; i++)
		if (!bytes_equal(c->cert[i].issuer, c->cert[i - 1].subject))
			return refuse(c, i, "its issuer is not the subject "
			    "of the one before", e);
	return 0;
}

static int
signed_by(const struct certificate *c, const struct certificate *issuer)
{
	struct digest384 digest = sha384(c->tbs);

	return p384_verify(issuer->point, &digest, c->signature);
}

static int
check_root(void *ctx, struct err *e)
{
	const struct chain *c = ctx;
	int r;

	if (!bytes_equal(c->cert[1].issuer, c->cert[0].subject))
		return refuse(c, 1, "its issuer is not the trusted root", e);
	if ((r = signed_by(&c->cert[1], &c->cert[0])) == 0)
		return 0;
	return r == ERR_SYSTEM ? r : refuse(c, 1, "it names the trusted root "
	    "as its issuer, which did not sign it", e);
}

static int
check_signatures(void *ctx, struct err *e)
{
	const struct chain *c = ctx;
	int r;

	for (size_t i = 2; i < c->n; i++) {
		if ((r = signed_by(&c->cert[i], &c->cert[i - 1])) != 0)
			return r == ERR_SYSTEM ? r : refuse(c, i, "its "
			    "signature is not of the one before", e);
	}
	return 0;
}

static int
check_signature(void *ctx, struct err *e)
{
	const struct chain *c = ctx;
	int r = cose_verify(&c->doc->cose, c->cert[c->n - 1].point);

	if (r == 0 || r == ERR_SYSTEM)
		return r;
	return err_set(e, ERR_REFUSED, "the signature is not of this "
	    "document and its certificate's key");
}

static int
check_not_yet(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = c->n; i-- > 0;)
		if (c->cert[i].not_before > (int64_t)c->time)
			return refuse(c, i, "not valid yet "
			    "(CertNotValidYet); is the clock behind?", e);
	return 0;
}

static int
check_expired(void *ctx, struct err *e)
{
	const struct chain *c = ctx;

	for (size_t i = c->n; i-- > 0;)
		if (c->cert[i].not_after < (int64_t)c->time)
			return refuse(c, i, "expired (CertExpired); ask for "
			    "a new document, or is the clock ahead?", e);
	return 0;
}

static const struct rule_step steps[] = {
	{ RULE_CERT_FORM, check_form },
	{ RULE_CERT_ALGORITHM, check_algorithm },
	{ RULE_CERT_KEY, check_key },
	{ RULE_CERT_EXTENSION, check_extension },
	{ RULE_CERT_CA, check_ca },
	{ RULE_CERT_PATH, check_path },
	{ RULE_CERT_SIGNER, check_signer },
	{ RULE_CERT_LEAF, check_leaf },
	{ RULE_CERT_LEAF_USAGE, check_leaf_usage },
	{ RULE_CERT_EKU, check_eku },
	{ RULE_CERT_NAMES, check_names },
	{ RULE_ROOT, check_root },
	{ RULE_CERT_SIGNATURE, check_signatures },
	{ RULE_SIGNATURE, check_signature },
	{ RULE_CERT_NOT_YET, check_not_yet },
	{ RULE_CERT_EXPIRED, check_expired },
};

int
attestation_verify_chain(struct attestation *doc, struct bytes root,
    uint64_t time, struct err *e)
{
	struct chain c = { .doc = doc, .root = root,
	    .time = time < INT64_MAX ? time : INT64_MAX };
	int r;

	if (doc->cabundle_count == 0)
		return err_set(e, ERR_INTERNAL, "a document that was not "
		    "read cannot be verified");
	c.n = doc->cabundle_count + 1;
	verdict_ask(&doc->verdict, RULE_CERT_FORM, RULE_CERT_EXPIRED);
	r = verdict_run(&doc->verdict, steps, sizeof(steps) /
	    sizeof(steps[0]), &c, e);
	if (r == ERR_SYSTEM)
		return err_set(e, r, "libcrypto cannot verify: out of "
		    "memory, or P-384 is switched off");
	return r;
}
