/*
 * A descriptor and a deadline: whole writes and reads, and waiting, through
 * signals that interrupt them.  Deadlines are in milliseconds of clock_ms.
 */
#ifndef AIRGAP_FD_H
#define AIRGAP_FD_H

#include <stddef.h>
#include <stdint.h>

#include "airgap/err.h"

/*
 * Standard descriptors that are closed are opened on /dev/null, the wrong
 * way round: their use goes on failing, and no file or socket that is opened
 * later gets their number.  0 or ERR_SYSTEM.
 */
int fd_standard(struct err *e) MUST_CHECK;

/* CLOCK_MONOTONIC in milliseconds. */
int64_t clock_ms(void);

/* The same of CLOCK_BOOTTIME: a machine that sleeps grows older. */
int64_t clock_boot_ms(void);

/* Puts n bytes on fd.  0, or ERR_SYSTEM with errno set. */
int fd_write_all(int fd, const void *p, size_t n) MUST_CHECK;

/*
 * Until poll(2) sees events (POLLIN, POLLOUT) or the other end is gone, at
 * most until deadline (< 0 for ever): 0, ERR_INTERRUPTED (time is up) or
 * ERR_SYSTEM.
 */
int fd_wait(int fd, short events, int64_t deadline) MUST_CHECK;

/*
 * Reads n bytes from fd, waiting at most until deadline.  0, ERR_PEER (the
 * other end is gone), ERR_INTERRUPTED (time is up) or ERR_SYSTEM.
 */
int fd_read_exactly(int fd, void *p, size_t n, int64_t deadline)
    MUST_CHECK;

#endif
