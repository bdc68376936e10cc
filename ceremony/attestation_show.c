/*
 * quorate attestation show: everything a document says, for a person to
 * read.  Nothing is verified, and the screen says so first.  Text from the
 * document goes through ui_print_text only.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "ceremony/attestation_cmds.h"
#include "ceremony/plumbing.h"

#define DOCUMENT_FILE_MAX 65536
#define LABEL "%-15s "

static void
show_text(const char *label, struct bytes text)
{
	printf(LABEL, label);
	ui_print_text(text);
	putchar('\n');
}

static bool
is_zero(const uint8_t *pcr)
{
	static const uint8_t zero[SHA384_LEN];

	return memcmp(pcr, zero, sizeof(zero)) == 0;
}

static void
show_pcrs(const struct attestation *doc)
{
	unsigned listed = 0, zero = 0;

	for (unsigned i = 0; i < ATTESTATION_PCRS; i++) {
		char name[16];

		if (doc->pcr[i] == NULL)
			continue;
		listed++;
		if (is_zero(doc->pcr[i])) {
			zero++;
			continue;
		}
		snprintf(name, sizeof(name), "PCR%u", i);
		ui_print_hex(name, bytes_of(doc->pcr[i], SHA384_LEN));
	}
	printf(LABEL "%u listed, %u of them zero:", "PCRs", listed, zero);
	for (unsigned i = 0; i < ATTESTATION_PCRS; i++)
		if (doc->pcr[i] != NULL && is_zero(doc->pcr[i]))
			printf(" %u", i);
	putchar('\n');
	if (doc->pcr[0] != NULL && is_zero(doc->pcr[0]))
		puts("    WARNING: PCR0 is zero: a debug enclave, whose "
		    "memory its host reads");
}

static void
show_field(const char *name, struct bytes b)
{
	char label[64];

	if (b.p == NULL) {
		printf(LABEL "none\n", name);
		return;
	}
	snprintf(label, sizeof(label), LABEL "%zu bytes", name, b.n);
	ui_print_hex(label, b);
}

static void
show_certificate(const char *name, struct bytes der)
{
	struct digest256 d = sha256(der);
	struct certificate c;
	char fp[80], from[32], until[32];
	const char *why;

	ui_fingerprint(&d, fp);
	printf("%s, SHA-256\n    %s\n", name, fp);
	if (certificate_read(der, &c, &why) != 0) {
		printf("    does not read: %s\n", why);
		return;
	}
	fputs("    common name ", stdout);
	ui_print_text(certificate_common_name(c.subject));
	ui_time(c.not_before, from);
	ui_time(c.not_after, until);
	printf("\n    valid %s to %s\n", from, until);
}

static void
show_bundle(const struct attestation *doc)
{
	bool pinned = bytes_equal(doc->cabundle[0], aws_root_der());

	show_certificate("certificate", doc->certificate);
	for (size_t i = doc->cabundle_count; i-- > 0;) {
		char name[32];

		snprintf(name, sizeof(name), "cabundle[%zu]", i);
		show_certificate(name, doc->cabundle[i]);
	}
	printf("    it %s; a verification does not read it\n", pinned ?
	    "equals the pinned AWS root" : "is NOT the pinned AWS root");
}

static void
show(const struct attestation *doc, struct bytes file)
{
	struct digest256 hash = sha256(file);
	char text[80];

	puts("NOTHING HERE IS VERIFIED: see quorate attestation verify");
	if (attestation_simulated(doc))
		puts("*** SIMULATED *** no hardware stands behind this "
		    "document");
	ui_fingerprint(&hash, text);
	printf("document, SHA-256\n    %s\n", text);
	printf(LABEL "%zu bytes, COSE_Sign1, ES384, %s\n", "form", file.n,
	    doc->cose.tagged ? "tag 18" : "no tag");
	show_text("module_id", doc->module_id);
	show_text("digest", doc->digest);
	ui_time((int64_t)(doc->timestamp / 1000), text);
	printf(LABEL "%s (%llu ms)\n", "made", text,
	    (unsigned long long)doc->timestamp);
	show_pcrs(doc);
	show_field("public_key", doc->public_key);
	show_field("user_data", doc->user_data);
	show_field("nonce", doc->nonce);
	show_bundle(doc);
}

int
attestation_show_run(struct cmd *c)
{
	const struct opt opts[] = { END };
	static struct attestation doc;
	struct buf file = { 0 };
	const char *path;
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	path = input_path(c, 0);
	if ((r = file_read(path, DOCUMENT_FILE_MAX, &file, &c->e)) != 0)
		return r;
	if ((r = attestation_read(buf_bytes(&file), &doc, &c->e)) != 0)
		r = input_error(c, path, r);
	else
		show(&doc, buf_bytes(&file));
	buf_free(&file);
	return r;
}
