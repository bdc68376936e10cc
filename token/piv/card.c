/*
 * Finding tokens: one libykpiv state a card, opened by the exact name of its
 * reader, under a lock of that reader.
 *
 * The lock is a bound abstract unix socket: it needs no file, and the kernel
 * takes it back however the process ends.  A disconnect resets the card, so
 * two of our processes at one token would spoil each other's PIN.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "token/piv/piv.h"

#define LIST_MAX 4096		/* bytes of readers' names */
#define LOCK_WAIT_MS 3000
#define LOCK_PAUSE_MS 50

/* Readers are named per pcscd, so its socket is part of the name. */
static void
lock_name(const char *reader, struct sockaddr_un *sa, socklen_t *len)
{
	const char *pcscd = getenv("PCSCLITE_CSOCK_NAME");
	struct digest256 d = sha256_two(bytes_str(pcscd == NULL ? "" : pcscd),
	    bytes_str(reader));
	char hex[2 * SHA256_LEN + 1];
	int n;

	hex_text(d.b, SHA256_LEN, hex);
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1,
	    "quorate-token/%.32s", hex);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)n);
}

/* A descriptor that holds the lock, or -1 where another process does. */
static int
lock_take(const char *reader)
{
	int64_t until = clock_ms() + LOCK_WAIT_MS;
	struct sockaddr_un sa;
	socklen_t len;
	int fd;

	lock_name(reader, &sa, &len);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	while (bind(fd, (const struct sockaddr *)&sa, len) != 0) {
		if (errno != EADDRINUSE || clock_ms() > until) {
			close(fd);
			return -1;
		}
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return fd;
}

static void
read_version(struct card *c)
{
	unsigned v[3] = { 0, 0, 0 };
	char text[32] = "";

	if (ykpiv_get_version(c->st, text, sizeof(text)) == YKPIV_OK &&
	    sscanf(text, "%3u.%3u.%3u", &v[0], &v[1], &v[2]) == 3)
		for (size_t i = 0; i < 3; i++)
			c->info.version[i] = (uint8_t)v[i];
}

/*
 * Connecting while another program resets the card can fail once: one more
 * try.  False where there is no card, or one that is no PIV token.
 */
static bool
card_connect(struct card *c)
{
	char name[READER_MAX + 1];

	snprintf(name, sizeof(name), "@%s", c->info.reader);
	for (int i = 0; i < 2; i++) {
		if (ykpiv_init(&c->st, 0) != YKPIV_OK)
			return false;
		if (ykpiv_connect(c->st, name) == YKPIV_OK &&
		    ykpiv_get_serial(c->st, &c->info.serial) == YKPIV_OK)
			return true;
		(void)ykpiv_done(c->st);
		c->st = NULL;
	}
	return false;
}

/* True if there is something to list: a token, or a busy reader. */
static bool
card_open(struct card *c, const char *reader)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->info.reader, READER_MAX, "%.*s", READER_MAX - 1, reader);
	c->info.tries = TRIES_UNKNOWN;
	if ((c->lock = lock_take(reader)) < 0) {
		c->info.busy = true;
		return true;
	}
	if (card_connect(c)) {
		read_version(c);
		return true;
	}
	close(c->lock);
	return false;
}

static int
list_readers(char names[static LIST_MAX], struct err *e)
{
	ykpiv_state *st = NULL;
	size_t len = LIST_MAX - 2;
	ykpiv_rc rc;

	memset(names, 0, LIST_MAX);
	if (ykpiv_init(&st, 0) != YKPIV_OK)
		return err_set(e, ERR_SYSTEM, "out of memory");
	rc = ykpiv_list_readers(st, names, &len);
	(void)ykpiv_done(st);
	if (rc == YKPIV_OK)
		return 0;
	return err_set(e, ERR_TOKEN, "the smart card service pcscd does not "
	    "answer; start it (systemctl start pcscd) and try again");
}

int
cards_open(const struct token_request *q, struct card *cards, size_t *n,
    struct err *e)
{
	static char names[LIST_MAX];
	int r = list_readers(names, e);

	*n = 0;
	if (r != 0)
		return r;
	for (const char *at = names; *at != '\0'; at += strlen(at) + 1) {
		if (strlen(at) >= READER_MAX || *n == TOKENS_MAX ||
		    (q->reader.n > 0 &&
		    !bytes_equal(q->reader, bytes_str(at))))
			continue;
		if (card_open(&cards[*n], at))
			++*n;
	}
	return 0;
}

void
cards_close(struct card *cards, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (cards[i].st == NULL)
			continue;
		(void)ykpiv_done(cards[i].st);
		close(cards[i].lock);
	}
}
