/*
 * The screen of `quorate share release`.
 *
 * All of the manifest first, which is long; then a page that a tired person
 * can take in, the most important last, next to the question.  What depends
 * on the time begins with AS OF where --at gave it, in the question too.
 */
#include <stdarg.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hash.h"
#include "ceremony/fingerprint.h"
#include "ceremony/share_release.h"

#define LABEL "%-16s "
#define INDENT 17
#define CLOCKS_APART 60		/* seconds that are no difference */

/* Those that a person answers for; shares' holders were approved. */
static const enum source_field asked[] = { SOURCE_MANIFEST_SET, SOURCE_PCRS,
	SOURCE_ROLE_ARN, SOURCE_PIVOT, SOURCE_QUORUM_KEY };

static const struct manifest *
manifest_of(const struct release_job *j)
{
	return &j->l.env.manifest;
}

static void PRINTF_LIKE(2, 3)
timely(const struct release_job *j, const char *fmt, ...)
{
	char text[32];
	va_list ap;

	if (release_as_of(j)) {
		ui_time(j->time, text);
		printf("AS OF %s: ", text);
	}
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void
show_approvers(const struct release_job *j)
{
	const struct list *list = &j->l.env.manifest_approvals;
	const struct set *set = &manifest_of(j)->manifest_set;
	struct rd rd = list_walk(list);
	struct approval a;

	printf(LABEL "%u of %u people, %u needed\n", "approved by",
	    list->count, set->members.count, set->threshold);
	while (list_next(&rd, &type_approval, &a)) {
		printf("%*s", INDENT, "");
		ui_print_quoted(a.member.alias, INDENT);
		putchar('\n');
	}
}

/* Remembered from an earlier release that the person said yes to. */
static bool
remembered(const struct release_job *j, enum source_field f)
{
	return j->has_trust && (f == SOURCE_MANIFEST_SET ||
	    f == SOURCE_ROLE_ARN || f == SOURCE_QUORUM_KEY);
}

enum stand { COMPARED, REMEMBERED, TAKEN };

static enum stand
stand(const struct release_job *j, enum source_field f)
{
	if (j->cmp.verdict[f] == SOURCE_SAME)
		return COMPARED;
	return remembered(j, f) ? REMEMBERED : TAKEN;
}

static void
show_stand(const struct release_job *j, const char *label, enum stand s)
{
	const char *before = "";

	for (size_t i = 0; i < COUNT(asked); i++) {
		if (stand(j, asked[i]) != s)
			continue;
		if (before[0] == '\0')
			printf(LABEL, label);
		printf("%s%s", before, source_name(asked[i]));
		before = ", ";
	}
	if (before[0] != '\0')
		putchar('\n');
}

static void
show_share(const struct release_job *j)
{
	static const char *const from[] = {
		[HASH_UNKNOWN] = "its hash is in neither manifest nor trust "
		    "file: only the\n                 enclave will see "
		    "whether it is of this genesis",
		[HASH_REMEMBERED] = "must have the hash that your trust file "
		    "remembers",
		[HASH_IN_MANIFEST] = "must have the hash that the manifest "
		    "gives for you",
	};

	printf(LABEL "%s\n", "your share", from[j->hash_from]);
}

static void
show_what(const struct release_job *j)
{
	const struct name_space *ns = &manifest_of(j)->ns;

	printf(LABEL "%s\n", "quorum key",
	    key_fingerprint(ns->quorum_key).text);
	printf(LABEL, "namespace");
	ui_print_quoted(ns->name, INDENT);
	printf("\n" LABEL "%u, ", "nonce", ns->nonce);
	if (!j->has_trust)
		puts("your first release: no trust file yet");
	else if (ns->nonce == j->known.nonce)
		puts("the same as at your last release");
	else
		printf("higher than %u at your last release\n",
		    (unsigned)j->known.nonce);
}

static long long
minutes_left(const struct release_job *j)
{
	return (long long)(j->good_until - j->time) / 60;
}

static void
show_times(const struct release_job *j)
{
	char text[32];

	ui_time(ui_now(), text);
	timely(j, LABEL "%s", "this machine", text);
	ui_time((int64_t)(j->doc.timestamp / 1000), text);
	timely(j, LABEL "%s", "enclave's clock", text);
	ui_time(j->good_until, text);
	timely(j, LABEL "%s", "good until", text);
	timely(j, LABEL "%lld minutes", "time left", minutes_left(j));
}

static void
show_warnings(const struct release_job *j)
{
	int64_t made = (int64_t)(j->doc.timestamp / 1000);

	if (made > j->time + CLOCKS_APART)
		timely(j, "WARNING: the enclave's clock is ahead of %s",
		    release_as_of(j) ? "--at" : "this machine's");
	if (minutes_left(j) < RELEASE_MINUTES_FEW) {
		timely(j, "WARNING: %lld minutes left, fewer than %d;",
		    minutes_left(j), RELEASE_MINUTES_FEW);
		timely(j, "         then only a fresh document helps");
	}
	if (manifest_of(j)->pivot.debug_mode)
		puts("WARNING: debug mode: the application's output leaves "
		    "the enclave");
	if (j->l.mode == MODE_REHEARSAL)
		puts("*** REHEARSAL *** nothing real may depend on it");
	if (attestation_simulated(&j->doc))
		puts("*** SIMULATED *** this document proves nothing about "
		    "any hardware;\nwhoever runs the enclave can read your "
		    "share: it must be one of a rehearsal");
}

void
release_show(const struct release_job *j)
{
	struct digest256 doc = sha256(buf_bytes(&j->doc_file));

	putchar('\n');
	manifest_show(&j->l);
	puts("\n--- to decide: does this enclave get your share?");
	digest_show("manifest hash", &j->l.hash);
	digest_show("document, SHA-256", &doc);
	printf(LABEL "%s\n", "setup key",
	    key_fingerprint(j->doc.public_key).text);
	timely(j, LABEL "%s", "document", j->root != NULL ?
	    "good, by the TEST ROOT you named" :
	    "good, by AWS Nitro Root-G1");
	show_approvers(j);
	show_stand(j, "same as yours", COMPARED);
	show_stand(j, "as remembered", REMEMBERED);
	show_share(j);
	show_what(j);
	show_times(j);
	show_warnings(j);
}

static int
ask_taken(const struct release_job *j, struct err *e)
{
	int r;

	for (size_t i = 0; i < COUNT(asked); i++) {
		enum source_field f = asked[i];

		if (stand(j, f) != TAKEN)
			continue;
		printf("%s: taken on the approvers' word\n", source_name(f));
		if ((r = ui_confirm(e, "go on without comparing the %s (%s)?",
		    source_name(f), source_option(f))) != 0)
			return r;
	}
	return 0;
}

int
release_ask(const struct release_job *j, struct err *e)
{
	char text[32];
	int r;

	if ((r = ask_taken(j, e)) != 0)
		return r;
	if (release_as_of(j)) {
		ui_time(j->time, text);
		ui_say("AS OF %s, the time you gave:", text);
	}
	return ui_confirm(e, "%srelease your share to this %s%s enclave?",
	    release_as_of(j) ? "AS OF then: " : "",
	    attestation_simulated(&j->doc) ? "SIMULATED " : "",
	    mode_text(j->l.mode));
}
