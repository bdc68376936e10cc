/*
 * The table of kinds, and the kinds of one wrapping each.
 */
#include "airgap/record/approval.h"
#include "airgap/record/label.h"
#include "airgap/record/payload_parts.h"
#include "airgap/record/receipt.h"
#include "airgap/record/release.h"
#include "airgap/seal/deal.h"
#include "airgap/seal/envelope.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"

#define SHOWN 80		/* bytes of a name in a summary */

static int
shown(struct bytes text)
{
	return (int)(text.n < SHOWN ? text.n : SHOWN);
}

static struct bytes
message_of(const struct payload *p)
{
	return buf_bytes(&p->message);
}

/* --- a sealed share */

static int
share_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	const struct payload_source *f = source_of(s, ROLE_SHARE);
	const char *dot = f->name + strcspn(f->name, ".");

	w->alias = bytes_of(f->name, (size_t)(dot - f->name));
	w->sealed = f->data;
	w->mode = mode_of_alias(w->alias);
	/* ALIAS.spare2.share */
	if (strncmp(dot, ".spare", 6) == 0 && dot[6] >= '1' &&
	    dot[6] <= '8' && strcmp(dot + 7, ".share") == 0) {
		w->has_spare = true;
		w->spare = (uint64_t)(dot[6] - '0');
	} else if (strcmp(dot, ".share") != 0) {
		return err_set(e, ERR_INPUT, "%s: a share is called "
		    "ALIAS.share or ALIAS.spare1.share", f->name);
	}
	return wrapped_encode(WRAP_SHARE, w, message, e);
}

static int
share_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	char ending[] = "spare0.share";
	struct bytes point;
	int r;

	if ((r = wrapped_decode(WRAP_SHARE, message_of(p), w, e)) != 0 ||
	    (r = label_check_alias(w->alias, e)) != 0 ||
	    (r = mode_check_alias(w->mode, w->alias, e)) != 0)
		return r;
	if (envelope_point(w->sealed, &point, e) != 0)
		return ERR_INPUT;
	p->mode = w->mode;
	ending[5] = (char)('0' + w->spare);
	payload_summary(p, "sealed share of \"%.*s\"%s%s", shown(w->alias),
	    (const char *)w->alias.p, w->has_spare ? ", for spare key " : "",
	    w->has_spare ? (const char[]){ ending[5], '\0' } : "");
	return payload_add(p, w->alias, w->has_spare ? ending : "share",
	    w->sealed, e);
}

/* --- manifest, approval, envelope */

static int
name_space(struct payload *p, const struct wrapped *w,
    const struct manifest *m, const char *what, struct err *e)
{
	struct digest256 hash;
	char hex[17];
	int r;

	if ((r = mode_check_namespace(w->mode, m->ns.name, e)) != 0 ||
	    (r = manifest_hash(m, &hash, e)) != 0)
		return r;
	hex_text(hash.b, 8, hex);
	p->mode = w->mode;
	payload_summary(p, "%s of \"%.*s\", nonce %u, hash %.8s %.8s ...",
	    what, shown(m->ns.name), (const char *)m->ns.name.p,
	    m->ns.nonce, hex, hex + 8);
	return 0;
}

static int
manifest_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	w->mode = s->facts[0].mode;
	w->manifest = s->in[0].data;
	return wrapped_encode(WRAP_MANIFEST, w, message, e);
}

static int
manifest_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct arena arena = { 0 };
	struct manifest m;
	int r;

	if ((r = wrapped_decode(WRAP_MANIFEST, message_of(p), w, e)) != 0)
		return r;
	if ((r = manifest_read(w->manifest, &m, &arena, e)) == 0 &&
	    (r = name_space(p, w, &m, "manifest", e)) == 0)
		r = payload_add(p, bytes_str("manifest"), "", w->manifest, e);
	arena_free(&arena);
	return r;
}

static int
approval_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	w->mode = s->facts[0].mode;
	w->approval = s->in[0].data;
	return wrapped_encode(WRAP_APPROVAL, w, message, e);
}

/* An approval whose name can be a file's; a borrows from w and arena. */
static int
approval_parts(const struct wrapped *w, struct approval *a,
    struct arena *arena, struct err *e)
{
	int r;

