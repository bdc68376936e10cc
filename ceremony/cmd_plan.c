/*
 * quorate plan: who will hold the quorum key, agreed on before it exists.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/plan.h"
#include "airgap/set_dir.h"
#include "ceremony/commands.h"
#include "ceremony/origin.h"
#include "ceremony/plan_show.h"
#include "ceremony/token_cmds.h"
#include "airgap/seal/hash.h"
#include "token/attest/attest.h"
#include "airgap/cli/ui.h"

#define PERSONS_MAX 255
#define TEXT_MAX 512
#define NO_THRESHOLD UINT64_MAX

/* What the options gather; strings are copied where a mark is put before. */
struct draft {
	struct plan plan;
	struct plan_person persons[PERSONS_MAX];
	struct public_key spares[PERSONS_MAX][PLAN_SPARES_MAX];
	char alias[PERSONS_MAX][TEXT_MAX];
	char name[TEXT_MAX];
	struct plan_proof *proofs;
	struct set_dir dir;
};

/*
 * In a rehearsal the mark is put before names that lack it, and said so:
 * the same key files serve rehearsal and the real thing.
 */
static int
marked(const struct draft *d, const char *mark, struct bytes text,
    char out[static TEXT_MAX], struct err *e)
{
	bool add = d->plan.mode == MODE_REHEARSAL && (text.n < strlen(mark) ||
	    memcmp(text.p, mark, strlen(mark)) != 0);

	if (snprintf(out, TEXT_MAX, "%s%.*s", add ? mark : "", (int)text.n,
	    (const char *)text.p) >= TEXT_MAX)
		return err_set(e, ERR_USAGE, "name too long");
	return 0;
}

static int
add_person(struct draft *d, struct bytes alias, const uint8_t *key,
    struct err *e)
{
	size_t i = d->plan.n;
	int r;

	if (i == PERSONS_MAX)
		return err_set(e, ERR_INPUT, "more than %d persons",
		    PERSONS_MAX);
	if ((r = marked(d, REHEARSAL_ALIAS, alias, d->alias[i], e)) != 0)
		return r;
	d->persons[i].alias = bytes_str(d->alias[i]);
	memcpy(d->persons[i].key.b, key, PUBLIC_KEY_LEN);
	d->persons[i].spares = d->spares[i];
	d->plan.n++;
	return 0;
}

static int
add_folder(struct draft *d, const char *dir, struct err *e)
{
	struct member m;
	struct rd rd;
	int r;

	if ((r = set_dir_read(dir, &d->dir, e)) != 0)
		return r;
	for (rd = list_walk(&d->dir.set.members);
	    list_next(&rd, &type_member, &m);)
		if ((r = add_person(d, m.alias, m.pub_key.p, e)) != 0)
			return r;
	d->plan.k = d->dir.set.threshold;
	return 0;
}

static int
add_files(struct draft *d, const struct many *files, struct err *e)
{
	struct public_key key;
	int r;

	for (size_t i = 0; i < files->n; i++)
		if ((r = pub_file_read(files->v[i], &key, e)) != 0 ||
		    (r = add_person(d, pub_file_alias(files->v[i]), key.b,
		    e)) != 0)
			return r;
	return 0;
}

static struct plan_person *
person_of(struct draft *d, struct bytes alias)
{
	char text[TEXT_MAX];

	if (marked(d, REHEARSAL_ALIAS, alias, text, NULL) != 0)
		return NULL;
	for (size_t i = 0; i < d->plan.n; i++)
		if (bytes_equal(d->persons[i].alias, bytes_str(text)))
			return &d->persons[i];
	return NULL;
}

/* ALIAS=FILE.pub */
static int
add_spare(struct draft *d, const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	struct plan_person *p;
	struct public_key key;
	int r;

	if (eq == NULL)
		return err_set(e, ERR_USAGE, "--spare %s: ALIAS=FILE.pub is "
		    "meant", word);
	p = person_of(d, bytes_of(word, (size_t)(eq - word)));
	if (p == NULL)
		return err_set(e, ERR_USAGE, "--spare %s: no person of that "
		    "alias", word);
	if (p->spare_count == PLAN_SPARES_MAX)
		return err_set(e, ERR_INPUT, "--spare %s: more than %d "
		    "spares of one person", word, PLAN_SPARES_MAX);
	if ((r = pub_file_read(eq + 1, &key, e)) != 0)
		return r;
	d->spares[p - d->persons][p->spare_count++] = key;
	return 0;
}

