/*
 * The control server: frames, fragments, limits, and peers that misbehave.
 * The server runs in a child process with an echo behind it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "enclave/runtime/server.h"

#define STALL_MS 4000
#define AT_ONCE_MS 3500		/* a machine may be slow */
#define PATIENCE_MS 60000
#define MIB (1u << 20)

ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);

/* Shared with the child: the largest single write it made. */
static size_t *largest;

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	if (largest != NULL && n > *largest)
		*largest = n;
	return __real_send(fd, p, n, flags);
}

static char path[64];
static pid_t child;

/* Echo; a request of one byte 'F' fails, which closes the connection. */
static int
echo(void *ctx, struct bytes request, struct buf *reply)
{
	(void)ctx;
	if (request.n == 1 && request.p[0] == 'F')
		return ERR_SYSTEM;
	reply->n = request.n;
	reply->p = malloc(request.n + 1);
	if (reply->p == NULL)
		return ERR_SYSTEM;
	if (request.n > 0)
		memcpy(reply->p, request.p, request.n);
	return 0;
}

static int
listen_at(struct server *s, const char *name, struct err *e)
{
	struct endpoint at;

	return endpoint_unix(name, &at, e) != 0 ? ERR_USAGE :
	    server_listen(s, &at, e);
}

static void
serve(int ready)
{
	struct server_config c = { .handle = echo, .stall_ms = STALL_MS };
	struct server *s;
	struct err e;

	if (loop_new(&c.loop, &e) != 0 || server_new(&c, &s, &e) != 0 ||
	    listen_at(s, path, &e) != 0)
		_exit(1);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	_exit(loop_run(c.loop, &e) == 0 ? 0 : 1);
}

static int
start(void **state)
{
	int ready[2];
	char c;

	(void)state;
	largest = mmap(NULL, sizeof(*largest), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(path, sizeof(path), "/tmp/server-test-%d", (int)getpid());
	if (largest == MAP_FAILED || pipe(ready) != 0)
		return -1;
	child = fork();
	if (child == 0)
		serve(ready[1]);
	close(ready[1]);
	if (child < 0 || read(ready[0], &c, 1) != 1)
		return -1;
	close(ready[0]);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	munmap(largest, sizeof(*largest));
	largest = NULL;
	return 0;
}

static int
dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void
put(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t k = write(fd, b, n);

		assert_true(k > 0);
		b += k;
		n -= (size_t)k;
	}
}

static void
put_length(int fd, uint64_t v)
{
	uint8_t b[8];

	for (size_t i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	put(fd, b, 8);
}

static void
get(int fd, void *p, size_t n)
{
	uint8_t *b = p;

	while (n > 0) {
		ssize_t k = read(fd, b, n);

		assert_true(k > 0);
		b += k;
		n -= (size_t)k;
	}
}

static void
expect_echo(int fd, const void *p, size_t n)
{
	uint8_t head[8], *back = malloc(n + 1);
	uint64_t v = 0;

	assert_non_null(back);
	get(fd, head, 8);
	for (size_t i = 8; i-- > 0;)
		v = v << 8 | head[i];
	assert_int_equal(v, n);
	get(fd, back, n);
	assert_memory_equal(back, p, n);
	free(back);
}

static void
exchange(int fd, const void *p, size_t n)
{
	put_length(fd, n);
	put(fd, p, n);
	expect_echo(fd, p, n);
}

/* The peer closes within ms, without having sent anything. */
static bool
closes_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, ms) == 1 && read(fd, &c, 1) <= 0;
}

static void
many_requests_go_over_one_connection(void **state)
{
	int fd = dial();

	(void)state;
	for (int i = 0; i < 200; i++)
		exchange(fd, "\"statusRequest\"", 15);
	exchange(fd, "", 0);
	exchange(fd, "x", 1);
	close(fd);
}

static void
any_fragmentation_is_read(void **state)
{
	static const char frame[] = "\x0f\0\0\0\0\0\0\0\"statusRequest\"";
	int fd = dial();

	(void)state;
	for (size_t i = 0; i < sizeof(frame) - 1; i++) {
		put(fd, frame + i, 1);
		usleep(1000);
	}
	expect_echo(fd, frame + 8, 15);
	/* two frames in one write */
	{
		char two[2 * (sizeof(frame) - 1)];

		memcpy(two, frame, sizeof(frame) - 1);
		memcpy(two + sizeof(frame) - 1, frame, sizeof(frame) - 1);
		put(fd, two, sizeof(two));
	}
	expect_echo(fd, frame + 8, 15);
	expect_echo(fd, frame + 8, 15);
	close(fd);
}

static void
large_replies_go_out_in_writes_of_31234_bytes_at_most(void **state)
{
	size_t n = 3 * MIB + 17;
	uint8_t *p = malloc(n);
	int fd = dial();

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7);
	/* the echo is not read while we write: both sides must buffer */
	exchange(fd, p, n);
	assert_int_equal(*largest, FRAME_WRITE_MAX);
	free(p);
	close(fd);
}

static void
a_frame_over_128_mib_is_closed_without_a_reply(void **state)
{
	static const uint64_t lengths[] = { 129u * MIB, 128u * MIB + 1,
	    UINT64_MAX, UINT64_C(1) << 63 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int fd = dial();

		put_length(fd, lengths[i]);
		assert_true(closes_within(fd, AT_ONCE_MS));
		close(fd);
	}
}

