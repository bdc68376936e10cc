/*
 * Running quorate-scan.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "airgap/child.h"
#include "qr/pictures.h"
#include "qr/sight.h"

#define PICTURE_MS 20000	/* the largest picture, every way */
#define FRAME_MS 10000		/* from asking to the end of the answer */
#define FILE_MAX SCAN_REQUEST_MAX

struct scanner {
	struct child child;
	char *name;		/* of the source, for sentences */
	struct pictures pictures;
	bool asked;		/* a frame was asked for and is not here */
	int64_t deadline;	/* of its answer */
	bool dead;
	struct sight sight;
	size_t used;		/* of in: a line that is not complete */
	uint8_t in[SCAN_LINE_MAX + 1];
};

/* There is no answer and will be none. */
static int
lost(struct scanner *s, bool late, struct err *e)
{
	int status = child_end(&s->child, true);

	s->dead = true;
	if (late)
		return err_set(e, ERR_SYSTEM, "%s: no picture in time, and "
		    "quorate-scan was ended; start again", s->name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return err_set(e, ERR_SYSTEM, "%s: quorate-scan tried what it "
		    "may not, and was killed; do not trust this source",
		    s->name);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_SYSTEM, "%s: quorate-scan was ended by "
		    "signal %d; start again", s->name, WTERMSIG(status));
	return err_set(e, ERR_SYSTEM, "%s: quorate-scan ended (status %d); "
	    "start again", s->name, WEXITSTATUS(status));
}

/* It answered, but not as agreed. */
static int
broken(struct scanner *s, struct err *e)
{
	(void)child_end(&s->child, true);
	s->dead = true;
	return err_set(e, ERR_SYSTEM, "%s: quorate-scan said what it may not, "
	    "and was ended; do not trust this source", s->name);
}

