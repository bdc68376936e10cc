/*
 * Runs a program under ptrace and looks for texts in all of its memory: at
 * the entry of every system call, and when it is about to end.
 *
 *	memory_launch RESULT NEEDLES PROGRAM WORDS...
 *
 * NEEDLES has lines NAME=TEXT.  RESULT gets a line a needle: its name, at how
 * many stops it was seen, and in how many places it is at the end, where it
 * is looked for backwards too.  Ends as the program does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEEDLES 8
#define TEXT_MAX 128
#define MAPS_MAX (1 << 20)
#define CHUNK ((size_t)1 << 20)

struct needle {
	char name[TEXT_MAX], text[TEXT_MAX], back[TEXT_MAX];
	size_t n, here;		/* places at this stop */
	unsigned long stops;
};

static struct needle needles[NEEDLES];
static size_t count;
static int mem, maps;
static char map_text[MAPS_MAX];
static unsigned char room[CHUNK + TEXT_MAX];

static void
stop(const char *what)
{
	perror(what);
	exit(125);
}

static void
needles_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[2 * TEXT_MAX];

	if (f == NULL)
		stop(path);
	while (count < NEEDLES && fgets(line, sizeof(line), f) != NULL) {
		struct needle *x = &needles[count];

		if (sscanf(line, "%127[^=]=%127[^\n]", x->name, x->text) != 2)
			continue;
		x->n = strlen(x->text);
		for (size_t i = 0; i < x->n; i++)
			x->back[i] = x->text[x->n - 1 - i];
		count++;
	}
	fclose(f);
}

static size_t
places(const unsigned char *p, size_t n, const char *text, size_t len)
{
	const unsigned char *end = p + n, *at;
	size_t found = 0;

	while ((at = memmem(p, (size_t)(end - p), text, len)) != NULL) {
		found++;
		p = at + 1;
	}
	return found;
}

static void
search(unsigned long from, unsigned long to, int end)
{
	for (unsigned long at = from; at < to; at += CHUNK) {
		size_t want = to - at < sizeof(room) ? to - at : sizeof(room);
		ssize_t got = pread(mem, room, want, (off_t)at);

		for (size_t i = 0; got > 0 && i < count; i++) {
			struct needle *x = &needles[i];

			x->here += places(room, (size_t)got, x->text, x->n);
			if (end)
				x->here += places(room, (size_t)got, x->back,
				    x->n);
		}
	}
}

/* Private memory; at the end what is read only, too. */
static void
look(int end)
{
	ssize_t got, n = 0;
	char *line, *next = map_text;

	while (n < MAPS_MAX - 1 && (got = pread(maps, map_text + n,
	    (size_t)(MAPS_MAX - 1 - n), (off_t)n)) > 0)
		n += got;
	map_text[n] = '\0';
	for (size_t i = 0; i < count; i++)
		needles[i].here = 0;
	while ((line = strsep(&next, "\n")) != NULL) {
		unsigned long from, to;
		char r, w;

		if (sscanf(line, "%lx-%lx %c%c", &from, &to, &r, &w) == 4 &&
		    (end || w == 'w') && strstr(line, "[v") == NULL)
			search(from, to, end);
	}
	for (size_t i = 0; i < count; i++)
		needles[i].stops += needles[i].here > 0;
}

static int
open_of(pid_t pid, const char *what)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		stop(path);
	return fd;
}

static void
result_write(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		stop(path);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%s stops %lu end %zu\n", needles[i].name,
		    needles[i].stops, needles[i].here);
	fclose(f);
}

static int
watch(pid_t pid)
{
	int status, sig, entry = 0;

	for (;;) {
		if (waitpid(pid, &status, 0) != pid)
			stop("waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		sig = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			look(1);
		else if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			entry = !entry;
		else if (WSTOPSIG(status) != SIGTRAP)
			sig = WSTOPSIG(status);
		if (entry && WSTOPSIG(status) == (SIGTRAP | 0x80))
			look(0);
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
	}
}

int
main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: memory_launch RESULT NEEDLES PROGRAM ...\n",
		    stderr);
		return 2;
	}
	needles_read(argv[2]);
	if ((pid = fork()) == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		stop(argv[3]);
	mem = open_of(pid, "mem");
	maps = open_of(pid, "maps");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_EXITKILL | PTRACE_O_TRACEEXIT));
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	status = watch(pid);
	result_write(argv[1]);
	return status;
}
