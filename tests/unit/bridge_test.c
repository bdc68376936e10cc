/*
 * Bridges and heartbeats: the loop runs in a child process, the far end is
 * here or in another.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "enclave/io/bridge.h"
#include "enclave/io/heartbeat.h"

#define MIB (1u << 20)
#define WAIT_MS 60000

static struct endpoint near, far;
static int listener = -1;
static pid_t child;
static int heard_fd;

static void
say_heard(void *ctx)
{
	(void)ctx;
	if (write(heard_fd, "h", 1) != 1)
		_exit(1);
}

/* What the child serves, until it is killed. */
enum service { BRIDGE, HEARTBEAT };

static void
serve(enum service what, int ready)
{
	struct heartbeat_server *h;
	struct bridge_server *b;
	struct loop *l;
	struct err e;
	int r;

	heard_fd = ready;
	if (loop_new(&l, &e) != 0)
		_exit(1);
	r = what == BRIDGE ? bridge_open(l, &near, &far, &b, &e) :
	    heartbeat_listen(l, &near, say_heard, NULL, &h, &e);
	if (r != 0 || write(ready, "r", 1) != 1)
		_exit(1);
	_exit(loop_run(l, &e) == 0 ? 0 : 1);
}

static int from_child;

static void
start(enum service what)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	child = fork();
	if (child == 0)
		serve(what, ready[1]);
	close(ready[1]);
	assert_true(child > 0);
	from_child = ready[0];
	assert_int_equal(read(from_child, &c, 1), 1);
}

static int
set_up(void **state)
{
	char name[64];

	(void)state;
	child = 0;
	listener = from_child = -1;
	snprintf(name, sizeof(name), "/tmp/bridge-test-%d", (int)getpid());
	return endpoint_unix_port(name, 1, &near, NULL) != 0 ||
	    endpoint_unix_port(name, 2, &far, NULL) != 0 ? -1 : 0;
}

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
	if (from_child >= 0)
		close(from_child);
	unlink(near.path);
	unlink(far.path);
	return 0;
}

static void
listen_far(void)
{
	assert_int_equal(endpoint_listen(&far, &listener, NULL), 0);
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
}

static int
dial(void)
{
	int fd;

	assert_int_equal(endpoint_dial(&near, &fd, NULL), 0);
	return fd;
}

