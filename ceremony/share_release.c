/*
 * quorate share release: an operator hands their share to one enclave (QOS
 * wire 12, 19.3; DESIGN, operator).
 *
 * Before the key is touched: the manifest's rules and approvals, the
 * document to its root and against the manifest, what the trust file
 * remembers, and the operator's own sources.  Then the key says whose it is,
 * and a yes is asked to all that is shown.  Only after it the share is
 * opened, sealed to the setup key and wiped; the approval and a release
 * record, which says what went where, are signed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/cli/ui.h"
#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/release.h"
#include "airgap/record/share_hashes.h"
#include "airgap/seal/hash.h"
#include "ceremony/share_cmds.h"
#include "ceremony/share_release.h"

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

/* Answers come from standard input, so no file does. */
static int
check_arguments(struct release_job *j, struct err *e)
{
	const char *const files[] = { j->envelope, j->document, j->share,
	    j->k.file, j->trust, j->root };

	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i] != NULL && strcmp(files[i], "-") == 0)
			return err_set(e, ERR_USAGE, "\"-\" cannot be a file "
			    "here: standard input is for your answers");
	if (release_as_of(j) && j->at > RECORD_TIME_MAX)
		return err_set(e, ERR_USAGE, "--at: not a time in seconds "
		    "since 1970");
	j->time = release_as_of(j) ? (int64_t)j->at : ui_now();
	return label_check_alias(bytes_str(j->alias), e);
}

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

/* Of an alias that is in the set with another key, or the reverse. */
static int
check_membership(const struct release_job *j, struct err *e)
{
	const struct set *set = &manifest_of(j)->share_set;
	const char *key = operator_key_name(j->key);
	struct rd rd = list_walk(&set->members);
	struct member me = self(j), x;

	if (set_has(set, &me))
		return 0;
	if (set_find_key(set, me.pub_key, &x))
		return err_set(e, ERR_REFUSED, "%s is of \"%.*s\" in the "
		    "share set, not of \"%s\"", key, (int)(x.alias.n <
		    ALIAS_MAX ? x.alias.n : ALIAS_MAX),
		    (const char *)x.alias.p, j->alias);
	while (list_next(&rd, &type_member, &x))
		if (bytes_equal(x.alias, me.alias))
			return err_set(e, ERR_REFUSED, "the share set has "
			    "\"%s\" with another key than %s; if you have a "
			    "spare, one of the two is meant", j->alias, key);
	return err_set(e, ERR_REFUSED, "\"%s\" with %s is not a member of "
	    "the manifest's share set", j->alias, key);
}

static int
load_key(struct release_job *j, struct err *e)
{
	int r;

	if ((r = operator_key_from_options(&j->k, &j->key, e)) != 0 ||
	    (r = check_membership(j, e)) != 0 ||
	    (r = file_read(j->share, SEALED_SHARE_LEN, &j->share_file,
	    e)) != 0)
		return r;
	if (j->share_file.n != SEALED_SHARE_LEN)
		return err_set(e, ERR_INPUT, "%s: %zu bytes, not the %d of a "
		    "sealed share", j->share, j->share_file.n,
		    SEALED_SHARE_LEN);
	return 0;
}

static void
as_of_prefix(const struct release_job *j, struct err *e)
{
	char text[32];

	if (!release_as_of(j))
		return;
	ui_time(j->time, text);
	(void)err_prefix(e, "AS OF %s", text);
}

/* When the first certificate of the path ends; the root does not count. */
static int
find_end(struct release_job *j, struct err *e)
{
	const struct attestation *doc = &j->doc;
	struct certificate c;
	const char *why;

	j->good_until = INT64_MAX;
	for (size_t i = 0; i < doc->cabundle_count; i++) {
		struct bytes der = i == 0 ? doc->certificate :
		    doc->cabundle[i];

		if (certificate_read(der, &c, &why) != 0)
			return err_set(e, ERR_INTERNAL, "certificate: %s",
			    why);
		if (c.not_after < j->good_until)
			j->good_until = c.not_after;
	}
	return 0;
}

