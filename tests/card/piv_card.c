/*
 * A SIMULATED PIV card as a process of its own, for a real pcscd with
 * vsmartcard's vpcd driver.  Never a part of the product.
 *
 *	piv_card --dir DIR --port N [--root DIR] [--serial N]
 *	    [--firmware 5.4.3] [--touch-seconds S] [--pin-state keep|drop]
 *	    [--accept-bad-points] [--fail-at N:SW=6F00] [--drop-at N]
 *	    [--lose-at N] [--hang-at N]
 *
 * DIR/state is what it remembers, DIR/log one line an APDU: its number, CLA
 * INS P1 P2 Lc and SW, never data.  DIR/waiting is there while it waits for
 * a touch.  DIR/control is a FIFO that takes lines: touch, touches N (the
 * next N are pressed at once), remove, insert, power, factory (all but F9 is
 * new), fail N SW (the Nth from now is not done), blind N SW (it is done, and
 * answered with SW), drop N (gone before it), lose N (done, but gone before
 * the answer), hang N, clear.
 *
 * vpcd's protocol: a length of two bytes, big-endian, and the bytes; a
 * message of one byte is power off 0, on 1, reset 2, or 4, which wants the
 * ATR.  The card connects; it listens nowhere.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/card/card.h"

/* commands until it happens; 0: never */
struct faults {
	unsigned long fail, blind, drop, lose, hang;
	unsigned int fail_sw, blind_sw;
};

static struct card card;
static struct faults faults;
static unsigned long touches; /* given before they are asked for */
static bool pressed, inserted = true, lost;
static uint16_t port;
static int control = -1, link_fd = -1;
static FILE *log_file;
static unsigned long commands;
static double removed_at;

static void
note(const char *what)
{
	fprintf(log_file, "# %s\n", what);
	fflush(log_file);
}

static void
unplug(void)
{
	if (link_fd >= 0)
		close(link_fd);
	link_fd = -1;
	inserted = false;
	removed_at = now();
	card_power(&card);
	note("removed");
}

static void
order(const char *text)
{
	unsigned int sw;
	unsigned long n = 0;
	char word[16] = "";

	if (sscanf(text, "%15s %lu", word, &n) < 1)
		return;
	if (strcmp(word, "touch") == 0)
		pressed = true;
	else if (strcmp(word, "touches") == 0)
		touches = n;
	else if (strcmp(word, "remove") == 0)
		unplug();
	else if (strcmp(word, "insert") == 0)
		inserted = true;
	else if (strcmp(word, "power") == 0)
		card_power(&card);
	else if (sscanf(text, "fail %lu %x", &n, &sw) == 2) {
		faults.fail = n;
		faults.fail_sw = sw;
	} else if (sscanf(text, "blind %lu %x", &n, &sw) == 2) {
		faults.blind = n;
		faults.blind_sw = sw;
	} else if (strcmp(word, "factory") == 0)
		card_reset(&card);
	else if (strcmp(word, "drop") == 0)
		faults.drop = n;
	else if (strcmp(word, "lose") == 0)
		faults.lose = n;
	else if (strcmp(word, "hang") == 0)
		faults.hang = n;
	else if (strcmp(word, "clear") == 0)
		memset(&faults, 0, sizeof(faults));
	else
		fprintf(stderr, "piv_card: no such order: %s\n", text);
}

static void
orders(void)
{
	static char line[256];
	static size_t n;
	char b;

	while (read(control, &b, 1) == 1) {
		if (b != '\n' && n < sizeof(line) - 1) {
			line[n++] = b;
			continue;
		}
		line[n] = '\0';
		n = 0;
		order(line);
	}
}

