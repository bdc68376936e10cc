/*
 * quorate-image show: all that is in an image, down to its files.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hex.h"
#include "enclave/image/commands.h"
#include "enclave/image/listing.h"
#include "enclave/image/report.h"

/* Foreign text, made safe for a terminal. */
static int
print_text(const struct source *s, uint64_t at, uint64_t n, struct err *e)
{
	static struct piece piece;
	struct bytes b;
	int r = ERR_INTERNAL;

	piece_begin(&piece, s, at, n);
	do {
		if ((r = piece_next(&piece, &b, e)) != 0)
			return r;
		ui_print_text(b);
	} while (b.n > 0);
	putchar('\n');
	return 0;
}

static int
print_sections(const struct report *r, struct err *e)
{
	char label[32], hash[2 * SHA256_LEN + 1];
	int rc = ERR_INTERNAL;

	for (size_t i = 0; i < r->eif.count; i++) {
		const struct eif_section *s = &r->eif.section[i];

		if ((rc = source_sha256(&r->source, eif_payload(s), s->size,
		    hash, e)) != 0)
			return rc;
		section_label(&r->eif, i, label);
		printf("%-10s  %ju bytes from byte %ju\n"
		    "    SHA-256 %s\n", label, (uintmax_t)s->size,
		    (uintmax_t)eif_payload(s), hash);
	}
	return 0;
}

static void
print_signature(const struct report *r)
{
	char hex[2 * SHA256_LEN + 1];

	if (r->signature.state == SIGNATURE_NONE) {
		puts("signature   none");
		return;
	}
	hex_text(r->signature.certificate.b, SHA256_LEN, hex);
	printf("signature   %s; certificate with SHA-256\n            %s\n",
	    r->signature.state == SIGNATURE_OK ? "holds (ES384, over PCR0)" :
	    "NOT CHECKED: not ES384", hex);
}

/* Mode, owner, size or device, hash, name. */
static int
print_entry(const struct source *s, const struct cpio_found *x, struct err *e)
{
	char mode[11], hash[2 * SHA256_LEN + 1], what[32];
	const struct cpio_entry *h = &x->head;
	int r = 0;

	mode_letters(h->mode, mode);
	snprintf(what, sizeof(what), "%ju", (uintmax_t)h->size);
	if (S_ISCHR(h->mode) || S_ISBLK(h->mode))
		snprintf(what, sizeof(what), "%u:%u", h->major, h->minor);
	printf("  %s %u:%u %9s  ", mode, x->uid, x->gid, what);
	ui_print_text(bytes_str(h->path));
	if (S_ISLNK(h->mode)) {
		fputs(" -> ", stdout);
		return print_text(s, x->content, h->size, e);
	}
	putchar('\n');
	if (S_ISREG(h->mode) && (r = source_sha256(s, x->content, h->size,
	    hash, e)) == 0)
		printf("    SHA-256 %s\n", hash);
	return r;
}

static int
print_files(const struct source *s, const struct eif *eif,
    const struct eif_section *sec, struct err *e)
{
	static const char *const other[] = {
		[CPIO_EMPTY] = "  empty",
		[CPIO_COMPRESSED] = "  compressed; its files are not shown",
		[CPIO_OTHER] = "  no archive that this reads (cpio, newc)" };
	static struct cpio_walk w;
	enum cpio_kind kind;
	struct cpio_found x;
	bool more = true;
	int r = ramdisk_kind(s, eif, sec, &kind, e);

	if (r != 0)
		return r;
	if (kind != CPIO_NEWC) {
		puts(other[kind]);
		return 0;
	}
	cpio_begin(&w, s, eif_payload(sec), sec->size);
	while ((r = cpio_next(&w, &x, &more, e)) == 0 && more)
		if ((r = print_entry(s, &x, e)) != 0)
			break;
	return r;
}

static int
show(const struct report *r, struct err *e)
{
	const struct eif_section *metadata = eif_find(&r->eif, EIF_METADATA);
	char label[32];
	int rc = ERR_INTERNAL;

	fputs("image       ", stdout);
	ui_print_text(bytes_str(r->source.name));
	printf("\n            %ju bytes, CRC-32 %08x, EIF version %d\n"
	    "defaults    %ju bytes of memory, %ju CPUs (not measured)\n",
	    (uintmax_t)r->source.size, r->measures.crc, EIF_VERSION,
	    (uintmax_t)r->eif.memory, (uintmax_t)r->eif.cpus);
	print_signature(r);
	if ((rc = print_sections(r, e)) != 0)
		return rc;
	fputs("\ncommand line\n  ", stdout);
	ui_print_text(bytes_str(r->eif.cmdline));
	putchar('\n');
	if (metadata != NULL) {
		fputs("\nmetadata (not measured)\n  ", stdout);
		if ((rc = print_text(&r->source, eif_payload(metadata),
		    metadata->size, e)) != 0)
			return rc;
	}
	for (size_t i = 0; i < r->eif.count; i++) {
		if (r->eif.section[i].type != EIF_RAMDISK)
			continue;
		section_label(&r->eif, i, label);
		printf("\n%s\n", label);
		if ((rc = print_files(&r->source, &r->eif,
		    &r->eif.section[i], e)) != 0)
			return rc;
	}
	putchar('\n');
	report_print_lines(r);
	return 0;
}

int
image_show_run(struct cmd *c)
{
	static struct report r;
	const struct opt opts[] = { END };
	int rc = ERR_INTERNAL;

	if ((rc = cmd_parse(c, opts, 1, 1)) != 0)
		return rc;
	if ((rc = report_make(&r, cmd_arg(c, 0), &c->e)) == 0)
		rc = show(&r, &c->e);
	report_free(&r);
	return rc;
}
