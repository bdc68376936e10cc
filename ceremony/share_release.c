/*
 * quorate share release: an operator hands their share to one enclave.
 *
 * Before the key is touched: the manifest's rules and approvals, the
 * document to its root and against the manifest, the operator's own sources
 * and what their trust file remembers, and a yes to all that is shown.
 * Then the share is opened, sealed to the setup key and wiped; the approval
 * and a release record, which says what went where, are signed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/record/label.h"
#include "airgap/record/release.h"
#include "airgap/record/share_hashes.h"
#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "ceremony/operator_options.h"
#include "ceremony/plan_show.h"
#include "ceremony/share_cmds.h"
#include "ceremony/share_release.h"
#include "ceremony/sources.h"
#include "enclave/attestation/verify.h"

#define PATH_TEXT 960

struct release_job {
	const char *envelope, *document, *share, *alias, *trust;
	const char *root, *dir;
	uint64_t at;
	struct source_paths paths;
	struct operator_options k;

	struct loaded l;
	struct buf doc_file, share_file, root_file, trust_file;
	struct attestation doc;
	struct operator_key *key;
	struct comparison cmp;
	struct trust known, now;
	bool has_trust;
	int64_t time, leaf_end;
	struct digest512 share_hash;
	uint8_t sealed[SEALED_SHARE_LEN];
	char path[PATH_TEXT];		/* of the file at hand */
};

static const struct manifest *
manifest_of(const struct release_job *j)
{
	return &j->l.env.manifest;
}

static struct member
self(const struct release_job *j)
{
	return (struct member){ bytes_str(j->alias),
	    bytes_of(operator_key_public(j->key)->b, PUBLIC_KEY_LEN) };
}

/* --- what is read and checked */

static int
load_manifest(struct release_job *j, struct err *e)
{
	int r;

	if ((r = manifest_load_kind(j->envelope, true, &j->l, e)) != 0)
		return r;
	if ((r = manifest_rules(manifest_of(j), e)) != 0 ||
	    (r = envelope_check_approvals(&j->l.env, NULL, e)) != 0)
		(void)err_prefix(e, "%s", j->envelope);
	return r;
}

static int
load_key(struct release_job *j, struct err *e)
{
	struct member me;
	int r;

	if ((r = label_check_alias(bytes_str(j->alias), e)) != 0 ||
	    (r = operator_key_from_options(&j->k, &j->key, e)) != 0 ||
	    (r = file_read(j->share, SEALED_SHARE_LEN, &j->share_file,
	    e)) != 0)
		return r;
	if (j->share_file.n != SEALED_SHARE_LEN)
		return err_set(e, ERR_INPUT, "%s: %zu bytes, not the %d of a "
		    "sealed share", j->share, j->share_file.n,
		    SEALED_SHARE_LEN);
	me = self(j);
	if (!set_has(&manifest_of(j)->share_set, &me))
		return err_set(e, ERR_REFUSED, "\"%s\" with %s is not a member "
		    "of the manifest's share set", j->alias,
		    operator_key_name(j->key));
	return 0;
}

static int
verify_document(struct release_job *j, struct err *e)
{
	struct certificate leaf;
	struct bytes root = { 0 };
	const char *why;
	int r;

	if ((r = file_read(j->document, ATTESTATION_MAX, &j->doc_file,
	    e)) != 0 ||
	    (j->root != NULL && (r = attestation_root_read(j->root,
	    &j->root_file, e)) != 0))
		return r;
	if ((r = attestation_root(j->l.mode, buf_bytes(&j->root_file), &root,
	    e)) != 0)
		return r;
	if ((r = attestation_read(buf_bytes(&j->doc_file), &j->doc,
	    e)) != 0 ||
	    (r = attestation_verify_chain(&j->doc, root, (uint64_t)j->time,
	    e)) != 0 ||
	    (r = attestation_verify_manifest(ATTESTATION_SETUP, &j->doc,
	    manifest_of(j), e)) != 0) {
		(void)err_prefix(e, "%s", j->document);
		return r;
	}
	if (certificate_read(j->doc.certificate, &leaf, &why) != 0)
		return err_set(e, ERR_INTERNAL, "leaf certificate: %s", why);
	j->leaf_end = leaf.not_after;
	return 0;
}