static bool
touch_wait(struct card *c)
{
	struct pollfd p = { .fd = control, .events = POLLIN };
	double end = now() + c->touch_seconds;
	char path[512];
	FILE *f;

	if (touches > 0) {
		touches--;
		c->touched_at = now();
		return true;
	}
	pressed = false;
	snprintf(path, sizeof(path), "%s/waiting", c->dir);
	if ((f = fopen(path, "w")) != NULL)
		fclose(f);
	note("waits for a touch");
	while (!pressed && inserted && now() < end) {
		poll(&p, 1, 20);
		orders();
	}
	unlink(path);
	if (pressed)
		c->touched_at = now();
	note(pressed ? "touched" : "not touched");
	return pressed;
}

static bool
read_all(uint8_t *p, size_t n)
{
	while (n > 0) {
		int one = 1;
		ssize_t got;

		/* the driver writes length and data apart: no 40 ms here */
		setsockopt(link_fd, IPPROTO_TCP, TCP_QUICKACK, &one,
		    sizeof(one));
		if ((got = read(link_fd, p, n)) <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
answer(const uint8_t *p, size_t n)
{
	uint8_t b[2 + 258] = { (uint8_t)(n >> 8), (uint8_t)n };

	memcpy(b + 2, p, n);
	return send(link_fd, b, n + 2, MSG_NOSIGNAL) == (ssize_t)n + 2;
}

static bool
due(unsigned long *n)
{
	return *n > 0 && --*n == 0;
}

static void
hang(void)
{
	struct pollfd p = { .fd = control, .events = POLLIN };

	note("hangs");
	while (inserted) {
		poll(&p, 1, -1);
		orders();
	}
}

static void
log_command(const uint8_t *in, size_t n, unsigned int sw)
{
	fprintf(log_file, "%lu %02X %02X %02X %02X %02X %04X\n", commands,
	    in[0], in[1], in[2], in[3], n > 5 ? in[4] : 0, sw);
	fflush(log_file);
}

/* false: the card is gone */
static bool
command(const uint8_t *in, size_t n)
{
	uint8_t out[258];
	size_t out_n = 2;
	bool fail, blind;

	commands++;
	fail = due(&faults.fail);
	blind = due(&faults.blind);
	lost = due(&faults.lose);
	if (due(&faults.drop)) {
		log_command(in, n, 0);
		unplug();
		return false;
	}
	if (due(&faults.hang)) {
		log_command(in, n, 0);
		hang();
		return false;
	}
	if (fail) {
		out[0] = (uint8_t)(faults.fail_sw >> 8);
		out[1] = (uint8_t)faults.fail_sw;
		card.chain_n = 0;
	} else {
		out_n = card_command(&card, in, n, out);
	}
	if (blind) {
		out[0] = (uint8_t)(faults.blind_sw >> 8);
		out[1] = (uint8_t)faults.blind_sw;
		out_n = 2;
	}
	log_command(in, n, (unsigned int)(out[out_n - 2] << 8 |
	    out[out_n - 1]));
	if (lost)
		unplug();
	return inserted && answer(out, out_n);
}

static bool
message(void)
{
	static const uint8_t atr[] = { 0x3b, 0xfd, 0x13, 0x00, 0x00, 0x81,
		0x31, 0xfe, 0x15, 0x80, 0x73, 0xc0, 0x21, 0xc0, 0x57, 0x59,
		0x75, 0x62, 0x69, 0x4b, 0x65, 0x79, 0x40 };
	static uint8_t in[0x10000];
	size_t n;

	if (!read_all(in, 2))
		return false;
	n = (size_t)(in[0] << 8 | in[1]);
	if (!read_all(in, n))
		return false;
	if (n == 1 && in[0] == 4)
		return answer(atr, sizeof(atr));
	if (n == 1) {
		card_power(&card);
		return true;
	}
	return n < 4 || command(in, n);
}

static int
plug(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, one = 1;

	/* pcscd looks every 0.4 s, and is lost if it saw no removal */
	while (removed_at > 0 && now() < removed_at + 1)
		usleep(20000);
	for (int tries = 0; tries < 100; tries++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
			note("inserted");
			return fd;
		}
		close(fd);
		usleep(50000);
	}
	return -1;
}

/* until the reader goes away */
static int
serve(void)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = control, .events = POLLIN },
			{ .fd = link_fd, .events = POLLIN } };

		if (inserted && link_fd < 0) {
			if ((link_fd = plug()) < 0) {
				fputs("piv_card: no reader\n", stderr);
				return 1;
			}
			continue;
		}
		poll(p, 2, -1);
		orders();
		if (link_fd < 0 || link_fd != p[1].fd || p[1].revents == 0)
			continue;
		if (!message() && inserted)
			return 0;
	}
}

