/*
 * Verdicts of `quorate attestation verify`: for a person, a line a rule; for
 * programs, JSON (docs/formats/attestation-verify.md).
 */
#include <stdarg.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/record/json.h"
#include "airgap/seal/hash.h"
#include "ceremony/attestation_cmds.h"

static const char *const states[] = {
	[RULE_NOT_ASKED] = "not asked", [RULE_NOT_REACHED] = "not reached",
	[RULE_OK] = "ok", [RULE_FAILED] = "FAILED",
};

struct duration { char text[32]; };

/* "2 h 38 min"; never negative. */
static struct duration
duration_text(int64_t s)
{
	long long minutes = (s < 0 ? 0 : s) / 60;
	struct duration d;

	if (minutes < 60)
		snprintf(d.text, sizeof(d.text), "%lld min", minutes);
	else if (minutes < 2880)
		snprintf(d.text, sizeof(d.text), "%lld h %lld min",
		    minutes / 60, minutes % 60);
	else
		snprintf(d.text, sizeof(d.text), "%lld days",
		    minutes / 1440);
	return d;
}

/* The leaf's end; false where it does not read. */
static bool
leaf_until(const struct attestation *doc, int64_t *until)
{
	struct certificate leaf;
	const char *why;

	if (certificate_read(doc->certificate, &leaf, &why) != 0)
		return false;
	*until = leaf.not_after;
	return true;
}

/* Each line begins with it: "AS OF ...: ", or nothing. */
static void
begin(const struct attestation_report *r)
{
	char text[32];

	if (!r->as_of)
		return;
	ui_time((int64_t)r->time, text);
	printf("AS OF %s: ", text);
}

