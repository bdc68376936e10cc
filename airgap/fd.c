/*
 * The standard descriptors, whole writes and reads, waiting, the clock of
 * deadlines.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "airgap/fd.h"

/* The wrong way round: reading from it, or writing to it, goes on failing. */
static int
take_standard(int fd)
{
	if (fd == STDIN_FILENO)
		return open("/dev/null", O_WRONLY);
	return open("/dev/null", O_RDONLY);
}

int
fd_standard(struct err *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && take_standard(fd) != fd)
			return err_set(e, ERR_SYSTEM, "standard descriptor %d "
			    "is closed, and /dev/null does not open: %s", fd,
			    strerror(errno));
	return 0;
}

static int64_t
now_ms(clockid_t of)
{
	struct timespec t;

	(void)clock_gettime(of, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_ms(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

int64_t
clock_boot_ms(void)
{
	return now_ms(CLOCK_BOOTTIME);
}

int
fd_write_all(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t got = write(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return ERR_SYSTEM;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int
fd_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - clock_ms();
		int got;

		if (deadline >= 0 && left <= 0)
			return ERR_INTERRUPTED;
		got = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (got > 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
	}
}

int
fd_read_exactly(int fd, void *p, size_t n, int64_t deadline)
{
	uint8_t *at = p;
	int r;

	while (n > 0) {
		ssize_t got;

		if ((r = fd_wait(fd, POLLIN, deadline)) != 0)
			return r;
		got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_PEER;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}
