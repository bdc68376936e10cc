/*
 * Key forward (QOS wire 14): exportKey on an enclave that holds the quorum
 * key, injectKey on the new one.
 */
#include <stdlib.h>

#include "enclave/attestation/verify.h"
#include "enclave/protocol/parts.h"

#define EXPORT_LEN (SEED_LEN + ENVELOPE_OVERHEAD)
#define PCR3 3

/* --- exportKey, in the order of the wire */

/* The NSM's own clock: the timestamp of a fresh document, in seconds. */
static int
nsm_time(const struct machine *m, struct job *j, struct attestation *scratch,
    uint64_t *seconds)
{
	struct nsm_response nsm;
	struct err e = { 0 };
	struct buf own;
	int r;

	attest_ask(m, bytes_of(NULL, 0), bytes_of(NULL, 0), &own, &nsm);
	if (nsm.tag != NSM_ATTESTATION) {
		buf_free(&own);
		return refuse_text(j, PE_QOS_ATTEST, "the NSM gave no "
		    "document to read its time from");
	}
	r = attestation_read(nsm.u.data, scratch, &e);
	if (r == 0)
		*seconds = scratch->timestamp / 1000;
	buf_free(&own);
	return r == 0 ? 0 : refuse_err(j, r, &e);
}

static int
check_chain(const struct machine *m, struct job *j, struct attestation *doc)
{
	enum mode mode = m->c.simulated ? MODE_REHEARSAL : MODE_PRODUCTION;
	struct err e = { 0 };
	struct bytes root;
	uint64_t now = 0;
	int r;

	if ((r = nsm_time(m, j, doc, &now)) != 0)
		return r;
	if ((r = attestation_root(mode, m->c.root, &root, &e)) != 0 ||
	    (r = attestation_read(j->request->u.export.document, doc,
	    &e)) != 0 ||
	    (r = attestation_verify_chain(doc, root, now, &e)) != 0)
		return refuse_err(j, r, &e);
	return 0;
}

/* SHA-256 of the Borsh of the sorted set. */
static int
set_digest(const struct set *s, struct digest256 *out)
{
	struct set sorted = { .threshold = s->threshold };
	struct member *list;
	struct buf own;
	int r;

	if (set_sorted(s, &list, NULL) != 0)
		return ERR_SYSTEM;
	r = list_pack(&type_member, list, s->members.count, &sorted.members,
	    &own, NULL);
	if (r == 0)
		r = schema_sha256(&type_set, &sorted, FORM_BORSH, out, NULL);
	buf_free(&own);
	free(list);
	return r == 0 ? 0 : ERR_SYSTEM;
}

static int
check_set(struct job *j, const struct set *old, const struct set *new)
{
	struct digest256 was, is;
	bool same;

	if (set_same(old, new, &same, NULL) != 0)
		return ERR_SYSTEM;
	if (same)
		return 0;
	if (set_digest(old, &was) != 0 || set_digest(new, &is) != 0)
		return ERR_SYSTEM;
	return refuse_hex(j, PE_DIFFERENT_MANIFEST_SET,
	    bytes_of(was.b, sizeof(was.b)), bytes_of(is.b, sizeof(is.b)));
}

static int
check_nonce(const struct machine *m, struct job *j,
    const struct manifest *old, const struct manifest *new)
{
	const struct digest256 *was = &m->stored.hash;
	struct digest256 is;

	if (new->ns.nonce < old->ns.nonce) {
		(void)refuse(j, PE_LOW_NONCE);
		j->reply.u.error.u.numbers = (struct number_pair){
		    old->ns.nonce, new->ns.nonce };
		return ERR_REFUSED;
	}
	if (manifest_hash(new, &is, NULL) != 0)
		return ERR_SYSTEM;
	if (new->ns.nonce > old->ns.nonce || digest256_equal(was, &is))
		return 0;
	return refuse_hex(j, PE_DIFFERENT_MANIFEST,
	    bytes_of(was->b, sizeof(was->b)), bytes_of(is.b, sizeof(is.b)));
}

static int
check_manifest(const struct machine *m, struct job *j,
    const struct envelope *env)
{
	const struct manifest *old = &m->stored.envelope.manifest;
	const struct manifest *new = &env->manifest;
	int r;

	if ((r = boot_check_approvals(j, env)) != 0)
		return r;
	if (env->share_approvals.count != 0)
		return refuse(j, PE_BAD_SHARE_APPROVALS);
	if (!bytes_equal(old->ns.quorum_key, new->ns.quorum_key))
		return refuse_hex(j, PE_DIFFERENT_QUORUM_KEY,
		    old->ns.quorum_key, new->ns.quorum_key);
	if ((r = check_set(j, &old->manifest_set, &new->manifest_set)) != 0)
		return r;
	if (!bytes_equal(old->ns.name, new->ns.name))
		return refuse_texts(j, PE_DIFFERENT_NAMESPACE, old->ns.name,
		    new->ns.name);
	return check_nonce(m, j, old, new);
}

