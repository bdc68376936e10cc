/*
 * quorate-relay post: one person's sealed share and approval to the enclave.
 *
 * A QOS enclave counts every post, whoever it is from, and breaks for good
 * on one it cannot use (wire 13), so all that can be known beforehand is
 * checked: the three files belong together, they are for this boot, and
 * this person has not posted.  Whoever reaches the host can post junk under
 * an approval that was sent before; --replace is how its owner gets through,
 * for quorate-enclave keeps the newest post of a person.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/record/release.h"
#include "airgap/seal/hash.h"
#include "enclave/host/relay.h"

#define SHARE_FILE_MAX (64u << 10)
#define RECORD_FILE_MAX (1u << 20)
#define DOCUMENT_FILE_MAX (64u << 10)

struct post {
	const char *share_path, *approval_path, *release_path, *doc_path;
	struct buf share, approval_file, release_file, document;
	struct arena arena;
	struct approval approval;
	struct release release;
	bool replace;
};

static void
post_free(struct post *p)
{
	buf_free(&p->share);
	buf_free(&p->approval_file);
	buf_free(&p->release_file);
	buf_free(&p->document);
	arena_free(&p->arena);
}

static int
load(struct post *p, struct err *e)
{
	int r;

	if ((r = file_read(p->share_path, SHARE_FILE_MAX, &p->share,
	    e)) != 0 || (r = file_read(p->approval_path, RECORD_FILE_MAX,
	    &p->approval_file, e)) != 0 || (r = file_read(p->release_path,
	    RECORD_FILE_MAX, &p->release_file, e)) != 0)
		return r;
	if (p->doc_path != NULL && (r = file_read(p->doc_path,
	    DOCUMENT_FILE_MAX, &p->document, e)) != 0)
		return r;
	if ((r = approval_read(buf_bytes(&p->approval_file), &p->approval,
	    &p->arena, e)) != 0)
		return err_prefix(e, "%s", p->approval_path), r;
	if ((r = release_decode(buf_bytes(&p->release_file), &p->release,
	    e)) != 0)
		return err_prefix(e, "%s", p->release_path), r;
	return 0;
}

/* The files among themselves. */
static int
check_files(const struct post *p, struct err *e)
{
	const struct release *x = &p->release;
	struct digest256 d = sha256(buf_bytes(&p->share));
	int r;

	if ((r = release_verify(x, e)) != 0)
		return err_prefix(e, "%s", p->release_path), r;
	if (!digest256_equal(&d, &x->share))
		return err_set(e, ERR_REFUSED, "%s is not the sealed share "
		    "that the release record names", p->share_path);
	if (!bytes_equal(p->approval.member.alias, x->alias) ||
	    !bytes_equal(p->approval.member.pub_key,
	    bytes_of(x->key.b, sizeof(x->key.b))))
		return err_set(e, ERR_REFUSED, "approval and release record "
		    "are of different people or keys");
	d = sha256(buf_bytes(&p->document));
	if (p->doc_path != NULL && !digest256_equal(&d, &x->attestation))
		return err_set(e, ERR_REFUSED, "%s is not the attestation "
		    "document that the release record names", p->doc_path);
	return 0;
}

/*
 * The files against what runs now.  The setup key is made at each boot, so
 * it names the boot; every document made has a digest of its own.
 */
static int
check_boot(const struct post *p, const struct live *l, struct err *e)
{
	const struct release *x = &p->release;
	int r;

	if (!digest256_equal(&l->hash, &x->manifest))
		return err_set(e, ERR_REFUSED, "the share was released for "
		    "another manifest than the enclave booted");
	if (!bytes_equal(l->facts.public_key,
	    bytes_of(x->setup_key.b, sizeof(x->setup_key.b))))
		return err_set(e, ERR_REFUSED, "the share was released to "
		    "another boot of the enclave: fetch its attestation "
		    "document and release again");
	if ((r = mode_check_namespace(x->mode, l->env->manifest.ns.name,
	    e)) != 0)
		return r;
	if (approval_check(&p->approval, &l->hash,
	    &l->env->manifest.share_set, NULL, e) != 0)
		return err_prefix(e, "%s", p->approval_path), ERR_REFUSED;
	return 0;
}

