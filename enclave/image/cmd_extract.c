/*
 * quorate-image extract: the parts of an image as files, or one file of a
 * ramdisk.  Nothing in an image chooses a name on this machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "airgap/file.h"
#include "enclave/image/commands.h"
#include "enclave/image/index.h"
#include "enclave/image/listing.h"
#include "enclave/image/report.h"

struct request {
	const char *out, *file;
	uint64_t ramdisk;
	bool force;
};

static int
copy(const struct source *s, uint64_t at, uint64_t n, const char *path,
    bool replace, struct err *e)
{
	static struct piece piece;
	struct file_writer *w;
	struct bytes b;
	int r = file_begin(path, FILE_MODE_PUBLIC, replace, &w, e);

	if (r != 0)
		return r;
	piece_begin(&piece, s, at, n);
	do {
		if ((r = piece_next(&piece, &b, e)) != 0 ||
		    (r = file_put(w, b, e)) != 0) {
			file_abandon(w);
			return r;
		}
	} while (b.n > 0);
	return file_commit(w, e);
}

/* "OUT/ramdisk1.cpio", on the heap */
static char *
part_path(const struct eif *x, size_t i, const char *folder)
{
	static const char *const names[] = { [EIF_KERNEL] = "kernel",
		[EIF_CMDLINE] = "cmdline", [EIF_METADATA] = "metadata.json",
		[EIF_SIGNATURE] = "signature.cbor" };
	enum eif_type type = x->section[i].type;
	char *path = NULL;
	int n = type == EIF_RAMDISK ?
	    asprintf(&path, "%s/ramdisk%zu.cpio", folder,
	    eif_ordinal(x, i)) :
	    asprintf(&path, "%s/%s", folder, names[type]);

	return n < 0 ? NULL : path;
}

static int
extract_all(const struct report *r, const struct request *q, struct err *e)
{
	int rc = file_mkdir(q->out, 0755, e);
	char *path;

	for (size_t i = 0; rc == 0 && i < r->eif.count; i++) {
		const struct eif_section *s = &r->eif.section[i];

		if ((path = part_path(&r->eif, i, q->out)) == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		rc = copy(&r->source, eif_payload(s), s->size, path,
		    q->force, e);
		free(path);
	}
	return rc;
}

/* The ramdisk that is meant, counted from 1. */
static const struct eif_section *
ramdisk_of(const struct eif *x, uint64_t n)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->section[i].type == EIF_RAMDISK && --n == 0)
			return &x->section[i];
	return NULL;
}

static int
extract_file(const struct report *r, const struct request *q, struct err *e)
{
	const struct eif_section *s = ramdisk_of(&r->eif, q->ramdisk);
	const struct cpio_found *x;
	struct index index = { 0 };
	enum cpio_kind kind;
	int rc = ERR_INTERNAL;

	if (s == NULL)
		return err_set(e, ERR_INPUT, "%s has no ramdisk %ju",
		    r->source.name, (uintmax_t)q->ramdisk);
	if ((rc = ramdisk_kind(&r->source, &r->eif, s, &kind, e)) != 0 ||
	    (rc = index_read(&index, &r->source, eif_payload(s), s->size,
	    e)) != 0)
		goto out;
	if ((x = index_find(&index, q->file)) == NULL ||
	    !S_ISREG(x->head.mode))
		rc = err_set(e, ERR_INPUT, "%s: ramdisk %ju has no file %s; "
		    "'show' lists them", r->source.name,
		    (uintmax_t)q->ramdisk, q->file);
	else
		rc = copy(&r->source, x->content, x->head.size, q->out,
		    q->force, e);
out:
	index_free(&index);
	return rc;
}

int
image_extract_run(struct cmd *c)
{
	static struct request q = { .ramdisk = 1 };
	static struct report r;
	const struct opt opts[] = {
		TEXT("-o", "OUT", &q.out,
		    "a folder; with --file the name of a file"),
		TEXT("--file", "PATH", &q.file,
		    "only this file of a ramdisk"),
		NUMBER("--ramdisk", "N", &q.ramdisk, "which ramdisk; 1"),
		FLAG("--force", &q.force, "replace files that are there"),
		END
	};
	int rc = ERR_INTERNAL;

	if ((rc = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (rc = cmd_need(c, q.out, "-o OUT")) != 0)
		return rc;
	if ((rc = report_make(&r, cmd_arg(c, 0), &c->e)) == 0)
		rc = q.file != NULL ? extract_file(&r, &q, &c->e) :
		    extract_all(&r, &q, &c->e);
	report_free(&r);
	return rc;
}