	if ((r = approval_read(w->approval, a, arena, e)) != 0 ||
	    (r = label_check_alias(a->member.alias, e)) != 0 ||
	    (r = mode_check_alias(w->mode, a->member.alias, e)) != 0)
		return err_prefix(e, "approval"), r;
	if ((r = public_key_check(a->member.pub_key)) != 0)
		return err_set(e, ERR_INPUT, "approval: its key: %s",
		    err_text(r));
	if (a->signature.n != SIGNATURE_LEN)
		return err_set(e, ERR_INPUT, "approval: a signature of %zu "
		    "bytes, not %d", a->signature.n, SIGNATURE_LEN);
	return 0;
}

static int
approval_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct arena arena = { 0 };
	struct approval a;
	int r;

	if ((r = wrapped_decode(WRAP_APPROVAL, message_of(p), w, e)) != 0)
		return r;
	if ((r = approval_parts(w, &a, &arena, e)) == 0) {
		p->mode = w->mode;
		payload_summary(p, "approval of a manifest by \"%.*s\"",
		    shown(a.member.alias), (const char *)a.member.alias.p);
		r = payload_add(p, a.member.alias, "approval", w->approval,
		    e);
	}
	arena_free(&arena);
	return r;
}

static int
envelope_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	w->mode = s->facts[0].mode;
	w->envelope = s->in[0].data;
	return wrapped_encode(WRAP_ENVELOPE, w, message, e);
}

static int
envelope_of(struct payload *p, const struct wrapped *w, const char *what,
    struct err *e)
{
	struct arena arena = { 0 };
	struct envelope env;
	int r;

	if ((r = envelope_read(w->envelope, &env, &arena, e)) == 0 &&
	    (r = name_space(p, w, &env.manifest, what, e)) == 0) {
		payload_summary(p, ", %u approvals",
		    env.manifest_approvals.count);
		r = payload_add(p, bytes_str("manifest_envelope"), "",
		    w->envelope, e);
	}
	arena_free(&arena);
	return r;
}

static int
envelope_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	int r = wrapped_decode(WRAP_ENVELOPE, message_of(p), w, e);

	return r != 0 ? r : envelope_of(p, w, "manifest envelope", e);
}

/* --- an attestation document with the envelope it speaks of */

static int
attestation_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	w->document = source_of(s, ROLE_DOCUMENT)->data;
	w->envelope = source_of(s, ROLE_ENVELOPE)->data;
	for (size_t i = 0; i < s->n; i++)
		if (s->facts[i].role == ROLE_ENVELOPE)
			w->mode = s->facts[i].mode;
	return wrapped_encode(WRAP_ATTESTATION, w, message, e);
}

static int
attestation_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	int r;

	if ((r = wrapped_decode(WRAP_ATTESTATION, message_of(p), w, e)) != 0)
		return r;
	payload_summary(p, "attestation document (%zu bytes, not verified "
	    "yet) and ", w->document.n);
	if ((r = envelope_of(p, w, "manifest envelope", e)) != 0)
		return r;
	return payload_add(p, bytes_str("attestation_doc"), "", w->document,
	    e);
}

static int
challenge_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	char hex[17];
	int r;

	if ((r = wrapped_decode(WRAP_CHALLENGE, message_of(p), w, e)) != 0)
		return r;
	p->mode = w->mode;
	hex_text(w->nonce, 8, hex);
	payload_summary(p, "challenge %.8s %.8s ...", hex, hex + 8);
	return payload_add(p, bytes_str("challenge"), "cbor", message_of(p),
	    e);
}

/* --- a released share: sealed to an enclave, approved, with its record */

static int
released_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->facts[i].role == ROLE_RELEASE)
			w->mode = s->facts[i].mode;
	w->sealed = source_of(s, ROLE_SEALED)->data;
	w->approval = source_of(s, ROLE_APPROVAL)->data;
	w->release = source_of(s, ROLE_RELEASE)->data;
	return wrapped_encode(WRAP_RELEASED, w, message, e);
}

/* The three are one release: same person, key, share, manifest and mode. */
static int
released_fit(const struct wrapped *w, const struct approval *a,
    const struct release *x, struct err *e)
{
	struct digest256 hash = sha256(w->sealed);
	int r;

	if ((r = mode_check_same(w->mode, x->mode, "the release record",
	    e)) != 0 || (r = release_verify(x, e)) != 0)
		return r;
	if (!digest256_equal(&hash, &x->share))
		return err_set(e, ERR_REFUSED, "the sealed share is not the "
		    "one that its release record names");
	if (!bytes_equal(a->member.alias, x->alias) ||
	    !bytes_equal(a->member.pub_key, bytes_of(x->key.b,
	    PUBLIC_KEY_LEN)))
		return err_set(e, ERR_REFUSED, "the approval is of another "
		    "person or key than the release record");
	if (signature_verify(a->member.pub_key, bytes_of(x->manifest.b,
	    SHA256_LEN), a->signature) != 0)
		return err_set(e, ERR_REFUSED, "the approval is not a "
		    "signature of the manifest that the release record names");
	return 0;
}

