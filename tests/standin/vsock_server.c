/*
 * A unix socket in front of a guest's vsock port, where the vsock itself is
 * a unix socket (vhost-device-vsock, Firecracker): who connects there says
 * "CONNECT PORT\n" and reads "OK N\n" before the port's own bytes begin.
 *
 *	vsock_server LISTEN VSOCK PORT
 *
 * A process a connection.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
open_socket(const char *path, struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (fd < 0 || strlen(path) >= sizeof(a->sun_path)) {
		fprintf(stderr, "vsock_server: %s: no socket\n", path);
		exit(1);
	}
	strcpy(a->sun_path, path);
	return fd;
}

/* The far end, past its greeting; -1 where the guest has no such port. */
static int
dial(const char *vsock, const char *port)
{
	struct sockaddr_un a;
	int fd = open_socket(vsock, &a);
	char line[32], c = 0;
	size_t n = 0;

	snprintf(line, sizeof(line), "CONNECT %s\n", port);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return -1;
	while (c != '\n' && n < sizeof(line) && recv(fd, &c, 1, 0) == 1)
		line[n++] = c;
	return c == '\n' && strncmp(line, "OK ", 3) == 0 ? fd : -1;
}

/* What is there from one to the other; false at the end. */
static int
pass(int from, int to)
{
	static char bytes[16384];
	ssize_t n = recv(from, bytes, sizeof(bytes), 0);

	for (ssize_t at = 0; at < n;) {
		ssize_t k = send(to, bytes + at, (size_t)(n - at),
		    MSG_NOSIGNAL);

		if (k < 0)
			return 0;
		at += k;
	}
	return n > 0;
}

static void
carry(int near, int far)
{
	struct pollfd p[2] = { { near, POLLIN, 0 }, { far, POLLIN, 0 } };

	while (far >= 0 && (p[0].fd >= 0 || p[1].fd >= 0)) {
		if (poll(p, 2, -1) < 0)
			break;
		for (int i = 0; i < 2; i++) {
			int to = i == 0 ? far : near;

			if (p[i].revents == 0 || pass(p[i].fd, to))
				continue;
			shutdown(to, SHUT_WR);
			p[i].fd = -1;
			/* a guest's end is the end of both */
			if (i == 1)
				_exit(0);
		}
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	struct sockaddr_un a;
	int fd;

	if (argc != 4) {
		fputs("usage: vsock_server LISTEN VSOCK PORT\n", stderr);
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	fd = open_socket(argv[1], &a);
	unlink(argv[1]);
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 64) != 0) {
		perror(argv[1]);
		return 1;
	}
	for (;;) {
		int near = accept(fd, NULL, NULL);

		if (near >= 0 && fork() == 0)
			carry(near, dial(argv[2], argv[3]));
		if (near >= 0)
			close(near);
	}
}