static int
take_mode(struct draft *d, const char *mode, struct err *e)
{
	int r = mode_from_text(bytes_str(mode), &d->plan.mode, NULL);

	return r == 0 ? 0 : err_set(e, ERR_USAGE, "--mode %s: production or "
	    "rehearsal is meant", mode);
}

struct plan_options {
	const char *mode, *name, *members, *dr, *unattested, *out;
	const char *root;
	struct many member, spare, attestation;
	uint64_t threshold;
	bool force;
};

static int
take_dr(struct draft *d, const char *path, struct err *e)
{
	if (path == NULL)
		return 0;
	d->plan.has_dr = true;
	return pub_file_read(path, &d->plan.dr, e);
}

/* One bundle, verified now: what the plan says of its key. */
static int
prove(const struct draft *d, struct bytes in, struct bytes root,
    struct plan_proof *out, struct err *e)
{
	struct attest_terms t = { .firmware_min = ATTEST_FIRMWARE_MIN,
	    .at = ui_now() };
	struct attest_bundle b;
	struct attest_verdict v;
	int r;

	if ((r = attest_bundle_decode(in, &b, e)) != 0 ||
	    (r = mode_check_same(d->plan.mode, b.mode, "token attestation",
	    e)) != 0 ||
	    (r = attest_trust(b.mode, root, &t.trust, e)) != 0 ||
	    (r = attest_bundle_verify(&b, &t, &v, e)) != 0)
		return r;
	*out = (struct plan_proof){ .key = b.key, .serial = v.serial,
	    .firmware = v.firmware, .bundle = sha256(in) };
	return 0;
}

static int
add_proofs(struct draft *d, const struct plan_options *o, struct err *e)
{
	struct buf in, root = { 0 };
	size_t n = o->attestation.n;
	int r;

	if (n == 0)
		return 0;
	if ((r = token_root_read(o->root, &root, e)) != 0)
		return r;
	if ((d->proofs = calloc(n, sizeof(*d->proofs))) == NULL)
		r = err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; r == 0 && i < n; i++) {
		if ((r = file_read(o->attestation.v[i], RECORD_FILE_MAX, &in,
		    e)) != 0)
			break;
		if ((r = prove(d, buf_bytes(&in), buf_bytes(&root),
		    &d->proofs[i], e)) != 0)
			(void)err_prefix(e, "%s", o->attestation.v[i]);
		buf_free(&in);
	}
	buf_free(&root);
	plan_sort_proofs(d->proofs, r == 0 ? n : 0);
	d->plan.proofs = d->proofs;
	d->plan.proof_count = n;
	d->plan.has_proofs = true;
	return r;
}

static int
fill(struct draft *d, const struct plan_options *o, struct err *e)
{
	int r;

	if ((r = take_mode(d, o->mode, e)) != 0 ||
	    (r = marked(d, REHEARSAL_NAMESPACE, bytes_str(o->name), d->name,
	    e)) != 0 ||
	    (o->members != NULL && (r = add_folder(d, o->members, e)) != 0) ||
	    (r = add_files(d, &o->member, e)) != 0 ||
	    (r = take_dr(d, o->dr, e)) != 0 ||
	    (r = add_proofs(d, o, e)) != 0)
		return r;
	for (size_t i = 0; i < o->spare.n; i++)
		if ((r = add_spare(d, o->spare.v[i], e)) != 0)
			return r;
	if (o->threshold != NO_THRESHOLD)
		d->plan.k = o->threshold;
	if (d->plan.n < 2 || d->plan.k < 2 || d->plan.k > d->plan.n)
		return err_set(e, ERR_INPUT, "any %llu of %zu persons: at "
		    "least 2 must be needed, and no more than there are",
		    (unsigned long long)d->plan.k, d->plan.n);
	d->plan.name = bytes_str(d->name);
	d->plan.has_unattested = o->unattested != NULL;
	if (o->unattested != NULL)
		d->plan.unattested = bytes_str(o->unattested);
	plan_sort(d->persons, d->plan.n);
	d->plan.persons = d->persons;
	return 0;
}

static int
write_plan(struct cmd *c, const struct plan_options *o, struct draft *d)
{
	struct digest256 fp;
	struct buf out = { 0 };
	int r;

	if ((r = fill(d, o, &c->e)) != 0 ||
	    (r = plan_encode(&d->plan, &out, &c->e)) != 0)
		goto out;
	fp = plan_fingerprint(buf_bytes(&out));
	if ((r = file_write_checked(o->out, buf_bytes(&out), FILE_MODE_PUBLIC,
	    o->force, &c->e)) != 0)
		goto out;
	plan_show(&d->plan, &fp);
	origin_plan(buf_bytes(&out));
	printf("wrote        ");
	ui_print_text(bytes_str(o->out));
	printf("\nnext         read the fingerprint and the words aloud; each "
	    "person writes\n             both on paper\n");
out:
	buf_free(&out);
	return r;
}

