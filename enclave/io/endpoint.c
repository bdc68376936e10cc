/*
 * Addresses, and sockets that listen on them or connect to them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/bytes.h"
#include "enclave/io/endpoint.h"

#define VSOCK_TO_HOST 0x01		/* VMADDR_FLAG_TO_HOST */

_Static_assert(offsetof(struct vsock_address, flags) == 12 &&
    sizeof(struct vsock_address) == 16, "the kernel's sockaddr_vm");

struct endpoint
endpoint_vsock(unsigned cid, unsigned port)
{
	return (struct endpoint){ .kind = ENDPOINT_VSOCK, .cid = cid,
	    .port = port };
}

int
endpoint_unix(const char *path, struct endpoint *out, struct err *e)
{
	*out = (struct endpoint){ .kind = ENDPOINT_UNIX };
	if (strlen(path) > ENDPOINT_PATH_MAX)
		return err_set(e, ERR_USAGE, "%.60s...: the path of a socket "
		    "has at most %d bytes", path, ENDPOINT_PATH_MAX);
	strcpy(out->path, path);
	return 0;
}

int
endpoint_unix_port(const char *path, unsigned port, struct endpoint *out,
    struct err *e)
{
	char full[ENDPOINT_PATH_MAX + 12];

	snprintf(full, sizeof(full), "%.*s_%u", ENDPOINT_PATH_MAX, path, port);
	return endpoint_unix(full, out, e);
}

int
endpoint_tcp(const char *text, struct endpoint *out, struct err *e)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	struct in_addr a;
	uint64_t port;

	*out = (struct endpoint){ .kind = ENDPOINT_TCP };
	if (n > 0 && n < sizeof(out->ip))
		memcpy(out->ip, text, n);
	if (inet_pton(AF_INET, out->ip, &a) != 1 ||
	    !bytes_number(bytes_str(colon + 1), UINT16_MAX, &port))
		return err_set(e, ERR_USAGE, "%s: not IPv4:PORT", text);
	out->port = (unsigned)port;
	return 0;
}

void
endpoint_text(const struct endpoint *p, char out[static ENDPOINT_TEXT_MAX])
{
	if (p->kind == ENDPOINT_UNIX)
		snprintf(out, ENDPOINT_TEXT_MAX, "%s", p->path);
	else if (p->kind == ENDPOINT_VSOCK && p->cid == VSOCK_ANY)
		snprintf(out, ENDPOINT_TEXT_MAX, "vsock any:%u", p->port);
	else if (p->kind == ENDPOINT_VSOCK)
		snprintf(out, ENDPOINT_TEXT_MAX, "vsock %u:%u", p->cid,
		    p->port);
	else
		snprintf(out, ENDPOINT_TEXT_MAX, "%s:%u", p->ip, p->port);
}

int
endpoint_address(const struct endpoint *p, struct endpoint_address *out,
    struct err *e)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&out->a.room;

	*out = (struct endpoint_address){ 0 };
	switch (p->kind) {
	case ENDPOINT_UNIX:
		out->a.un.sun_family = AF_UNIX;
		strcpy(out->a.un.sun_path, p->path);
		out->n = sizeof(out->a.un);
		return 0;
	case ENDPOINT_VSOCK:
		out->a.vm = (struct vsock_address){ .family = AF_VSOCK,
		    .port = p->port, .cid = p->cid,
		    .flags = p->to_host ? VSOCK_TO_HOST : 0 };
		out->n = sizeof(out->a.vm);
		return 0;
	case ENDPOINT_TCP:
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)p->port);
		out->n = sizeof(*in);
		if (inet_pton(AF_INET, p->ip, &in->sin_addr) == 1)
			return 0;
		return err_set(e, ERR_USAGE, "%s: not an IPv4 address", p->ip);
	}
	return err_set(e, ERR_INTERNAL, "an endpoint of no kind");
}

static int
new_socket(const struct endpoint_address *a, const char *what, int *fd,
    struct err *e)
{
	*fd = socket(a->a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (*fd >= 0)
		return 0;
	return err_set(e, ERR_SYSTEM, "cannot open a socket for %s: %s", what,
	    strerror(errno));
}

/* Does somebody listen there?  A full backlog is an answer too. */
static bool
in_use(const struct endpoint_address *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	bool used;

	if (fd < 0)
		return false;
	used = connect(fd, &a->a.any, a->n) == 0 || errno == EAGAIN;
	close(fd);
	return used;
}

/* A socket that nobody listens on goes; anything else stays. */
static int
make_room(const struct endpoint *p, const struct endpoint_address *a,
    struct err *e)
{
	struct stat st;

	if (lstat(p->path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_EXISTS, "%s is there and is no socket",
		    p->path);
	if (in_use(a))
		return err_set(e, ERR_EXISTS, "another process listens on %s",
		    p->path);
	unlink(p->path);
	return 0;
}

int
endpoint_listen(const struct endpoint *p, int *fd, struct err *e)
{
	const int yes = 1;
	char what[ENDPOINT_TEXT_MAX];
	struct endpoint_address a;
	mode_t old;
	int r;

	*fd = -1;
	endpoint_text(p, what);
	if ((r = endpoint_address(p, &a, e)) != 0 ||
	    (p->kind == ENDPOINT_UNIX && (r = make_room(p, &a, e)) != 0) ||
	    (r = new_socket(&a, what, fd, e)) != 0)
		return r;
	if (p->kind == ENDPOINT_TCP)
		(void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes,
		    sizeof(yes));
	old = umask(0177);
	r = bind(*fd, &a.a.any, a.n) == 0 && listen(*fd, SOMAXCONN) == 0 ? 0 :
	    errno;
	umask(old);
	if (r == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(e, ERR_SYSTEM, "cannot listen on %s: %s", what,
	    strerror(r));
}

int
endpoint_accept(int fd)
{
	return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int
endpoint_dial(const struct endpoint *p, int *fd, struct err *e)
{
	char what[ENDPOINT_TEXT_MAX];
	struct endpoint_address a;
	int r;

	*fd = -1;
	endpoint_text(p, what);
	if ((r = endpoint_address(p, &a, e)) != 0 ||
	    (r = new_socket(&a, what, fd, e)) != 0)
		return r;
	if (connect(*fd, &a.a.any, a.n) == 0 || errno == EINPROGRESS)
		return 0;
	r = err_set(e, ERR_PEER, "cannot connect to %s: %s", what,
	    strerror(errno));
	close(*fd);
	*fd = -1;
	return r;
}

void
endpoint_room(size_t n)
{
	struct rlimit l, more;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= n)
		return;
	more = (struct rlimit){ n, l.rlim_max < n ? n : l.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	l.rlim_cur = l.rlim_max;	/* more is for root to give */
	(void)setrlimit(RLIMIT_NOFILE, &l);
}