static unsigned long
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end != '\0') {
		fprintf(stderr, "piv_card: not a number: %s\n", text);
		exit(2);
	}
	return n;
}

static void
version_set(const char *text)
{
	unsigned int v[3];

	if (sscanf(text, "%u.%u.%u", &v[0], &v[1], &v[2]) != 3) {
		fprintf(stderr, "piv_card: not a version: %s\n", text);
		exit(2);
	}
	for (int i = 0; i < 3; i++)
		card.version[i] = (uint8_t)v[i];
}

static void
fail_set(const char *text)
{
	if (sscanf(text, "%lu:SW=%x", &faults.fail, &faults.fail_sw) != 2) {
		fprintf(stderr, "piv_card: not N:SW=XXXX: %s\n", text);
		exit(2);
	}
}

static void
option(int o)
{
	switch (o) {
	case 'd': card.dir = optarg; break;
	case 'p': port = (uint16_t)number(optarg); break;
	case 'r': card.root = optarg; break;
	case 's': card.serial = (uint32_t)number(optarg); break;
	case 'f': version_set(optarg); break;
	case 't': card.touch_seconds = atof(optarg); break;
	case 'k': card.drop_pin = strcmp(optarg, "drop") == 0; break;
	case 'b': card.accept_bad_points = true; break;
	case 'F': fail_set(optarg); break;
	case 'D': faults.drop = number(optarg); break;
	case 'L': faults.lose = number(optarg); break;
	case 'H': faults.hang = number(optarg); break;
	default: exit(2);
	}
}

static void
options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "dir", 1, NULL, 'd' }, { "port", 1, NULL, 'p' },
		{ "root", 1, NULL, 'r' }, { "serial", 1, NULL, 's' },
		{ "firmware", 1, NULL, 'f' },
		{ "touch-seconds", 1, NULL, 't' },
		{ "pin-state", 1, NULL, 'k' },
		{ "accept-bad-points", 0, NULL, 'b' },
		{ "fail-at", 1, NULL, 'F' }, { "drop-at", 1, NULL, 'D' },
		{ "lose-at", 1, NULL, 'L' }, { "hang-at", 1, NULL, 'H' },
		{ NULL, 0, NULL, 0 }
	};
	int o;

	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1)
		option(o);
	if (card.dir == NULL || port == 0 || optind != argc) {
		fputs("usage: piv_card --dir DIR --port N ...\n", stderr);
		exit(2);
	}
	if (card.root == NULL)
		card.root = card.dir;
}

/* a reader and a writer in one, so that the FIFO never ends */
static bool
files_open(void)
{
	char path[512];

	mkdir(card.dir, 0700);
	snprintf(path, sizeof(path), "%s/waiting", card.dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/control", card.dir);
	unlink(path);
	if (mkfifo(path, 0600) != 0 ||
	    (control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/log", card.dir);
	return (log_file = fopen(path, "ae")) != NULL;
}

int
main(int argc, char **argv)
{
	card.serial = 10000001;
	card.version[0] = 5;
	card.version[1] = 4;
	card.version[2] = 3;
	card.touch_seconds = 15;
	card.touch_wait = touch_wait;
	options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	card_new(&card);
	if (!files_open() || !card_load(&card) || !attest_setup(&card)) {
		fprintf(stderr, "piv_card: %s: no state\n", card.dir);
		return 1;
	}
	card_power(&card);
	puts("ready: SIMULATED card");
	fflush(stdout);
	return serve();
}