static int
released_files(struct payload *p, const struct wrapped *w,
    struct bytes alias, struct err *e)
{
	int r;

	p->mode = w->mode;
	payload_summary(p, "share of \"%.*s\", sealed to an enclave, with "
	    "approval and release record", shown(alias),
	    (const char *)alias.p);
	if ((r = payload_add(p, alias, "sealed", w->sealed, e)) != 0 ||
	    (r = payload_add(p, alias, "approval", w->approval, e)) != 0)
		return r;
	return payload_add(p, alias, "release", w->release, e);
}

static int
released_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct arena arena = { 0 };
	struct approval a;
	struct release x;
	int r;

	if ((r = wrapped_decode(WRAP_RELEASED, message_of(p), w, e)) != 0)
		return r;
	if ((r = approval_parts(w, &a, &arena, e)) == 0 &&
	    (r = release_decode(w->release, &x, e)) == 0 &&
	    (r = released_fit(w, &a, &x, e)) == 0)
		r = released_files(p, w, x.alias, e);
	arena_free(&arena);
	return r;
}

/* --- a test card: the camera's own, worth nothing */

static int
card_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	int r;

	if ((r = wrapped_decode(WRAP_TEST_CARD, message_of(p), w, e)) != 0 ||
	    (r = mode_check_same(MODE_REHEARSAL, w->mode, "the test card",
	    e)) != 0)
		return r;
	p->mode = w->mode;
	payload_summary(p, "test card");
	return payload_add(p, bytes_str("test-card"), "cbor", message_of(p),
	    e);
}

#define BIT(role) ((uint32_t)1 << (role))

const struct carried kinds[] = {
	{ { "x-qk-keys", "public keys of operators" }, BIT(ROLE_KEY),
	    BIT(ROLE_PROOF), 0, keys_message, keys_payload },
	{ { "x-qk-plan", "the plan of a ceremony" }, BIT(ROLE_PLAN), 0, 0,
	    NULL, plan_payload },
	{ { "x-qk-genesis", "what a genesis made, for everybody" },
	    BIT(ROLE_PLAN) | BIT(ROLE_OUTPUT) | BIT(ROLE_SPARES) |
	    BIT(ROLE_STATEMENT), 0, BIT(ROLE_COMMIT), genesis_message,
	    genesis_payload },
	{ { "x-qk-share", "a sealed share" }, BIT(ROLE_SHARE), 0, 0,
	    share_message, share_payload },
	{ { "x-qk-receipt", "the receipt of a share" }, BIT(ROLE_RECEIPT), 0,
	    0, NULL, receipt_payload },
	{ { "x-qk-manifest", "a manifest" }, BIT(ROLE_MANIFEST), 0, 0,
	    manifest_message, manifest_payload },
	{ { "x-qk-approval", "the approval of a manifest" },
	    BIT(ROLE_APPROVAL), 0, 0, approval_message, approval_payload },
	{ { "x-qk-envelope", "a manifest with its approvals" },
	    BIT(ROLE_ENVELOPE), 0, 0, envelope_message, envelope_payload },
	{ { "x-qk-attest", "an attestation document and its manifest "
	    "envelope" }, BIT(ROLE_DOCUMENT) | BIT(ROLE_ENVELOPE), 0, 0,
	    attestation_message, attestation_payload },
	{ { "x-qk-nonce", "a challenge" }, BIT(ROLE_CHALLENGE), 0, 0, NULL,
	    challenge_payload },
	{ { "x-qk-ok", "a share released to an enclave" },
	    BIT(ROLE_SEALED) | BIT(ROLE_APPROVAL) | BIT(ROLE_RELEASE), 0, 0,
	    released_message, released_payload },
	{ { "x-qk-hi", "a test card" }, BIT(ROLE_TEST_CARD), 0, 0, NULL,
	    card_payload },
};
const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);
