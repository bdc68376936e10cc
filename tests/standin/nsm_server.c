/*
 * The SIMULATED module as a process of its own, for a real quorate-enclave
 * with nsm_preload.so below it: no simulated code is in the process under
 * test, and what the module knows outlives it, as on Nitro.
 *
 *	nsm_server SOCKET PKI_DIR [PCR_FILE]
 *
 * A connection is a request and its reply, each a 32-bit length of this
 * machine and that many bytes.  Every other reply is in the indefinite form.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/standin/nsm_serve.h"

#define REQUEST_MAX 0x1000
#define REPLY_MAX 0x3000

static bool
read_all(int fd, void *p, size_t n)
{
	return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

static void
serve(struct nsm *nsm, int fd, bool open)
{
	static uint8_t in[REQUEST_MAX], out[REPLY_MAX];
	uint32_t n;

	if (!read_all(fd, &n, sizeof(n)) || n > sizeof(in) ||
	    !read_all(fd, in, n))
		return;
	n = (uint32_t)nsm_serve(nsm, bytes_of(in, n), open, out,
	    sizeof(out));
	if (send(fd, &n, sizeof(n), MSG_NOSIGNAL) == (ssize_t)sizeof(n) &&
	    send(fd, out, n, MSG_NOSIGNAL) != (ssize_t)n)
		fputs("nsm_server: a reply was not taken\n", stderr);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		return -1;
	memcpy(at.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 16) != 0)
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	struct nsm *nsm;
	bool open = false;
	int fd, peer;

	if (argc < 3 || argc > 4) {
		fputs("usage: nsm_server SOCKET PKI_DIR [PCR_FILE]\n",
		    stderr);
		return 2;
	}
	nsm = nsm_serve_open(argv[2], argc == 4 ? argv[3] : NULL, &e);
	if (nsm == NULL) {
		fprintf(stderr, "nsm_server: %s\n", e.text);
		return 1;
	}
	if ((fd = listen_at(argv[1])) < 0) {
		perror(argv[1]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while ((peer = accept(fd, NULL, NULL)) >= 0) {
		serve(nsm, peer, open);
		close(peer);
		open = !open;
	}
	perror("accept");
	return 1;
}
