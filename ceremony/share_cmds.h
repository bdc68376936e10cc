/*
 * The verbs of `quorate share`.
 */
#ifndef CEREMONY_SHARE_CMDS_H
#define CEREMONY_SHARE_CMDS_H

#include "airgap/cli/cmd.h"

int share_accept_cmd(struct cmd *c) MUST_CHECK;
int share_release_cmd(struct cmd *c) MUST_CHECK;

#endif
