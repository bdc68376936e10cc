/*
 * Finding tokens: one libykpiv state a card, opened by the exact name of its
 * reader, under a lock of that reader; and holding one for an operation.  What
 * the sandbox forbids is done first, before any card has said a word.
 *
 * The connection to pcscd is made here and lent to libykpiv, so that a
 * PC/SC transaction of ours can span several of its calls.
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
#define HOLD_TRIES 20

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

static void
card_disconnect(struct card *c)
{
	if (c->st != NULL)
		(void)ykpiv_done_with_external_card(c->st);
	if (c->handle != 0)
		(void)SCardDisconnect(c->handle, SCARD_RESET_CARD);
	c->st = NULL;
	c->handle = 0;
}

/* Of a reader: pcscd's socket and the lock. */
static void
card_leave(struct card *c)
{
	card_disconnect(c);
	if (c->context != 0)
		(void)SCardReleaseContext(c->context);
	if (c->lock >= 0)
		close(c->lock);
	c->context = 0;
	c->lock = -1;
}

/* libykpiv speaks T=1 alone. */
static LONG
card_connect(struct card *c)
{
	DWORD protocol;
	LONG rc = SCardConnect(c->context, c->info.reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T1, &c->handle, &protocol);

	if (rc == SCARD_S_SUCCESS && (ykpiv_init(&c->st, 0) != YKPIV_OK ||
	    ykpiv_connect_with_external_card(c->st, (uintptr_t)c->context,
	    (uintptr_t)c->handle) != YKPIV_OK ||
	    ykpiv_get_serial(c->st, &c->info.serial) != YKPIV_OK))
		rc = SCARD_E_CARD_UNSUPPORTED;
	if (rc != SCARD_S_SUCCESS)
		card_disconnect(c);
	return rc;
}

/* The lock of a reader, and pcscd's socket; no word to a card yet. */
static bool
card_reach(struct card *c, const char *reader)
{
	*c = (struct card){ .lock = -1 };
	snprintf(c->info.reader, READER_MAX, "%.*s", READER_MAX - 1, reader);
	c->info.tries = c->info.puk_tries = TRIES_UNKNOWN;
	if ((c->lock = lock_take(reader)) < 0) {
		c->info.busy = BUSY_QUORATE;
		return true;
	}
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &c->context) == SCARD_S_SUCCESS)
		return true;
	card_leave(c);
	return false;
}

/*
 * True if there is something to list: a token, or a busy reader; false where
 * there is no card, or one that is no PIV token.  Connecting while another
 * program resets the card can fail once: one more try.
 */
static bool
card_open(struct card *c)
{
	LONG rc;

	if (c->info.busy != BUSY_NOT)
		return true;
	if ((rc = card_connect(c)) == SCARD_S_SUCCESS ||
	    (rc = card_connect(c)) == SCARD_S_SUCCESS) {
		read_version(c);
		return true;
	}
	card_leave(c);
	if (rc != SCARD_E_SHARING_VIOLATION)
		return false;
	c->info.busy = BUSY_PROGRAM;
	return true;
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
cards_reach(const struct token_request *q, struct card *cards, size_t *n,
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
		if (card_reach(&cards[*n], at))
			++*n;
	}
	return 0;
}

void
cards_open(struct card *cards, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (card_open(&cards[i]))
			cards[kept++] = cards[i];
	*n = kept;
}

void
cards_close(struct card *cards, size_t n)
{
	for (size_t i = 0; i < n; i++)
		card_leave(&cards[i]);
}

int
card_gone(const struct card *c, struct err *e)
{
	return err_set(e, ERR_TOKEN, "token %u was taken out or does not "
	    "answer; nothing is lost: put it in and start again",
	    c->info.serial);
}

/* The tries now, asked of a card that is held; false: it does not answer. */
static bool
tries_now(struct card *c, uint8_t *out)
{
	int tries = -1;

	*out = TRIES_UNKNOWN;
	switch (ykpiv_verify(c->st, NULL, &tries)) {
	case YKPIV_OK:
		return true;
	case YKPIV_PIN_LOCKED:
		*out = 0;
		return true;
	case YKPIV_WRONG_PIN:
		if (tries >= 0 && tries < TRIES_UNKNOWN)
			*out = (uint8_t)tries;
		return true;
	default:
		return false;
	}
}

/*
 * A reset by another program is noticed by pcscd at the next transaction.
 * libykpiv then connects anew; as it was given no PIN yet, it sends none.
 */
int
card_hold(struct card *c, struct err *e)
{
	uint8_t tries;
	LONG rc = SCARD_E_TIMEOUT;

	for (int i = 0; i < HOLD_TRIES; i++) {
		rc = SCardBeginTransaction(c->handle);
		if (rc != SCARD_W_RESET_CARD)
			break;
		if (!tries_now(c, &tries))
			return card_gone(c, e);
	}
	if (rc == SCARD_W_RESET_CARD)
		return err_set(e, ERR_TOKEN, "another program keeps resetting "
		    "token %u; close it and start again", c->info.serial);
	if (rc != SCARD_S_SUCCESS)
		return card_gone(c, e);
	if (!tries_now(c, &tries)) {
		card_release(c);
		return card_gone(c, e);
	}
	if (tries == c->info.tries || tries == TRIES_UNKNOWN)
		return 0;
	card_release(c);
	return err_set(e, ERR_TOKEN, "token %u: another program used the PIN "
	    "meanwhile, the tries left went from %u to %u; nothing was sent: "
	    "start again", c->info.serial, c->info.tries, tries);
}

void
card_release(struct card *c)
{
	(void)SCardEndTransaction(c->handle, SCARD_RESET_CARD);
}
