/*
 * quorate-relay status: the phase, the manifest, and the provisioning board:
 * who posted, how many to go, how long the attestation document lasts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hex.h"
#include "enclave/host/relay.h"

#define WATCH_MAX_S 86400

struct status {
	unsigned phase;
	struct answer version;		/* refused: unknown */
	struct answer envelope, live;	/* refused, or nothing in them */
	const struct envelope *env;	/* NULL: none */
	struct digest256 hash;
	struct board board;
	bool attested;
	int64_t not_after;
};

static void
status_free(struct status *s)
{
	answer_free(&s->version);
	answer_free(&s->envelope);
	answer_free(&s->live);
}

/* What the enclave refuses in this phase is not there. */
static int
ask_or_none(struct relay *r, uint8_t request, uint8_t want,
    struct answer *out, struct err *e)
{
	const struct message m = { .tag = request };
	int rc = ask(&r->by, &m, want, out, e);

	return out->refused ? 0 : rc;
}

static int
ask_phase(struct relay *r, unsigned *phase, struct err *e)
{
	const struct message m = { .tag = PM_STATUS_REQ };
	struct answer a = { 0 };
	int rc;

	if ((rc = ask(&r->by, &m, PM_STATUS, &a, e)) == 0)
		*phase = a.m.u.phase;
	answer_free(&a);
	return rc;
}

static void
take_validity(struct status *s)
{
	struct document_facts f;
	struct bytes doc;

	if (s->live.refused ||
	    nsm_document(&s->live.m.u.live.nsm, &doc, NULL) != 0 ||
	    document_facts(doc, &f, NULL) != 0)
		return;
	s->attested = true;
	s->not_after = f.not_after;
}

static int
status_get(struct relay *r, struct status *s, struct err *e)
{
	int rc;

	if ((rc = ask_phase(r, &s->phase, e)) != 0 ||
	    (rc = ask_or_none(r, PM_VERSION_REQ, PM_VERSION, &s->version,
	    e)) != 0 || (rc = ask_or_none(r, PM_ENVELOPE_REQ, PM_ENVELOPE,
	    &s->envelope, e)) != 0 || (rc = ask_or_none(r, PM_LIVE_DOC_REQ,
	    PM_LIVE_DOC, &s->live, e)) != 0)
		return rc;
	take_validity(s);
	if (s->envelope.refused || !s->envelope.m.u.envelope.present)
		return 0;
	s->env = &s->envelope.m.u.envelope.v;
	if ((rc = board_count(s->env, &s->board, e)) != 0 ||
	    (rc = manifest_hash(&s->env->manifest, &s->hash, e)) != 0)
		return rc;
	/* the key is there, however many posts it took */
	if (s->phase == PHASE_KEY_PROVISIONED)
		s->board.to_go = 0;
	return 0;
}

static int64_t
minutes_left(const struct status *s)
{
	int64_t left = s->not_after - ui_now();

	return left <= 0 ? 0 : left / 60;
}

/* --- for people */

static void
show_board(const struct status *s)
{
	struct rd rd = list_walk(&s->env->manifest.share_set.members);
	struct member m;

	printf("shares    %u of %u people posted, %u needed, %u to go\n",
	    s->board.posted, s->board.members, s->board.threshold,
	    s->board.to_go);
	while (list_next(&rd, &type_member, &m)) {
		printf("  %-8s", board_posted(s->env, &m) ? "posted" : "-");
		ui_print_quoted(m.alias, 10);
		putchar('\n');
	}
}

static void
show_manifest(const struct status *s)
{
	char hash[80];

	ui_fingerprint(&s->hash, hash);
	printf("manifest  ");
	ui_print_quoted(s->env->manifest.ns.name, 10);
	printf(" nonce %u\nhash      %s\n", s->env->manifest.ns.nonce, hash);
	show_board(s);
}

static void
show(const struct status *s)
{
	char until[32];

	printf("phase     %s\nversion   ", phase_name(s->phase));
	if (s->version.refused) {
		printf("not told");
	} else {
		ui_print_text(s->version.m.u.version.version);
		fputs(", commit ", stdout);
		ui_print_text(s->version.m.u.version.commit);
	}
	putchar('\n');
	if (s->env == NULL)
		puts("manifest  none");
	else
		show_manifest(s);
	if (s->attested) {
		ui_time(s->not_after, until);
		printf("document  made now ends %s: %" PRId64 " minutes "
		    "left\n", until, minutes_left(s));
	}
	puts("all this as the host tells it; nothing was verified");
}

