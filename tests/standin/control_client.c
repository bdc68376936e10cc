/*
 * Standard input to a unix socket and what comes back to standard output,
 * as it is:
 *
 *	control_client SOCKET
 *
 * The end of the input is passed on; it ends with status 0 when the peer
 * closes, 1 if there is none.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(a.sun_path))
		return -1;
	strcpy(a.sun_path, path);
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? fd : -1;
}

/* 1 while there is more, 0 at the end or where the other side is gone. */
static int
copy(int from, int to)
{
	static char b[65536];
	ssize_t n = read(from, b, sizeof(b)), k;

	for (ssize_t done = 0; done < n; done += k)
		if ((k = to == STDOUT_FILENO ? write(to, b + done,
		    (size_t)(n - done)) : send(to, b + done,
		    (size_t)(n - done), MSG_NOSIGNAL)) <= 0)
			return 0;
	return n > 0;
}

int
main(int argc, char **argv)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
	    { .events = POLLIN } };

	if (argc != 2)
		return 2;
	if ((p[1].fd = connect_to(argv[1])) < 0) {
		perror(argv[1]);
		return 1;
	}
	while (poll(p, 2, -1) > 0) {
		if (p[1].revents != 0 && !copy(p[1].fd, STDOUT_FILENO))
			return 0;
		if (p[0].revents != 0 && !copy(STDIN_FILENO, p[1].fd)) {
			shutdown(p[1].fd, SHUT_WR);
			p[0].fd = -1;
		}
	}
	return 1;
}
