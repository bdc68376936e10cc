/*
 * Inputs and outputs of the plumbing commands (see plumbing.h).
 */
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ceremony/plumbing.h"
#include "airgap/cli/ui.h"

static bool
is_standard(const char *path)
{
	return path == NULL || strcmp(path, "-") == 0;
}

const char *
input_path(const struct cmd *c, int i)
{
	const char *path = cmd_arg(c, i);

	return path != NULL ? path : "-";
}

int
input_apart(struct cmd *c, const char *a, const char *b)
{
	if (!is_standard(a) || !is_standard(b))
		return 0;
	return cmd_usage(c, "standard input can be only one of the inputs: "
	    "name a file for the other");
}

int
input_error(struct cmd *c, const char *path, int r)
{
	(void)err_prefix(&c->e, "%s", is_standard(path) ? "standard input" :
	    path);
	return r;
}

int
output_text(struct cmd *c, const struct output *o, const char *text)
{
	if (!is_standard(o->path))
		return file_output(o->path, bytes_str(text), FILE_MODE_PUBLIC,
		    o->force, false, &c->e);
	puts(text);	/* a failure shows when the command is finished */
	return 0;
}

/* Does what was written stay after it is deleted?  A pipe keeps nothing. */
static bool
on_disk(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (is_standard(path)) {
		if (fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode) ||
		    fstatfs(STDOUT_FILENO, &fs) != 0)
			return false;
	} else if (statfs(path, &fs) != 0) {
		return true;
	}
	return fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC;
}

void
plaintext_note(const char *path)
{
	if (on_disk(path))
		ui_say("quorate: warning: %s holds a secret in the clear on a "
		    "disk, which may keep it after it is deleted; use a "
		    "tmpfs such as /dev/shm", is_standard(path) ?
		    "standard output" : path);
}

int
output_plaintext(struct cmd *c, const struct output *o,
    const struct secret *s)
{
	int r = file_output(o->path, bytes_of(s->b, s->len),
	    FILE_MODE_SECRET, o->force, true, &c->e);

	if (r == 0)
		plaintext_note(o->path);
	return r;
}
