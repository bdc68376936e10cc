/*
 * Starts a real pcscd on a socket of its own, by the socket protocol of
 * systemd (sd_listen_fds(3)): a listening socket as descriptor 3, LISTEN_FDS
 * and LISTEN_PID in the environment.  pcscd knows no option for its socket.
 *
 *	pcscd_launch SOCKET CONFIG_DIR
 *
 * This process becomes pcscd: its id is the id to stop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PCSCD "/usr/sbin/pcscd"

static int
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		return -1;
	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 16) != 0)
		return -1;
	return fd;
}

int
main(int argc, char **argv)
{
	char pid[16];
	int fd;

	if (argc != 3) {
		fputs("usage: pcscd_launch SOCKET CONFIG_DIR\n", stderr);
		return 2;
	}
	if ((fd = listen_at(argv[1])) < 0 || (fd != 3 && dup2(fd, 3) != 3)) {
		perror(argv[1]);
		return 1;
	}
	if (fd != 3)
		close(fd);
	/* compiled into pcscd, which wants it there, not writable */
	mkdir("/run/pcscd", 0755);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	execl(PCSCD, PCSCD, "--foreground", "-c", argv[2], (char *)NULL);
	perror(PCSCD);
	return 1;
}
