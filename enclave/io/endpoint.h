/*
 * Where a stream connection begins or ends: a unix socket, an AF_VSOCK
 * address, an IPv4 address.  Every socket made here is non-blocking and
 * closed on exec.
 */
#ifndef ENCLAVE_IO_ENDPOINT_H
#define ENCLAVE_IO_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "airgap/err.h"

#define ENDPOINT_PATH_MAX 107		/* bytes of a unix socket's path */
#define ENDPOINT_TEXT_MAX 128
#define VSOCK_ANY 0xffffffffu		/* every CID of this machine */
#define VSOCK_PARENT 3u			/* the parent instance, from inside */

enum endpoint_kind { ENDPOINT_UNIX, ENDPOINT_VSOCK, ENDPOINT_TCP };

struct endpoint {
	enum endpoint_kind kind;
	char path[ENDPOINT_PATH_MAX + 1];	/* unix */
	char ip[16];				/* tcp: dotted */
	unsigned cid, port;			/* vsock; tcp: port */
	bool to_host;				/* VMADDR_FLAG_TO_HOST */
};

/*
 * sockaddr_vm of kernels since 5.11; older headers lack the flags, older
 * kernels want them to be 0 (wire 9: the byte after the cid).
 */
struct vsock_address {
	sa_family_t family;
	uint16_t reserved;
	uint32_t port, cid;
	uint8_t flags;
	uint8_t zero[3];
};

/* As bind and connect take it, with its length and family. */
struct endpoint_address {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct vsock_address vm;
		struct sockaddr_storage room;
	} a;
	socklen_t n;
};

/* A vsock address; a listener may take VSOCK_ANY. */
struct endpoint endpoint_vsock(unsigned cid, unsigned port);

/* path, or with a suffix "path_PORT".  0 or ERR_USAGE (too long). */
int endpoint_unix(const char *path, struct endpoint *out,
    struct err *e) MUST_CHECK;
int endpoint_unix_port(const char *path, unsigned port, struct endpoint *out,
    struct err *e) MUST_CHECK;

/* "IP:PORT", an IPv4 address and 0..65535.  0 or ERR_USAGE. */
int endpoint_tcp(const char *text, struct endpoint *out,
    struct err *e) MUST_CHECK;

/* For sentences: "/run/x", "vsock 16:3", "127.0.0.1:80". */
void endpoint_text(const struct endpoint *p,
    char out[static ENDPOINT_TEXT_MAX]);

/* 0 or ERR_USAGE: no such address. */
int endpoint_address(const struct endpoint *p, struct endpoint_address *out,
    struct err *e) MUST_CHECK;

/*
 * Listens; a unix socket has mode 0600 and replaces a stale one, never a
 * live one or another file.  Returns 0 and *fd, ERR_EXISTS or ERR_SYSTEM.
 */
int endpoint_listen(const struct endpoint *p, int *fd,
    struct err *e) MUST_CHECK;

/* The next connection that waits at fd, or -1: none does. */
int endpoint_accept(int fd) MUST_CHECK;

/*
 * Begins to connect: *fd is connected, or will be writable when it is (then
 * SO_ERROR says).  Returns 0 or ERR_PEER, ERR_SYSTEM.
 */
int endpoint_dial(const struct endpoint *p, int *fd, struct err *e) MUST_CHECK;

/* Raises this process's limit of open files to n, or as far as it may. */
void endpoint_room(size_t n);

#endif
