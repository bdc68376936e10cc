/*
 * Receiving with a screen: the picture, keys, and a camera that may be
 * unplugged.
 */
#ifndef QR_CARRY_LIVE_H
#define QR_CARRY_LIVE_H

#include "qr/carry/look.h"

#define LIVE_ENDED 1		/* the film has no more */

/*
 * Until a record is complete (0, collect->streams[0]), LIVE_ENDED, or the
 * person gives up (ERR_REFUSED).  *scanner is replaced where the camera had
 * to be opened again: not where quorate-scan failed on it (ERR_HELPER).
 * Other errors as scanner_next and screen_open.
 */
int live_run(const char *source, struct scanner **scanner,
    struct collect *collect, struct err *e) MUST_CHECK;

/*
 * Only looks, with a screen where there is a terminal: until seconds after
 * the first code, six times that where there is none, or the person has seen
 * enough (LIVE_ENDED).  Errors as live_run.
 */
int live_watch(const char *source, struct scanner **scanner,
    struct collect *collect, int seconds, struct err *e) MUST_CHECK;

#endif
