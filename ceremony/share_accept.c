/*
 * quorate share accept: an operator's own check of what the ceremony gave
 * them, and the receipt that tells the coordinator.
 */
#include <stdio.h>

#include "airgap/record/receipt.h"
#include "airgap/seal/hash.h"
#include "ceremony/genesis_load.h"
#include "ceremony/plan_show.h"
#include "ceremony/share_cmds.h"
#include "ceremony/ui.h"
#include "token/operator_key.h"

#define PATH_TEXT 960

struct mine {
	struct bytes alias, sealed;
	struct digest512 hash;
	size_t index;			/* 1-based: the share's x */
	bool spare;
};

static size_t
index_of(const struct plan *p, struct bytes alias)
{
	const struct plan_person *who = plan_person(p, alias);

	return who == NULL ? 0 : (size_t)(who - p->persons) + 1;
}

/* What is sealed to my key under my alias: first key, or spare. */
static int
find_mine(const struct genesis_files *g, struct bytes alias,
    const struct public_key *key, struct mine *m, struct err *e)
{
	struct bytes k = bytes_of(key->b, PUBLIC_KEY_LEN);
	struct member_output o;

	*m = (struct mine){ .alias = alias,
	    .index = index_of(&g->parts.plan, alias) };
	if (m->index == 0)
		return err_set(e, ERR_REFUSED, "no person \"%.*s\" in the "
		    "plan", (int)alias.n, (const char *)alias.p);
	if (genesis_output_find(&g->parts.output, alias, k, &o)) {
		m->sealed = o.sealed_share;
		memcpy(m->hash.b, o.share_hash, SHA512_LEN);
		return 0;
	}
	for (size_t i = 0; i < g->parts.spares.count; i++) {
		const struct spare *s = &g->parts.spares.list[i];

		if (!bytes_equal(s->alias, alias) ||
		    !bytes_equal(bytes_of(s->key.b, PUBLIC_KEY_LEN), k))
			continue;
		m->sealed = bytes_of(s->share.sealed, SEALED_SHARE_LEN);
		m->hash = s->share.hash;
		m->spare = true;
		return 0;
	}
	return err_set(e, ERR_REFUSED, "nothing in this genesis is sealed to "
	    "your key under the alias \"%.*s\"", (int)alias.n,
	    (const char *)alias.p);
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

static int
write_named(const char *dir, const struct mine *m, const char *ending,
    struct bytes data, struct err *e)
{
	char path[PATH_TEXT];

	if (snprintf(path, sizeof(path), "%s/%.*s%s.%s", dir,
	    (int)m->alias.n, (const char *)m->alias.p, m->spare ? "-spare" :
	    "", ending) >= (int)sizeof(path))
		return err_set(e, ERR_USAGE, "%s: path too long", dir);
	printf("wrote %s\n", path);
	return file_write_checked(path, data, FILE_MODE_PUBLIC, false, e);
}

static int
accept(struct cmd *c, const struct genesis_files *g, struct operator_key *key,
    const char *alias, const char *dir)
{
	struct buf receipt = { 0 };
	struct mine m;
	int r;

	if ((r = find_mine(g, bytes_str(alias), operator_key_public(key), &m,
	    &c->e)) != 0 || (r = open_mine(key, &m, &c->e)) != 0)
		return r;
	printf("ok  your share opens with %s; its hash and index are those "
	    "of the\n    genesis output; it is wiped again\n",
	    operator_key_name(key));
	if ((r = sign_receipt(key, g, &m, &receipt, &c->e)) != 0 ||
	    (r = file_mkdir(dir, 0755, &c->e)) != 0 ||
	    (r = write_named(dir, &m, "share", m.sealed, &c->e)) != 0 ||
	    (r = write_named(dir, &m, "receipt", buf_bytes(&receipt),
	    &c->e)) != 0)
		goto out;
	printf("next  keep the .share file; send the .receipt to the "
	    "coordinator\n");
out:
	buf_free(&receipt);
	return r;
}

int
share_accept_cmd(struct cmd *c)
{
	const char *dir = NULL, *plan = NULL, *alias = NULL, *key_file = NULL;
	const char *fingerprint = NULL, *out = ".";
	const struct opt opts[] = {
		TEXT("--genesis", "DIR", &dir, "the folder of the genesis, or "
		    "its four public files"),
		TEXT("--plan", "PLAN", &plan, "the plan you know (default: "
		    "the folder's)"),
		TEXT("--fingerprint", "HEX", &fingerprint, "its fingerprint "
		    "from your paper (else it is asked)"),
		TEXT("--alias", "NAME", &alias, "your alias in the plan"),
		TEXT("--key", "SEED.secret", &key_file, "your key file"),
		TEXT("-o", "DIR", &out, "where your share and receipt go "
		    "(default: .)"), END };
	struct operator_key *key = NULL;
	struct genesis_files *g = NULL;
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, dir, "--genesis DIR")) != 0 ||
	    (r = cmd_need(c, alias, "--alias NAME")) != 0 ||
	    (r = cmd_need(c, key_file, "--key FILE")) != 0 ||
	    (r = genesis_load(dir, plan, &g, &c->e)) != 0)
		return r;
	plan_show(&g->parts.plan, &g->parts.fingerprint);
	printf("ok  the statement is signed by the quorum key and names this "
	    "plan, output and spares\n");
	if ((r = genesis_confirm_plan(&g->parts.fingerprint, fingerprint,
	    &c->e)) == 0 &&
	    (r = operator_key_open_file(key_file, &key, &c->e)) == 0)
		r = accept(c, g, key, alias, out);
	operator_key_free(key);
	genesis_unload(g);
	wipe_stack();
	return r;
}
