/*
 * The client of the control socket: what it writes, what it takes, and what
 * a peer that misbehaves costs.  The peer is a child with one connection.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/fd.h"
#include "enclave/host/frame_client.h"

#define MIB (1u << 20)
#define TIMEOUT_MS 400		/* where it is waited for */
#define PATIENCE_MS 20000	/* where it is not: a machine may be slow */

ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_connect(int fd, const struct sockaddr *a, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t n);

static size_t largest;			/* write of the client */
static uint8_t address[16];		/* of a vsock connect */
static char path[64];
static int listener;
static pid_t child;
static struct frame_budget budget = { .max = 256 * MIB };

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	if (n > largest)
		largest = n;
	return __real_send(fd, p, n, flags);
}

/* A kernel without vsock must not keep us from seeing the address. */
int
__wrap_socket(int domain, int type, int protocol)
{
	return __real_socket(domain == AF_VSOCK ? AF_UNIX : domain, type,
	    protocol);
}

int
__wrap_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	if (a->sa_family != AF_VSOCK)
		return __real_connect(fd, a, n);
	assert_int_equal(n, sizeof(address));
	memcpy(address, a, sizeof(address));
	errno = ECONNRESET;
	return -1;
}

static void
listen_here(int backlog)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(path, sizeof(path), "/tmp/frame_client.%d", getpid());
	strcpy(a.sun_path, path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&a,
	    sizeof(a)), 0);
	assert_int_equal(listen(listener, backlog), 0);
}

static void
write_all(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t k = __real_send(fd, b, n, MSG_NOSIGNAL);

		if (k <= 0)
			_exit(0);
		b += k;
		n -= (size_t)k;
	}
}

static void
write_length(int fd, uint64_t n)
{
	write_all(fd, &n, sizeof(n));
}

/* The request's bytes; the caller frees. */
static uint8_t *
read_request(int fd, uint64_t *n)
{
	uint8_t *p;

	if (recv(fd, n, sizeof(*n), MSG_WAITALL) != sizeof(*n) ||
	    (p = malloc(*n + 1)) == NULL || (*n > 0 &&
	    recv(fd, p, *n, MSG_WAITALL) != (ssize_t)*n))
		_exit(1);
	return p;
}

static void
play_echo(int fd)
{
	uint64_t n;
	uint8_t *p = read_request(fd, &n);

	write_length(fd, n);
	write_all(fd, p, n);
	free(p);
}

static void
play_bytes(int fd)
{
	uint64_t n;

	free(read_request(fd, &n));
	n = 3;
	for (size_t i = 0; i < sizeof(n); i++) {
		write_all(fd, (const uint8_t *)&n + i, 1);
		usleep(2000);
	}
	for (size_t i = 0; i < 3; i++) {
		write_all(fd, &"abc"[i], 1);
		usleep(2000);
	}
}

static void
play_drip(int fd)
{
	write_length(fd, 1000);
	for (;;) {
		write_all(fd, "x", 1);
		usleep(20000);
	}
}

static void
play_stuck(int fd)
{
	(void)fd;
	pause();
}

static void
play_close(int fd)
{
	(void)fd;
}

static void
play_header_cut(int fd)
{
	uint64_t n;

	free(read_request(fd, &n));
	write_all(fd, "\x05\0\0", 3);
}

static void
play_body_cut(int fd)
{
	uint64_t n;

	free(read_request(fd, &n));
	write_length(fd, 100 * MIB);
	write_all(fd, "0123456789", 10);
}

static void
play_huge(int fd)
{
	uint64_t n;

	free(read_request(fd, &n));
	write_length(fd, 128 * MIB + 1);
	pause();
}

static void
play_limit(int fd)
{
	static const uint8_t zeros[MIB];
	uint64_t n;

	free(read_request(fd, &n));
	write_length(fd, 128 * MIB);
	for (int i = 0; i < 128; i++)
		write_all(fd, zeros, sizeof(zeros));
}

static void
start(void (*play)(int fd))
{
	listen_here(8);
	child = fork();
	if (child == 0) {
		int fd = accept(listener, NULL, NULL);

		play(fd);
		close(fd);
		_exit(0);
	}
}

static struct frame_client
client(void)
{
	struct frame_client c = { .timeout_ms = PATIENCE_MS, .cancel_fd = -1,
	    .budget = &budget };

	assert_int_equal(endpoint_unix(path, &c.at, NULL), 0);
	return c;
}

