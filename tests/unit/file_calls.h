/*
 * The system calls of a writer that tests stand in for (-Wl,--wrap): each
 * test program wraps those that it needs.
 */
#ifndef TESTS_UNIT_FILE_CALLS_H
#define TESTS_UNIT_FILE_CALLS_H

#include <stddef.h>
#include <sys/types.h>

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_renameat2(int d, const char *from, int d2, const char *to,
    unsigned flags);
int __wrap_renameat2(int d, const char *from, int d2, const char *to,
    unsigned flags);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

#endif
