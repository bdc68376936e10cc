/*
 * quorate share accept: an operator's own check of what the ceremony gave
 * them, and the receipt that tells the coordinator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "airgap/record/receipt.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "airgap/set_dir.h"
#include "ceremony/genesis_load.h"
#include "ceremony/genesis_present.h"
#include "ceremony/operator_options.h"
#include "ceremony/plan_show.h"
#include "ceremony/share_cmds.h"
#include "airgap/cli/ui.h"

struct mine {
	struct bytes alias, sealed;
	struct digest512 hash;
	size_t index;			/* 1-based: the share's x */
	size_t spare;			/* 0: the first key; else 1, 2, ... */
};

static int
find_spare(const struct genesis_files *g, const struct public_key *key,
    struct mine *m, struct err *e)
{
	for (size_t i = 0; i < g->parts.spares.count; i++) {
		const struct spare *s = &g->parts.spares.list[i];

		if (memcmp(s->key.b, key->b, PUBLIC_KEY_LEN) != 0)
			continue;
		m->sealed = bytes_of(s->share.sealed, SEALED_SHARE_LEN);
		m->hash = s->share.hash;
		return 0;
	}
	return err_set(e, ERR_INTERNAL, "a spare key of the plan without a "
	    "share");
}

/* What is sealed to my key under my alias: first key, or spare. */
static int
find_mine(const struct genesis_files *g, struct bytes alias,
    const struct public_key *key, struct mine *m, struct err *e)
{
	const struct plan *p = &g->parts.plan;
	const struct plan_person *me = plan_person(p, alias);
	const struct plan_person *who = present_holder(p, key, &m->spare);
	struct member_output o;

	if (me == NULL)
		return err_set(e, ERR_REFUSED, "no person \"%.*s\" in the "
		    "plan%s", (int)alias.n, (const char *)alias.p,
		    p->mode == MODE_REHEARSAL ? "; in a rehearsal an alias "
		    "begins \"" REHEARSAL_ALIAS "\"" : "");
	if (who != me)
		return err_set(e, ERR_REFUSED, "nothing in this genesis is "
		    "sealed to your key under the alias \"%.*s\"",
		    (int)alias.n, (const char *)alias.p);
	m->alias = me->alias;
	m->index = (size_t)(me - p->persons) + 1;
	if (m->spare > 0)
		return find_spare(g, key, m, e);
	if (!genesis_output_find(&g->parts.output, alias,
	    bytes_of(key->b, PUBLIC_KEY_LEN), &o))
		return err_set(e, ERR_INTERNAL, "a person of the plan without "
		    "a share");
	m->sealed = o.sealed_share;
	memcpy(m->hash.b, o.share_hash, SHA512_LEN);
	return 0;
}

/* Opens once; the plaintext is compared by hash and index, and wiped. */
static int
open_mine(struct operator_key *key, const struct mine *m, struct err *e)
{
	struct secret share = { 0 };
	struct digest512 got;
	int r;

	if ((r = operator_key_open(key, m->sealed, &share, e)) != 0)
		return r;
	got = sha512(bytes_of(share.b, share.len));
	if (share.len != SHARE_LEN || !digest512_equal(&got, &m->hash))
		r = err_set(e, ERR_REFUSED, "your share opens, but it is not "
		    "the one the genesis output names; tell the coordinator, "
		    "do not accept");
	else if (share.b[0] != m->index)
		r = err_set(e, ERR_REFUSED, "your share has the index of "
		    "another person; tell the coordinator, do not accept");
	secret_free(&share);
	return r;
}

static int
sign_receipt(struct operator_key *key, const struct genesis_files *g,
    const struct mine *m, struct buf *out, struct err *e)
{
	struct receipt x = { .mode = g->parts.plan.mode,
	    .plan = g->parts.fingerprint, .output = g->parts.output_hash,
	    .alias = m->alias, .key = *operator_key_public(key),
	    .share_hash = m->hash, .time = (uint64_t)ui_now() };
	struct buf body = { 0 };
	int r;

	if ((r = receipt_body(&x, &body, e)) != 0 ||
	    (r = operator_key_sign(key, PURPOSE_RECEIPT, x.mode,
	    buf_bytes(&body), &x.signature, e)) != 0 ||
	    (r = receipt_verify(&x, e)) != 0)
		goto out;
	r = receipt_encode(&x, out, e);
out:
	buf_free(&body);
	return r;
}

/*
 * dir/ALIAS.ending, or dir/ALIAS.spare1.ending: the '.' before "spare" keeps
 * the name apart from that of every alias.  The caller frees *out.
 */
static int
name_file(char **out, const char *dir, const struct mine *m,
    const char *ending, struct err *e)
{
	char spare[32] = "";

	if (m->spare > 0)
		snprintf(spare, sizeof(spare), ".spare%zu", m->spare);
	if (asprintf(out, "%s/%.*s%s.%s", dir, (int)m->alias.n,
	    (const char *)m->alias.p, spare, ending) >= 0)
		return 0;
	*out = NULL;
	return err_set(e, ERR_SYSTEM, "out of memory");
}

/* Before the key is used: what is in the way is refused. */
static int
refuse_there(const char *dir, const struct mine *m, const char *ending,
    struct err *e)
{
	char *path;
	int r;

	if ((r = name_file(&path, dir, m, ending, e)) != 0)
		return r;
	if (file_exists(path))
		r = err_set(e, ERR_EXISTS, "%s is there already; nothing was "
		    "done (--force replaces it)", path);
	free(path);
	return r;
}

