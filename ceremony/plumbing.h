/*
 * What the plumbing commands share: inputs, outputs, secrets in the clear.
 *
 * No ceremony writes a secret in the clear.  The plumbing that does (key
 * generate, key decrypt, shamir) is for tests, rehearsals and operators with
 * QOS files: mode 0600, never on a terminal, nothing replaced unasked, and a
 * word where the medium keeps what is deleted.
 */
#ifndef CEREMONY_PLUMBING_H
#define CEREMONY_PLUMBING_H

#include "airgap/cli/cmd.h"

#define SECRET_INPUT_MAX ((size_t)1 << 20)	/* bytes, guarded memory */
#define PUBLIC_INPUT_MAX ((size_t)128 << 20)	/* as QOS's messages */

/* Where a result goes: options -o and --force. */
struct output {
	const char *path;	/* NULL or "-": standard output */
	bool force;
};

#define OUTPUT_OPTIONS(o) \
	TEXT("-o", "FILE", &(o)->path, "write there, not to standard output"), \
	FLAG("--force", &(o)->force, "replace FILE if it is there")

/* Argument i, "-" (standard input) where it is missing. */
const char *input_path(const struct cmd *c, int i);

/*
 * Refuses two inputs that both come from standard input: ERR_USAGE.
 */
int input_apart(struct cmd *c, const char *a, const char *b) MUST_CHECK;

/* Puts the name of the input before c's sentence; returns r. */
int input_error(struct cmd *c, const char *path, int r);

/* Public text: a line on standard output, in a file without line end. */
int output_text(struct cmd *c, const struct output *o,
    const char *text) MUST_CHECK;

/* A secret in the clear: mode 0600, then plaintext_note. */
int output_plaintext(struct cmd *c, const struct output *o,
    const struct secret *s) MUST_CHECK;

/*
 * Says on standard error, after a secret was written to path ("-" or NULL:
 * standard output), if it lies on anything but memory (tmpfs, ramfs).
 */
void plaintext_note(const char *path);

#endif