static long
resident_kib(void)
{
	char name[64];
	long pages = 0, ignored;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/statm", (int)child);
	f = fopen(name, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &ignored, &pages), 2);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
an_announced_length_costs_no_memory(void **state)
{
	long before = resident_kib();
	int fd[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		fd[i] = dial();
		put_length(fd[i], 128u * MIB);
		put(fd[i], "few", 3);
	}
	usleep(50000);
	assert_true(resident_kib() < before + 4096);
	for (size_t i = 0; i < 64; i++)
		close(fd[i]);
}

static void
a_stuck_peer_is_closed_and_blocks_nobody(void **state)
{
	int stuck = dial(), other = dial();

	(void)state;
	put_length(stuck, 100);
	put(stuck, "half of i", 9);
	exchange(other, "hello", 5);
	assert_true(closes_within(stuck, PATIENCE_MS));
	exchange(other, "again", 5);
	close(stuck);
	close(other);
}

static void
a_peer_that_reads_nothing_is_closed_and_blocks_nobody(void **state)
{
	size_t n = 8 * MIB;
	uint8_t *p = calloc(1, n);
	int deaf = dial(), other = dial();
	struct pollfd hup = { .fd = deaf };

	(void)state;
	assert_non_null(p);
	put_length(deaf, n);
	put(deaf, p, n);
	for (int i = 0; i < 20; i++)
		exchange(other, "hello", 5);
	assert_int_equal(poll(&hup, 1, PATIENCE_MS), 1);
	assert_true((hup.revents & POLLHUP) != 0);
	free(p);
	close(deaf);
	close(other);
}

static void
fifty_clients_are_served_at_once(void **state)
{
	int fd[50];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		fd[i] = dial();
		put_length(fd[i], 4);
		put(fd[i], "ha", 2);
	}
	for (size_t i = 50; i-- > 0;) {
		put(fd[i], "lf", 2);
		expect_echo(fd[i], "half", 4);
	}
	for (size_t i = 0; i < 50; i++)
		close(fd[i]);
}

static void
connections_over_the_limit_are_closed_and_the_others_go_on(void **state)
{
	int fd[SERVER_CONNECTIONS_MAX], extra;

	(void)state;
	/* answered behind the ends of the connections of the tests before */
	fd[0] = dial();
	exchange(fd[0], "first", 5);
	for (size_t i = 1; i < SERVER_CONNECTIONS_MAX; i++)
		fd[i] = dial();
	extra = dial();
	assert_true(closes_within(extra, AT_ONCE_MS));
	close(extra);
	exchange(fd[0], "still", 5);
	exchange(fd[SERVER_CONNECTIONS_MAX - 1], "here", 4);
	for (size_t i = 1; i < SERVER_CONNECTIONS_MAX; i++)
		close(fd[i]);
	exchange(fd[0], "alone", 5);
	extra = dial();
	exchange(extra, "room", 4);
	close(extra);
	close(fd[0]);
}

static void
a_failing_handler_closes_its_connection_only(void **state)
{
	int bad = dial(), good = dial();

	(void)state;
	put_length(bad, 1);
	put(bad, "F", 1);
	assert_true(closes_within(bad, AT_ONCE_MS));
	exchange(good, "ok", 2);
	close(bad);
	close(good);
}

static void
a_stale_socket_is_replaced_and_any_other_file_is_not(void **state)
{
	struct server_config c = { .handle = echo };
	struct stat st;
	struct server *s;
	char name[64];
	struct err e;
	FILE *f;

	(void)state;
	snprintf(name, sizeof(name), "/tmp/server-stale-%d", (int)getpid());
	assert_int_equal(loop_new(&c.loop, &e), 0);
	f = fopen(name, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(server_new(&c, &s, &e), 0);
	assert_int_equal(listen_at(s, name, &e), ERR_EXISTS);
	unlink(name);
	for (int i = 0; i < 2; i++) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		strcpy(a.sun_path, name);
		if (i == 0) {
			assert_int_equal(bind(fd, (struct sockaddr *)&a,
			    sizeof(a)), 0);
			close(fd);	/* and the file stays */
			continue;
		}
		assert_int_equal(listen_at(s, name, &e), 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&a,
		    sizeof(a)), 0);
		close(fd);
	}
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	server_free(s);
	assert_int_equal(stat(name, &st), -1);
	loop_free(c.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_requests_go_over_one_connection),
		cmocka_unit_test(any_fragmentation_is_read),
		cmocka_unit_test(
		    large_replies_go_out_in_writes_of_31234_bytes_at_most),
		cmocka_unit_test(
		    a_frame_over_128_mib_is_closed_without_a_reply),
		cmocka_unit_test(an_announced_length_costs_no_memory),
		cmocka_unit_test(a_stuck_peer_is_closed_and_blocks_nobody),
		cmocka_unit_test(
		    a_peer_that_reads_nothing_is_closed_and_blocks_nobody),
		cmocka_unit_test(fifty_clients_are_served_at_once),
		cmocka_unit_test(
		    connections_over_the_limit_are_closed_and_the_others_go_on),
		cmocka_unit_test(a_failing_handler_closes_its_connection_only),
		cmocka_unit_test(
		    a_stale_socket_is_replaced_and_any_other_file_is_not),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start, stop);
}