static int
verify_document(struct release_job *j, struct err *e)
{
	struct bytes root = { 0 };
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
		as_of_prefix(j, e);
		return r;
	}
	return find_end(j, e);
}

/* All but the share hash: expect_hash. */
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

/* What the share must be, if that is known before it is open. */
static int
expect_hash(struct release_job *j, struct err *e)
{
	struct digest512 *hashes = NULL;
	struct member me = self(j);
	size_t i;
	int r;

	if (j->has_trust) {
		j->hash_from = HASH_REMEMBERED;
		j->hash = j->known.share_hash;
	}
	if ((r = share_hashes_read(manifest_of(j), &hashes, e)) != 0) {
		(void)err_prefix(e, "%s", j->envelope);
		return r;
	}
	if (hashes == NULL)
		return 0;
	if (!set_index(&manifest_of(j)->share_set, &me, &i)) {
		free(hashes);
		return err_set(e, ERR_INTERNAL, "not in the share set");
	}
	j->hash_from = HASH_IN_MANIFEST;
	j->hash = hashes[i];
	free(hashes);
	j->now.share_hash = j->hash;
	if (j->has_trust && (r = trust_compare(&j->known, &j->now, e)) != 0)
		(void)err_prefix(e, "%s", j->trust);
	return r;
}

/* --- what is done */

static int
check_hash(struct release_job *j, const struct digest512 *hash,
    struct err *e)
{
	if (j->hash_from != HASH_UNKNOWN && !digest512_equal(hash, &j->hash))
		return err_set(e, ERR_REFUSED, "%s: your share opens, but %s "
		    "another hash for it; is it of another ceremony?",
		    j->share, j->hash_from == HASH_REMEMBERED ?
		    "your trust file remembers" : "the manifest has");
	j->now.share_hash = *hash;
	return 0;
}

/* Opens, compares the hash, seals to the setup key, wipes. */
static int
reseal(struct release_job *j, struct err *e)
{
	struct secret share = { 0 };
	struct digest512 hash;
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
	hash = sha512(bytes_of(share.b, share.len));
	if ((r = check_hash(j, &hash, e)) == 0)
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

/* The folder that path is in; sets j->path. */
static int
folder_of(struct release_job *j, const char *path, struct err *e)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (snprintf(j->path, sizeof(j->path), "%.*s", n == 0 ? 1 : (int)n,
	    n == 0 ? "." : path) >= (int)sizeof(j->path))
		return err_set(e, ERR_USAGE, "%s: path too long", path);
	return 0;
}

/* Files can be made in dir. */
static int
check_folder(const char *dir, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return err_set(e, ERR_SYSTEM, "folder %s: %s", dir,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_SYSTEM, "%s is not a folder", dir);
	if (access(dir, W_OK | X_OK) != 0)
		return err_set(e, ERR_SYSTEM, "folder %s: %s", dir,
		    strerror(errno));
	return 0;
}

/* Nothing is asked, opened or signed for files that cannot be written. */
static int
check_outputs(struct release_job *j, struct err *e)
{
	int r;

	for (size_t i = 0; i < COUNT(endings); i++) {
		if ((r = path_of(j, endings[i], e)) != 0)
			return r;
		if (!j->force && file_exists(j->path))
			return err_set(e, ERR_EXISTS, "%s is there already; "
			    "give each release a folder of its own (-o), or "
			    "--force", j->path);
	}
	if ((r = folder_of(j, j->trust, e)) != 0 ||
	    (r = check_folder(j->path, e)) != 0)
		return r;
	if (file_exists(j->dir))
		return check_folder(j->dir, e);
	if ((r = folder_of(j, j->dir, e)) != 0)
		return r;
	return check_folder(j->path, e);
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
		r = path_of(j, endings[i], e);
		if (r == 0)
			r = file_write_checked(j->path, data[i],
			    FILE_MODE_PUBLIC, j->force, e);
		if (r != 0 && i > 0)
			ui_say("the release is not complete: make it again "
			    "with --force");
		if (r != 0)
			return r;
		printf("wrote  ");
		ui_print_text(bytes_str(j->path));
		putchar('\n');
	}
	return 0;
}

