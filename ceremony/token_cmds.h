/*
 * Verbs of `quorate token` that touch no token.
 */
#ifndef CEREMONY_TOKEN_CMDS_H
#define CEREMONY_TOKEN_CMDS_H

#include "airgap/cli/cmd.h"

/* token verify BUNDLE: what an attestation bundle proves, a line a rule. */
int token_verify_cmd(struct cmd *c);

/* A certificate file, PEM or DER, as DER; NULL: nothing.  buf_free out. */
int token_root_read(const char *path, struct buf *out,
    struct err *e) MUST_CHECK;

#define TOKEN_VERIFY_NOTES \
	"A production bundle ends at Yubico's pinned roots; a rehearsal's " \
	"needs --root.\nIt says where the keys were made, not who holds " \
	"them now."

#endif
