/*
 * A terminal that does not show what is typed, key by key.
 */
#ifndef CEREMONY_QUIET_TTY_H
#define CEREMONY_QUIET_TTY_H

#include <stdbool.h>

/*
 * Turns echo and line editing of standard input off; false if it is no
 * terminal.  SIGINT, SIGTERM, SIGHUP and SIGQUIT put it back before they end
 * the process.  Once at a time.
 */
bool quiet_tty_begin(void);

/* Puts the terminal back; nothing to do if it was none. */
void quiet_tty_end(void);

#endif
