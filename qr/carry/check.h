/*
 * The twelve words of a record, held against those of its origin.
 *
 * The person types four, drawn at random, as the paper or screen has them
 * where the record was made; only then all twelve are shown.  Shown before,
 * they would be copied.
 */
#ifndef QR_CARRY_CHECK_H
#define QR_CARRY_CHECK_H

#include "airgap/ur/words.h"

/* All twelve, numbered, four a line, on standard error. */
void check_show(const struct words *w);

/* Asks; 0, or ERR_REFUSED after three wrong answers or none. */
int check_ask(const struct words *w, struct err *e) MUST_CHECK;

/*
 * text: twelve words in any case, with their numbers or without, as
 * "1 JUGS 2 DELI ...".  0, ERR_USAGE (not twelve words) or ERR_REFUSED (a
 * word differs, which is named).
 */
int check_words(const struct words *w, const char *text,
    struct err *e) MUST_CHECK;

#endif