/* All but the share hash, which is not known before the share is open. */
static int
compare_trust(struct release_job *j, struct err *e)
{
	int r;

	if ((r = trust_of_manifest(manifest_of(j), j->l.mode, &j->now,
	    e)) != 0 ||
	    (r = trust_load(j->trust, &j->has_trust, &j->trust_file,
	    &j->known, e)) != 0 || !j->has_trust)
		return r;
	j->now.share_hash = j->known.share_hash;
	if ((r = trust_compare(&j->known, &j->now, e)) != 0)
		(void)err_prefix(e, "%s", j->trust);
	return r;
}

static int
compare_sources(struct release_job *j, struct err *e)
{
	struct sources *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((r = sources_read(&j->paths, s, e)) == 0 &&
	    (r = sources_compare(s, manifest_of(j), &j->cmp, e)) == 0)
		r = comparison_check(&j->cmp, e);
	sources_free(s);
	free(s);
	return r;
}

/* --- what is shown and asked */

static void
show_times(const struct release_job *j)
{
	char text[32];
	int64_t left = j->leaf_end - j->time;

	ui_time(j->time, text);
	printf("%-20s %s\n", j->at != 0 ? "AS OF" : "this machine's clock",
	    text);
	ui_time((int64_t)(j->doc.timestamp / 1000), text);
	printf("%-20s %s\n", "enclave's clock", text);
	ui_time(j->leaf_end, text);
	printf("%-20s %s: %lld minutes left\n", "document good until", text,
	    (long long)(left / 60));
}

static void
show(const struct release_job *j)
{
	struct public_key setup;
	char fp[40];

	if (attestation_simulated(&j->doc))
		printf("SIMULATED: this document proves nothing about any "
		    "hardware\n");
	manifest_show(&j->l);
	printf("\nattestation          signed under %s; it names this "
	    "manifest\n", j->root != NULL ? "the named test root" :
	    "AWS Nitro Root-G1");
	memcpy(setup.b, j->doc.public_key.p, sizeof(setup.b));
	key_fingerprint(&setup, fp);
	printf("%-20s %s\n", "setup key", fp);
	show_times(j);
}

/* Remembered from an earlier release that the person said yes to. */
static bool
remembered(const struct release_job *j, enum source_field f)
{
	return j->has_trust && (f == SOURCE_MANIFEST_SET ||
	    f == SOURCE_ROLE_ARN || f == SOURCE_QUORUM_KEY);
}

static int
ask(const struct release_job *j, struct err *e)
{
	static const enum source_field fields[] = { SOURCE_MANIFEST_SET,
	    SOURCE_PCRS, SOURCE_ROLE_ARN, SOURCE_PIVOT, SOURCE_QUORUM_KEY };
	int r;

	for (size_t i = 0; i < COUNT(fields); i++) {
		enum source_field f = fields[i];

		if (j->cmp.verdict[f] != SOURCE_NOT_GIVEN)
			continue;
		if (remembered(j, f)) {
			printf("%s: as your trust file remembers\n",
			    source_name(f));
			continue;
		}
		printf("%s: taken on the approvers' word\n", source_name(f));
		if ((r = ui_confirm(e, "go on without comparing the %s (%s)?",
		    source_name(f), source_option(f))) != 0)
			return r;
	}
	if (!j->has_trust)
		printf("no trust file yet: %s will remember quorum key, "
		    "manifest set,\nrole ARN, the hash of your share and the "
		    "nonce\n", j->trust);
	return ui_confirm(e, "release your share to this %s enclave?",
	    mode_text(j->l.mode));
}

/* --- what is done */

