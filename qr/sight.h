/*
 * Private to qr/: the lines that quorate-scan says, read without trust.
 */
#ifndef QR_SIGHT_H
#define QR_SIGHT_H

#include "qr/scanner.h"

/* Begins a picture: everything in s is forgotten. */
void sight_clear(struct sight *s);

/*
 * Takes one line, without its end.  0: more lines follow.  1: that was the
 * last, *problem says how it went and *number with what.  ERR_PEER: no such
 * line, a bound passed, or a line twice.
 */
int sight_line(struct sight *s, struct sight_camera *c, struct bytes line,
    enum scan_problem *problem, uint32_t *number) MUST_CHECK;

/*
 * The sentence of a problem; name is what was looked at, number the errno
 * that came with it.  Returns ERR_*.
 */
int sight_problem(enum scan_problem problem, uint32_t number,
    const char *name, struct err *e) MUST_CHECK;

#endif
