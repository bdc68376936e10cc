/*
 * Records on the terminal, until the person has shown all of them or quits.
 */
#ifndef QR_CARRY_SHOW_H
#define QR_CARRY_SHOW_H

#include "qr/carry/play.h"

/*
 * Plays p (as play_begin wants it, but for rows, columns and ink) on the
 * terminal.  Returns 0: all were shown; ERR_REFUSED: not all, or the screen
 * is too small; ERR_USAGE: no terminal; or play's own.
 */
int show_run(struct play *p, struct err *e) MUST_CHECK;

#endif