static int
set_up(void **state)
{
	(void)state;
	child = 0;
	listener = -1;
	largest = 0;
	budget = (struct frame_budget){ .max = 256 * MIB };
	return 0;
}

/* Whatever a call did, the budget is whole again. */
static int
tear_down(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	if (listener >= 0)
		close(listener);
	unlink(path);
	return budget.held == 0 ? 0 : -1;
}

/* A call that must fail, saying words; not by the patient timeout. */
static void
fails(const struct frame_client *c, int want, const char *words)
{
	int64_t began = clock_ms();
	struct buf reply = { 0 };
	struct err e = { 0 };

	assert_int_equal(frame_call(c, bytes_str("hello"), &reply, &e), want);
	assert_non_null(strstr(e.text, words));
	assert_null(reply.p);
	assert_true(clock_ms() - began < PATIENCE_MS);
}

static void
misbehaves(void (*play)(int fd), int64_t timeout_ms, const char *words)
{
	struct frame_client c;

	start(play);
	c = client();
	c.timeout_ms = timeout_ms;
	fails(&c, ERR_PEER, words);
}

static void
a_reply_in_single_bytes_is_put_together(void **state)
{
	struct frame_client c;
	struct buf reply;

	(void)state;
	start(play_bytes);
	c = client();
	assert_int_equal(frame_call(&c, bytes_str("hello"), &reply, NULL), 0);
	assert_int_equal(reply.n, 3);
	assert_memory_equal(reply.p, "abc", 3);
	frame_reply_free(&c, &reply);
}

static void
writes_have_at_most_31234_bytes_and_nothing_is_lost(void **state)
{
	static uint8_t data[3 * MIB];
	struct frame_client c;
	struct buf reply;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + (i >> 11));
	start(play_echo);
	c = client();
	assert_int_equal(frame_call(&c, bytes_of(data, sizeof(data)), &reply,
	    NULL), 0);
	assert_int_equal(reply.n, sizeof(data));
	assert_memory_equal(reply.p, data, sizeof(data));
	assert_int_equal(largest, 31234);
	frame_reply_free(&c, &reply);
}

static void
an_empty_reply_is_a_reply(void **state)
{
	struct frame_client c;
	struct buf reply;

	(void)state;
	start(play_echo);
	c = client();
	assert_int_equal(frame_call(&c, bytes_of(NULL, 0), &reply, NULL), 0);
	assert_int_equal(reply.n, 0);
	frame_reply_free(&c, &reply);
}

static void
no_socket_and_no_listener_are_unreachable(void **state)
{
	struct frame_client c;

	(void)state;
	listen_here(1);
	close(listener);
	listener = -1;
	c = client();
	fails(&c, ERR_PEER, "cannot connect");
	unlink(path);
	fails(&c, ERR_PEER, "cannot connect");
}

static void
a_closed_line_is_named_wherever_it_ends(void **state)
{
	(void)state;
	misbehaves(play_header_cut, PATIENCE_MS,
	    "before its reply was complete");
	(void)tear_down(NULL);
	misbehaves(play_close, PATIENCE_MS, "closed the connection");
}

static void
an_announced_length_takes_no_memory(void **state)
{
	struct frame_client c;

	(void)state;
	start(play_body_cut);
	c = client();
	budget.max = 8192;
	fails(&c, ERR_PEER, "before its reply was complete");
}

static void
over_128_mib_is_refused_before_it_comes(void **state)
{
	(void)state;
	misbehaves(play_huge, PATIENCE_MS, "134217729 bytes");
}

static void
a_reply_of_128_mib_passes_and_counts_in_the_budget(void **state)
{
	struct frame_client c;
	struct buf reply;

	(void)state;
	start(play_limit);
	c = client();
	assert_int_equal(frame_call(&c, bytes_str("x"), &reply, NULL), 0);
	assert_int_equal(reply.n, 128 * MIB);
	assert_int_equal(budget.held, 128 * MIB);
	frame_reply_free(&c, &reply);
}

static void
a_reply_past_the_budget_is_given_up(void **state)
{
	struct frame_client c;

	(void)state;
	start(play_limit);
	c = client();
	budget.max = MIB;
	fails(&c, ERR_SYSTEM, "too many large messages");
}

