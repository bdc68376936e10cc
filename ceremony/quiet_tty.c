/*
 * A terminal without echo, put back on every way out.
 */
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

#include "ceremony/quiet_tty.h"

static struct termios before;
static volatile sig_atomic_t quiet;
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static struct sigaction old[4];

/* tcsetattr, signal and raise are async-signal-safe (signal-safety(7)). */
static void
on_signal(int s)
{
	if (quiet)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	signal(s, SIG_DFL);
	raise(s);
}

bool
quiet_tty_begin(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &a, &old[i]);
	t = before;
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	quiet = 1;
	/* what was typed ahead was shown: it does not count */
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

void
quiet_tty_end(void)
{
	if (!quiet)
		return;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	quiet = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &old[i], NULL);
}
