/*
 * Running quorate-scan.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "airgap/child.h"
#include "airgap/fd.h"
#include "qr/pictures.h"
#include "qr/sight.h"

#define PICTURE_MS 20000	/* the largest picture, every way */
#define CAMERA_MS 10000		/* from asking to the end of the answer */
#define FILM_MS 60000		/* a film on a pipe may be slow to begin */
#define FILE_MAX SCAN_REQUEST_MAX
#define CAMERA_W 1280
#define CAMERA_H 720
#define CAMERA_PATH "/dev/video"
#define CAMERA_MAX 999		/* n of /dev/videon */

struct scanner {
	struct child child;
	char *name;		/* of the source, for sentences */
	struct pictures pictures;
	bool asked;		/* a frame was asked for and is not here */
	int64_t deadline;	/* of its answer */
	int dead;		/* 0, or why it ended: ERR_* */
	bool is_camera;
	struct sight sight;
	struct sight_camera camera;
	size_t used;		/* of in: a line that is not complete */
	uint8_t in[SCAN_LINE_MAX + 1];
};

/* There is no answer and will be none. */
static int
lost(struct scanner *s, bool late, struct err *e)
{
	int status = child_end(&s->child, true);

	s->dead = late ? ERR_SYSTEM : ERR_HELPER;
	if (late)
		return err_set(e, ERR_SYSTEM, "%s: no picture in time, and "
		    "quorate-scan was ended; start again", s->name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return err_set(e, ERR_HELPER, "%s: quorate-scan tried what it "
		    "may not, and was killed; do not trust this source",
		    s->name);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_HELPER, "%s: quorate-scan was ended by "
		    "signal %d; start again", s->name, WTERMSIG(status));
	return err_set(e, ERR_HELPER, "%s: quorate-scan ended (status %d); "
	    "start again", s->name, WEXITSTATUS(status));
}

/* It answered, but not as agreed. */
static int
broken(struct scanner *s, struct err *e)
{
	(void)child_end(&s->child, true);
	s->dead = ERR_HELPER;
	return err_set(e, ERR_HELPER, "%s: quorate-scan said what it may not, "
	    "and was ended; do not trust this source", s->name);
}

/* To a helper that may not read: its pipe is non-blocking. */
static int
put(struct scanner *s, struct bytes b)
{
	while (b.n > 0) {
		ssize_t got;
		int r = fd_wait(s->child.to, POLLOUT, s->deadline);

		if (r != 0)
			return r;
		got = write(s->child.to, b.p, b.n);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return ERR_PEER;
		if (got > 0)
			b = bytes_of(b.p + got, b.n - (size_t)got);
	}
	return 0;
}

static int64_t
limit_of(const struct scanner *s, enum scan_op op)
{
	if (op == SCAN_GREY || op == SCAN_FILE)
		return PICTURE_MS;
	return s->is_camera ? CAMERA_MS : FILM_MS;
}

