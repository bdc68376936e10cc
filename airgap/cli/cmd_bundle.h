/*
 * The verbs of `bundle`, the same in quorate and quorate-relay.
 */
#ifndef AIRGAP_CLI_CMD_BUNDLE_H
#define AIRGAP_CLI_CMD_BUNDLE_H

#include "airgap/cli/cmd.h"

#define BUNDLE_SUMMARY "files on a stick, with an index: pack, unpack, verify"

extern const struct command commands_bundle[];

#endif
