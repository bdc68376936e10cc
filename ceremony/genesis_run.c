/*
 * quorate genesis run: plan, confirmation, entropy, making, the one commit,
 * and the files that follow from it.
 */
#include <signal.h>
#include <stdio.h>

#include "airgap/seal/hash.h"
#include "ceremony/entropy.h"
#include "ceremony/genesis_cmds.h"
#include "ceremony/genesis_dir.h"
#include "ceremony/genesis_load.h"
#include "ceremony/genesis_make.h"
#include "ceremony/operator_options.h"
#include "ceremony/plan_show.h"
#include "airgap/cli/ui.h"

struct run_options {
	const char *plan, *dir, *fingerprint;
	struct people_options people;
	struct many absent;
	bool dice;
};

/* From the plan to the bytes of the commit; all secrets live in here. */
static int
make(struct cmd *c, const struct run_options *o, const struct present *here,
    const struct plan *p, struct bytes encoded, struct buf *commit,
    struct genesis_report *report)
{
	struct secret dice = { 0 };
	int r;

	if (o->dice && (r = entropy_read_dice(&dice, &c->e)) != 0)
		return r;
	r = genesis_make(p, encoded, &dice, here, commit, report, &c->e);
	secret_free(&dice);
	wipe_stack();
	return r;
}

static void
say_made(const struct run_options *o, const struct plan *p,
    const struct genesis_report *report)
{
	printf("committed    the key exists; its seed is wiped\n");
	printf("entropy      system generator%s\n", o->dice ?
	    " and your dice" : "");
	printf("proof        each of the %s combinations of %u shares\n"
	    "             gives the key below\n", report->combinations,
	    (unsigned)p->k);
	printf("opened       %zu of %zu sealed shares were opened and "
	    "compared\n", report->opened, report->sealed);
	for (size_t i = 0; i < o->absent.n; i++) {
		printf("ABSENT       ");
		ui_print_quoted(bytes_str(o->absent.v[i]), 13);
		printf("\n             has opened no share; wait for the "
		    "receipt before the key is used\n");
	}
}

/* After the commit: files, read-back, journal, and what people need. */
static int
finish(struct cmd *c, const char *dir, const struct genesis_commit *commit)
{
	struct genesis_output g;
	char fp[80], line[160];
	struct digest256 d;
	size_t count;
	int r;

	if ((r = genesis_dir_emit(dir, commit, &count, &c->e)) != 0 ||
	    (r = genesis_output_read(commit->output, &g, &c->e)) != 0)
		return r;
	d = sha256(commit->output);
	ui_fingerprint(&d, fp);
	snprintf(line, sizeof(line), "%zu files written and read back",
	    count);
	if ((r = genesis_dir_journal(dir, line, &c->e)) != 0)
		return r;
	printf("folder       ");
	ui_print_text(bytes_str(dir));
	printf("\nfiles        %zu, each read back and compared\n", count);
	printf("output       %.35s\n             %s  (SHA-256)\n", fp,
	    fp + 36);
	ui_print_hex("quorum key   (encryption, then signing point)",
	    g.quorum_key);
	printf("next         give each person shares/ALIAS.share and the four "
	    "public files:\n"
	    "             plan.cbor, genesis_output, spares.cbor, "
	    "genesis_statement.cbor\n"
	    "             each runs `quorate share accept` and returns the "
	    "receipt\n");
	return 0;
}

/* Everything up to the commit; what fails here has made nothing. */
static int
make_and_commit(struct cmd *c, const struct run_options *o,
    const struct present *here, const struct plan *p, struct bytes encoded,
    struct buf *commit, struct genesis_report *report)
{
	struct digest256 fp = plan_fingerprint(encoded);
	char line[128], text[80];
	int r;

	/* stopped (Ctrl-Z) it would keep the seed until somebody comes back */
	(void)signal(SIGTSTP, SIG_IGN);
	ui_fingerprint(&fp, text);
	snprintf(line, sizeof(line), "started with plan %s", text);
	if ((r = genesis_dir_prepare(o->dir, &c->e)) != 0 ||
	    (r = genesis_dir_journal(o->dir, line, &c->e)) != 0)
		return r;
	if ((r = make(c, o, here, p, encoded, commit, report)) == 0)
		r = genesis_dir_commit(o->dir, buf_bytes(commit), &c->e);
	/* the sentence of r matters more than what became of this line */
	if (r != 0 && genesis_dir_journal(o->dir, "stopped before the "
	    "commit: nothing was made", NULL) != 0)
		return r;
	return r;
}

