/*
 * measure --compare: what differs, and what that means.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/file.h"
#include "airgap/record/aws_root.h"
#include "airgap/seal/hex.h"
#include "enclave/attestation/verify.h"
#include "enclave/image/compare.h"

#define PCRS ATTESTATION_PCRS

/* PCRs of one side; NULL where it says nothing. */
struct numbers {
	const uint8_t *pcr[PCRS];
	uint8_t own[PCRS][SHA384_LEN];
};

static void
numbers_of_image(const struct report *r, struct numbers *out)
{
	*out = (struct numbers){ .pcr = { NULL } };
	for (size_t i = 0; i < 3; i++)
		out->pcr[i] = r->measures.pcr[i].b;
	/* zero when unsigned, and a document shows that */
	out->pcr[8] = r->signature.pcr8.b;
	if (r->has_pcr3)
		out->pcr[3] = r->pcr3.b;
	if (r->has_pcr4)
		out->pcr[4] = r->pcr4.b;
}

/* --- a release file */

/* "HEX PCRn", whole; false if it is anything else. */
static bool
read_line(struct bytes line, struct numbers *out)
{
	struct bytes hex = bytes_of(line.p, 2 * SHA384_LEN);
	size_t n = 2 * SHA384_LEN;
	uint64_t i;

	if (line.n < n + 5 || line.n > n + 6 ||
	    memcmp(line.p + n, " PCR", 4) != 0 ||
	    !bytes_number(bytes_of(line.p + n + 4, line.n - n - 4), PCRS - 1,
	    &i) || out->pcr[i] != NULL ||
	    hex_decode_exact(hex, out->own[i], SHA384_LEN, NULL) != 0)
		return false;
	out->pcr[i] = out->own[i];
	return true;
}

/* Does text look like a release file: does it begin with hex and " PCR"? */
static bool
is_release(struct bytes text)
{
	return text.n > 2 * SHA384_LEN + 4 &&
	    memcmp(text.p + 2 * SHA384_LEN, " PCR", 4) == 0;
}

static int
read_release(const char *path, struct bytes text, struct numbers *out,
    struct err *e)
{
	size_t number = 0;

	*out = (struct numbers){ .pcr = { NULL } };
	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl == NULL ? text.n : (size_t)(nl - text.p);

		number++;
		if (!read_line(bytes_of(text.p, n), out))
			return err_set(e, ERR_INPUT, "%s: line %zu is not "
			    "\"HEX PCRn\", each PCR once", path, number);
		n += nl != NULL;
		text = bytes_of(text.p + n, text.n - n);
	}
	for (size_t i = 0; i < 3; i++)
		if (out->pcr[i] == NULL)
			return err_set(e, ERR_INPUT, "%s has no PCR%zu", path,
			    i);
	return 0;
}

/* --- an attestation document */

static void
print_document(const struct attestation *doc, const struct compare *q,
    uint64_t time, bool pinned)
{
	char when[32];

	fputs("document    of ", stdout);
	ui_print_text(doc->module_id);
	ui_time((int64_t)(doc->timestamp / 1000), when);
	printf("\n            made %s\n", when);
	ui_time((int64_t)time, when);
	printf("            verified to %s, %s %s\n", pinned ?
	    "the pinned AWS root" : "a TEST ROOT, not AWS's",
	    q->at == COMPARE_NOW ? "now," : "AS OF", when);
	if (attestation_simulated(doc))
		puts("            SIMULATED: no hardware stands behind it");
}

static int
read_document(const struct compare *q, struct bytes in, struct numbers *out,
    struct err *e)
{
	uint64_t time = q->at == COMPARE_NOW ? (uint64_t)ui_now() : q->at;
	static struct attestation doc;
	struct buf test = { 0 };
	struct bytes root = aws_root_der();
	int r = ERR_INTERNAL;

