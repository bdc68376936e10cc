/*
 * The parent's end beside HTTP, down to the addresses that the kernel gets.
 * The vsock here is a unix socket behind the calls, so a kernel without one
 * runs this too, and bytes go through.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "enclave/host/services.h"
#include "enclave/io/heartbeat.h"

#define ADDRESS_LEN 16		/* sockaddr_vm */
#define WAIT_S 20

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *a, socklen_t n);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t n);
int __real_connect(int fd, const struct sockaddr *a, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t n);

static struct {
	uint8_t bound[ADDRESS_LEN], connected[ADDRESS_LEN];
	struct sockaddr_un heartbeat, application;
	socklen_t heartbeat_len, application_len;
} w;

int
__wrap_socket(int domain, int type, int protocol)
{
	return __real_socket(domain == AF_VSOCK ? AF_UNIX : domain, type,
	    protocol);
}

/* An abstract name that the kernel picks, kept in *a. */
static int
bind_unix(int fd, struct sockaddr_un *a, socklen_t *n)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*n = sizeof(*a);
	if (__real_bind(fd, (struct sockaddr *)a, sizeof(sa_family_t)) != 0)
		return -1;
	return getsockname(fd, (struct sockaddr *)a, n);
}

int
__wrap_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	if (a->sa_family != AF_VSOCK)
		return __real_bind(fd, a, n);
	assert_int_equal(n, ADDRESS_LEN);
	memcpy(w.bound, a, ADDRESS_LEN);
	return bind_unix(fd, &w.heartbeat, &w.heartbeat_len);
}

int
__wrap_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	if (a->sa_family != AF_VSOCK)
		return __real_connect(fd, a, n);
	assert_int_equal(n, ADDRESS_LEN);
	memcpy(w.connected, a, ADDRESS_LEN);
	return __real_connect(fd, (struct sockaddr *)&w.application,
	    w.application_len);
}

static int
connected_to(const void *a, socklen_t n, int domain)
{
	const struct timeval limit = { .tv_sec = WAIT_S };
	int fd = __real_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)), 0);
	assert_int_equal(__real_connect(fd, a, n), 0);
	return fd;
}

static void
a_heartbeat_is_awaited_on_port_9000_of_every_cid_and_answered(void **state)
{
	const struct endpoint enclave = endpoint_vsock(16, 3);
	const struct many none = { 0 };
	const struct services_config c = { .enclave = &enclave,
	    .bridges = &none, .heartbeat = true };
	struct services *s;
	struct err e;
	uint8_t byte = 0xb7;
	int fd;

	(void)state;
	assert_int_equal(services_start(&c, &s, &e), 0);
	/* AF_VSOCK, port 9000 = 0x2328, VMADDR_CID_ANY, no flag */
	assert_memory_equal(w.bound, "\x28\0\0\0\x28\x23\0\0\xff\xff\xff\xff"
	    "\0\0\0\0", ADDRESS_LEN);
	fd = connected_to(&w.heartbeat, w.heartbeat_len, AF_UNIX);
	assert_int_equal(write(fd, &byte, 1), 1);
	byte = 0;
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 0xb7);
	close(fd);
	services_stop(s);
}

/* A port of 127.0.0.1 that was free a moment ago. */
static unsigned short
free_port(struct sockaddr_in *a)
{
	socklen_t n = sizeof(*a);
	int fd = __real_socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(__real_bind(fd, (struct sockaddr *)a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)a, &n), 0);
	close(fd);
	return ntohs(a->sin_port);
}

static void
a_bridge_goes_to_the_same_port_of_the_enclaves_cid(void **state)
{
	struct endpoint enclave = endpoint_vsock(0x01020304, 3);
	struct sockaddr_in near;
	unsigned port = free_port(&near);
	char text[32], got[6] = "";
	const char *v[] = { text };
	const struct many bridges = { v, 1 };
	const struct services_config c = { .enclave = &enclave,
	    .bridges = &bridges };
	uint8_t want[ADDRESS_LEN] = "\x28\0\0\0??\0\0\x04\x03\x02\x01\x01\0\0";
	struct services *s;
	struct err e;
	int client, far, listener;

	(void)state;
	want[4] = port & 0xff;
	want[5] = (uint8_t)(port >> 8);
	enclave.to_host = true;		/* it is the fifth byte from the end */
	listener = __real_socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind_unix(listener, &w.application,
	    &w.application_len), 0);
	assert_int_equal(listen(listener, 1), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	assert_int_equal(services_start(&c, &s, &e), 0);
	client = connected_to(&near, sizeof(near), AF_INET);
	assert_int_equal(write(client, "hello", 5), 5);
	far = accept(listener, NULL, NULL);
	assert_true(far >= 0);
	assert_int_equal(recv(far, got, 5, MSG_WAITALL), 5);
	assert_string_equal(got, "hello");
	assert_memory_equal(w.connected, want, ADDRESS_LEN);
	close(client);
	close(far);
	close(listener);
	services_stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		a_heartbeat_is_awaited_on_port_9000_of_every_cid_and_answered),
		cmocka_unit_test(
		    a_bridge_goes_to_the_same_port_of_the_enclaves_cid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
