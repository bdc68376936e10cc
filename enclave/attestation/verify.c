/*
 * A verified document against a manifest (QOS wire 12, verify_user_input and
 * verify_manifest), and the two rules that QOS leaves to its callers or
 * nobody: the key is one, and production does not run in debug mode.
 */
#include <string.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "enclave/attestation/verify.h"

#define PCR_SETUP 16
#define PCR_LIVE 17
#define PCR_SHOWN 8		/* bytes of one in a sentence */

struct binding {
	const struct attestation *doc;
	const struct manifest *m;
	struct digest256 hash;
	enum attestation_kind kind;
};

static int
check_user_data(void *ctx, struct err *e)
{
	const struct binding *b = ctx;

	if (b->doc->user_data.p == NULL)
		return err_set(e, ERR_REFUSED, "the document has no "
		    "user_data; it attests no manifest");
	if (!bytes_equal(b->doc->user_data, bytes_of(b->hash.b, SHA256_LEN)))
		return err_set(e, ERR_REFUSED, "user_data is not the "
		    "manifest's hash; the enclave was booted with another "
		    "manifest");
	return 0;
}

static int
check_nonce(void *ctx, struct err *e)
{
	const struct binding *b = ctx;

	if (b->doc->nonce.p == NULL)
		return 0;
	return err_set(e, ERR_REFUSED, "the document has a nonce, which QOS "
	    "never asks for");
}

static bool
pcr_is(const struct attestation *doc, size_t i, struct bytes want)
{
	return doc->pcr[i] != NULL &&
	    bytes_equal(bytes_of(doc->pcr[i], SHA384_LEN), want);
}

/* The first digits of a PCR, for a person to look up. */
static const char *
shown(struct bytes pcr, char out[static 2 * PCR_SHOWN + 4])
{
	if (pcr.p == NULL)
		return "none";
	hex_text(pcr.p, pcr.n < PCR_SHOWN ? pcr.n : PCR_SHOWN, out);
	return strcat(out, "...");
}

static int
check_pcr(const struct binding *b, size_t i, const char *means,
    struct err *e)
{
	char here[2 * PCR_SHOWN + 4], want[2 * PCR_SHOWN + 4];
	struct bytes manifest = b->m->enclave.pcr[i];

	if (pcr_is(b->doc, i, manifest))
		return 0;
	return err_set(e, ERR_REFUSED, "PCR%zu is not the manifest's: %s "
	    "(the document has %s, the manifest %s)", i, means,
	    shown(bytes_of(b->doc->pcr[i], SHA384_LEN), here),
	    shown(manifest, want));
}

static int
check_pcr0(void *ctx, struct err *e)
{
	return check_pcr(ctx, 0, "another enclave image", e);
}

static int
check_pcr1(void *ctx, struct err *e)
{
	return check_pcr(ctx, 1, "another kernel or first ramdisk", e);
}

static int
check_pcr2(void *ctx, struct err *e)
{
	return check_pcr(ctx, 2, "another application ramdisk", e);
}

static int
check_pcr3(void *ctx, struct err *e)
{
	return check_pcr(ctx, 3, "an instance with another IAM role", e);
}

static int
check_debug(void *ctx, struct err *e)
{
	static const uint8_t zero[SHA384_LEN];
	const struct binding *b = ctx;

	for (size_t i = 0; i < 3; i++)
		if (pcr_is(b->doc, i, bytes_of(zero, sizeof(zero))))
			return err_set(e, ERR_REFUSED, "PCR%zu is zero: a "
			    "debug enclave, whose memory its host reads", i);
	return 0;
}

static int
check_all_pcrs(void *ctx, struct err *e)
{
	const struct binding *b = ctx;

	for (size_t i = 0; i < ATTESTATION_PCRS; i++)
		if (b->doc->pcr[i] == NULL)
			return err_set(e, ERR_REFUSED, "PCR%zu is not in the "
			    "document; was the enclave locked?", i);
	return 0;
}

static int
check_key(void *ctx, struct err *e)
{
	const struct binding *b = ctx;
	int r;

	if (b->doc->public_key.p == NULL)
		return err_set(e, ERR_REFUSED, "the document has no "
		    "public_key");
	if ((r = public_key_check(b->doc->public_key)) != 0)
		return err_set(e, ERR_REFUSED, "public_key: %s",
		    err_text(r));
	return 0;
}

static int
check_commitment(const struct binding *b, size_t pcr, struct err *e)
{
	struct digest384 extended, want;

	extended = attestation_commitment(b->kind, &b->hash,
	    b->doc->public_key);
	want = attestation_pcr_value(&extended);
	if (pcr_is(b->doc, pcr, bytes_of(want.b, SHA384_LEN)))
		return 0;
	return err_set(e, ERR_REFUSED, "PCR%zu does not commit to this "
	    "manifest and this %s key", pcr, b->kind == ATTESTATION_SETUP ?
	    "setup" : "live");
}

static int
check_setup(void *ctx, struct err *e)
{
	return check_commitment(ctx, PCR_SETUP, e);
}

static int
check_live(void *ctx, struct err *e)
{
	return check_commitment(ctx, PCR_LIVE, e);
}

static const struct rule_step steps[] = {
	{ RULE_MANIFEST_USER_DATA, check_user_data },
	{ RULE_MANIFEST_NONCE, check_nonce },
	{ RULE_MANIFEST_PCR0, check_pcr0 },
	{ RULE_MANIFEST_PCR1, check_pcr1 },
	{ RULE_MANIFEST_PCR2, check_pcr2 },
	{ RULE_MANIFEST_PCR3, check_pcr3 },
	{ RULE_NOT_DEBUG, check_debug },
	{ RULE_ALL_PCRS, check_all_pcrs },
	{ RULE_MANIFEST_KEY, check_key },
	{ RULE_PCR16, check_setup },
	{ RULE_PCR17, check_live },
};

/* Rehearsal if the namespace has its mark, as everywhere. */
static bool
is_rehearsal(const struct manifest *m)
{
	const size_t n = strlen(REHEARSAL_NAMESPACE);

	return m->ns.name.n >= n &&
	    memcmp(m->ns.name.p, REHEARSAL_NAMESPACE, n) == 0;
}

int
attestation_verify_manifest(enum attestation_kind kind,
    struct attestation *doc, const struct manifest *m, struct err *e)
{
	struct binding b = { .doc = doc, .m = m, .kind = kind };
	struct verdict *v = &doc->verdict;
	int r;

	if (v->state[RULE_CERT_EXPIRED] != RULE_OK)
		return err_set(e, ERR_INTERNAL, "a document is held against "
		    "a manifest after its chain");
	if ((r = manifest_hash(m, &b.hash, e)) != 0)
		return r;
	verdict_ask(v, RULE_MANIFEST_USER_DATA, RULE_PCR17);
	v->state[kind == ATTESTATION_SETUP ? RULE_PCR17 : RULE_PCR16] =
	    RULE_NOT_ASKED;
	if (is_rehearsal(m))
		v->state[RULE_NOT_DEBUG] = RULE_NOT_ASKED;
	return verdict_run(v, steps, sizeof(steps) / sizeof(steps[0]), &b, e);
}
