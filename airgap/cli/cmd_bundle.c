/*
 * bundle: the files that cross the gap on a stick, with an index.
 */
#include <stdio.h>

#include "airgap/bundle.h"
#include "airgap/cli/cmd_bundle.h"
#include "airgap/cli/ui.h"

static void
print_index(const struct bundle *b)
{
	char text[80];

	ui_fingerprint(&b->hash, text);
	printf("mode   %s\nindex  %.35s\n       %s  (SHA-256)\n",
	    mode_text(b->mode), text, text + 36);
}

static void
print_files(const struct bundle *b)
{
	static const char *const words[] = { [BUNDLE_GOOD] = "ok",
	    [BUNDLE_MISSING] = "MISSING", [BUNDLE_CHANGED] = "CHANGED",
	    [BUNDLE_FOREIGN] = "FOREIGN", [BUNDLE_EXTRA] = "EXTRA" };

	for (size_t i = 0; i < b->count; i++) {
		printf("%-8s ", words[b->files[i].state]);
		ui_print_text(bytes_str(b->files[i].name));
		printf("  (");
		ui_print_text(bytes_str(b->files[i].kind));
		printf(")\n");
	}
	print_index(b);
}

/* Reads and shows it; ERR_REFUSED unless every file is good. */
static int
read_good(struct cmd *c, const char *dir, struct bundle *b)
{
	int r;

	if ((r = bundle_read(dir, b, &c->e)) != 0)
		return r;
	print_files(b);
	if (b->bad == 0)
		return 0;
	return err_set(&c->e, ERR_REFUSED, "%s: %zu of %zu files are not what "
	    "the index says; pack it again where the files came from", dir,
	    b->bad, b->count);
}

static int
pack(struct cmd *c)
{
	bool force = false;
	const struct opt opts[] = {
		FLAG("--force", &force, "replace files that are there"), END };
	struct bundle b = { .count = 0 };
	const char *dir;
	int r;

	if ((r = cmd_parse(c, opts, 2, BUNDLE_FILES_MAX + 1)) != 0)
		return r;
	dir = cmd_arg(c, 0);
	if ((r = bundle_pack(dir, (const char *const *)c->args + 1,
	    (size_t)c->nargs - 1, force, &c->e)) == 0)
		r = read_good(c, dir, &b);
	bundle_free(&b);
	return r;
}

static int
verify(struct cmd *c)
{
	const struct opt opts[] = { END };
	struct bundle b = { .count = 0 };
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	r = read_good(c, cmd_arg(c, 0), &b);
	bundle_free(&b);
	return r;
}

static int
unpack(struct cmd *c)
{
	const char *out = NULL;
	bool force = false;
	const struct opt opts[] = {
		TEXT("-o", "OUT", &out, "the folder for the files"),
		FLAG("--force", &force, "replace files that are there"), END };
	struct bundle b = { .count = 0 };
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (r = cmd_need(c, out, "-o")) != 0)
		return r;
	if ((r = read_good(c, cmd_arg(c, 0), &b)) == 0)
		r = bundle_unpack(&b, out, force, &c->e);
	bundle_free(&b);
	return r;
}

const struct command commands_bundle[] = {
	{ "pack", "DIR FILE...", "copy files to DIR, and an index of them",
	    "only files that cross the gap, all of one mode: a file that is "
	    "none of\nthem, a secret above all, is refused.  Pull the stick "
	    "only when it is done.", pack, NULL },
	{ "verify", "DIR", "is every file what the index says?",
	    "names each file that is missing, changed, not what the index "
	    "says it is, or\nnot in the index",
	    verify, NULL },
	{ "unpack", "DIR", "verify, then copy the files out", NULL, unpack,
	    NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
