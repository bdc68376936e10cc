/*
 * Boot standard and boot key forward, one routine (QOS wire 11): check,
 * make two key sets, commit to them, write the files, attest.
 */
#include <stdlib.h>

#include "airgap/seal/hex.h"
#include "enclave/protocol/parts.h"

/* A boot under way; what is kept moves into the machine. */
struct boot {
	const struct envelope *env;	/* as received */
	struct bytes pivot;
	bool forward, dev_boot;
	struct envelope from_json;	/* tag 23 */
	struct stored stored;
	struct secret setup, live;	/* seeds */
	struct secret setup_text;
	struct keyset setup_keys, live_keys;
	struct posts posts;
};

static void
boot_free(struct boot *b)
{
	stored_free(&b->stored);
	secret_free(&b->setup);
	secret_free(&b->live);
	secret_free(&b->setup_text);
	keyset_free(&b->setup_keys);
	keyset_free(&b->live_keys);
	posts_free(&b->posts);
}

/* Tags 3 and 13 carry an envelope, tag 23 its plain JSON. */
static int
read_request(struct boot *b, struct job *j)
{
	const struct message *q = j->request;
	struct bytes value;
	int r;

	b->forward = q->tag == PM_BOOT_FORWARD_REQ;
	b->env = &q->u.boot.envelope;
	b->pivot = q->u.boot.pivot;
	if (q->tag != PM_BOOT_STANDARD_JSON_REQ)
		return 0;
	b->env = &b->from_json;
	b->pivot = q->u.boot_json.pivot;
	/* only JSON: Borsh of an envelope has tag 3 */
	if ((r = json_check(q->u.boot_json.envelope_json, &value, NULL)) == 0)
		r = envelope_read(q->u.boot_json.envelope_json, &b->from_json,
		    &j->arena, NULL);
	return r == 0 || r == ERR_SYSTEM ? r : refuse(j, PE_DESERIALIZATION);
}

/* Where the image carries the application, none need be posted. */
static int
check_pivot(const struct machine *m, const struct boot *b, struct job *j)
{
	const struct digest256 *own = m->c.app;
	const struct bytes expected = bytes_of(b->env->manifest.pivot.hash,
	    SHA256_LEN);
	struct digest256 actual = own != NULL && b->pivot.n == 0 ? *own :
	    sha256(b->pivot);

	if (!bytes_equal(expected, bytes_of(actual.b, sizeof(actual.b))))
		return refuse_hex(j, PE_INVALID_PIVOT_HASH, expected,
		    bytes_of(actual.b, sizeof(actual.b)));
	if (own == NULL || memcmp(own, &actual, sizeof(actual)) == 0)
		return 0;
	return refuse_text(j, PE_QOS_ATTEST, "this image carries its "
	    "application (PCR2) and takes no other");
}

/* Files of an earlier run are never taken over. */
static int
check_files(const struct machine *m, struct job *j)
{
	const struct effects *f = m->c.effects;

	for (unsigned file = FILE_EPHEMERAL; file <= FILE_PIVOT; file++)
		if ((file != FILE_PIVOT || m->c.app == NULL) &&
		    f->exists(f->ctx, (enum enclave_file)file))
			return refuse(j, PE_CANNOT_MODIFY_STATIC);
	return 0;
}

static int
check_all(const struct machine *m, struct boot *b, struct job *j)
{
	const struct manifest *mf = &b->env->manifest;
	int r;

	if ((r = boot_check_approvals(j, b->env)) != 0)
		return r;
	if (b->env->share_approvals.count != 0)
		return refuse(j, PE_BAD_SHARE_APPROVALS);
	if ((r = check_pivot(m, b, j)) != 0 ||
	    (r = boot_check_manifest(m, j, mf, &b->dev_boot)) != 0 ||
	    (r = boot_share_hashes(j, mf, &b->stored.share_hashes)) != 0)
		return r;
	return check_files(m, j);
}

/* The envelope as it will be stored, read back into memory of its own. */
static int
make_stored(struct stored *s, const struct envelope *env)
{
	if (envelope_write(env, &s->text, NULL) != 0 ||
	    envelope_read(buf_bytes(&s->text), &s->envelope, &s->arena,
	    NULL) != 0 ||
	    manifest_hash(&s->envelope.manifest, &s->hash, NULL) != 0)
		return ERR_SYSTEM;
	return 0;
}

/* Everything that needs memory, so that nothing does after the commitment. */
static int
make_all(struct boot *b)
{
	size_t cap = b->env->manifest.share_set.members.count;
	int r;

	if ((r = make_stored(&b->stored, b->env)) != 0 ||
	    (r = posts_new(&b->posts, b->dev_boot ?
	    b->env->manifest.share_set.threshold : cap)) != 0 ||
	    (r = seed_new(&b->setup, &b->setup_keys)) != 0 ||
	    (r = seed_new(&b->live, &b->live_keys)) != 0)
		return r;
	return seed_text(b->setup.b, &b->setup_text);
}

static int
put(const struct machine *m, struct job *j, enum enclave_file file,
    struct bytes data, uint8_t tag)
{
	int r = m->c.effects->put(m->c.effects->ctx, file, data);

	if (r == 0)
		return 0;
	return refuse(j, r == ERR_EXISTS ? PE_CANNOT_MODIFY_STATIC : tag);
}

static int
put_files(const struct machine *m, const struct boot *b, struct job *j)
{
	int r;

	if ((r = put(m, j, FILE_EPHEMERAL, bytes_of(b->setup_text.b,
	    b->setup_text.len), PE_FAILED_PUT_EPHEMERAL)) != 0 ||
	    (m->c.app == NULL && (r = put(m, j, FILE_PIVOT, b->pivot,
	    PE_FAILED_PUT_PIVOT)) != 0))
		return r;
	return put(m, j, FILE_MANIFEST, buf_bytes(&b->stored.text),
	    PE_FAILED_PUT_MANIFEST);
}

static void
reply(const struct machine *m, const struct boot *b, struct job *j)
{
	j->reply = (struct message){ .tag = b->forward ? PM_BOOT_FORWARD :
	    PM_BOOT_STANDARD };
	attest_ask(m, bytes_of(m->stored.hash.b, SHA256_LEN),
	    bytes_of(b->setup_keys.pub.b, PUBLIC_KEY_LEN), &j->own[0],
	    &j->reply.u.nsm);
}

static void
take_over(struct machine *m, struct boot *b)
{
	m->stored = b->stored;
	m->live = b->live;
	m->posts = b->posts;
	m->dev_boot = b->dev_boot;
	m->booted = true;
	b->stored = (struct stored){ 0 };
	b->live = (struct secret){ 0 };
	b->posts = (struct posts){ 0 };
}

int
boot_handle(struct machine *m, struct job *j)
{
	struct boot b = { 0 };
	int r;

	if ((r = read_request(&b, j)) != 0 ||
	    (r = check_all(m, &b, j)) != 0 || (r = make_all(&b)) != 0 ||
	    (r = pcr_commit(m, j, &b.stored.hash, &b.setup_keys.pub,
	    &b.live_keys.pub)) != 0 || (r = put_files(m, &b, j)) != 0)
		goto out;
	take_over(m, &b);
	reply(m, &b, j);
	m->phase = b.forward ? PHASE_WAITING_FOR_FORWARDED_KEY :
	    PHASE_WAITING_FOR_SHARDS;
	if (b.dev_boot)
		machine_log(m, "dangerous-dev-boot: one member posts all "
		    "shares; this key protects nothing");
out:
	boot_free(&b);
	return r;
}
