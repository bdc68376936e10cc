/*
 * A sample application for a Quorate (or QOS) enclave.
 *
 * It finds its two keys in files, listens on 127.0.0.1:PORT (the port of a
 * "server" bridge in the manifest), takes one line from each client, and
 * answers with one line of JSON: the message signed by the live key, which
 * the live attestation document vouches for, and by the quorum key, which
 * every enclave of this namespace has.
 *
 *	hello [--port N] [--quorum-key FILE] [--live-key FILE]
 *
 * What is signed is "hello-example/v1\0" and the line: a signature says what
 * it is for, so that no line can be passed off as something else.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "airgap/file.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/keyset.h"

#define DOMAIN "hello-example/v1"	/* its NUL is signed too */
#define LINE_MAX_LEN 256

struct keys { struct keyset live, quorum; };

static int
load(const char *path, struct keyset *out, struct err *e)
{
	struct secret text = { 0 }, seed = { 0 };
	int r;

	if ((r = file_read_secret(path, 128, &text, e)) == 0 &&
	    (r = seed_from_text(bytes_of(text.b, text.len), &seed, e)) == 0)
		r = keyset_from_seed(out, seed.b, e);
	secret_free(&text);
	secret_free(&seed);
	return r;
}

static int
sign_hex(const struct keyset *ks, struct bytes line,
    char sig[static 2 * SIGNATURE_LEN + 1],
    char pub[static PUBLIC_KEY_HEX_LEN + 1], struct err *e)
{
	uint8_t msg[sizeof(DOMAIN) + LINE_MAX_LEN];
	struct signature s;
	int r;

	memcpy(msg, DOMAIN, sizeof(DOMAIN));
	memcpy(msg + sizeof(DOMAIN), line.p, line.n);
	r = keyset_sign(ks, bytes_of(msg, sizeof(DOMAIN) + line.n), &s, e);
	hex_text(s.b, sizeof(s.b), sig);
	hex_text(ks->pub.b, sizeof(ks->pub.b), pub);
	return r;
}

/* One line in, without its line break; the rest is not read. */
static size_t
read_line(int fd, uint8_t line[static LINE_MAX_LEN])
{
	size_t n = 0;

	while (n < LINE_MAX_LEN && read(fd, line + n, 1) == 1 &&
	    line[n] != '\n')
		n++;
	return n;
}

/* One client at a time, so one answer at a time. */
static struct {
	uint8_t line[LINE_MAX_LEN];
	char text[2 * LINE_MAX_LEN + 1];
	char live_sig[2 * SIGNATURE_LEN + 1], live[PUBLIC_KEY_HEX_LEN + 1];
	char quorum_sig[2 * SIGNATURE_LEN + 1];
	char quorum[PUBLIC_KEY_HEX_LEN + 1];
} now;

static int
answer(int fd, const struct keys *k, struct err *e)
{
	size_t n = read_line(fd, now.line);
	struct bytes line = bytes_of(now.line, n);
	int r;

	if ((r = sign_hex(&k->live, line, now.live_sig, now.live, e)) != 0 ||
	    (r = sign_hex(&k->quorum, line, now.quorum_sig, now.quorum,
	    e)) != 0)
		return r;
	hex_text(now.line, n, now.text);
	if (dprintf(fd, "{\"domain\":\"" DOMAIN "\",\"messageHex\":\"%s\","
	    "\"liveKey\":\"%s\",\"liveSignature\":\"%s\","
	    "\"quorumKey\":\"%s\",\"quorumSignature\":\"%s\"}\n",
	    now.text, now.live, now.live_sig, now.quorum,
	    now.quorum_sig) < 0)
		return err_set(e, ERR_PEER, "client went away");
	return 0;
}

static int
listen_on(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0 ||
	    bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 16) != 0)
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	const char *quorum = "/qos.quorum.key", *live = "/qos.ephemeral.key";
	struct timeval limit = { .tv_sec = 5 };
	struct keys k = { 0 };
	struct err e = { 0 };
	int port = 3000, fd, client;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			port = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--quorum-key") == 0)
			quorum = argv[i + 1];
		else if (strcmp(argv[i], "--live-key") == 0)
			live = argv[i + 1];
	}
	signal(SIGPIPE, SIG_IGN);
	if (secret_process_init(&e) != 0 || load(quorum, &k.quorum, &e) != 0 ||
	    load(live, &k.live, &e) != 0) {
		fprintf(stderr, "hello: %s\n", e.text);
		return 1;
	}
	if ((fd = listen_on(port)) < 0) {
		perror("hello: cannot listen");
		return 1;
	}
	while ((client = accept(fd, NULL, NULL)) >= 0) {
		setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit,
		    sizeof(limit));
		if (answer(client, &k, &e) != 0)
			fprintf(stderr, "hello: %s\n", e.text);
		close(client);
	}
	keyset_free(&k.quorum);
	keyset_free(&k.live);
	return 1;
}