/* two messages are too much for one stack frame */
static __attribute__((noinline)) int
check_waiting(struct relay *r, struct err *e)
{
	const struct message m = { .tag = PM_STATUS_REQ };
	struct answer a = { 0 };
	int rc;

	if ((rc = ask(&r->by, &m, PM_STATUS, &a, e)) == 0 &&
	    a.m.u.phase != PHASE_WAITING_FOR_SHARDS)
		rc = err_set(e, ERR_REFUSED, "the enclave takes no shares now: "
		    "its phase is %s", phase_name(a.m.u.phase));
	answer_free(&a);
	return rc;
}

/* The person must be new on the board. */
static int
check_board(const struct post *p, const struct live *l, struct err *e)
{
	struct board b;
	int r;

	if ((r = board_count(l->env, &b, e)) != 0)
		return r;
	if (board_posted(l->env, &p->approval.member) && !p->replace)
		return err_set(e, ERR_REFUSED, "a share was already posted "
		    "under this person's approval; if it was junk, "
		    "quorate-enclave takes the true one with --replace");
	return 0;
}

/* Also where the count cannot be told any more, the post stands. */
static void
say_to_go(struct relay *r)
{
	struct live *l = calloc(1, sizeof(*l));
	struct board b;

	if (l == NULL || relay_live(r, l, NULL) != 0 ||
	    board_count(l->env, &b, NULL) != 0)
		puts("posted");
	else if (b.to_go > 0)
		printf("posted; %u more to go\n", b.to_go);
	else
		puts("posted; enough shares, but they do not fit together: "
		    "one more is needed");
	if (l != NULL)
		live_free(l);
	free(l);
}

/*
 * Enough posts that do not give the key: quorate-enclave keeps them and waits
 * on, where a QOS enclave is broken.
 */
static int
explain(struct relay *r, struct err *e)
{
	if (check_waiting(r, NULL) != 0)
		return ERR_PEER;
	return err_set(e, ERR_PEER, "posted, but the shares do not give the "
	    "quorum key (ReconstructionErrorIncorrectPubKey): one more "
	    "person posts, or whose share was not their own posts again "
	    "with --replace");
}

static __attribute__((noinline)) int
send_share(struct relay *r, const struct post *p, struct err *e)
{
	const struct message m = { .tag = PM_PROVISION_REQ,
	    .u.provision = { buf_bytes(&p->share), p->approval } };
	struct answer a = { 0 };
	int rc = ask(&r->by, &m, PM_PROVISION, &a, e);

	if (rc == 0 && a.m.u.reconstructed)
		puts("reconstructed: the enclave holds the quorum key");
	else if (rc == 0)
		say_to_go(r);
	else if (answer_is_error(&a, PE_RECONSTRUCTION_WRONG_KEY))
		rc = explain(r, e);
	answer_free(&a);
	return rc;
}

static int
post_checked(struct relay *r, const struct post *p, struct err *e)
{
	struct live *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((rc = check_waiting(r, e)) == 0 &&
	    (rc = relay_live(r, l, e)) == 0 &&
	    (rc = check_boot(p, l, e)) == 0 &&
	    (rc = check_board(p, l, e)) == 0)
		rc = send_share(r, p, e);
	live_free(l);
	free(l);
	return rc;
}

static int
run(struct cmd *c, struct post *p)
{
	struct relay r = RELAY_INIT;
	const struct opt opts[] = { RELAY_OPTIONS(&r),
		TEXT("--share", "FILE", &p->share_path,
		    "the share, sealed to the setup key"),
		TEXT("--approval", "FILE", &p->approval_path, "its approval"),
		TEXT("--release", "FILE", &p->release_path,
		    "the record that names both"),
		TEXT("--attestation", "DOC", &p->doc_path,
		    "the document that the record must name"),
		FLAG("--replace", &p->replace, "also over a post in this "
		    "name; breaks a QOS enclave"), END };
	int rc;

	if ((rc = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (rc = cmd_need(c, p->share_path, "--share")) != 0 ||
	    (rc = cmd_need(c, p->approval_path, "--approval")) != 0 ||
	    (rc = cmd_need(c, p->release_path, "--release")) != 0)
		return rc;
	if ((rc = load(p, &c->e)) == 0 &&
	    (rc = check_files(p, &c->e)) == 0 &&
	    (rc = relay_open(&r, &c->e)) == 0)
		rc = post_checked(&r, p, &c->e);
	relay_close(&r);
	return rc;
}

int
relay_post(struct cmd *c)
{
	struct post *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	rc = run(c, p);
	post_free(p);
	free(p);
	return rc;
}
