/*
 * quorate-image diff: what differs, section by section.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "enclave/image/commands.h"
#include "enclave/image/diff.h"

/* Fields that no PCR covers. */
static void
diff_header(struct diff *d)
{
	const struct eif *a = &d->a.eif, *b = &d->b.eif;

	if (a->memory == b->memory && a->cpus == b->cpus)
		return;
	d->differences++;
	printf("defaults: memory %ju and %ju, CPUs %ju and %ju (not "
	    "measured)\n", (uintmax_t)a->memory, (uintmax_t)b->memory,
	    (uintmax_t)a->cpus, (uintmax_t)b->cpus);
}

static void
diff_cmdline(struct diff *d)
{
	if (strcmp(d->a.eif.cmdline, d->b.eif.cmdline) == 0)
		return;
	d->differences++;
	puts("command line:");
	fputs("  a: ", stdout);
	ui_print_text(bytes_str(d->a.eif.cmdline));
	fputs("\n  b: ", stdout);
	ui_print_text(bytes_str(d->b.eif.cmdline));
	putchar('\n');
}

/* Section number n of a type, or NULL. */
static const struct eif_section *
nth(const struct eif *x, enum eif_type type, size_t n)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->section[i].type == type && n-- == 0)
			return &x->section[i];
	return NULL;
}

/* Bytes of a section; ramdisks go on by files. */
static int
diff_section(struct diff *d, enum eif_type type, size_t n, const char *label,
    struct err *e)
{
	const struct eif_section *a = nth(&d->a.eif, type, n);
	const struct eif_section *b = nth(&d->b.eif, type, n);
	uint64_t first;
	bool same;
	int r = ERR_INTERNAL;

	if (a == NULL && b == NULL)
		return 0;
	if (a == NULL || b == NULL) {
		d->differences++;
		printf("%s: only in %s\n", label, a != NULL ? "a" : "b");
		return 0;
	}
	if ((r = source_differ(&d->a.source, eif_payload(a), a->size,
	    &d->b.source, eif_payload(b), b->size, &first, &same, e)) != 0 ||
	    same)
		return r;
	d->differences++;
	printf("%s: %ju and %ju bytes; first difference at its byte %ju "
	    "(a: %ju, b: %ju)%s\n", label, (uintmax_t)a->size,
	    (uintmax_t)b->size, (uintmax_t)first,
	    (uintmax_t)(eif_payload(a) + first),
	    (uintmax_t)(eif_payload(b) + first),
	    type == EIF_METADATA ? " (not measured)" : "");
	return type == EIF_RAMDISK ? diff_ramdisk(d, a, b, e) : 0;
}

static int
diff_ramdisks(struct diff *d, struct err *e)
{
	char label[32];
	int r = 0;

	for (size_t n = 0; r == 0 && n < EIF_SECTIONS_MAX; n++) {
		snprintf(label, sizeof(label), "ramdisk %zu", n + 1);
		r = diff_section(d, EIF_RAMDISK, n, label, e);
	}
	return r;
}

static void
diff_pcrs(const struct diff *d)
{
	const struct measures *a = &d->a.measures, *b = &d->b.measures;

	for (size_t i = 0; i < 3; i++)
		printf("PCR%zu: %s\n", i, memcmp(a->pcr[i].b, b->pcr[i].b,
		    SHA384_LEN) == 0 ? "the same" : "DIFFERENT");
	if (d->a.signature.state != SIGNATURE_NONE ||
	    d->b.signature.state != SIGNATURE_NONE)
		printf("PCR8: %s\n", memcmp(d->a.signature.pcr8.b,
		    d->b.signature.pcr8.b, SHA384_LEN) == 0 ? "the same" :
		    "DIFFERENT");
}

static int
diff(struct diff *d, struct err *e)
{
	int r = ERR_INTERNAL;

	diff_header(d);
	if ((r = diff_section(d, EIF_KERNEL, 0, "kernel", e)) != 0)
		return r;
	diff_cmdline(d);
	if ((r = diff_section(d, EIF_METADATA, 0, "metadata", e)) != 0 ||
	    (r = diff_ramdisks(d, e)) != 0 ||
	    (r = diff_section(d, EIF_SIGNATURE, 0, "signature", e)) != 0)
		return r;
	if (d->differences == 0) {
		puts("the two images are the same, byte for byte");
		return 0;
	}
	diff_pcrs(d);
	return err_set(e, ERR_REFUSED, "%s and %s differ", d->a.source.name,
	    d->b.source.name);
}

int
image_diff_run(struct cmd *c)
{
	static struct diff d;
	const struct opt opts[] = { END };
	int r = ERR_INTERNAL;

	d.a.source.fd = d.b.source.fd = -1;
	if ((r = cmd_parse(c, opts, 2, 2)) != 0)
		return r;
	if ((r = report_make(&d.a, cmd_arg(c, 0), &c->e)) == 0 &&
	    (r = report_make(&d.b, cmd_arg(c, 1), &c->e)) == 0)
		r = diff(&d, &c->e);
	report_free(&d.a);
	report_free(&d.b);
	return r;
}
