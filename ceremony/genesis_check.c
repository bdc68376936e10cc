/*
 * quorate genesis check and show: what a genesis folder proves, and what it
 * cannot prove.
 */
#include <stdio.h>

#include "airgap/record/receipt.h"
#include "airgap/seal/hash.h"
#include "ceremony/genesis_cmds.h"
#include "ceremony/genesis_load.h"
#include "ceremony/plan_show.h"
#include "ceremony/ui.h"

/* Whose key is it: the person's first key, or a spare? */
static const struct plan_person *
holder(const struct plan *p, const struct public_key *key)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_person *who = &p->persons[i];

		if (memcmp(who->key.b, key->b, PUBLIC_KEY_LEN) == 0)
			return who;
		for (size_t j = 0; j < who->spare_count; j++)
			if (memcmp(who->spares[j].b, key->b,
			    PUBLIC_KEY_LEN) == 0)
				return who;
	}
	return NULL;
}

static int
check_receipt(const struct genesis_files *g, const struct receipt *x,
    struct err *e)
{
	const struct plan_person *who = holder(&g->parts.plan, &x->key);
	struct member_output o;
	int r;

	if (who == NULL || !bytes_equal(who->alias, x->alias))
		return err_set(e, ERR_REFUSED, "its alias and key are not "
		    "those of a person of the plan");
	if (!digest256_equal(&x->plan, &g->parts.fingerprint) ||
	    !digest256_equal(&x->output, &g->parts.output_hash))
		return err_set(e, ERR_REFUSED, "it is of another genesis");
	if (!genesis_output_find(&g->parts.output, who->alias,
	    bytes_of(who->key.b, PUBLIC_KEY_LEN), &o) ||
	    memcmp(o.share_hash, x->share_hash.b, SHA512_LEN) != 0)
		return err_set(e, ERR_REFUSED, "it is of another share");
	if ((r = mode_check_same(g->parts.plan.mode, x->mode, "the receipt",
	    e)) != 0)
		return r;
	return receipt_verify(x, e);
}

static int
take_receipt(const struct genesis_files *g, const char *path, bool *seen,
    struct err *e)
{
	const struct plan_person *who;
	struct receipt x;
	char at[32];
	struct buf in;
	int r;

	if ((r = file_read(path, RECORD_FILE_MAX, &in, e)) != 0)
		return r;
	if ((r = receipt_decode(buf_bytes(&in), &x, e)) != 0 ||
	    (r = check_receipt(g, &x, e)) != 0) {
		(void)err_prefix(e, "%s", path);
		goto out;
	}
	who = holder(&g->parts.plan, &x.key);
	seen[who - g->parts.plan.persons] = true;
	ui_time((int64_t)x.time, at);
	printf("ok  ");
	ui_print_text(x.alias);
	printf(" signed at %s that the share opens and has the committed "
	    "hash\n", at);
out:
	buf_free(&in);
	return r;
}

static void
say_limits(const struct genesis_files *g, size_t receipts)
{
	const struct plan *p = &g->parts.plan;

	printf("not proved by these files:\n"
	    "  - that a sealed share holds what its hash says: only its holder "
	    "can open it;\n    %zu of %zu persons have signed a receipt\n"
	    "  - that any %u shares bring the key back: the genesis proved it "
	    "on all shares\n    before it committed; `quorate genesis drill` "
	    "shows it for %u present holders\n"
	    "  - that the machine was honest, its randomness good, and the "
	    "seed wiped\n", receipts, p->n, (unsigned)p->k, (unsigned)p->k);
	if (p->has_dr)
		printf("  - that the holder of the disaster-recovery key has "
		    "not taken the quorum key\n");
	if (p->has_unattested)
		printf("  - that the persons' keys live in tokens: the plan "
		    "accepts them without proof\n");
}

