/*
 * quorate-token: one operation on one PIV token, then it ends.
 *
 *	quorate-token [--pin-fd N]
 *
 * Started by quorate, which puts a request on standard input and takes the
 * replies from standard output (token/wire.h).  libykpiv keeps PINs in
 * memory of its own and libpcsclite reads what cards and pcscd say, hence a
 * process for each operation: undumpable, no descriptor but its own, behind
 * a seccomp filter before a token is spoken to.
 */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/p256.h"
#include "token/piv/setup.h"

#define REQUEST_MS 10000
#define LINE_LEN 160
#define PIN_FD_MAX 1023

static void
reply(const struct token_reply *p)
{
	struct buf out = { 0 };

	if (wire_reply(p, &out, NULL) != 0 ||
	    frame_send(STDOUT_FILENO, buf_bytes(&out), NULL) != 0)
		_exit(1);	/* nobody listens any more */
	buf_free(&out);
}

void
tell(enum reply_kind kind)
{
	reply(&(struct token_reply){ .kind = kind });
}

void
tell_line(enum reply_kind kind, const char *fmt, ...)
{
	char text[LINE_LEN];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply(&(struct token_reply){ .kind = kind, .text = bytes_str(text) });
}

static void
result(int r, const struct err *e, struct bytes data, const struct secret *s)
{
	struct token_reply p = { .kind = REPLY_RESULT, .code = r };

	if (r == 0) {
		p.data = data;
		p.plain = s->len;
	} else {
		p.text = bytes_str(e->text);
	}
	reply(&p);
	if (p.plain > 0 && fd_write_all(STDOUT_FILENO, s->b, p.plain) != 0)
		_exit(1);
}

static int
list(struct card *cards, size_t n, struct buf *data, struct err *e)
{
	static struct token_list l;

	for (size_t i = 0; i < n; i++) {
		card_look(&cards[i]);
		l.tokens[l.count++] = cards[i].info;
	}
	return wire_list(&l, data, e);
}

static int
sign(struct card *c, const struct pin_source *from,
    const struct token_request *q, struct buf *data, struct err *e)
{
	struct buf msg = { 0 };
	struct bytes m = q->body;
	int r;

	if (q->op == TOKEN_APPROVE && q->body.n != SHA256_LEN)
		return err_set(e, ERR_INPUT, "a manifest hash has 32 bytes");
	if (q->op == TOKEN_SIGN) {
		if ((r = signed_message(q->purpose, q->mode, q->body, &msg,
		    e)) != 0)
			return r;
		m = buf_bytes(&msg);
	}
	if ((data->p = malloc(SIGNATURE_LEN)) == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
	} else {
		struct signature sig;

		data->n = SIGNATURE_LEN;
		if ((r = piv_sign(c, from, m, &sig, e)) == 0)
			memcpy(data->p, sig.b, SIGNATURE_LEN);
	}
	buf_free(&msg);
	return r;
}

static int
examine(struct card *c, struct buf *data, struct err *e)
{
	static struct token_exam x;
	int r = card_examine(c, &x, e);

	return r != 0 ? r : exam_encode(&x, data, e);
}

/* The scalars of an import lie behind the request. */
static int
setup(struct card *c, const struct pin_source *from,
    const struct token_request *q, struct buf *data, struct err *e)
{
	struct secret scalars = { 0 };
	struct public_key pub;
	struct token_setup s;
	int r;

	if ((r = setup_decode(q->body, &s, e)) != 0)
		return r;
	if (s.import && (r = secret_new(&scalars, SCALARS_LEN, e)) == 0 &&
	    fd_read_exactly(STDIN_FILENO, scalars.b, SCALARS_LEN,
	    clock_ms() + REQUEST_MS) != 0)
		r = err_set(e, ERR_INPUT, "quorate-token: no key to import");
	if (r == 0)
		r = card_setup(c, from, &s, &scalars, &pub, e);
	secret_free(&scalars);
	if (r == 0 && (data->p = malloc(PUBLIC_KEY_LEN)) == NULL)
		r = err_set(e, ERR_SYSTEM, "out of memory");
	if (r == 0) {
		memcpy(data->p, pub.b, PUBLIC_KEY_LEN);
		data->n = PUBLIC_KEY_LEN;
	}
	return r;
}

