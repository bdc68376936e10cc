/*
 * A terminal taken and given back.
 *
 * On the Linux console the palette, not a colour code, makes white white (its
 * "white" is 0xaa), and the blanking time is set to never: a person films the
 * screen and touches no key.  consoleblank tells what to put back.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "qr/draw/screen.h"

#define BLANK_TIME "/sys/module/kernel/parameters/consoleblank"

static int keys = -1;		/* the terminal, or /dev/tty beside a pipe */
static struct termios before;
static volatile sig_atomic_t taken, resized;
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))
static struct sigaction old[SIGNALS];
static char leave[96];		/* what puts the display back */
static size_t leave_len;

enum colours
screen_colours(void)
{
	return colours_of(getenv("TERM"), getenv("COLORTERM"));
}

/* write, tcsetattr, signal, raise: async-signal-safe (signal-safety(7)). */
static void
put_back(void)
{
	int gone;

	if (!taken)
		return;
	taken = 0;
	gone = fd_write_all(STDOUT_FILENO, leave, leave_len);
	(void)gone;	/* nobody is left to be told */
	(void)tcsetattr(keys, TCSADRAIN, &before);
}

static void
on_signal(int s)
{
	if (s == SIGWINCH) {
		resized = 1;
		return;
	}
	put_back();
	signal(s, SIG_DFL);
	raise(s);
}

/* The console's blanking time in minutes, 0 never. */
static unsigned
blank_minutes(void)
{
	char text[16] = "";
	int fd = open(BLANK_TIME, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return (unsigned)(strtoul(text, NULL, 10) / 60);
}

static int
no_terminal(struct err *e)
{
	return err_set(e, ERR_USAGE, "codes are shown on a terminal, and "
	    "standard output is none; --png DIR or --pdf FILE makes files");
}

static int
enter(void)
{
	/* no cursor, no line wrap */
	static const char screen[] = "\033[?1049h\033[?25l\033[?7l";
	static const char console[] = "\033[?25l\033[?7l\033[9;0]\033[14;0]";

	if (screen_colours() == COLOURS_CONSOLE) {
		leave_len = (size_t)snprintf(leave, sizeof(leave),
		    "\033]R\033[0m\033[2J\033[H\033[9;%u]\033[?7h\033[?25h",
		    blank_minutes());
		return fd_write_all(STDOUT_FILENO, console,
		    sizeof(console) - 1);
	}
	leave_len = (size_t)snprintf(leave, sizeof(leave),
	    "\033[0m\033[2J\033[?7h\033[?25h\033[?1049l");
	return fd_write_all(STDOUT_FILENO, screen, sizeof(screen) - 1);
}

int
screen_open(struct err *e)
{
	struct sigaction a = { .sa_handler = on_signal };
	struct termios t;

	keys = isatty(STDIN_FILENO) ? STDIN_FILENO :
	    open("/dev/tty", O_RDONLY | O_CLOEXEC);
	if (!isatty(STDOUT_FILENO) || tcgetattr(keys, &before) != 0)
		return no_terminal(e);
	taken = 1;
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &a, &old[i]);
	t = before;
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	/* stopped, the display would stay as it is */
	t.c_cc[VSUSP] = _POSIX_VDISABLE;
	if (enter() == 0 && tcsetattr(keys, TCSAFLUSH, &t) == 0)
		return 0;
	screen_close();
	return err_set(e, ERR_SYSTEM, "cannot set the terminal up");
}

void
screen_close(void)
{
	if (!taken)
		return;
	put_back();
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &old[i], NULL);
}

int
screen_size(unsigned *rows, unsigned *columns, struct err *e)
{
	struct winsize w = { 0 };

	resized = 0;
	if (!isatty(STDOUT_FILENO))
		return no_terminal(e);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 ||
	    w.ws_col == 0)
		return err_set(e, ERR_SYSTEM, "the terminal does not tell its "
		    "size; set it with stty rows N columns N");
	*rows = w.ws_row;
	*columns = w.ws_col;
	return 0;
}

void
screen_begin(struct paint *p, const struct ink *ink)
{
	p->n = 0;
	p->full = false;
	if (ink->colours == COLOURS_CONSOLE)
		paint_text(p, "\033]P0000000\033]P7%02x%02x%02x", ink->light,
		    ink->light, ink->light);
	else
		paint_text(p, "\033[?2026h");	/* ignored where unknown */
}

int
screen_show(struct paint *p, struct err *e)
{
	if (screen_colours() != COLOURS_CONSOLE)
		paint_text(p, "\033[?2026l");
	if (p->full)
		return err_set(e, ERR_INTERNAL, "a frame is larger than its "
		    "buffer");
	if (fd_write_all(STDOUT_FILENO, p->p, p->n) != 0)
		return err_set(e, ERR_SYSTEM, "cannot write to the terminal");
	return 0;
}

/* The rest of an escape sequence, which the terminal sends at once. */
static int
after_escape(void)
{
	struct pollfd in = { .fd = keys, .events = POLLIN };
	char last = 0, c;

	while (poll(&in, 1, 0) > 0 && read(keys, &c, 1) == 1) {
		last = c;
		if (c >= '@' && c != '[' && c != 'O')
			break;
	}
	switch (last) {
	case 'A':
		return '+';
	case 'B':
		return '-';
	case 'C':
		return '>';
	case 'D':
		return '<';
	}
	return KEY_NONE;
}

int
screen_key(int ms)
{
	struct pollfd in = { .fd = keys, .events = POLLIN };
	char c = 0;
	int got;

	if (resized)
		return KEY_RESIZED;
	got = poll(&in, 1, ms);
	if (got <= 0)
		return resized ? KEY_RESIZED : KEY_NONE;
	if (read(keys, &c, 1) != 1)
		return KEY_END;
	return c == '\033' ? after_escape() : c;
}
