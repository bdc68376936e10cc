/*
 * Asking a person, in the process that uses the PIN and in no other.
 *
 * The line is read byte by byte, without stdio, into guarded memory; echo
 * and the terminal's signals are off meanwhile, and the terminal is put right
 * again whatever is typed, and whatever ends this process but SIGKILL.  What
 * a touched token types (a one-time password) is thrown away and asked again.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "token/pin_text.h"
#include "token/piv/piv.h"

#define LINE_CAP 128
#define ASK_MS 120000
#define CTRL_C 3
#define CTRL_D 4
#define BACKSPACE 8
#define DEL 127

/* The terminal while it does not echo; fd -1 else. */
static struct termios saved;
static volatile sig_atomic_t saved_fd = -1;

static void
put_right(int sig)
{
	if (saved_fd >= 0)
		(void)tcsetattr(saved_fd, TCSAFLUSH, &saved);
	_exit(128 + sig);
}

void
prompt_signals(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction a = { .sa_handler = put_right };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaction(ends[i], &a, NULL);
}

void
prompt_say(const struct pin_source *from, const char *fmt, ...)
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

int
prompt_possible(const struct pin_source *from, struct err *e)
{
	if (from->tty >= 0 || from->fd >= 0)
		return 0;
	return err_set(e, ERR_TOKEN, "no terminal to ask for the PIN on; give "
	    "--pin-fd N");
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
			r = err_set(e, ERR_TOKEN, "no answer within %d s; "
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

/* echo: a yes is shown, a PIN is not.  What was typed before is dropped. */
static int
ask_tty(const struct pin_source *from, const char *question, bool echo,
    struct secret *s, size_t *n, struct err *e)
{
	int fd = from->tty;
	struct termios was, now;
	int r;

	if (tcgetattr(fd, &was) != 0)
		return err_set(e, ERR_TOKEN, "the terminal does not answer");
	now = was;
	if (!echo) {
		now.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
		saved = was;
		saved_fd = fd;
	}
	(void)tcsetattr(fd, TCSAFLUSH, &now);
	tell(REPLY_ASKING);
	prompt_say(from, "%s", question);
	r = read_line(fd, s, n, e);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	saved_fd = -1;
	if (!echo)
		(void)!write(fd, "\n", 1);
	return r;
}

int
prompt_confirm(const struct pin_source *from, const char *question,
    struct err *e)
{
	struct secret line = { 0 };
	size_t n = 0;
	int r;

	if ((r = secret_new(&line, LINE_CAP, e)) != 0)
		return r;
	for (;;) {
		if ((r = ask_tty(from, question, true, &line, &n, e)) != 0 ||
		    bytes_equal(bytes_of(line.b, n), bytes_str("yes")))
			break;
		if (bytes_equal(bytes_of(line.b, n), bytes_str("no"))) {
			r = err_set(e, ERR_REFUSED, "you said no: no PIN was "
			    "sent");
			break;
		}
		prompt_say(from, "please type yes or no\n");
	}
	secret_free(&line);
	return r;
}

/* Until check likes it; what it says of a line from a terminal is shown. */
static int
read_code(const struct pin_source *from, const char *question,
    prompt_check *check, struct secret *line, size_t *n, struct err *e)
{
	int r;

	if (from->fd >= 0) {
		tell(REPLY_ASKING);
		if ((r = read_line(from->fd, line, n, e)) != 0)
			return r;
		if (pin_is_otp(bytes_of(line->b, *n)))
			return err_set(e, ERR_TOKEN, "that is a one-time "
			    "password, which a touched YubiKey types, and "
			    "no PIN; nothing was sent");
		return check(bytes_of(line->b, *n), e);
	}
	for (;;) {
		struct err why = { 0 };

		if ((r = ask_tty(from, question, false, line, n, e)) != 0)
			return r;
		if (pin_is_otp(bytes_of(line->b, *n)))
			prompt_say(from, "That came from touching the YubiKey "
			    "and was thrown away; touch it only when asked.\n");
		else if (check(bytes_of(line->b, *n), &why) == 0)
			return 0;
		else
			prompt_say(from, "%s\n", why.text);
	}
}

int
prompt_code(const struct pin_source *from, const char *question,
    prompt_check *check, struct secret *out, struct err *e)
{
	struct secret line = { 0 };
	size_t n = 0;
	int r;

	if ((r = prompt_possible(from, e)) != 0 ||
	    (r = secret_new(&line, LINE_CAP, e)) != 0)
		return r;
	if ((r = read_code(from, question, check, &line, &n, e)) == 0 &&
	    (r = secret_new(out, PIN_MAX + 1, e)) == 0)
		memcpy(out->b, line.b, n);	/* the rest is zero */
	tell(REPLY_WORKING);
	secret_free(&line);
	return r;
}