static void
say_proved(const struct genesis_files *g, bool confirmed)
{
	const struct plan *p = &g->parts.plan;
	char fp[80];

	if (p->mode == MODE_REHEARSAL)
		printf("REHEARSAL: this key protects nothing\n");
	printf("ok  plan, genesis output, spares and statement are one "
	    "genesis: the quorum key\n    signed their hashes while it "
	    "existed\n");
	printf("ok  %zu shares are sealed, any %u needed; persons, order and "
	    "keys are the plan's\n", p->n, (unsigned)p->k);
	printf("ok  %zu spare keys hold the same share as their person\n",
	    g->parts.spares.count);
	printf("ok  the test message is signed by the quorum key\n");
	ui_fingerprint(&g->parts.fingerprint, fp);
	printf("%s  plan fingerprint %s\n", confirmed ? "ok" : "--", fp);
	if (!confirmed)
		printf("    not compared: hold it against the paper that was "
		    "read aloud, or give\n    --fingerprint\n");
}

static int
check_all(struct cmd *c, const struct genesis_files *g,
    const char *fingerprint, const struct many *receipts)
{
	bool seen[256] = { false };
	size_t n = 0;
	int r;

	if (fingerprint != NULL && (r = genesis_confirm_plan(
	    &g->parts.fingerprint, fingerprint, &c->e)) != 0)
		return r;
	say_proved(g, fingerprint != NULL);
	for (size_t i = 0; i < receipts->n; i++)
		if ((r = take_receipt(g, receipts->v[i], seen, &c->e)) != 0)
			return r;
	for (size_t i = 0; i < 256; i++)
		n += seen[i];
	say_limits(g, n);
	return 0;
}

int
genesis_check_cmd(struct cmd *c)
{
	const char *plan = NULL, *fingerprint = NULL;
	struct many receipts = { 0 };
	const struct opt opts[] = {
		TEXT("--plan", "PLAN", &plan, "the plan you know (default: "
		    "the folder's)"),
		TEXT("--fingerprint", "HEX", &fingerprint, "the plan's "
		    "fingerprint from your paper"),
		MANY("--receipt", "FILE", &receipts, "a receipt of a person"),
		END };
	struct genesis_files *g;
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (r = genesis_load(cmd_arg(c, 0), plan, &g, &c->e)) != 0)
		return r;
	r = check_all(c, g, fingerprint, &receipts);
	genesis_unload(g);
	return r;
}

static void
show_outputs(const struct genesis_output *g)
{
	struct rd rd = list_walk(&g->member_outputs);
	struct member_output o;
	struct public_key key;
	char fp[40];

	printf("threshold    %u of %u\n", g->set.threshold,
	    g->set.members.count);
	while (list_next(&rd, &type_member_output, &o)) {
		printf("  ");
		ui_print_text(o.member.alias);
		if (public_key_read(o.member.pub_key, &key, NULL) == 0) {
			key_fingerprint(&key, fp);
			printf("  key %s", fp);
		}
		ui_print_hex("\n    share hash (SHA-512)",
		    bytes_of(o.share_hash, SHA512_LEN));
	}
	ui_print_hex("quorum key hash (SHA-512 of the seed's hex text)",
	    bytes_of(g->quorum_key_hash, SHA512_LEN));
	printf("test message ");
	ui_print_text(g->test_message);
	printf("\ndisaster recovery key: %s\n", g->dr_key.present ?
	    "present; its holder can take the quorum key alone" : "none");
}

int
genesis_show_cmd(struct cmd *c)
{
	const struct opt opts[] = { END };
	const char *path;
	struct genesis_output g;
	struct buf in;
	int r;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	path = cmd_arg(c, 0) != NULL ? cmd_arg(c, 0) : "-";
	if ((r = file_read(path, RECORD_FILE_MAX, &in, &c->e)) != 0)
		return r;
	if ((r = genesis_output_read(buf_bytes(&in), &g, &c->e)) != 0) {
		(void)err_prefix(&c->e, "%s", path);
		goto out;
	}
	ui_print_hex("quorum key (encryption, then signing point)",
	    g.quorum_key);
	show_outputs(&g);
	if ((r = genesis_output_check(&g, &c->e)) == 0)
		printf("its own rules hold; `quorate genesis check` says what "
		    "that proves\n");
out:
	buf_free(&in);
	return r;
}