/* The answer may have taken long. */
static int
check_time(struct release_job *j, struct err *e)
{
	char text[32];

	if (!release_as_of(j))
		j->time = ui_now();
	if (j->time <= j->good_until)
		return 0;
	ui_time(j->good_until, text);
	return err_set(e, ERR_REFUSED, "the document was good until %s, which "
	    "is over; ask for a fresh one", text);
}

static void
say_next(const struct release_job *j)
{
	char text[32];

	printf("trust  ");
	ui_print_text(bytes_str(j->trust));
	printf("\n       remembers quorum key, manifest set, role, your "
	    "share's hash, nonce %u\n", manifest_of(j)->ns.nonce);
	ui_time(j->good_until, text);
	printf("next   take these three files to the online machine:\n"
	    "       quorate-relay post --share F.sealed --approval F.approval"
	    " \\\n               --release F.release --host URL\n"
	    "       the others need this document too: good until %s\n",
	    text);
}

/*
 * The nonce is remembered before anything leaves: a release that fails
 * later may be repeated, an older manifest may not.
 */
static int
release(struct release_job *j, struct err *e)
{
	struct buf approval = { 0 }, record = { 0 };
	int r;

	if ((r = check_time(j, e)) != 0 ||
	    (r = reseal(j, e)) != 0 ||
	    (r = make_approval(j, &approval, e)) != 0 ||
	    (r = make_record(j, &record, e)) != 0 ||
	    (r = file_mkdir(j->dir, 0755, e)) != 0 ||
	    (r = trust_store(j->trust, &j->now, e)) != 0 ||
	    (r = write_all(j, &approval, &record, e)) != 0)
		goto out;
	say_next(j);
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

	if ((r = check_arguments(j, e)) != 0 ||
	    (r = load_manifest(j, e)) != 0 ||
	    (r = verify_document(j, e)) != 0 ||
	    (r = compare_trust(j, e)) != 0 ||
	    (r = compare_sources(j, e)) != 0 ||
	    (r = check_outputs(j, e)) != 0 ||
	    (r = load_key(j, e)) != 0 ||
	    (r = release_check_receipt(j, e)) != 0 ||
	    (r = expect_hash(j, e)) != 0)
		return r;
	release_show(j);
	if ((r = release_ask(j, e)) != 0)
		return r;
	return release(j, e);
}

int
share_release_cmd(struct cmd *c)
{
	static struct release_job j = { .dir = ".", .at = RELEASE_NO_TIME };
	const struct opt opts[] = {
		TEXT("--envelope", "FILE", &j.envelope, "manifest envelope: "
		    "manifest and approvals"),
		TEXT("--attestation", "DOC", &j.document, "document of the "
		    "enclave that waits for shares"),
		TEXT("--share", "FILE", &j.share, "your sealed share"),
		OPERATOR_KEY_OPTIONS(&j.k),
		TEXT("--alias", "NAME", &j.alias, "your name in the share "
		    "set"),
		TEXT("--trust", "FILE", &j.trust, "what you said yes "
		    "to; made at the first release"),
		SOURCE_OPTIONS(j.paths),
		TEXT("--root", "PEM", &j.root, "test root; rehearsals only"),
		NUMBER("--at", "UNIX", &j.at, "judge as of that time"),
		TEXT("-o", "DIR", &j.dir, "where the three files go "
		    "(default: .)"),
		FLAG("--force", &j.force, "replace these three if they are "
		    "there"),
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