static int
check_hash(struct release_job *j, struct err *e)
{
	struct digest512 *hashes = NULL;
	struct member me = self(j);
	size_t i;
	int r;

	if ((r = share_hashes_read(manifest_of(j), &hashes, e)) != 0)
		return r;
	if (hashes != NULL && (!set_index(&manifest_of(j)->share_set, &me,
	    &i) || !digest512_equal(&hashes[i], &j->share_hash)))
		r = err_set(e, ERR_REFUSED, "%s: your share opens, but the "
		    "manifest names another hash; is it of another ceremony?",
		    j->share);
	free(hashes);
	if (r != 0)
		return r;
	j->now.share_hash = j->share_hash;
	return j->has_trust ? trust_compare(&j->known, &j->now, e) : 0;
}

/* Opens, compares the hash, seals to the setup key, wipes. */
static int
reseal(struct release_job *j, struct err *e)
{
	struct secret share = { 0 };
	int r;

	if ((r = operator_key_open(j->key, buf_bytes(&j->share_file), &share,
	    e)) != 0) {
		(void)err_prefix(e, "%s", j->share);
		return r;
	}
	if (share.len != SHARE_LEN) {
		r = err_set(e, ERR_INPUT, "%s: opens to %zu bytes, not the %d "
		    "of a share", j->share, share.len, SHARE_LEN);
		goto out;
	}
	j->share_hash = sha512(bytes_of(share.b, share.len));
	if ((r = check_hash(j, e)) == 0)
		r = envelope_seal(j->doc.public_key, bytes_of(share.b,
		    share.len), j->sealed, e);
out:
	secret_free(&share);
	return r;
}

/* Sets j->path. */
static int
path_of(struct release_job *j, const char *ending, struct err *e)
{
	if (snprintf(j->path, sizeof(j->path), "%s/%s.%s", j->dir, j->alias,
	    ending) >= (int)sizeof(j->path))
		return err_set(e, ERR_USAGE, "%s: path too long", j->dir);
	return 0;
}

static const char *const endings[] = { "sealed", "approval", "release" };

/* Nothing is opened or signed for files that cannot be written. */
static int
check_outputs(struct release_job *j, struct err *e)
{
	int r;

	for (size_t i = 0; i < COUNT(endings); i++) {
		if ((r = path_of(j, endings[i], e)) != 0)
			return r;
		if (file_exists(j->path))
			return err_set(e, ERR_EXISTS, "%s is there already; "
			    "each release has a folder of its own (-o)",
			    j->path);
	}
	return file_mkdir(j->dir, 0755, e);
}

static int
make_approval(struct release_job *j, struct buf *out, struct err *e)
{
	struct approval a = { .member = self(j) };
	struct signature sig;
	int r;

	if ((r = operator_key_approve(j->key, &j->l.hash, &sig, e)) != 0)
		return r;
	a.signature = bytes_of(sig.b, sizeof(sig.b));
	if ((r = approval_check(&a, &j->l.hash, &manifest_of(j)->share_set,
	    NULL, e)) != 0)
		return r;
	return approval_write(&a, out, e);
}

static int
make_record(struct release_job *j, struct buf *out, struct err *e)
{
	struct release x = { .mode = j->l.mode, .manifest = j->l.hash,
	    .attestation = sha256(buf_bytes(&j->doc_file)),
	    .share = sha256(bytes_of(j->sealed, sizeof(j->sealed))),
	    .alias = bytes_str(j->alias), .key = *operator_key_public(j->key),
	    .time = (uint64_t)j->time };
	struct buf body = { 0 };
	int r;

	memcpy(x.setup_key.b, j->doc.public_key.p, sizeof(x.setup_key.b));
	if ((r = release_body(&x, &body, e)) != 0 ||
	    (r = operator_key_sign(j->key, PURPOSE_RELEASE, x.mode,
	    buf_bytes(&body), &x.signature, e)) != 0 ||
	    (r = release_verify(&x, e)) != 0)
		goto out;
	r = release_encode(&x, out, e);
out:
	buf_free(&body);
	return r;
}

