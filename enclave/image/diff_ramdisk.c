/*
 * Which files of two ramdisks differ, and where.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "airgap/cli/ui.h"
#include "enclave/image/diff.h"
#include "enclave/image/index.h"

static void
print_path(const struct cpio_found *x)
{
	fputs("  ", stdout);
	ui_print_text(bytes_str(x->head.path));
}

static void
print_only(const struct cpio_found *x, const char *where)
{
	print_path(x);
	printf(": only in %s\n", where);
}

/* Everything but the content; true if something was printed. */
static bool
diff_heads(const struct cpio_found *a, const struct cpio_found *b)
{
	const struct cpio_entry *x = &a->head, *y = &b->head;
	char mode_a[11], mode_b[11];
	bool any = false;

	if (x->mode != y->mode) {
		mode_letters(x->mode, mode_a);
		mode_letters(y->mode, mode_b);
		print_path(a);
		printf(": mode %s and %s\n", mode_a, mode_b);
		any = true;
	}
	if (a->uid != b->uid || a->gid != b->gid) {
		print_path(a);
		printf(": owner %u:%u and %u:%u\n", a->uid, a->gid, b->uid,
		    b->gid);
		any = true;
	}
	if (x->major != y->major || x->minor != y->minor) {
		print_path(a);
		printf(": device %u:%u and %u:%u\n", x->major, x->minor,
		    y->major, y->minor);
		any = true;
	}
	if (a->mtime != b->mtime) {
		print_path(a);
		printf(": time %u and %u\n", a->mtime, b->mtime);
		any = true;
	}
	return any;
}

static int
diff_entries(struct diff *d, const struct cpio_found *a,
    const struct cpio_found *b, bool *any, struct err *e)
{
	uint64_t first;
	bool same;
	int r = source_differ(&d->a.source, a->content, a->head.size,
	    &d->b.source, b->content, b->head.size, &first, &same, e);

	if (r != 0)
		return r;
	*any |= diff_heads(a, b);
	if (same)
		return 0;
	*any = true;
	print_path(a);
	printf(": %ju and %ju bytes; first difference at its byte %ju "
	    "(a: %ju, b: %ju)\n", (uintmax_t)a->head.size,
	    (uintmax_t)b->head.size, (uintmax_t)first,
	    (uintmax_t)(a->content + first), (uintmax_t)(b->content + first));
	return 0;
}

/* Both are sorted: a step takes the smaller, or both. */
static int
merge(struct diff *d, const struct index *a, const struct index *b,
    struct err *e)
{
	size_t i = 0, j = 0;
	bool any = false;
	int r = 0;

	while (r == 0 && (i < a->n || j < b->n)) {
		int c = i == a->n ? 1 : j == b->n ? -1 :
		    strcmp(a->v[i].head.path, b->v[j].head.path);

		if (c < 0)
			print_only(&a->v[i++], "a");
		else if (c > 0)
			print_only(&b->v[j++], "b");
		else
			r = diff_entries(d, &a->v[i++], &b->v[j++], &any, e);
		any |= c != 0;
	}
	if (r == 0 && !any)
		puts("  its entries are the same; their order, their numbers "
		    "or the padding are not");
	return r;
}

int
diff_ramdisk(struct diff *d, const struct eif_section *a,
    const struct eif_section *b, struct err *e)
{
	struct index x = { 0 }, y = { 0 };
	enum cpio_kind kind_a, kind_b;
	int r = ERR_INTERNAL;

	if ((r = ramdisk_kind(&d->a.source, &d->a.eif, a, &kind_a, e)) != 0 ||
	    (r = ramdisk_kind(&d->b.source, &d->b.eif, b, &kind_b, e)) != 0)
		return r;
	if (kind_a != CPIO_NEWC || kind_b != CPIO_NEWC) {
		puts("  not compared by files: not both are archives that "
		    "this reads (cpio, newc)");
		return 0;
	}
	if ((r = index_read(&x, &d->a.source, eif_payload(a), a->size,
	    e)) == 0 &&
	    (r = index_read(&y, &d->b.source, eif_payload(b), b->size,
	    e)) == 0)
		r = merge(d, &x, &y, e);
	index_free(&x);
	index_free(&y);
	return r;
}
