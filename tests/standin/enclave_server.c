/*
 * An enclave's control socket that does as it is told, for the tests of host
 * and relay:
 *
 *	enclave_server SOCKET MODE [DIR]
 *
 * replies    the file DIR/TAG, where TAG is the number of the message asked;
 *            without it ProtocolMsgDeserialization; tags go to DIR/asked, a
 *            line each, Borsh ones with a b behind
 * echo       the request itself
 * held       statusResponse GenesisBooted, once the file DIR/go is there
 * fifty      the same, once fifty have asked and none has gone
 * fragments  the same at once, byte by byte
 * huge       announces 129 MiB and sends zeros until nobody reads
 * short      announces 1000 bytes, sends 10, closes
 * garbage    a frame of noise
 * stuck      takes the request and says nothing more
 * drip       as fragments, but slower than any timeout of the tests
 * closes     closes at once
 *
 * It says "ready" where one may connect.  Each connection is a process of its
 * own; SIGTERM ends all.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "airgap/record/message.h"

#define HALF_SECOND 500000
#define TICK 1000
#define STATUS "{\"statusResponse\":\"GenesisBooted\"}"
#define UNREADABLE "{\"protocolErrorResponse\":\"ProtocolMsgDeserialization\"}"

static const char *dir;
static atomic_int *asking;		/* of all the processes */

static bool
put(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t k = send(fd, b, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		b += k;
		n -= (size_t)k;
	}
	return true;
}

static bool
get(int fd, void *p, size_t n)
{
	return n == 0 || recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

static void
put_length(int fd, uint64_t n)
{
	(void)put(fd, &n, sizeof(n));
}

static void
put_frame(int fd, const void *p, size_t n)
{
	put_length(fd, n);
	(void)put(fd, p, n);
}

static void
put_slowly(int fd, const char *text, unsigned pause_us)
{
	uint64_t n = strlen(text);

	for (size_t i = 0; i < sizeof(n); i++) {
		(void)put(fd, (const uint8_t *)&n + i, 1);
		usleep(pause_us);
	}
	for (; *text != '\0'; text++) {
		if (!put(fd, text, 1))
			return;
		usleep(pause_us);
	}
}

static void
put_huge(int fd)
{
	static const uint8_t zeros[65536];

	put_length(fd, 129u << 20);
	while (put(fd, zeros, sizeof(zeros)))
		continue;
}

static void
note(unsigned tag, enum wire wire)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/asked", dir);
	if ((f = fopen(path, "a")) == NULL)
		exit(1);
	fprintf(f, "%u%s\n", tag, wire == WIRE_BORSH ? "b" : "");
	fclose(f);
}

static void
put_reply(int fd, struct bytes request)
{
	struct arena arena = { 0 };
	struct buf reply = { 0 };
	struct message m = { 0 };
	char path[512];
	enum wire wire;

	if (message_read(request, &m, &wire, &arena, NULL) == 0) {
		note(m.tag, wire);
		snprintf(path, sizeof(path), "%s/%u%s", dir, m.tag,
		    wire == WIRE_BORSH ? "b" : "");
		if (file_read(path, MESSAGE_MAX, &reply, NULL) == 0) {
			put_frame(fd, reply.p, reply.n);
			return;
		}
	}
	put_frame(fd, UNREADABLE, strlen(UNREADABLE));
}

static void
wait_for_go(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/go", dir);
	while (access(path, F_OK) != 0)
		usleep(TICK);
}

static void
wait_for_fifty(void)
{
	(*asking)++;
	while (*asking < 50)
		usleep(TICK);
}

static void
answer(int fd, const char *mode, struct bytes request)
{
	if (strcmp(mode, "replies") == 0) {
		put_reply(fd, request);
	} else if (strcmp(mode, "echo") == 0) {
		put_frame(fd, request.p, request.n);
	} else if (strcmp(mode, "held") == 0) {
		wait_for_go();
		put_frame(fd, STATUS, strlen(STATUS));
	} else if (strcmp(mode, "fifty") == 0) {
		wait_for_fifty();
		put_frame(fd, STATUS, strlen(STATUS));
	} else if (strcmp(mode, "fragments") == 0) {
		put_slowly(fd, STATUS, TICK);
	} else if (strcmp(mode, "drip") == 0) {
		put_slowly(fd, STATUS, HALF_SECOND);
	} else if (strcmp(mode, "huge") == 0) {
		put_huge(fd);
	} else if (strcmp(mode, "short") == 0) {
		put_length(fd, 1000);
		(void)put(fd, "0123456789", 10);
	} else if (strcmp(mode, "garbage") == 0) {
		put_frame(fd, "\xff\x00noise\x80", 8);
	} else {
		pause();		/* stuck */
	}
}

static void
serve(int fd, const char *mode)
{
	uint8_t *request;
	uint64_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (strcmp(mode, "closes") == 0 || !get(fd, &n, sizeof(n)) ||
	    n > MESSAGE_MAX || (request = malloc(n + 1)) == NULL)
		exit(0);
	if (get(fd, request, n))
		answer(fd, mode, bytes_of(request, n));
	exit(0);
}

int
main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc < 3 || strlen(argv[1]) >= sizeof(a.sun_path))
		return 2;
	dir = argc > 3 ? argv[3] : ".";
	strcpy(a.sun_path, argv[1]);
	asking = mmap(NULL, sizeof(*asking), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (asking == MAP_FAILED)
		return 1;
	unlink(argv[1]);
	signal(SIGCHLD, SIG_IGN);
	if (bind(s, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(s, 128) != 0)
		return 1;
	puts("ready");
	fflush(stdout);
	while ((fd = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0)
			serve(fd, argv[2]);
		close(fd);
	}
	return 1;
}
