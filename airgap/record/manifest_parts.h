/*
 * Private to the manifest: descriptions of its irregular parts.
 */
#ifndef AIRGAP_RECORD_MANIFEST_PARTS_H
#define AIRGAP_RECORD_MANIFEST_PARTS_H

#include "airgap/record/manifest.h"

extern const struct type type_bridges, type_env, type_resolvers;

/* Name and value within the limits of 6.3. */
int env_check(struct decoder *d, const struct env_var *v) MUST_CHECK;

#endif