static int
request(struct scanner *s, enum scan_op op, struct bytes a, struct bytes b,
    struct err *e)
{
	size_t n = a.n + b.n;
	uint8_t head[SCAN_HEAD_LEN] = { (uint8_t)op, (uint8_t)(n >> 24),
	    (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	void (*was)(int) = signal(SIGPIPE, SIG_IGN);
	int r;

	s->deadline = clock_ms() + limit_of(s, op);
	if ((r = put(s, bytes_of(head, sizeof(head)))) == 0 &&
	    (r = put(s, a)) == 0)
		r = put(s, b);
	(void)signal(SIGPIPE, was);
	if (r != 0)
		return lost(s, r == ERR_INTERRUPTED, e);
	sight_clear(&s->sight);
	s->asked = true;
	return 0;
}

/*
 * Takes the lines that are complete: as sight_line, and what is left of the
 * buffer moves to its beginning.
 */
static int
take_lines(struct scanner *s, enum scan_problem *problem, uint32_t *number)
{
	size_t from = 0;
	int r = 0;

	while (r == 0) {
		uint8_t *end = memchr(s->in + from, '\n', s->used - from);
		size_t n;

		if (end == NULL)
			break;
		n = (size_t)(end - (s->in + from));
		r = sight_line(&s->sight, &s->camera,
		    bytes_of(s->in + from, n), problem, number);
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
	uint32_t number = 0;
	int r;

	for (;;) {
		int64_t limit = until < s->deadline ? until : s->deadline;
		ssize_t got;

		r = fd_wait(s->child.from, POLLIN, limit);
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
		if ((r = take_lines(s, &problem, &number)) < 0)
			return broken(s, e);
		if (r == 1)
			break;
	}
	s->asked = false;
	if (problem == SCAN_END)
		s->sight.state = SIGHT_END;
	return problem == SCAN_OK || problem == SCAN_END ? 0 :
	    sight_problem(problem, number, name, e);
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
	return s->dead != 0 ? err_set(e, s->dead, "%s: quorate-scan has ended; "
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

/* One request of a camera, from beginning to end. */
static int
ask_camera(struct scanner *s, enum scan_op op, uint32_t a, uint32_t b,
    struct err *e)
{
	const uint8_t body[8] = { (uint8_t)(a >> 24), (uint8_t)(a >> 16),
	    (uint8_t)(a >> 8), (uint8_t)a, (uint8_t)(b >> 24),
	    (uint8_t)(b >> 16), (uint8_t)(b >> 8), (uint8_t)b };
	int r;

	if ((r = usable(s, e)) != 0)
		return r;
	/* what was asked before comes first */
	if (s->asked && (r = answer(s, s->deadline, s->name, e)) != 0)
		return r;
	if ((r = request(s, op, bytes_of(body, sizeof(body)),
	    bytes_of(NULL, 0), e)) != 0)
		return r;
	return answer(s, s->deadline, s->name, e);
}

int
scanner_camera(struct scanner *s, const struct sight_camera **out,
    struct err *e)
{
	*out = s->is_camera ? &s->camera : NULL;
	return s->is_camera ? ask_camera(s, SCAN_DESCRIBE, 0, 0, e) : 0;
}

int
scanner_control(struct scanner *s, enum scan_control which, uint32_t value,
    struct err *e)
{
	if (!s->is_camera)
		return err_set(e, ERR_INPUT, "%s is no camera", s->name);
	return ask_camera(s, SCAN_CONTROL, which, value, e);
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
start(struct scanner *s, const char *kind, int fd, struct err *e)
{
	char name[] = "quorate-scan", what[16];
	char *const argv[] = { name, what, NULL };
	char *const env[] = { NULL };
	int r;

	(void)snprintf(what, sizeof(what), "%s", kind);
	if ((r = child_start(&s->child, argv, env, fd, e)) == 0 &&
	    fcntl(s->child.to, F_SETFL, O_NONBLOCK) != 0)
		r = err_set(e, ERR_SYSTEM, "pipe: %s", strerror(errno));
	return r;
}

/* Gives the helper a descriptor that is not 0, 1 or 2; closes it here. */
static int
start_with(struct scanner *s, const char *kind, int fd, struct err *e)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FD + 1);
	int r;

	if (high < 0)
		r = err_set(e, ERR_INPUT, "%s: %s", s->name, errno == EBUSY ?
		    "in use by another program; end that and start again" :
		    strerror(errno));
	else
		r = start(s, kind, high, e);
	if (fd >= 0)
		(void)close(fd);
	if (high >= 0)
		(void)close(high);
	return r;
}

static int
open_pictures(struct scanner *s, const char *path, struct err *e)
{
	if ((s->pictures.paths = malloc(sizeof(char *))) == NULL ||
	    (s->pictures.paths[0] = strdup(path)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->pictures.n = 1;
	return start(s, "picture", -1, e);
}

static int
open_folder(struct scanner *s, const char *path, struct err *e)
{
	int r = pictures_list(&s->pictures, path, e);

	return r != 0 ? r : start(s, "picture", -1, e);
}

static int
open_film(struct scanner *s, const char *path, struct err *e)
{
	return start_with(s, "video", strcmp(path, "-") == 0 ?
	    dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY),
	    e);
}

/* Only the name of a camera is opened for writing, as the interface wants. */
static int
open_device(struct scanner *s, unsigned n, struct err *e)
{
	const int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC; /* "/dev/video" */
	char path[32];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/video%u", n);
	fd = open(path, flags);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode))) {
		(void)close(fd);
		return err_set(e, ERR_INPUT, "%s is no device", path);
	}
	s->is_camera = true;
	return start_with(s, "camera", fd, e);
}

/* "1920x1080", no side 0 */
static bool
read_size(struct bytes text, uint64_t *w, uint64_t *h)
{
	if (!bytes_take_number(&text, SCAN_SIDE_MAX, w) || text.n == 0 ||
	    text.p[0] != 'x')
		return false;
	text = bytes_of(text.p + 1, text.n - 1);
	return bytes_number(text, SCAN_SIDE_MAX, h) && *w > 0 && *h > 0;
}

/* "/dev/video0,1920x1080": the number, and the size if there is one. */
static int
open_camera(struct scanner *s, const char *path, struct err *e)
{
	uint64_t n, w = CAMERA_W, h = CAMERA_H;
	struct bytes rest = bytes_of("", 0);
	int r;

	if (strncmp(path, CAMERA_PATH, sizeof(CAMERA_PATH) - 1) == 0)
		rest = bytes_str(path + sizeof(CAMERA_PATH) - 1);
	if (!bytes_take_number(&rest, CAMERA_MAX, &n) || (rest.n > 0 &&
	    (rest.p[0] != ',' || !read_size(bytes_of(rest.p + 1, rest.n - 1),
	    &w, &h))))
		return err_set(e, ERR_USAGE, "no camera \"%s\"; it is "
		    "v4l2:/dev/video0, or with a size "
		    "v4l2:/dev/video0,1920x1080", path);
	s->name[strlen(path) - rest.n] = '\0';
	if ((r = open_device(s, (unsigned)n, e)) != 0)
		return r;
	return ask_camera(s, SCAN_START, (uint32_t)w, (uint32_t)h, e);
}

static const struct kind {
	const char *prefix;
	int (*open)(struct scanner *s, const char *path, struct err *e);
} kinds[] = {
	{ "png:", open_pictures },
	{ "dir:", open_folder },
	{ "y4m:", open_film },
	{ "v4l2:", open_camera },
};

static const struct kind *
kind_of(const char *source)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].prefix);

		if (strncmp(source, kinds[i].prefix, n) == 0 &&
		    source[n] != '\0')
			return &kinds[i];
	}
	return NULL;
}