static int
plan_new(struct cmd *c)
{
	struct plan_options o = { .threshold = NO_THRESHOLD };
	const struct opt opts[] = {
		TEXT("--mode", "MODE", &o.mode, "production or rehearsal"),
		TEXT("--name", "NAME", &o.name, "name of the ceremony or "
		    "namespace"),
		TEXT("--members", "DIR", &o.members, "set folder: ALIAS.pub "
		    "files and quorum_threshold"),
		MANY("--member", "ALIAS.pub", &o.member, "one more person"),
		NUMBER("--threshold", "K", &o.threshold, "persons needed "
		    "(default: quorum_threshold)"),
		MANY("--spare", "ALIAS=FILE.pub", &o.spare, "a spare key of a "
		    "person"),
		TEXT("--dr", "FILE.pub", &o.dr, "its holder can take the "
		    "quorum key alone"),
		MANY("--attestation", "BUNDLE", &o.attestation, "proof that "
		    "a token made a key"),
		TEXT("--token-root", "FILE", &o.root, "test root of tokens "
		    "(rehearsal)"),
		TEXT("--unattested", "REASON", &o.unattested, "why keys "
		    "without token proof are accepted"),
		TEXT("-o", "FILE", &o.out, "where the plan goes"),
		FLAG("--force", &o.force, "overwrite the file"), END };
	struct draft *d;
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, o.mode, "--mode production|rehearsal")) != 0 ||
	    (r = cmd_need(c, o.name, "--name NAME")) != 0 ||
	    (r = cmd_need(c, o.out, "-o FILE")) != 0)
		return r;
	if (o.members == NULL && o.member.n == 0)
		return cmd_need(c, NULL, "--members DIR or --member "
		    "ALIAS.pub");
	if (o.members == NULL && o.threshold == NO_THRESHOLD)
		return cmd_need(c, NULL, "--threshold K");
	if (strcmp(o.out, "-") == 0)
		return err_set(&c->e, ERR_USAGE, "plan new: -o names a file; "
		    "standard output shows the plan");
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	r = write_plan(c, &o, d);
	set_dir_free(&d->dir);
	free(d->proofs);
	free(d);
	return r;
}

static int
read_plan(struct cmd *c, struct buf *in, struct plan *p)
{
	const char *path = cmd_arg(c, 0);
	int r;

	if ((r = file_read(path != NULL ? path : "-", RECORD_FILE_MAX, in,
	    &c->e)) != 0)
		return r;
	if ((r = plan_decode(buf_bytes(in), p, &c->e)) != 0) {
		(void)err_prefix(&c->e, "%s", path != NULL &&
		    strcmp(path, "-") != 0 ? path : "standard input");
		buf_free(in);
	}
	return r;
}

static int
show_or_print(struct cmd *c, bool show)
{
	const struct opt opts[] = { END };
	struct digest256 fp;
	struct plan p;
	struct buf in;
	int r;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = read_plan(c, &in, &p)) != 0)
		return r;
	fp = plan_fingerprint(buf_bytes(&in));
	if (show) {
		plan_show(&p, &fp);
		origin_plan(buf_bytes(&in));
	} else {
		for (size_t i = 0; i < sizeof(fp.b); i++)
			printf("%02x", fp.b[i]);
		putchar('\n');
	}
	plan_free(&p);
	buf_free(&in);
	return 0;
}

static int
plan_show_cmd(struct cmd *c)
{
	return show_or_print(c, true);
}

static int
plan_fingerprint_cmd(struct cmd *c)
{
	return show_or_print(c, false);
}

const struct command commands_plan[] = {
	{ "new", "", "write down who will hold the key",
	    "The plan is public. n and k count persons: a spare key gets the "
	    "same share as\nthe first key of its person. In a rehearsal, "
	    "\"" REHEARSAL_ALIAS "\" and\n\"" REHEARSAL_NAMESPACE "\" are "
	    "put before names that lack them.\n\nThere is no "
	    "disaster-recovery key unless --dr names one: its holder can "
	    "take\nthe quorum key alone, without any of the other persons.",
	    plan_new, NULL },
	{ "show", "[PLAN]", "print a plan, its fingerprint and words", NULL,
	    plan_show_cmd, NULL },
	{ "fingerprint", "[PLAN]", "print the fingerprint: 64 hex digits",
	    NULL, plan_fingerprint_cmd, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
