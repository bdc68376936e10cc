/*
 * The terminal while frames are on it: drawn and read key by key, its screen
 * saver off, and put back on every way out, signals included.
 */
#ifndef QR_DRAW_SCREEN_H
#define QR_DRAW_SCREEN_H

#include "qr/draw/paint.h"

enum screen_key {	/* or a character above 0 */
	KEY_NONE = 0, KEY_RESIZED = -1, KEY_END = -2
};

/*
 * Takes the terminal that standard output must be (ERR_USAGE); keys come from
 * standard input, or from /dev/tty where that is no terminal.  SIGINT,
 * SIGTERM, SIGHUP and SIGQUIT put it back before they end the process.  Once
 * at a time.
 */
int screen_open(struct err *e) MUST_CHECK;

/* Puts the terminal back; nothing to do where it was not taken. */
void screen_close(void);

/* Rows and columns of the terminal now.  0, ERR_USAGE or ERR_SYSTEM. */
int screen_size(unsigned *rows, unsigned *columns, struct err *e) MUST_CHECK;

/* What colours the terminal has. */
enum colours screen_colours(void);

/* Begins a frame in p: empty, held back by terminals that can. */
void screen_begin(struct paint *p, const struct ink *ink);

/* Ends the frame and writes it at once. */
int screen_show(struct paint *p, struct err *e) MUST_CHECK;

/*
 * Waits for a key for at most ms; arrows are '+' and '-' (up, down) and '>'
 * and '<' (right, left).
 */
int screen_key(int ms);

#endif
