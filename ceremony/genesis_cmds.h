/*
 * The verbs of `quorate genesis`.
 */
#ifndef CEREMONY_GENESIS_CMDS_H
#define CEREMONY_GENESIS_CMDS_H

#include "airgap/cli/cmd.h"

int genesis_run_cmd(struct cmd *c) MUST_CHECK;
int genesis_show_cmd(struct cmd *c) MUST_CHECK;
int genesis_check_cmd(struct cmd *c) MUST_CHECK;
int genesis_drill_cmd(struct cmd *c) MUST_CHECK;

#endif