static int
answer(void)
{
	int fd;

	wait_for(listener, POLLIN);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static void
put(int fd, const char *text)
{
	wait_for(fd, POLLOUT);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

static void
expect(int fd, const char *text)
{
	char got[64];
	size_t n = strlen(text), at = 0;

	while (at < n) {
		ssize_t k;

		wait_for(fd, POLLIN);
		k = recv(fd, got + at, n - at, 0);
		assert_true(k > 0);
		at += (size_t)k;
	}
	assert_memory_equal(got, text, n);
}

static void
expect_end(int fd)
{
	char c;

	wait_for(fd, POLLIN);
	assert_int_equal(recv(fd, &c, 1, 0), 0);
}

/* Milliseconds of processor that the child has used. */
static long
child_time(void)
{
	struct timespec t;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(child, &clock), 0);
	assert_int_equal(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
assert_child_idle(void)
{
	long before = child_time();

	usleep(300000);
	assert_in_range(child_time() - before, 0, 30);
}

/* --- bridges */

static void
bytes_go_both_ways(void **state)
{
	int a, b;

	(void)state;
	listen_far();
	start(BRIDGE);
	a = dial();
	put(a, "question");
	b = answer();
	expect(b, "question");
	put(b, "answer");
	expect(a, "answer");
	assert_child_idle();
	close(a);
	expect_end(b);
	close(b);
}

/* Writes bytes of a count while the other end reads late. */
static void
pour(int from, int to, size_t total)
{
	uint8_t chunk[1024];
	size_t sent = 0, got = 0;

	while (got < total) {
		struct pollfd p[2] = { { from, sent < total ? POLLOUT : 0, 0 },
		    { to, POLLIN, 0 } };

		assert_true(poll(p, 2, WAIT_MS) > 0);
		if ((p[0].revents & POLLOUT) != 0) {
			ssize_t k;
			size_t n = total - sent < sizeof(chunk) ?
			    total - sent : sizeof(chunk);

			for (size_t i = 0; i < n; i++)
				chunk[i] = (uint8_t)((sent + i) % 251);
			k = send(from, chunk, n, MSG_NOSIGNAL);
			assert_true(k > 0 || errno == EAGAIN);
			sent += k > 0 ? (size_t)k : 0;
			continue;
		}
		if ((p[1].revents & POLLIN) != 0) {
			ssize_t k = recv(to, chunk, sizeof(chunk), 0);

			assert_true(k > 0);
			for (ssize_t i = 0; i < k; i++)
				assert_int_equal(chunk[i],
				    (got + (size_t)i) % 251);
			got += (size_t)k;
		}
	}
}

static void
many_bytes_arrive_in_order_over_a_slow_reader(void **state)
{
	int a, b;

	(void)state;
	listen_far();
	start(BRIDGE);
	a = dial();
	b = answer();
	pour(a, b, 4 * MIB);
	pour(b, a, 4 * MIB);
	close(a);
	close(b);
}

static void
an_end_is_passed_on_and_the_answer_still_comes(void **state)
{
	int a, b;

	(void)state;
	listen_far();
	start(BRIDGE);
	a = dial();
	put(a, "all of it");
	assert_int_equal(shutdown(a, SHUT_WR), 0);
	b = answer();
	expect(b, "all of it");
	expect_end(b);
	put(b, "late answer");
	close(b);
	expect(a, "late answer");
	expect_end(a);
	close(a);
}

static void
a_client_that_vanishes_loses_nothing_and_costs_no_time(void **state)
{
	int a, b;

	(void)state;
	listen_far();
	start(BRIDGE);
	a = dial();
	put(a, "last words");
	b = answer();
	close(a);
	assert_child_idle();		/* b says nothing and stays */
	expect(b, "last words");
	expect_end(b);
	close(b);
	/* and the bridge goes on */
	a = dial();
	put(a, "next");
	b = answer();
	expect(b, "next");
	close(a);
	close(b);
}

static void
a_client_that_vanishes_before_a_slow_reader_costs_no_time(void **state)
{
	uint8_t chunk[1024] = { 0 };
	size_t sent = 0, got = 0;
	int a, b;
	ssize_t k;

	(void)state;
	listen_far();
	start(BRIDGE);
	a = dial();
	put(a, "first");
	b = answer();
	/* until nothing more goes in: b does not read */
	for (struct pollfd p = { a, POLLOUT, 0 }; poll(&p, 1, 200) == 1;)
		if ((k = send(a, chunk, sizeof(chunk), MSG_NOSIGNAL)) > 0)
			sent += (size_t)k;
	assert_true(sent > BRIDGE_BUFFER);
	close(a);
	assert_child_idle();
	expect(b, "first");
	for (;;) {
		wait_for(b, POLLIN);
		if ((k = recv(b, chunk, sizeof(chunk), 0)) <= 0)
			break;
		got += (size_t)k;
	}
	assert_int_equal(k, 0);
	assert_int_equal(got, sent);
	close(b);
}

static void
without_an_application_the_client_is_closed(void **state)
{
	int a;

	(void)state;
	start(BRIDGE);
	a = dial();
	expect_end(a);
	close(a);
}

static void
connections_over_the_limit_are_closed_and_the_others_go_on(void **state)
{
	int a[BRIDGE_PAIRS_MAX], b, extra;

	(void)state;
	listen_far();
	start(BRIDGE);
	for (size_t i = 0; i < BRIDGE_PAIRS_MAX; i++)
		a[i] = dial();
	extra = dial();
	expect_end(extra);
	close(extra);
	put(a[0], "first");
	b = answer();
	expect(b, "first");
	for (size_t i = 0; i < BRIDGE_PAIRS_MAX; i++)
		close(a[i]);
	close(b);
}

static void
a_bridge_on_tcp_tells_the_port_it_got(void **state)
{
	struct bridge_server *b;
	struct endpoint any;
	struct loop *l;
	char text[ENDPOINT_TEXT_MAX];
	int fd;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(endpoint_tcp("127.0.0.1:0", &any, NULL), 0);
	assert_int_equal(bridge_open(l, &any, &far, &b, NULL), 0);
	any.port = bridge_port(b);
	assert_in_range(any.port, 1, UINT16_MAX);
	assert_int_equal(endpoint_dial(&any, &fd, NULL), 0);
	close(fd);
	endpoint_text(&any, text);
	assert_memory_equal(text, "127.0.0.1:", 10);
	bridge_close(b);
	loop_free(l);
}

/* --- endpoints */

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = { "", ":", "1.2.3.4", "1.2.3.4:",
	    "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:1x", "::1:80",
	    "localhost:80", "1.2.3:80", ":80", "1.2.3.4: 1" };
	struct endpoint p;
	char longest[ENDPOINT_PATH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(endpoint_tcp(bad[i], &p, NULL), ERR_USAGE);
	assert_int_equal(endpoint_tcp("10.0.0.1:65535", &p, NULL), 0);
	memset(longest, 'x', sizeof(longest));
	longest[ENDPOINT_PATH_MAX + 1] = '\0';
	assert_int_equal(endpoint_unix(longest, &p, NULL), ERR_USAGE);
	longest[ENDPOINT_PATH_MAX] = '\0';
	assert_int_equal(endpoint_unix(longest, &p, NULL), 0);
	assert_int_equal(endpoint_unix_port(longest, 1, &p, NULL), ERR_USAGE);
}

/* --- heartbeats */

static void
a_heartbeat_is_answered_and_heard(void **state)
{
	char c;

	(void)state;
	start(HEARTBEAT);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(heartbeat_send(&near, WAIT_MS, NULL), 0);
		assert_int_equal(read(from_child, &c, 1), 1);
	}
}

static void
another_byte_is_not_answered(void **state)
{
	int fd;

	(void)state;
	start(HEARTBEAT);
	fd = dial();
	put(fd, "\xb6");
	expect_end(fd);
	close(fd);
	assert_int_equal(heartbeat_send(&near, WAIT_MS, NULL), 0);
}

static void
silent_clients_hold_no_more_than_their_places(void **state)
{
	int a[HEARTBEAT_AT_ONCE], extra;

	(void)state;
	start(HEARTBEAT);
	for (size_t i = 0; i < HEARTBEAT_AT_ONCE; i++)
		a[i] = dial();
	extra = dial();
	expect_end(extra);
	close(extra);
	for (size_t i = 0; i < HEARTBEAT_AT_ONCE; i++)
		close(a[i]);
	/* their places are free again, once it has seen them go */
	for (int i = 0; i < 1000 &&
	    heartbeat_send(&near, WAIT_MS, NULL) != 0; i++)
		usleep(10000);
	assert_int_equal(heartbeat_send(&near, WAIT_MS, NULL), 0);
}

/* Answers one heartbeat with answer, or with nothing at all. */
static void
answer_with(const char *answer)
{
	char c;
	int fd;

	child = fork();
	if (child > 0)
		return;
	wait_for(listener, POLLIN);
	fd = accept(listener, NULL, NULL);
	if (answer != NULL && (recv(fd, &c, 1, 0) != 1 ||
	    send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0))
		_exit(1);
	if (answer == NULL)
		pause();
	_exit(0);
}

static void
who_waits_in_vain_is_told_why(void **state)
{
	static const struct {
		const char *answer, *why;
	} cases[] = { { "\xb8", "another byte" }, { "", "with nothing" },
	    { NULL, "does not answer" } };
	struct err e;

	(void)state;
	assert_int_equal(heartbeat_send(&near, WAIT_MS, &e), ERR_PEER);
	assert_non_null(strstr(e.text, "cannot connect"));
	near = far;
	listen_far();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer_with(cases[i].answer);
		assert_int_equal(heartbeat_send(&near,
		    cases[i].answer == NULL ? 200 : WAIT_MS, &e), ERR_PEER);
		if (strstr(e.text, cases[i].why) == NULL)
			fail_msg("%s", e.text);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		child = 0;
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways),
		TEST(many_bytes_arrive_in_order_over_a_slow_reader),
		TEST(an_end_is_passed_on_and_the_answer_still_comes),
		TEST(a_client_that_vanishes_loses_nothing_and_costs_no_time),
		TEST(
		    a_client_that_vanishes_before_a_slow_reader_costs_no_time),
		TEST(without_an_application_the_client_is_closed),
		TEST(
		    connections_over_the_limit_are_closed_and_the_others_go_on),
		TEST(a_bridge_on_tcp_tells_the_port_it_got),
		TEST(what_is_no_address_is_refused),
		TEST(a_heartbeat_is_answered_and_heard),
		TEST(another_byte_is_not_answered),
		TEST(silent_clients_hold_no_more_than_their_places),
		TEST(who_waits_in_vain_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
