/*
 * Verbs of `quorate token` with files of their own.
 */
#ifndef CEREMONY_TOKEN_CMDS_H
#define CEREMONY_TOKEN_CMDS_H

#include "airgap/cli/cmd.h"

/* token verify BUNDLE: what an attestation bundle proves, a line a rule. */
int token_verify_cmd(struct cmd *c);

/* token attest: the bundle of a token that is there. */
int token_attest_cmd(struct cmd *c);

/* token provision ALIAS, token import SEED [ALIAS]: ready and locked. */
int token_provision_cmd(struct cmd *c);
int token_import_cmd(struct cmd *c);

/* A certificate file, PEM or DER, as DER; NULL: nothing.  buf_free out. */
int token_root_read(const char *path, struct buf *out,
    struct err *e) MUST_CHECK;

#define TOKEN_PROVISION_NOTES \
	"Run it again after any interruption: it goes on where it stopped.\n" \
	"--pin-fd: a line with the PIN that the token shall have, then one " \
	"with the PUK.\n" \
	"protected: the management key lies in the token behind the PIN, so " \
	"that keys and\ncertificates can be replaced; discard: nobody has it."

#define TOKEN_IMPORT_NOTES \
	"For spares and keys of QOS.  Such a key is in a file too, and no " \
	"attestation\nproves where it is.  Else as token provision."

#define TOKEN_VERIFY_NOTES \
	"A production bundle ends at Yubico's pinned roots; a rehearsal's " \
	"needs --root.\nIt says where the keys were made, not who holds " \
	"them now."

#endif
