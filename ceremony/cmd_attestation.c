/*
 * quorate attestation: is this document from the hardware, at this time, and
 * about this manifest?  The table of verbs, and verify.
 *
 * Time is an input: without --at it is this machine's clock, shown next to
 * the document's own; with --at every line says AS OF.
 */
#include "airgap/cli/ui.h"
#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "ceremony/attestation_cmds.h"
#include "ceremony/commands.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/plumbing.h"

#define DOCUMENT_FILE_MAX 65536
#define NO_TIME UINT64_MAX
#define TIME_LIMIT (ATTESTATION_TIME_MAX / 1000)

static const char verify_notes[] =
"Rules are asked in order; the first that fails ends it (exit status 1).\n"
"With --chain-only nothing is said about what the enclave runs.\n"
"\n"
"A production manifest trusts the pinned AWS root alone.  A rehearsal\n"
"manifest needs --root: the test root of its simulated module.  --root\n"
"reads PEM or DER.\n"
"\n"
"Without --at the time is now.  The leaf certificate lives about 3 hours.";

const struct command commands_attestation[] = {
	{ "show", "DOC", "everything a document says; verifies nothing",
	    NULL, attestation_show_run, NULL },
	{ "verify", "DOC", "all rules of a document, a verdict a line",
	    verify_notes, attestation_verify_run, NULL },
	{ "challenge", "", "32 fresh bytes for a document to answer",
	    "QuorumOS's protocol has no place for them yet: its enclaves "
	    "answer none.", attestation_challenge_run, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

struct request {
	const char *manifest, *kind, *root;
	bool chain_only, json;
	uint64_t at;
};

static int
check_request(struct cmd *c, const struct request *q,
    struct attestation_report *r)
{
	if ((q->manifest != NULL) == q->chain_only)
		return err_set(&c->e, ERR_USAGE, "give either --manifest "
		    "FILE with --kind setup|live, or --chain-only");
	if ((q->manifest != NULL) != (q->kind != NULL))
		return err_set(&c->e, ERR_USAGE, "--manifest FILE and --kind "
		    "setup|live go together");
	if (q->kind != NULL && strcmp(q->kind, "setup") != 0 &&
	    strcmp(q->kind, "live") != 0)
		return err_set(&c->e, ERR_USAGE, "--kind is setup or live");
	if (q->at != NO_TIME && q->at > TIME_LIMIT)
		return err_set(&c->e, ERR_USAGE, "--at is in seconds since "
		    "1970; is yours in milliseconds?");
	r->bound = q->manifest != NULL;
	if (r->bound)
		r->kind = strcmp(q->kind, "setup") == 0 ? ATTESTATION_SETUP :
		    ATTESTATION_LIVE;
	r->as_of = q->at != NO_TIME;
	r->time = r->as_of ? q->at : (uint64_t)ui_now();
	return input_apart(c, r->path, r->bound ? q->manifest : "");
}

/* The root: by the manifest's mode, or as the person says. */
static int
choose_root(const struct request *q, struct buf *own,
    struct attestation_report *r, struct err *e)
{
	struct bytes test = { NULL, 0 };
	int rc;

	if (q->root != NULL) {
		if ((rc = attestation_root_read(q->root, own, e)) != 0)
			return rc;
		test = buf_bytes(own);
	}
	if (r->bound && (rc = attestation_root(r->mode, test, &r->root,
	    e)) != 0)
		return rc;
	if (!r->bound)
		r->root = test.p != NULL ? test : aws_root_der();
	r->pinned = bytes_equal(r->root, aws_root_der());
	return 0;
}

static int
verify(struct attestation_report *r, struct bytes doc,
    const struct manifest *m)
{
	int rc;

	r->hash = sha256(doc);
	if ((rc = attestation_read(doc, &r->doc, &r->why)) != 0)
		return rc;
	r->read = true;
	if ((rc = attestation_verify_chain(&r->doc, r->root, r->time,
	    &r->why)) != 0 || m == NULL)
		return rc;
	return attestation_verify_manifest(r->kind, &r->doc, m, &r->why);
}

/* Rules that were not begun are not reached either. */
static void
complete(struct attestation_report *r)
{
	struct verdict *v = &r->doc.verdict;
	enum attestation_rule failed = v->failed;

	for (unsigned i = RULE_CERT_FORM; i < ATTESTATION_RULES; i++) {
		bool asked = i <= RULE_CERT_EXPIRED || r->bound;

		if (i == (r->kind == ATTESTATION_SETUP ? RULE_PCR17 :
		    RULE_PCR16) || (i == RULE_NOT_DEBUG &&
		    r->mode == MODE_REHEARSAL))
			asked = false;
		if (asked && v->state[i] == RULE_NOT_ASKED)
			v->state[i] = RULE_NOT_REACHED;
	}
	v->failed = failed;
}

static int
report(struct cmd *c, struct attestation_report *r, bool json)
{
	int rc = r->result;

	if (rc == ERR_SYSTEM || rc == ERR_INTERNAL) {
		c->e = r->why;
		return rc;
	}
	complete(r);
	if (json)
		attestation_print_json(r);
	else
		attestation_print(r);
	if (rc == 0)
		return 0;
	return err_set(&c->e, ERR_REFUSED, "%s: refused by rule %s: %s",
	    r->path, rule_name(r->doc.verdict.failed), r->why.text);
}

int
attestation_verify_run(struct cmd *c)
{
	static struct request q;
	static struct attestation_report r;
	static struct loaded l;
	const struct opt opts[] = {
		TEXT("--manifest", "FILE", &q.manifest,
		    "the manifest, or an envelope with it"),
		TEXT("--kind", "setup|live", &q.kind,
		    "which key the document attests"),
		FLAG("--chain-only", &q.chain_only,
		    "only the way to the root and the signature"),
		NUMBER("--at", "UNIX", &q.at,
		    "the time to verify at, seconds since 1970"),
		TEXT("--root", "FILE", &q.root,
		    "a test root, in place of the pinned AWS root"),
		FLAG("--json", &q.json, "for programs"),
		END
	};
	struct buf doc = { 0 }, root = { 0 };
	int rc;

	q.at = NO_TIME;
	if ((rc = cmd_parse(c, opts, 1, 1)) != 0)
		return rc;
	r.path = input_path(c, 0);
	if ((rc = check_request(c, &q, &r)) != 0 ||
	    (rc = file_read(r.path, DOCUMENT_FILE_MAX, &doc, &c->e)) != 0 ||
	    (r.bound && (rc = manifest_load(q.manifest, &l, &c->e)) != 0))
		goto out;
	r.manifest = l.hash;
	r.mode = l.mode;
	if ((rc = choose_root(&q, &root, &r, &c->e)) != 0)
		goto out;
	r.result = verify(&r, buf_bytes(&doc), r.bound ? &l.env.manifest :
	    NULL);
	rc = report(c, &r, q.json);
out:
	loaded_free(&l);
	buf_free(&root);
	buf_free(&doc);
	return rc;
}