/* The one token of a request, by its serial. */
static int
pick(const struct token_request *q, struct card *cards, size_t n,
    struct err *e)
{
	if (n != 1)
		return err_set(e, ERR_TOKEN, "token %u is not there any more; "
		    "put it in and start again", q->serial);
	if (cards[0].info.busy != BUSY_NOT)
		return err_set(e, ERR_TOKEN, "token %u is in use by another "
		    "%s; end that and start again", q->serial,
		    cards[0].info.busy == BUSY_QUORATE ? "quorate" :
		    "program");
	if (cards[0].info.serial != q->serial)
		return err_set(e, ERR_TOKEN, "another token (%u) is in the "
		    "place of token %u; nothing was done",
		    cards[0].info.serial, q->serial);
	return 0;
}

/* On the one token, whose serial is right. */
static int
operate_one(const struct token_request *q, struct card *c,
    const struct pin_source *from, struct buf *data, struct secret *plain,
    struct err *e)
{
	card_look(c);
	switch (q->op) {
	case TOKEN_APPROVE:
	case TOKEN_SIGN:
		return sign(c, from, q, data, e);
	case TOKEN_OPEN:
		return piv_open(c, from, q->body, plain, e);
	case TOKEN_CHANGE_PIN:
	case TOKEN_CHANGE_PUK:
	case TOKEN_UNBLOCK_PIN:
		return piv_change(c, q->op, from, e);
	case TOKEN_RESET:
		return piv_reset(c, e);
	case TOKEN_EXAMINE:
		return examine(c, data, e);
	case TOKEN_SETUP:
		return setup(c, from, q, data, e);
	case TOKEN_LIST:
	case TOKEN_OP_END:
		break;
	}
	return err_set(e, ERR_INTERNAL, "no such operation");
}

static int
operate(const struct token_request *q, const struct pin_source *from,
    struct buf *data, struct secret *plain, struct err *e)
{
	static struct card cards[TOKENS_MAX];
	size_t n = 0;
	int r;

	if ((r = cards_reach(q, cards, &n, e)) != 0)
		return r;
	if ((r = sandbox_enter(e)) != 0)
		goto out;
	cards_open(cards, &n);
	if (q->op == TOKEN_LIST) {
		r = list(cards, n, data, e);
		goto out;
	}
	if ((r = pick(q, cards, n, e)) == 0)
		r = operate_one(q, &cards[0], from, data, plain, e);
out:
	cards_close(cards, n);
	return r;
}

static int
options(int argc, char **argv, struct pin_source *from)
{
	uint64_t fd;

	if (argc == 1) {
		from->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "--pin-fd") != 0 ||
	    !bytes_number(bytes_str(argv[2]), PIN_FD_MAX, &fd) || fd < 3)
		return ERR_USAGE;
	from->fd = (int)fd;
	return 0;
}

/* All but 0, 1, 2 and where the PIN comes from. */
static void
close_others(const struct pin_source *from)
{
	int keep = from->fd >= 0 ? from->fd : from->tty;

	if (keep < 0) {
		(void)close_range(3, ~0U, 0);
		return;
	}
	if (keep > 3)
		(void)close_range(3, (unsigned)keep - 1, 0);
	(void)close_range((unsigned)keep + 1, ~0U, 0);
}

/* libcrypto and libc read their files now, and never again. */
static void
warm_up(void)
{
	uint8_t zero[POINT_LEN] = { 0 };

	/* no configuration: vault_install has settled that */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_CIPHERS |
	    OPENSSL_INIT_ADD_ALL_DIGESTS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
	    NULL);
	tzset();
	(void)sha256(bytes_of(zero, sizeof(zero)));
	(void)p256_point_valid(zero);
}

int
main(int argc, char **argv)
{
	struct pin_source from = { -1, -1, NULL };
	struct token_request q = { 0 };
	struct buf in = { 0 }, data = { 0 };
	struct secret plain = { 0 };
	struct err e = { 0 };
	int r;

	prompt_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if ((r = secret_process_init(&e)) != 0) {
		fprintf(stderr, "quorate-token: %s\n", e.text);
		return err_exit_status(r);
	}
	if (options(argc, argv, &from) != 0 || isatty(STDIN_FILENO)) {
		fputs("quorate-token: started by quorate, not by hand; see "
		    "quorate token --help\n", stderr);
		return err_exit_status(ERR_USAGE);
	}
	close_others(&from);
	warm_up();
	if ((r = frame_receive(STDIN_FILENO, clock_ms() + REQUEST_MS, &in,
	    &e)) != 0 || (r = wire_read_request(buf_bytes(&in), &q, &e)) != 0)
		r = err_set(&e, ERR_INPUT, "quorate-token: no valid request");
	else
		r = operate(&q, &from, &data, &plain, &e);
	result(r, &e, buf_bytes(&data), &plain);
	secret_free(&plain);
	buf_free(&data);
	buf_free(&in);
	wipe_stack();
	return err_exit_status(r);
}
