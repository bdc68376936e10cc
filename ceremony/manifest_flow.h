/*
 * What the verbs of `quorate manifest` share: loading any manifest or
 * envelope, the mode its namespace tells, the rules, showing, approvals.
 */
#ifndef CEREMONY_MANIFEST_FLOW_H
#define CEREMONY_MANIFEST_FLOW_H

#include "airgap/record/approval.h"
#include "airgap/record/mode.h"
#include "airgap/cli/cmd.h"

/* A manifest, alone or in an envelope, with what it borrows from. */
struct loaded {
	struct buf file;
	struct arena arena;
	bool is_envelope;
	struct envelope env;		/* env.manifest in both cases */
	struct digest256 hash;
	enum mode mode;
};

/*
 * Reads a file ("-" or NULL: standard input) of any version and form.  Free
 * with loaded_free.  Returns 0, ERR_INPUT (names the file) or ERR_SYSTEM.
 */
int manifest_load(const char *path, struct loaded *out,
    struct err *e) MUST_CHECK;
void loaded_free(struct loaded *l);

/* As manifest_load; refuses what is not of the kind: ERR_INPUT. */
int manifest_load_kind(const char *path, bool envelope, struct loaded *out,
    struct err *e) MUST_CHECK;

/* Rehearsal if and only if the namespace begins with its mark. */
enum mode manifest_mode(const struct manifest *m);

/*
 * The marks of the mode in the namespace and in every alias of the manifest
 * set and the share set.  0 or ERR_REFUSED.
 */
int manifest_check_mode(const struct manifest *m, struct err *e) MUST_CHECK;

/* manifest_check (approval.h), then manifest_check_mode. */
int manifest_rules(const struct manifest *m, struct err *e) MUST_CHECK;

/* Everything that is signed, and the approvals with their verdicts. */
void manifest_show(const struct loaded *l);
void manifest_show_json(const struct loaded *l);

/* More approvals than members are never honest; no more are verified. */
#define APPROVALS_SHOWN_MAX SET_MEMBERS_MAX

/* The verbs; help and options are in each one's file. */
int manifest_new_run(struct cmd *c);
int manifest_show_run(struct cmd *c);
int manifest_hash_run(struct cmd *c);
int manifest_approve_run(struct cmd *c);
int manifest_assemble_run(struct cmd *c);
int manifest_check_run(struct cmd *c);

#endif
