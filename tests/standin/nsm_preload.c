/*
 * /dev/nsm for a real process: opening it is a connection to nsm_server at
 * NSM_STANDIN, the driver's ioctl one request and reply there.  It keeps the
 * driver's limits: EMSGSIZE over 0x1000, a long reply cut off in silence.
 */
#undef _FORTIFY_SOURCE	/* it has inline bodies of what stands below */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NSM_IOCTL 0xC0200A00UL
#define REQUEST_MAX 0x1000
#define REPLY_MAX 0x3000

struct raw {
	uint64_t request, request_length, reply, reply_length;
};

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int ioctl(int fd, unsigned long command, ...);

static int
module(void)
{
	const char *path = getenv("NSM_STANDIN");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlen(path) >= sizeof(at.sun_path)) {
		errno = ENOENT;
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path));
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		errno = ENODEV;
		return -1;
	}
	return fd;
}

static int
pass(const char *name, const char *path, int flags, mode_t mode)
{
	int (*real)(const char *, int, ...);
	void *symbol = dlsym(RTLD_NEXT, name);

	if (strcmp(path, "/dev/nsm") == 0)
		return module();
	memcpy(&real, &symbol, sizeof(real));
	return real(path, flags, mode);
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return pass("open", path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return pass("open64", path, flags, mode);
}

int
__open_2(const char *path, int flags)
{
	return pass("open", path, flags, 0);
}

static int
talk(int fd, struct raw *raw)
{
	static uint8_t reply[REPLY_MAX];
	uint32_t n = (uint32_t)raw->request_length;
	void *from, *to;
	uintptr_t at = (uintptr_t)raw->request;

	memcpy(&from, &at, sizeof(from));
	at = (uintptr_t)raw->reply;
	memcpy(&to, &at, sizeof(to));
	if (raw->request_length > REQUEST_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (send(fd, &n, sizeof(n), MSG_NOSIGNAL) != (ssize_t)sizeof(n) ||
	    send(fd, from, n, MSG_NOSIGNAL) != (ssize_t)n ||
	    recv(fd, &n, sizeof(n), MSG_WAITALL) != (ssize_t)sizeof(n) ||
	    n > sizeof(reply) ||
	    recv(fd, reply, n, MSG_WAITALL) != (ssize_t)n) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (n < raw->reply_length)
		raw->reply_length = n;
	memcpy(to, reply, (size_t)raw->reply_length);
	return 0;
}

int
ioctl(int fd, unsigned long command, ...)
{
	int (*real)(int, unsigned long, ...);
	void *symbol = dlsym(RTLD_NEXT, "ioctl");
	void *argument;
	va_list ap;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	memcpy(&real, &symbol, sizeof(real));
	return command == NSM_IOCTL ? talk(fd, argument) :
	    real(fd, command, argument);
}
