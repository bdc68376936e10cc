/*
 * The version of every program; .ci/deb reads it from here too.
 */
#ifndef AIRGAP_VERSION_H
#define AIRGAP_VERSION_H

#define QUORATE_VERSION "0.1.0"

#endif