/* Whose token is plugged in, and whose will be asked for. */
static void
say_present(const struct plan *p, const struct present *here)
{
	for (size_t i = 0; here->room->tokens && i < p->n; i++) {
		const struct plan_person *who = &p->persons[i];
		const struct token_info *t = present_token(here, who);

		if (present_excused(here, who) ||
		    (t == NULL && here->by_file[i]))
			continue;
		if (t != NULL)
			printf("here         token %u of ", t->serial);
		else
			printf("not yet      the token of ");
		ui_print_quoted(who->alias, 13);
		putchar('\n');
	}
}

static int
begin(struct cmd *c, const struct run_options *o, const struct plan *p,
    struct bytes encoded)
{
	static struct room room;
	struct present here = { .keys = o->people.files.v,
	    .nkeys = o->people.files.n, .absent = o->absent.v,
	    .nabsent = o->absent.n, .room = &room };
	struct digest256 fp = plan_fingerprint(encoded);
	struct genesis_report report;
	struct genesis_commit parts;
	struct buf commit = { 0 };
	int r;

	if ((r = genesis_dir_check(o->dir, &c->e)) != 0 ||
	    (r = people_options_room(&o->people, &room, &c->e)) != 0 ||
	    (r = present_check(p, &here, &c->e)) != 0)
		return r;
	plan_show(p, &fp);
	say_present(p, &here);
	if ((r = genesis_confirm_plan(&fp, o->fingerprint, &c->e)) != 0 ||
	    (r = make_and_commit(c, o, &here, p, encoded, &commit,
	    &report)) != 0)
		goto out;
	say_made(o, p, &report);
	if ((r = genesis_dir_journal(o->dir, "committed; the seed is wiped",
	    &c->e)) == 0 &&
	    (r = genesis_commit_decode(buf_bytes(&commit), &parts,
	    &c->e)) == 0)
		r = finish(c, o->dir, &parts);
out:
	buf_free(&commit);
	return r;
}

/* The commit is there: same plan, then the same bytes again. */
static int
resume(struct cmd *c, const struct run_options *o, struct bytes encoded)
{
	struct digest256 fp = plan_fingerprint(encoded);
	struct genesis_commit commit;
	struct buf in;
	int r;

	if (o->fingerprint != NULL && (r = genesis_confirm_plan(&fp,
	    o->fingerprint, &c->e)) != 0)
		return r;
	if ((r = genesis_dir_read(o->dir, &in, &commit, &c->e)) != 0)
		return r;
	if (!bytes_equal(commit.plan, encoded)) {
		r = err_set(&c->e, ERR_REFUSED, "%s holds the genesis of "
		    "another plan; use an empty folder", o->dir);
		goto out;
	}
	ui_say("this genesis is committed already: no new key is made;\n"
	    "its files are completed and compared");
	r = finish(c, o->dir, &commit);
out:
	buf_free(&in);
	return r;
}

int
genesis_run_cmd(struct cmd *c)
{
	struct run_options o = { 0 };
	const struct opt opts[] = {
		TEXT("--plan", "PLAN", &o.plan, "the plan that all agreed on"),
		TEXT("-o", "DIR", &o.dir, "the folder of this genesis"),
		PEOPLE_OPTIONS(&o.people),
		MANY("--absent", "ALIAS", &o.absent, "a person whose key is "
		    "not here"),
		TEXT("--fingerprint", "HEX", &o.fingerprint, "the plan's "
		    "fingerprint (else it is asked)"),
		FLAG("--dice", &o.dice, "mix in dice rolls from standard "
		    "input"), END };
	struct buf in = { 0 };
	struct plan p = { 0 };
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, o.plan, "--plan PLAN")) != 0 ||
	    (r = cmd_need(c, o.dir, "-o DIR")) != 0 ||
	    (r = file_read(o.plan, RECORD_FILE_MAX, &in, &c->e)) != 0)
		return r;
	if ((r = plan_decode(buf_bytes(&in), &p, &c->e)) != 0)
		(void)err_prefix(&c->e, "%s", o.plan);
	else if (genesis_dir_committed(o.dir))
		r = resume(c, &o, buf_bytes(&in));
	else
		r = begin(c, &o, &p, buf_bytes(&in));
	plan_free(&p);
	buf_free(&in);
	return r;
}