static void
a_caller_may_want_less_than_the_frame_limit(void **state)
{
	struct frame_client c;

	(void)state;
	start(play_body_cut);
	c = client();
	c.reply_max = 4096;
	fails(&c, ERR_PEER, "the limit is 4096");
}

static void
one_timeout_covers_stuck_and_dripping_peers(void **state)
{
	(void)state;
	misbehaves(play_stuck, TIMEOUT_MS, "within 400 ms");
	(void)tear_down(NULL);
	misbehaves(play_drip, TIMEOUT_MS, "within 400 ms");
}

static void
a_request_that_nobody_reads_ends_with_the_timeout(void **state)
{
	static uint8_t data[4 * MIB];
	struct frame_client c;
	int64_t began = clock_ms();
	struct buf reply;

	(void)state;
	start(play_stuck);
	c = client();
	c.timeout_ms = TIMEOUT_MS;
	assert_int_equal(frame_call(&c, bytes_of(data, sizeof(data)), &reply,
	    NULL), ERR_PEER);
	assert_in_range(clock_ms() - began, TIMEOUT_MS - 50, PATIENCE_MS);
}

/* Nobody accepts, so the kernel's queue fills and connect says EAGAIN. */
static void
a_full_queue_is_waited_for_until_the_timeout(void **state)
{
	struct frame_client c;
	int64_t began = clock_ms();
	struct buf reply;
	int held[4];

	(void)state;
	listen_here(0);
	for (size_t i = 0; i < 4; i++) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };

		strcpy(a.sun_path, path);
		held[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)__real_connect(held[i], (const struct sockaddr *)&a,
		    sizeof(a));
	}
	c = client();
	c.timeout_ms = TIMEOUT_MS;
	assert_int_equal(frame_call(&c, bytes_str("x"), &reply, NULL),
	    ERR_PEER);
	assert_in_range(clock_ms() - began, TIMEOUT_MS - 50, PATIENCE_MS);
	for (size_t i = 0; i < 4; i++)
		close(held[i]);
}

static void
a_cancelled_call_ends_at_once(void **state)
{
	struct frame_client c;

	(void)state;
	start(play_stuck);
	c = client();
	c.cancel_fd = eventfd(1, EFD_CLOEXEC);
	fails(&c, ERR_INTERRUPTED, "stopped");
	close(c.cancel_fd);
}

static void
a_message_over_the_frame_limit_is_not_sent(void **state)
{
	static const uint8_t one;
	struct frame_client c = client();
	struct buf reply;

	(void)state;
	assert_int_equal(frame_call(&c, bytes_of(&one, 128 * MIB + 1), &reply,
	    NULL), ERR_INPUT);
}

static void
a_vsock_address_has_its_flag_behind_the_cid(void **state)
{
	struct frame_client c = { .at = endpoint_vsock(0x01020304, 3),
	    .timeout_ms = TIMEOUT_MS, .cancel_fd = -1 };
	struct buf reply;

	(void)state;
	assert_int_equal(frame_call(&c, bytes_str("x"), &reply, NULL),
	    ERR_PEER);
	assert_memory_equal(address, "\x28\0\0\0\x03\0\0\0\x04\x03\x02\x01"
	    "\0\0\0\0", 16);
	c.at.to_host = true;
	assert_int_equal(frame_call(&c, bytes_str("x"), &reply, NULL),
	    ERR_PEER);
	assert_memory_equal(address + 8, "\x04\x03\x02\x01\x01\0\0\0", 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reply_in_single_bytes_is_put_together),
		TEST(writes_have_at_most_31234_bytes_and_nothing_is_lost),
		TEST(an_empty_reply_is_a_reply),
		TEST(no_socket_and_no_listener_are_unreachable),
		TEST(a_closed_line_is_named_wherever_it_ends),
		TEST(an_announced_length_takes_no_memory),
		TEST(over_128_mib_is_refused_before_it_comes),
		TEST(a_reply_of_128_mib_passes_and_counts_in_the_budget),
		TEST(a_reply_past_the_budget_is_given_up),
		TEST(a_caller_may_want_less_than_the_frame_limit),
		TEST(one_timeout_covers_stuck_and_dripping_peers),
		TEST(a_request_that_nobody_reads_ends_with_the_timeout),
		TEST(a_full_queue_is_waited_for_until_the_timeout),
		TEST(a_cancelled_call_ends_at_once),
		TEST(a_message_over_the_frame_limit_is_not_sent),
		TEST(a_vsock_address_has_its_flag_behind_the_cid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