static int
check_document(const struct machine *m, struct job *j,
    struct attestation *doc, const struct manifest *new,
    struct public_key *key)
{
	const struct manifest *old = &m->stored.envelope.manifest;
	struct err e = { 0 };
	int r;

	if ((r = attestation_verify_manifest(ATTESTATION_SETUP, doc, new,
	    &e)) != 0)
		return refuse_err(j, r, &e);
	if (!bytes_equal(old->enclave.pcr[PCR3], new->enclave.pcr[PCR3]))
		return refuse_hex(j, PE_DIFFERENT_PCR3, old->enclave.pcr[PCR3],
		    new->enclave.pcr[PCR3]);
	/* a document without a key was refused above */
	if (public_key_read(doc->public_key, key, NULL) != 0)
		return refuse(j, PE_INVALID_EPHEMERAL);
	return 0;
}

static int
seal_quorum_key(const struct machine *m, struct job *j,
    const struct public_key *key)
{
	struct signature signature;
	struct secret seed;
	struct keyset ks;
	struct buf *out = &j->own[0];
	int r;

	if ((r = seed_load(m, j, FILE_QUORUM, PE_FAILED_GET_QUORUM, &seed,
	    &ks)) != 0)
		return r;
	r = ERR_SYSTEM;
	if ((out->p = malloc(EXPORT_LEN + SIGNATURE_LEN)) == NULL)
		goto out;
	out->n = EXPORT_LEN + SIGNATURE_LEN;
	if (envelope_seal(bytes_of(key->b, PUBLIC_KEY_LEN),
	    bytes_of(seed.b, seed.len), out->p, NULL) != 0 ||
	    keyset_sign(&ks, bytes_of(out->p, EXPORT_LEN), &signature,
	    NULL) != 0)
		goto out;
	memcpy(out->p + EXPORT_LEN, signature.b, SIGNATURE_LEN);
	j->reply = (struct message){ .tag = PM_EXPORT_KEY };
	j->reply.u.exported.key = bytes_of(out->p, EXPORT_LEN);
	j->reply.u.exported.signature = bytes_of(out->p + EXPORT_LEN,
	    SIGNATURE_LEN);
	r = 0;
out:
	secret_free(&seed);
	keyset_free(&ks);
	return r;
}

int
export_handle(struct machine *m, struct job *j)
{
	const struct envelope *env = &j->request->u.export.envelope;
	struct attestation *doc = calloc(1, sizeof(*doc));
	struct public_key key;
	int r = ERR_SYSTEM;

	if (doc == NULL)
		return r;
	if ((r = check_chain(m, j, doc)) != 0 ||
	    (r = check_manifest(m, j, env)) != 0 ||
	    (r = check_document(m, j, doc, &env->manifest, &key)) != 0)
		goto out;
	machine_log(m, "the quorum key goes to another enclave: manifest "
	    "nonce %u", env->manifest.ns.nonce);
	r = seal_quorum_key(m, j, &key);
out:
	free(doc);
	return r;
}

/* --- injectKey */

static int
open_quorum_key(const struct machine *m, struct job *j, struct secret *out)
{
	struct secret seed;
	struct keyset ks;
	int r;

	if ((r = seed_load(m, j, FILE_EPHEMERAL, PE_FAILED_GET_EPHEMERAL,
	    &seed, &ks)) != 0)
		return r;
	secret_free(&seed);
	r = envelope_open(&ks, j->request->u.exported.key, out, NULL);
	keyset_free(&ks);
	if (r != 0)
		return r == ERR_SYSTEM ? r : refuse_p256(j, PE_P256, r);
	return out->len == SEED_LEN ? 0 : refuse(j, PE_EXPORT_LEN);
}

static int
check_quorum_key(struct job *j, const struct secret *seed,
    struct bytes quorum_key)
{
	struct keyset ks;
	bool same;
	int r;

	if ((r = keyset_from_seed(&ks, seed->b, NULL)) != 0)
		return r == ERR_SYSTEM ? r :
		    refuse(j, PE_INVALID_QUORUM_SECRET);
	same = bytes_equal(bytes_of(ks.pub.b, PUBLIC_KEY_LEN), quorum_key);
	keyset_free(&ks);
	return same ? 0 : refuse(j, PE_WRONG_QUORUM_KEY);
}

int
inject_handle(struct machine *m, struct job *j)
{
	struct bytes key = m->stored.envelope.manifest.ns.quorum_key;
	struct secret seed = { 0 };
	int r;

	if (signature_verify(key, j->request->u.exported.key,
	    j->request->u.exported.signature) != 0)
		return refuse(j, PE_INVALID_EXPORT_SIGNATURE);
	if ((r = open_quorum_key(m, j, &seed)) != 0 ||
	    (r = check_quorum_key(j, &seed, key)) != 0 ||
	    (r = seed_install(m, j, seed.b)) != 0)
		goto out;
	j->reply = (struct message){ .tag = PM_INJECT_KEY };
out:
	secret_free(&seed);
	return r;
}