static int
write_all(struct release_job *j, const struct buf *approval,
    const struct buf *record, struct err *e)
{
	const struct bytes data[COUNT(endings)] = {
		bytes_of(j->sealed, sizeof(j->sealed)), buf_bytes(approval),
		buf_bytes(record) };
	int r;

	for (size_t i = 0; i < COUNT(endings); i++) {
		if ((r = path_of(j, endings[i], e)) != 0 ||
		    (r = file_write_checked(j->path, data[i], FILE_MODE_PUBLIC,
		    false, e)) != 0)
			return r;
		printf("wrote  ");
		ui_print_text(bytes_str(j->path));
		putchar('\n');
	}
	return 0;
}

/* The nonce is remembered before anything leaves: a release that fails
 * later may be repeated, an older manifest may not. */
static int
release(struct release_job *j, struct err *e)
{
	struct buf approval = { 0 }, record = { 0 };
	int r;

	if ((r = reseal(j, e)) != 0 ||
	    (r = make_approval(j, &approval, e)) != 0 ||
	    (r = make_record(j, &record, e)) != 0 ||
	    (r = trust_store(j->trust, &j->now, e)) != 0 ||
	    (r = write_all(j, &approval, &record, e)) != 0)
		goto out;
	printf("next   quorate-relay post takes these three files to the "
	    "enclave\n");
out:
	buf_free(&approval);
	buf_free(&record);
	return r;
}

static void
job_free(struct release_job *j)
{
	operator_key_free(j->key);
	loaded_free(&j->l);
	buf_free(&j->doc_file);
	buf_free(&j->share_file);
	buf_free(&j->root_file);
	buf_free(&j->trust_file);
	wipe_stack();
}

static int
run(struct release_job *j, struct err *e)
{
	int r;

	j->time = j->at != 0 ? (int64_t)j->at : ui_now();
	if ((r = load_manifest(j, e)) != 0 || (r = load_key(j, e)) != 0 ||
	    (r = verify_document(j, e)) != 0 ||
	    (r = compare_trust(j, e)) != 0 ||
	    (r = compare_sources(j, e)) != 0 ||
	    (r = check_outputs(j, e)) != 0)
		return r;
	show(j);
	if ((r = ask(j, e)) != 0)
		return r;
	return release(j, e);
}

int
share_release_cmd(struct cmd *c)
{
	static struct release_job j = { .dir = "." };
	const struct opt opts[] = {
		TEXT("--envelope", "FILE", &j.envelope, "manifest envelope: "
		    "manifest and approvals"),
		TEXT("--attestation", "DOC", &j.document, "document of the "
		    "enclave that waits for shares"),
		TEXT("--share", "FILE", &j.share, "your sealed share"),
		OPERATOR_KEY_OPTIONS(&j.k),
		TEXT("--alias", "NAME", &j.alias, "your name in the share "
		    "set"),
		TEXT("--trust", "FILE", &j.trust, "what you said yes to "
		    "before; made at the first release"),
		SOURCE_OPTIONS(j.paths),
		TEXT("--root", "PEM", &j.root, "test root; rehearsals only"),
		NUMBER("--at", "UNIX", &j.at, "judge as of that time"),
		TEXT("-o", "DIR", &j.dir, "where the three files go "
		    "(default: .)"),
		END };
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, j.envelope, "--envelope FILE")) != 0 ||
	    (r = cmd_need(c, j.document, "--attestation DOC")) != 0 ||
	    (r = cmd_need(c, j.share, "--share FILE")) != 0 ||
	    (r = operator_options_check(c, &j.k)) != 0 ||
	    (r = cmd_need(c, j.alias, "--alias NAME")) != 0 ||
	    (r = cmd_need(c, j.trust, "--trust FILE")) != 0)
		return r;
	r = run(&j, &c->e);
	job_free(&j);
	return r;
}