static int
scanner_new(const char *name, struct scanner **out, struct err *e)
{
	*out = calloc(1, sizeof(**out));
	if (*out != NULL && ((*out)->name = strdup(name)) != NULL) {
		(*out)->child = (struct child){ .to = -1, .from = -1 };
		return 0;
	}
	free(*out);
	*out = NULL;
	return err_set(e, ERR_SYSTEM, "out of memory");
}

/* What a half-opened scanner leaves. */
static int
opened(struct scanner **s, int r)
{
	if (r != 0) {
		scanner_close(*s);
		*s = NULL;
	}
	return r;
}

int
scanner_open(const char *source, struct scanner **out, struct err *e)
{
	const struct kind *k = kind_of(source);
	const char *path;
	int r;

	*out = NULL;
	if (k == NULL)
		return err_set(e, ERR_USAGE, "no source \"%s\"; there are "
		    "v4l2:/dev/video0, png:FILE, dir:FOLDER, y4m:FILE (or -)",
		    source);
	path = source + strlen(k->prefix);
	if ((r = scanner_new(strcmp(path, "-") == 0 ? "standard input" : path,
	    out, e)) != 0)
		return r;
	return opened(out, k->open(*out, path, e));
}

int
scanner_device(unsigned n, struct scanner **out, struct err *e)
{
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "/dev/video%u", n);
	if ((r = scanner_new(name, out, e)) != 0)
		return r;
	return opened(out, open_device(*out, n, e));
}

int
scanner_start(struct scanner **out, struct err *e)
{
	int r;

	if ((r = scanner_new("reading a code back", out, e)) != 0)
		return r;
	return opened(out, start(*out, "picture", -1, e));
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
