/*
 * The verbs of quorate-image.
 */
#ifndef ENCLAVE_IMAGE_COMMANDS_H
#define ENCLAVE_IMAGE_COMMANDS_H

#include "airgap/cli/cmd.h"

int image_build_run(struct cmd *c);
int image_measure_run(struct cmd *c);
int image_show_run(struct cmd *c);
int image_diff_run(struct cmd *c);
int image_extract_run(struct cmd *c);

#endif
