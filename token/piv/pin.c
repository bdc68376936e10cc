/*
 * Asking for the PIN, in the process that uses it and in no other.
 *
 * The line is read byte by byte, without stdio, into guarded memory; echo
 * and the terminal's signals are off meanwhile, so that the terminal is put
 * right again whatever is typed.  What a touched token types (a one-time
 * password) is thrown away and asked again.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "token/pin_text.h"
#include "token/piv/piv.h"

#define LINE_CAP 64
#define ASK_MS 120000
#define CTRL_C 3
#define CTRL_D 4
#define BACKSPACE 8
#define DEL 127
#define WARN_BELOW 3

static void PRINTF_LIKE(2, 3)
put(const struct pin_source *from, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(text))
		(void)!write(from->tty >= 0 ? from->tty : STDERR_FILENO,
		    text, (size_t)n);
}

/* One byte; 1, 0 at the end of input, -1 when time is up. */
static int
next_byte(int fd, uint8_t *b)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int got;

	do {
		got = poll(&p, 1, ASK_MS);
	} while (got < 0 && errno == EINTR);
	return got <= 0 ? -1 : (int)read(fd, b, 1);
}

/* Into s (LINE_CAP bytes, guarded); *n is all that was typed. */
static int
read_line(int fd, struct secret *s, size_t *n, struct err *e)
{
	int r = 0, got;
	uint8_t b;

	*n = 0;
	for (;;) {
		if ((got = next_byte(fd, &b)) < 0) {
			r = err_set(e, ERR_TOKEN, "no PIN within %d s; "
			    "nothing was done", ASK_MS / 1000);
			break;
		}
		if (got == 0 || b == CTRL_D || b == CTRL_C) {
			if (got != 0 || *n == 0)
				r = err_set(e, ERR_REFUSED, "no PIN was "
				    "given; nothing was done");
			break;
		}
		if (b == '\n' || b == '\r')
			break;
		if (b == DEL || b == BACKSPACE)
			*n -= *n > 0;
		else if (*n < LINE_CAP)
			s->b[(*n)++] = b;
	}
	wipe(&b, 1);
	return r;
}

/* echo: a yes is shown, a PIN is not. */
static int
read_tty(int fd, bool echo, struct secret *s, size_t *n, struct err *e)
{
	struct termios was, now;
	int r;

	if (tcgetattr(fd, &was) != 0)
		return err_set(e, ERR_TOKEN, "the terminal does not answer");
	now = was;
	if (!echo)
		now.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	(void)tcsetattr(fd, TCSAFLUSH, &now);
	r = read_line(fd, s, n, e);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	if (!echo)
		(void)!write(fd, "\n", 1);
	return r;
}

/* The last try locks the PIN if it is wrong. */
static int
confirm_last(const struct pin_source *from, struct secret *line,
    struct err *e)
{
	size_t n;
	int r;

	if (from->tty < 0)
		return err_set(e, ERR_TOKEN, "one try is left for the PIN: "
		    "it must be typed and confirmed on a terminal");
	put(from, "Only ONE try is left: a wrong PIN locks the token until "
	    "the PUK is used.\nType yes to go on: ");
	if ((r = read_tty(from->tty, true, line, &n, e)) != 0)
		return r;
	if (n != 3 || memcmp(line->b, "yes", 3) != 0)
		return err_set(e, ERR_REFUSED, "you did not say yes: no PIN "
		    "was sent");
	return 0;
}

static int
show_tries(const struct pin_source *from, const struct token_info *t,
    struct secret *line, struct err *e)
{
	if (t->tries == 0)
		return err_set(e, ERR_TOKEN, "token %u: the PIN is locked "
		    "(no tries left); unblock it with the PUK", t->serial);
	if (t->tries == TRIES_UNKNOWN)
		return err_set(e, ERR_TOKEN, "token %u does not say how many "
		    "tries the PIN has left; take it out and put it in again",
		    t->serial);
	if (t->tries == 1)
		return confirm_last(from, line, e);
	if (t->tries < WARN_BELOW)
		put(from, "Warning: only %u tries are left.\n", t->tries);
	return 0;
}

/* Until it is no one-time password; a descriptor is read once. */
static int
read_pin(const struct pin_source *from, const struct token_info *t,
    struct secret *line, size_t *n, struct err *e)
{
	int r;

	for (;;) {
		if (from->fd >= 0)
			r = read_line(from->fd, line, n, e);
		else {
			put(from, "PIV PIN of the token %u (the PIV PIN, not "
			    "the FIDO2 one; %u tries left): ", t->serial,
			    t->tries);
			r = read_tty(from->tty, false, line, n, e);
		}
		if (r != 0 || !pin_is_otp(bytes_of(line->b, *n)))
			return r;
		if (from->fd >= 0)
			return err_set(e, ERR_TOKEN, "that is a one-time "
			    "password, which a touched YubiKey types, and "
			    "no PIN; nothing was sent");
		put(from, "That came from touching the YubiKey and was "
		    "thrown away; touch it only when asked.\n");
	}
}

int
pin_ask(const struct pin_source *from, const struct token_info *t,
    struct secret *pin, struct err *e)
{
	struct secret line = { 0 };
	size_t n = 0;
	int r;

	if (from->tty < 0 && from->fd < 0)
		return err_set(e, ERR_TOKEN, "no terminal to ask for the PIN "
		    "on; give --pin-fd N");
	if ((r = secret_new(&line, LINE_CAP, e)) != 0)
		return r;
	tell(REPLY_ASKING);
	if ((r = show_tries(from, t, &line, e)) == 0 &&
	    (r = read_pin(from, t, &line, &n, e)) == 0 &&
	    (r = pin_check(bytes_of(line.b, n), e)) == 0 &&
	    (r = secret_new(pin, PIN_MAX + 1, e)) == 0)
		memcpy(pin->b, line.b, n);	/* the rest is zero */
	tell(REPLY_WORKING);
	secret_free(&line);
	return r;
}