/* --- for programs: docs/formats/relay-status.md */

static void
json_hex(struct bytes b)
{
	putchar('"');
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", b.p[i]);
	putchar('"');
}

static void
json_board(const struct status *s)
{
	struct rd rd = list_walk(&s->env->manifest.share_set.members);
	struct member m;

	printf(",\"board\":{\"threshold\":%u,\"posted\":%u,\"toGo\":%u,"
	    "\"members\":[", s->board.threshold, s->board.posted,
	    s->board.to_go);
	for (bool more = false; list_next(&rd, &type_member, &m);
	    more = true) {
		fputs(more ? ",{\"alias\":" : "{\"alias\":", stdout);
		ui_json_text(m.alias);
		fputs(",\"pubKey\":", stdout);
		json_hex(m.pub_key);
		printf(",\"posted\":%s}", board_posted(s->env, &m) ?
		    "true" : "false");
	}
	fputs("]}", stdout);
}

static void
json_manifest(const struct status *s)
{
	if (s->env == NULL) {
		fputs(",\"manifest\":null,\"board\":null", stdout);
		return;
	}
	fputs(",\"manifest\":{\"namespace\":", stdout);
	ui_json_text(s->env->manifest.ns.name);
	printf(",\"nonce\":%u,\"hash\":", s->env->manifest.ns.nonce);
	json_hex(bytes_of(s->hash.b, sizeof(s->hash.b)));
	putchar('}');
	json_board(s);
}

static void
show_json(const struct status *s)
{
	printf("{\"phase\":\"%s\",\"version\":", phase_name(s->phase));
	if (s->version.refused) {
		fputs("null,\"commit\":null", stdout);
	} else {
		ui_json_text(s->version.m.u.version.version);
		fputs(",\"commit\":", stdout);
		ui_json_text(s->version.m.u.version.commit);
	}
	json_manifest(s);
	if (s->attested)
		printf(",\"document\":{\"notAfter\":%" PRId64
		    ",\"minutesLeft\":%" PRId64 "}}\n", s->not_after,
		    minutes_left(s));
	else
		puts(",\"document\":null}");
}

/* --- */

/* One look; *last where nothing more will change without a reboot. */
static int
look(struct relay *r, bool json, bool *last, struct err *e)
{
	struct status *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((rc = status_get(r, s, e)) == 0) {
		(json ? show_json : show)(s);
		*last = s->phase == PHASE_KEY_PROVISIONED ||
		    s->phase == PHASE_UNRECOVERABLE_ERROR ||
		    s->phase == PHASE_GENESIS_BOOTED;
	}
	status_free(s);
	free(s);
	return rc;
}

/* A host that is away for a while does not end a watch. */
static int
watch(struct relay *r, bool json, uint64_t seconds, struct err *e)
{
	const struct timespec pause = { (time_t)seconds, 0 };
	bool last = false;
	int rc;

	for (;;) {
		rc = look(r, json, &last, e);
		if (rc != 0 && rc != ERR_PEER)
			return rc;
		if (rc != 0)
			ui_error(e->text);
		if (last)
			return 0;
		if (!json && rc == 0)
			putchar('\n');
		if (fflush(stdout) != 0)
			return err_set(e, ERR_SYSTEM, "cannot write to "
			    "standard output");
		nanosleep(&pause, NULL);
	}
}

int
relay_status(struct cmd *c)
{
	struct relay r = RELAY_INIT;
	uint64_t seconds = 0;
	bool json = false, last;
	const struct opt opts[] = { RELAY_OPTIONS(&r),
		FLAG("--json", &json, "for programs"),
		NUMBER("--watch", "S", &seconds, "again every S seconds, "
		    "to the end"), END };
	int rc;

	if ((rc = cmd_parse(c, opts, 0, 0)) != 0)
		return rc;
	if (seconds > WATCH_MAX_S)
		return err_set(&c->e, ERR_USAGE, "--watch is at most %d "
		    "seconds", WATCH_MAX_S);
	if ((rc = relay_open(&r, &c->e)) == 0)
		rc = seconds == 0 ? look(&r, json, &last, &c->e) :
		    watch(&r, json, seconds, &c->e);
	relay_close(&r);
	return rc;
}