static int
request(struct scanner *s, enum scan_op op, struct bytes a, struct bytes b,
    struct err *e)
{
	size_t n = a.n + b.n;
	uint8_t head[SCAN_HEAD_LEN] = { (uint8_t)op, (uint8_t)(n >> 24),
	    (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	void (*was)(int) = signal(SIGPIPE, SIG_IGN);
	bool ok = fd_write_all(s->child.to, head, sizeof(head)) == 0 &&
	    fd_write_all(s->child.to, a.p, a.n) == 0 &&
	    fd_write_all(s->child.to, b.p, b.n) == 0;

	(void)signal(SIGPIPE, was);
	if (!ok)
		return lost(s, false, e);
	sight_clear(&s->sight);
	s->asked = true;
	s->deadline = clock_ms() + (op == SCAN_GREY || op == SCAN_FILE ?
	    PICTURE_MS : FRAME_MS);
	return 0;
}

/*
 * Takes the lines that are complete: as sight_line, and what is left of the
 * buffer moves to its beginning.
 */
static int
take_lines(struct scanner *s, enum scan_problem *problem)
{
	size_t from = 0;
	uint32_t number;
	int r = 0;

	while (r == 0) {
		uint8_t *end = memchr(s->in + from, '\n', s->used - from);
		size_t n;

		if (end == NULL)
			break;
		n = (size_t)(end - (s->in + from));
		r = sight_line(&s->sight, bytes_of(s->in + from, n), problem,
		    &number);
		from += n + 1;
	}
	s->used -= from;
	memmove(s->in, s->in + from, s->used);
	if (r == 1 && s->used > 0)	/* nothing is said unasked */
		return ERR_PEER;
	return r == 0 && s->used > SCAN_LINE_MAX ? ERR_PEER : r;
}

/* Waits for the rest of an answer until `until`; state SIGHT_WAIT else. */
static int
answer(struct scanner *s, int64_t until, const char *name, struct err *e)
{
	enum scan_problem problem = SCAN_OK;
	int r;

	for (;;) {
		int64_t limit = until < s->deadline ? until : s->deadline;
		ssize_t got;

		r = fd_wait(s->child.from, limit);
		if (r == ERR_INTERRUPTED && limit < s->deadline)
			return 0;
		if (r != 0)
			return lost(s, r == ERR_INTERRUPTED, e);
		got = read(s->child.from, s->in + s->used,
		    sizeof(s->in) - s->used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return lost(s, false, e);
		s->used += (size_t)got;
		if ((r = take_lines(s, &problem)) < 0)
			return broken(s, e);
		if (r == 1)
			break;
	}
	s->asked = false;
	if (problem == SCAN_END)
		s->sight.state = SIGHT_END;
	return problem == SCAN_OK || problem == SCAN_END ? 0 :
	    sight_problem(problem, name, e);
}

static int
look_at_picture(struct scanner *s, struct err *e)
{
	const char *path;
	struct buf file = { 0 };
	int r;

	sight_clear(&s->sight);
	if (s->pictures.at == s->pictures.n) {
		s->sight.state = SIGHT_END;
		return 0;
	}
	path = s->pictures.paths[s->pictures.at++];
	if ((r = file_read(path, FILE_MAX, &file, e)) == 0 &&
	    (r = request(s, SCAN_FILE, buf_bytes(&file), bytes_of(NULL, 0),
	    e)) == 0)
		r = answer(s, s->deadline, path, e);
	buf_free(&file);
	return r;
}

static int
usable(const struct scanner *s, struct err *e)
{
	return s->dead ? err_set(e, ERR_SYSTEM, "%s: quorate-scan has ended; "
	    "start again", s->name) : 0;
}

int
scanner_next(struct scanner *s, int timeout_ms, bool preview,
    const struct sight **out, struct err *e)
{
	int64_t until = clock_ms() + timeout_ms;
	int r;

	*out = &s->sight;
	if ((r = usable(s, e)) != 0)
		return r;
	if (s->pictures.n > 0)
		return look_at_picture(s, e);
	if (!s->asked && (r = request(s, preview ? SCAN_SHOWN : SCAN_NEXT,
	    bytes_of(NULL, 0), bytes_of(NULL, 0), e)) != 0)
		return r;
	return answer(s, until, s->name, e);
}

int
scanner_read(struct scanner *s, const struct grey *g,
    const struct sight **out, struct err *e)
{
	uint8_t head[8] = { (uint8_t)(g->w >> 24), (uint8_t)(g->w >> 16),
	    (uint8_t)(g->w >> 8), (uint8_t)g->w, (uint8_t)(g->h >> 24),
	    (uint8_t)(g->h >> 16), (uint8_t)(g->h >> 8), (uint8_t)g->h };
	int r;

	*out = &s->sight;
	if ((r = usable(s, e)) != 0)
		return r;
	if (g->stride != g->w || g->w > SCAN_SIDE_MAX ||
	    g->h > SCAN_SIDE_MAX || (size_t)g->w * g->h > SCAN_AREA_MAX)
		return err_set(e, ERR_INTERNAL, "a picture that "
		    "quorate-scan does not take");
	if ((r = request(s, SCAN_GREY, bytes_of(head, sizeof(head)),
	    bytes_of(g->p, (size_t)g->w * g->h), e)) != 0)
		return r;
	return answer(s, s->deadline, s->name, e);
}

static int
start(struct scanner *s, bool video, int fd, struct err *e)
{
	char name[] = "quorate-scan", picture[] = "picture", film[] = "video";
	char *const argv[] = { name, video ? film : picture, NULL };
	char *const env[] = { NULL };

	return child_start(&s->child, argv, env, fd, e);
}

/* A descriptor of the film that is not 0, 1 or 2. */
static int
open_film(const char *path, int *fd, struct err *e)
{
	int first = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	*fd = first < 0 ? -1 : fcntl(first, F_DUPFD_CLOEXEC, CHILD_FD + 1);
	if (first >= 0)
		(void)close(first);
	return *fd >= 0 ? 0 : err_set(e, ERR_INPUT, "%s: %s", path,
	    strerror(errno));
}

static int
open_source(struct scanner *s, const char *source, struct err *e)
{
	const char *path = strchr(source, ':');
	int fd = -1, r;

	path = path == NULL ? "" : path + 1;
	if (*path == '\0')
		goto usage;
	if (strncmp(source, "png:", 4) == 0) {
		if ((s->pictures.paths = malloc(sizeof(char *))) == NULL ||
		    (s->pictures.paths[0] = strdup(path)) == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		s->pictures.n = 1;
		return start(s, false, -1, e);
	}
	if (strncmp(source, "dir:", 4) == 0)
		return (r = pictures_list(&s->pictures, path, e)) != 0 ? r :
		    start(s, false, -1, e);
	if (strncmp(source, "y4m:", 4) == 0) {
		if ((r = open_film(path, &fd, e)) == 0)
			r = start(s, true, fd, e);
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
usage:
	return err_set(e, ERR_USAGE, "no source \"%s\"; there are png:FILE, "
	    "dir:FOLDER, y4m:FILE (or -)", source);
}

int
scanner_open(const char *source, struct scanner **out, struct err *e)
{
	struct scanner *s = calloc(1, sizeof(*s));
	int r = ERR_INTERNAL;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->child = (struct child){ .to = -1, .from = -1 };
	if ((s->name = strdup(source)) == NULL)
		r = err_set(e, ERR_SYSTEM, "out of memory");
	else
		r = open_source(s, source, e);
	if (r == 0)
		*out = s;
	else
		scanner_close(s);
	return r;
}

int
scanner_start(struct scanner **out, struct err *e)
{
	struct scanner *s = calloc(1, sizeof(*s));
	int r = ERR_INTERNAL;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->child = (struct child){ .to = -1, .from = -1 };
	if ((s->name = strdup("reading a code back")) == NULL)
		r = err_set(e, ERR_SYSTEM, "out of memory");
	else
		r = start(s, false, -1, e);
	if (r == 0)
		*out = s;
	else
		scanner_close(s);
	return r;
}

void
scanner_close(struct scanner *s)
{
	if (s == NULL)
		return;
	(void)child_end(&s->child, true);
	pictures_free(&s->pictures);
	free(s->name);
	free(s);
}