static int
write_one(const char *path, struct bytes data, bool force, struct err *e)
{
	int r;

	if ((r = file_write_checked(path, data, FILE_MODE_PUBLIC, force,
	    e)) != 0)
		return r;
	printf("wrote  ");
	ui_print_text(bytes_str(path));
	putchar('\n');
	return 0;
}

/*
 * The receipt that cannot be written takes the new share file with it, so
 * that the same command can be run again.
 */
static int
write_both(const char *dir, const struct mine *m, struct bytes receipt,
    bool force, struct err *e)
{
	char *share = NULL, *other = NULL;
	int r;

	if ((r = name_file(&share, dir, m, "share", e)) != 0 ||
	    (r = name_file(&other, dir, m, "receipt", e)) != 0 ||
	    (r = write_one(share, m->sealed, force, e)) != 0)
		goto out;
	if ((r = write_one(other, receipt, force, e)) != 0 && !force)
		(void)unlink(share);
out:
	free(share);
	free(other);
	return r;
}

/*
 * The public key that the statement vouched for, for `manifest approve` and
 * `share release`.  One that is there must be the same; *there says so.
 */
static int
refuse_other_key(const char *path, struct bytes key, bool *there,
    struct err *e)
{
	struct public_key old;
	int r;

	*there = file_exists(path);
	if (!*there)
		return 0;
	if ((r = pub_file_read(path, &old, e)) != 0)
		return r;
	return bytes_equal(key, bytes_of(old.b, PUBLIC_KEY_LEN)) ? 0 :
	    err_set(e, ERR_EXISTS, "%s is there already and is the key of "
	    "another genesis; nothing was done (-o takes another folder)",
	    path);
}

static int
write_key(const char *path, struct bytes key, bool force, struct err *e)
{
	char hex[PUBLIC_KEY_HEX_LEN];

	hex_encode(key.p, PUBLIC_KEY_LEN, hex);
	return write_one(path, bytes_of(hex, sizeof(hex)), force, e);
}

static int
accept(struct cmd *c, const struct genesis_files *g, struct operator_key *key,
    const struct mine *m, const char *dir, bool force)
{
	struct bytes quorum = g->parts.output.quorum_key;
	struct buf receipt = { 0 };
	bool there = false;
	char *path;
	int r;

	if (asprintf(&path, "%s/quorum_key.pub", dir) < 0)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((!force && ((r = refuse_there(dir, m, "share", &c->e)) != 0 ||
	    (r = refuse_there(dir, m, "receipt", &c->e)) != 0)) ||
	    (!force && (r = refuse_other_key(path, quorum, &there,
	    &c->e)) != 0) ||
	    (r = file_mkdir(dir, 0755, &c->e)) != 0 ||
	    (r = open_mine(key, m, &c->e)) != 0 ||
	    (r = sign_receipt(key, g, m, &receipt, &c->e)) != 0)
		goto out;
	printf("ok  your share opens with ");
	ui_print_text(bytes_str(operator_key_name(key)));
	printf("\n    its hash and index are those of the genesis output\n"
	    "    it is wiped again\n");
	if ((!there && (r = write_key(path, quorum, force, &c->e)) != 0) ||
	    (r = write_both(dir, m, buf_bytes(&receipt), force, &c->e)) != 0)
		goto out;
	printf("next   keep these files together; the .share is still "
	    "sealed\n"
	    "       send a copy of the .receipt to the coordinator\n");
out:
	buf_free(&receipt);
	free(path);
	return r;
}

int
share_accept_cmd(struct cmd *c)
{
	const char *dir = NULL, *plan = NULL, *alias = NULL;
	struct operator_options k = { 0 };
	const char *fingerprint = NULL, *out = ".";
	bool force = false;
	const struct opt opts[] = {
		TEXT("--genesis", "DIR", &dir, "the folder of the genesis, or "
		    "its four public files"),
		TEXT("--plan", "PLAN", &plan, "the plan you know (default: "
		    "the folder's)"),
		TEXT("--fingerprint", "HEX", &fingerprint, "its fingerprint "
		    "from your paper (else it is asked)"),
		TEXT("--alias", "NAME", &alias, "your alias in the plan"),
		OPERATOR_KEY_OPTIONS(&k),
		TEXT("-o", "DIR", &out, "where your share and receipt go "
		    "(default: .)"),
		FLAG("--force", &force, "replace them if they are there"),
		END };
	struct operator_key *key = NULL;
	struct genesis_files *g = NULL;
	struct mine m;
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, dir, "--genesis DIR")) != 0 ||
	    (r = cmd_need(c, alias, "--alias NAME")) != 0 ||
	    (r = operator_options_check(c, &k)) != 0 ||
	    (r = genesis_load(dir, plan, &g, &c->e)) != 0)
		return r;
	if ((r = operator_key_from_options(&k, &key, &c->e)) != 0 ||
	    (r = find_mine(g, bytes_str(alias), operator_key_public(key), &m,
	    &c->e)) != 0)
		goto out;
	plan_show(&g->parts.plan, &g->parts.fingerprint);
	printf("ok  the quorum key signed a statement that names this plan,\n"
	    "    this genesis output and these spares\n");
	if ((r = genesis_confirm_plan(&g->parts.fingerprint, fingerprint,
	    &c->e)) == 0)
		r = accept(c, g, key, &m, out, force);
out:
	operator_key_free(key);
	genesis_unload(g);
	wipe_stack();
	return r;
}
