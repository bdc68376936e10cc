/*
 * The lines of an answer (qr/scan/wire.h), gathered and put out at once.
 */
#ifndef QR_SCAN_REPLY_H
#define QR_SCAN_REPLY_H

#include "qr/scan/grey.h"
#include "qr/scan/reader.h"
#include "qr/scan/wire.h"

/*
 * The codes, a preview if wanted, and the end of frame seq.  These return
 * false where nobody reads any more.
 */
bool reply_frame(int fd, const struct grey *g, const struct found *f,
    uint32_t seq, bool preview);
bool reply_problem(int fd, enum scan_problem problem, uint32_t number);


/* Lines that are gathered until reply_done puts them out, "K" behind them. */
void reply_numbers(char kind, const uint32_t *v, size_t n);
void reply_name(const char *name);
bool reply_done(int fd);

#endif