static void PRINTF_LIKE(2, 3)
line(const struct attestation_report *r, const char *fmt, ...)
{
	va_list ap;

	begin(r);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void
print_fingerprint(const struct attestation_report *r, const char *what,
    const struct digest256 *d)
{
	char fp[80];

	ui_fingerprint(d, fp);
	line(r, "%s", what);
	line(r, "    %s", fp);
}

static void
print_clocks(const struct attestation_report *r)
{
	int64_t time = (int64_t)r->time, until, made;
	char text[32];

	if (!r->as_of) {
		ui_time(time, text);
		line(r, "now:           %s, by this machine's clock", text);
	}
	if (!r->read)
		return;
	made = (int64_t)(r->doc.timestamp / 1000);
	ui_time(made, text);
	if (made > time + 60)
		line(r, "document made: %s, %s AFTER that", text,
		    duration_text(made - time).text);
	else
		line(r, "document made: %s, %s before", text,
		    duration_text(time - made).text);
	if (!leaf_until(&r->doc, &until))
		return;
	ui_time(until, text);
	if (until < time)
		line(r, "leaf ended:    %s, %s before", text,
		    duration_text(time - until).text);
	else
		line(r, "leaf ends:     %s, %s left", text,
		    duration_text(until - time).text);
}

static void
print_head(const struct attestation_report *r)
{
	struct digest256 root = sha256(r->root);

	if (r->read && attestation_simulated(&r->doc))
		line(r, "*** SIMULATED *** no hardware stands behind this "
		    "document");
	print_fingerprint(r, "document, SHA-256:", &r->hash);
	if (r->read) {
		begin(r);
		fputs("module: ", stdout);
		ui_print_text(r->doc.module_id);
		putchar('\n');
	}
	if (r->bound) {
		line(r, "against a %s manifest as its %s key, hash:",
		    mode_text(r->mode), r->kind == ATTESTATION_SETUP ?
		    "setup" : "live");
		print_fingerprint(r, "   ", &r->manifest);
	}
	if (r->pinned)
		line(r, "root: the pinned AWS root");
	else
		print_fingerprint(r, "root: *** A TEST ROOT ***, SHA-256:",
		    &root);
	print_clocks(r);
}

void
attestation_print(const struct attestation_report *r)
{
	const struct verdict *v = &r->doc.verdict;
	unsigned asked = 0;

	print_head(r);
	for (unsigned i = 0; i < ATTESTATION_RULES; i++) {
		if (v->state[i] == RULE_NOT_ASKED)
			continue;
		asked++;
		line(r, "%s: %s: %s", states[v->state[i]],
		    rule_name((enum attestation_rule)i),
		    i == v->failed ? r->why.text :
		    rule_text((enum attestation_rule)i));
	}
	if (r->result == 0)
		line(r, "all %u rules hold%s", asked, r->bound ? "" :
		    "; nothing is said about what the enclave runs");
}

/* --- for programs */

static int
put_stdout(struct sink *s, const void *p, size_t n)
{
	(void)s;
	return fwrite(p, 1, n, stdout) == n ? 0 : ERR_SYSTEM;
}

/* text is UTF-8: a module_id, or a sentence of ours */
static void
put_text(struct bytes text)
{
	struct sink s = { .put = put_stdout };

	(void)!json_put_string(&s, text);
}

static void
put_hex(const char *name, struct bytes b)
{
	printf("\"%s\":\"", name);
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", b.p[i]);
	putchar('"');
}

/* null where the document has none */
static void
put_field(const char *name, struct bytes b)
{
	putchar(',');
	if (b.p == NULL)
		printf("\"%s\":null", name);
	else
		put_hex(name, b);
}

static void
put_document(const struct attestation_report *r)
{
	const struct attestation *doc = &r->doc;
	bool more = false;
	int64_t until;

	fputs("{\"moduleId\":", stdout);
	put_text(doc->module_id);
	printf(",\"simulated\":%s,\"timestampMs\":%llu,\"leafUntil\":",
	    attestation_simulated(doc) ? "true" : "false",
	    (unsigned long long)doc->timestamp);
	if (leaf_until(doc, &until))
		printf("%lld", (long long)until);
	else
		fputs("null", stdout);
	fputs(",\"pcrs\":{", stdout);
	for (unsigned i = 0; i < ATTESTATION_PCRS; i++) {
		char name[8];

		if (doc->pcr[i] == NULL)
			continue;
		fputs(more ? "," : "", stdout);
		more = true;
		snprintf(name, sizeof(name), "%u", i);
		put_hex(name, bytes_of(doc->pcr[i], SHA384_LEN));
	}
	putchar('}');
	put_field("publicKey", doc->public_key);
	put_field("userData", doc->user_data);
	put_field("nonce", doc->nonce);
	putchar('}');
}

static void
put_rules(const struct attestation_report *r)
{
	const struct verdict *v = &r->doc.verdict;
	bool more = false;

	putchar('[');
	for (unsigned i = 0; i < ATTESTATION_RULES; i++) {
		if (v->state[i] == RULE_NOT_ASKED)
			continue;
		printf("%s{\"rule\":\"%s\",\"state\":\"%s\"}",
		    more ? "," : "", rule_name((enum attestation_rule)i),
		    v->state[i] == RULE_FAILED ? "failed" :
		    states[v->state[i]]);
		more = true;
	}
	putchar(']');
}

void
attestation_print_json(const struct attestation_report *r)
{
	struct digest256 root = sha256(r->root);

	printf("{\"ok\":%s,\"asOf\":%s,\"time\":%llu,",
	    r->result == 0 ? "true" : "false", r->as_of ? "true" : "false",
	    (unsigned long long)r->time);
	put_hex("documentSha256", bytes_of(r->hash.b, SHA256_LEN));
	putchar(',');
	put_hex("rootSha256", bytes_of(root.b, SHA256_LEN));
	printf(",\"rootPinned\":%s,\"manifest\":",
	    r->pinned ? "true" : "false");
	if (r->bound) {
		putchar('{');
		put_hex("hash", bytes_of(r->manifest.b, SHA256_LEN));
		printf(",\"mode\":\"%s\",\"kind\":\"%s\"}",
		    mode_text(r->mode), r->kind == ATTESTATION_SETUP ?
		    "setup" : "live");
	} else
		fputs("null", stdout);
	fputs(",\"document\":", stdout);
	if (r->read)
		put_document(r);
	else
		fputs("null", stdout);
	fputs(",\"rules\":", stdout);
	put_rules(r);
	fputs(",\"problem\":", stdout);
	if (r->result == 0)
		fputs("null", stdout);
	else {
		printf("{\"rule\":\"%s\",\"text\":",
		    rule_name(r->doc.verdict.failed));
		put_text(bytes_str(r->why.text));
		putchar('}');
	}
	puts("}");
}
