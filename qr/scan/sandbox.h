/*
 * The filter around ZBar, libpng and libjpeg.
 */
#ifndef QR_SCAN_SANDBOX_H
#define QR_SCAN_SANDBOX_H

#include <stdbool.h>

#include "airgap/err.h"

/*
 * From here on the process reads from descriptors 0 and CHILD_FD, writes to
 * 1, has memory that cannot be executed, and ends; any other system call
 * kills it.  With a camera: CHILD_FD is mapped, polled, and asked what
 * qr/scan/camera.c asks.  0 or -1.
 */
int scan_sandbox(bool camera) MUST_CHECK;

#endif
