/*
 * Private to the file layer.
 */
#ifndef AIRGAP_FILE_PARTS_H
#define AIRGAP_FILE_PARTS_H

#include "airgap/file.h"

/*
 * Reads until cap bytes or the end; *n is how many.  0, or ERR_INPUT with
 * errno set.
 */
int file_read_up_to(int fd, uint8_t *p, size_t cap, size_t *n) MUST_CHECK;

#endif
