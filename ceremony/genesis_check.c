/*
 * quorate genesis check and show: what a genesis folder proves, and what it
 * cannot prove.
 */
#include <stdio.h>

#include "airgap/record/receipt.h"
#include "airgap/seal/hash.h"
#include "ceremony/fingerprint.h"
#include "ceremony/genesis_cmds.h"
#include "ceremony/genesis_load.h"
#include "ceremony/genesis_present.h"
#include "ceremony/plan_show.h"
#include "airgap/cli/ui.h"

/* Which receipts came: of persons, and of spare keys alone. */
struct heard {
	bool first[SHAMIR_MAX];
	bool spare[SHAMIR_MAX];
	size_t persons;
};

static int
check_receipt(const struct genesis_files *g, const struct receipt *x,
    struct err *e)
{
	size_t spare;
	const struct plan_person *who = present_holder(&g->parts.plan,
	    &x->key, &spare);
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

static void
hear(const struct plan *p, const struct receipt *x, struct heard *h)
{
	size_t spare = 0;
	const struct plan_person *who = present_holder(p, &x->key, &spare);
	size_t i = (size_t)(who - p->persons);
	char at[32];

	h->persons += !h->first[i] && !h->spare[i];
	if (spare == 0)
		h->first[i] = true;
	else
		h->spare[i] = true;
	ui_time((int64_t)x->time, at);
	printf("ok  receipt of ");
	ui_print_quoted(x->alias, 4);
	if (spare > 0)
		printf(", spare key %zu", spare);
	printf(", signed %s\n", at);
}

static int
take_receipt(const struct genesis_files *g, const char *path,
    struct heard *h, struct err *e)
{
	struct receipt x;
	struct buf in;
	int r;

	if ((r = file_read(path, RECORD_FILE_MAX, &in, e)) != 0)
		return r;
	if ((r = receipt_decode(buf_bytes(&in), &x, e)) != 0 ||
	    (r = check_receipt(g, &x, e)) != 0)
		(void)err_prefix(e, "%s", path);
	else
		hear(&g->parts.plan, &x, h);
	buf_free(&in);
	return r;
}

/* Who has not signed with the first key. */
static void
say_missing(const struct plan *p, const struct heard *h)
{
	for (size_t i = 0; i < p->n; i++) {
		if (h->first[i])
			continue;
		printf("--  no receipt of ");
		ui_print_quoted(p->persons[i].alias, 4);
		printf("%s\n", h->spare[i] ? ", first key" : "");
	}
}

static void
say_limits(const struct genesis_files *g, const struct heard *h)
{
	const struct plan *p = &g->parts.plan;

	printf("receipts     %zu of %zu persons\n", h->persons, p->n);
	printf("not proved by these files:\n"
	    "  - what a sealed share holds: only its holder can open it;\n"
	    "    a receipt is the holder's word for it\n"
	    "  - that any %u shares bring the key back: the genesis proved "
	    "it on\n    all shares before it committed; `quorate genesis "
	    "drill` shows it\n    for the holders who are there\n"
	    "  - that the machine was honest, its randomness good, and the "
	    "seed wiped\n", (unsigned)p->k);
	if (p->has_dr)
		printf("  - that the holder of the disaster-recovery key has "
		    "not taken the quorum key\n");
	if (p->has_unattested || plan_all_files(p))
		printf("  - that the persons' keys live in tokens: the plan "
		    "takes them without proof\n");
}

static void
say_proved(const struct genesis_files *g)
{
	const struct plan *p = &g->parts.plan;

	printf("ok  the fingerprint of the plan is the one you know\n"
	    "ok  plan, genesis output, spares and statement are one genesis:"
	    "\n    the quorum key signed their hashes while it existed\n");
	printf("ok  %zu shares, any %u needed; persons, order and keys are "
	    "the plan's\n", p->n, (unsigned)p->k);
	if (g->parts.spares.count > 0)
		printf("ok  spare keys: %zu, each with the share of its "
		    "person\n", g->parts.spares.count);
	printf("ok  the test message is signed by the quorum key\n"
	    "ok  %zu of its %zu files are in the folder, byte for byte\n",
	    g->here, g->all);
}

static int
check_all(struct cmd *c, const struct genesis_files *g,
    const char *fingerprint, const struct many *receipts)
{
	struct heard heard = { .persons = 0 };
	int r;

	plan_show(&g->parts.plan, &g->parts.fingerprint);
	if ((r = genesis_confirm_plan(&g->parts.fingerprint, fingerprint,
	    &c->e)) != 0)
		return r;
	say_proved(g);
	for (size_t i = 0; i < receipts->n; i++)
		if ((r = take_receipt(g, receipts->v[i], &heard,
		    &c->e)) != 0)
			return r;
	if (receipts->n > 0)
		say_missing(&g->parts.plan, &heard);
	say_limits(g, &heard);
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
		    "fingerprint (else it is asked)"),
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

	printf("threshold    %u of %u\n", g->set.threshold,
	    g->set.members.count);
	while (list_next(&rd, &type_member_output, &o)) {
		printf("member       ");
		ui_print_quoted(o.member.alias, 13);
		printf("\n  key        %s",
		    key_fingerprint(o.member.pub_key).text);
		ui_print_hex("\n  share hash (SHA-512)",
		    bytes_of(o.share_hash, SHA512_LEN));
	}
	ui_print_hex("quorum key hash (SHA-512 of the seed's hex text)",
	    bytes_of(g->quorum_key_hash, SHA512_LEN));
	printf("test message ");
	ui_print_quoted(g->test_message, 13);
	printf("\ndisaster recovery key: %s\n", g->dr_key.present ?
	    "present\n  WARNING: its holder can take the quorum key alone" :
	    "none");
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
		(void)err_prefix(&c->e, "%s", strcmp(path, "-") != 0 ? path :
		    "standard input");
		goto out;
	}
	ui_print_hex("quorum key (encryption, then signing point)",
	    g.quorum_key);
	show_outputs(&g);
	if ((r = genesis_output_check(&g, &c->e)) == 0)
		printf("ok  its own rules hold; `quorate genesis check` says "
		    "what that proves\n");
out:
	buf_free(&in);
	return r;
}
