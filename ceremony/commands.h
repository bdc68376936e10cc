/*
 * The nouns of `quorate`; each is a table of verbs in its own file.
 */
#ifndef CEREMONY_COMMANDS_H
#define CEREMONY_COMMANDS_H

#include "airgap/cli/cmd.h"

extern const struct command commands_key[];
extern const struct command commands_shamir[];
extern const struct command commands_json[];
extern const struct command commands_ur[];
extern const struct command commands_plan[];
extern const struct command commands_genesis[];
extern const struct command commands_share[];
extern const struct command commands_manifest[];
extern const struct command commands_attestation[];
extern const struct command commands_token[];
extern const struct command commands_qr[];
extern const struct command commands_doctor[];

#endif