	*out = (struct numbers){ .pcr = { NULL } };
	if (q->root != NULL) {
		if ((r = attestation_root_read(q->root, &test, e)) != 0)
			return r;
		root = buf_bytes(&test);
	}
	if ((r = attestation_read(in, &doc, e)) == 0)
		r = attestation_verify_chain(&doc, root, time, e);
	if (r == 0)
		print_document(&doc, q, time, bytes_equal(root,
		    aws_root_der()));
	else if (r != ERR_SYSTEM)
		(void)err_prefix(e, "%s: neither \"HEX PCRn\" lines nor an "
		    "attestation document that verifies (%s)", q->path,
		    rule_name(doc.verdict.failed));
	for (size_t i = 0; i < PCRS; i++)
		out->pcr[i] = doc.pcr[i];
	buf_free(&test);
	return r;
}

/* --- side by side */

static void
print_hex(const char *side, const uint8_t *pcr)
{
	char hex[2 * SHA384_LEN + 1];

	hex_text(pcr, SHA384_LEN, hex);
	/* two lines: 80 columns do not hold it */
	printf("      %-6s  %.48s\n              %s\n", side, hex, hex + 48);
}

static bool
zero(const uint8_t *pcr)
{
	static const uint8_t none[SHA384_LEN];

	return memcmp(pcr, none, sizeof(none)) == 0;
}

/* What a PCR is of, for the person who looks for the cause. */
static const char *
meaning(size_t i)
{
	switch (i) {
	case 0:
		return "the whole image";
	case 1:
		return "kernel, command line, first ramdisk";
	case 2:
		return "further ramdisks: the application";
	case 3:
		return "role of the parent instance";
	case 4:
		return "the parent instance";
	default:
		return "signing certificate";
	}
}

/* Counts what differs; what only one side says is told. */
static size_t
print_pcrs(const struct numbers *ours, const struct numbers *theirs)
{
	static const size_t shown[] = { 0, 1, 2, 3, 4, 8 };
	size_t different = 0;

	for (size_t k = 0; k < sizeof(shown) / sizeof(*shown); k++) {
		size_t i = shown[k];
		const uint8_t *a = ours->pcr[i], *b = theirs->pcr[i];

		if (b == NULL && (a == NULL || zero(a)))
			continue;
		if (a == NULL || b == NULL) {
			printf("PCR%zu  not compared: only %s has it (%s)\n",
			    i, a != NULL ? "this side" : "the other side",
			    meaning(i));
			continue;
		}
		if (memcmp(a, b, SHA384_LEN) == 0) {
			printf("PCR%zu  the same (%s)\n", i, meaning(i));
			continue;
		}
		printf("PCR%zu  DIFFERENT (%s)\n", i, meaning(i));
		print_hex("image", a);
		print_hex("other", b);
		different++;
	}
	return different;
}

int
compare_image(const struct report *r, const struct compare *q, struct err *e)
{
	static struct numbers ours, theirs;
	struct buf file;
	size_t different;
	int rc = file_read(q->path, COMPARE_FILE_MAX, &file, e);

	if (rc != 0)
		return rc;
	rc = is_release(buf_bytes(&file)) ?
	    read_release(q->path, buf_bytes(&file), &theirs, e) :
	    read_document(q, buf_bytes(&file), &theirs, e);
	if (rc != 0)
		goto out;
	numbers_of_image(r, &ours);
	different = print_pcrs(&ours, &theirs);
	if (theirs.pcr[0] != NULL && zero(theirs.pcr[0]))
		rc = err_set(e, ERR_REFUSED, "%s: PCR0 is zero: a debug "
		    "enclave, which shows nothing about its image", q->path);
	else if (different > 0)
		rc = err_set(e, ERR_REFUSED, "%s is not the image of %s; "
		    "'quorate-image diff' with the other image says where",
		    r->source.name, q->path);
	else if (theirs.pcr[0] == NULL || theirs.pcr[1] == NULL ||
	    theirs.pcr[2] == NULL)
		rc = err_set(e, ERR_REFUSED, "%s does not have PCR0, PCR1 "
		    "and PCR2", q->path);
	else
		puts("the same image");
out:
	buf_free(&file);
	return rc;
}
