/*
 * quorate-scan: looks at pictures and tells what their QR codes say.
 *
 *	quorate-scan picture|video|camera
 *
 * Started by quorate or quorate-relay, which open what is looked at: single
 * pictures come as requests (qr/scan/wire.h), a film or camera is CHILD_FD.
 * ZBar, libpng and libjpeg are large and what they read comes from outside,
 * hence a process that has nothing: it never opens a file, and enters its
 * sandbox before it reads the first byte.
 */
#include <errno.h>
#include <iconv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "airgap/child.h"
#include "qr/scan/camera.h"
#include "qr/scan/image.h"
#include "qr/scan/reply.h"
#include "qr/scan/sandbox.h"
#include "qr/scan/y4m.h"

#define CAMERA_MS 3000		/* the slowest camera gives a frame */
#define MEMORY_MAX ((rlim_t)1 << 30)	/* addresses, libraries and all */

struct helper {
	struct reader *reader;
	enum { PICTURE, VIDEO, CAMERA } source;
	struct y4m y4m;
	struct camera camera;
	uint8_t *request;	/* as long as the longest so far */
	size_t room;
	uint32_t seq;
};

static size_t
read_source(void *ctx, void *p, size_t n)
{
	ssize_t got = read(CHILD_FD, p, n);

	(void)ctx;
	return got > 0 ? (size_t)got : 0;
}

static bool
answer(struct helper *h, enum scan_problem problem, const struct grey *g,
    const struct found *f, bool preview)
{
	if (problem != SCAN_OK)
		return reply_problem(STDOUT_FILENO, problem,
		    (uint32_t)h->camera.error);
	return reply_frame(STDOUT_FILENO, g, f, h->seq++, preview);
}

static bool
look_at_file(struct helper *h, struct bytes body)
{
	uint8_t *pixels;
	struct grey g = { 0 };
	struct found f = { 0 };
	enum scan_problem problem;
	bool ok;

	if ((problem = image_decode(body, &pixels, &g)) == SCAN_OK)
		problem = reader_still(h->reader, &g, &f);
	ok = answer(h, problem, &g, &f, false);
	free(pixels);
	return ok;
}

static uint32_t
u32_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static bool
look_at_grey(struct helper *h, struct bytes body)
{
	enum scan_problem problem = SCAN_REQUEST;
	struct grey g = { 0 };
	struct found f = { 0 };

	if (body.n >= 8) {
		g = (struct grey){ body.p + 8, u32_of(body.p),
		    u32_of(body.p + 4), u32_of(body.p) };
		if (g.w > 0 && g.w <= SCAN_SIDE_MAX && g.h > 0 &&
		    g.h <= SCAN_SIDE_MAX && body.n - 8 == (size_t)g.w * g.h)
			problem = reader_still(h->reader, &g, &f);
	}
	return answer(h, problem, &g, &f, false);
}

static bool
look_at_next(struct helper *h, bool preview)
{
	enum scan_problem problem;
	struct grey g = { 0 };
	struct found f = { 0 };

	h->camera.error = 0;
	if (h->source == VIDEO)
		problem = y4m_next(&h->y4m, &g);
	else
		problem = h->camera.streaming ?
		    camera_next(&h->camera, CAMERA_MS, &g) : SCAN_REQUEST;
	if (problem == SCAN_OK)
		problem = reader_frame(h->reader, &g, &f);
	return answer(h, problem, &g, &f, preview);
}

static bool
start_camera(struct helper *h, struct bytes body)
{
	struct camera *c = &h->camera;
	enum scan_problem problem = SCAN_REQUEST;

	camera_stop(c);
	if (body.n == 8)
		problem = camera_start(c, u32_of(body.p), u32_of(body.p + 4));
	if (problem != SCAN_OK) {
		camera_stop(c);
		return reply_problem(STDOUT_FILENO, problem,
		    (uint32_t)c->error);
	}
	reply_numbers('M', (const uint32_t[]){ c->format, c->w, c->h, c->fps },
	    4);
	return reply_done(STDOUT_FILENO);
}

static bool
describe_camera(struct helper *h)
{
	struct camera_size sizes[SCAN_SIZES_MAX];
	char name[SCAN_NAME_MAX + 1];
	enum scan_problem problem;
	size_t n;

	if ((problem = camera_name(&h->camera, name)) != SCAN_OK ||
	    (problem = camera_sizes(&h->camera, sizes, SCAN_SIZES_MAX, &n)) !=
	    SCAN_OK)
		return reply_problem(STDOUT_FILENO, problem,
		    (uint32_t)h->camera.error);
	reply_name(name);
	for (size_t i = 0; i < n; i++)
		reply_numbers('S', (const uint32_t[]){ sizes[i].format,
		    sizes[i].w, sizes[i].h, sizes[i].fps }, 4);
	for (uint32_t i = 0; i < CONTROLS; i++) {
		struct camera_control v;

		if (camera_control(&h->camera, i, &v) == SCAN_OK)
			reply_numbers('C', (const uint32_t[]){ i, v.min, v.max,
			    v.step, v.standard, v.value }, 6);
	}
	return reply_done(STDOUT_FILENO);
}

static bool
set_control(struct helper *h, struct bytes body)
{
	enum scan_problem problem = SCAN_REQUEST;

	if (body.n == 8 && u32_of(body.p) < CONTROLS)
		problem = camera_set(&h->camera, u32_of(body.p),
		    u32_of(body.p + 4));
	if (problem != SCAN_OK)
		return reply_problem(STDOUT_FILENO, problem,
		    (uint32_t)h->camera.error);
	return reply_done(STDOUT_FILENO);
}

static bool
read_all(uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(STDIN_FILENO, p, n);

		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
look(struct helper *h, uint8_t op, struct bytes body)
{
	switch (op) {
	case SCAN_GREY:
		return look_at_grey(h, body);
	case SCAN_FILE:
		return look_at_file(h, body);
	case SCAN_NEXT:
	case SCAN_SHOWN:
		if (h->source != PICTURE)
			return look_at_next(h, op == SCAN_SHOWN);
		break;
	case SCAN_START:
		if (h->source == CAMERA)
			return start_camera(h, body);
		break;
	case SCAN_DESCRIBE:
		if (h->source == CAMERA)
			return describe_camera(h);
		break;
	case SCAN_CONTROL:
		if (h->source == CAMERA)
			return set_control(h, body);
		break;
	}
	return reply_problem(STDOUT_FILENO, SCAN_REQUEST, 0);
}

/* One request; false at the end of them. */
static bool
serve(struct helper *h)
{
	uint8_t head[SCAN_HEAD_LEN];
	struct bytes body;

	if (!read_all(head, sizeof(head)))
		return false;
	body.n = u32_of(head + 1);
	if (body.n > SCAN_REQUEST_MAX)
		return false;
	if (body.n > h->room) {
		uint8_t *p = realloc(h->request, body.n);

		if (p == NULL)
			return false;
		h->request = p;
		h->room = body.n;
	}
	if (!read_all(h->request, body.n))
		return false;
	body.p = h->request;
	return look(h, head[0], body);
}

/*
 * In the place of libc's: ZBar converts what is not alphanumeric to UTF-8,
 * for which libc would open files; here there is no such conversion, and
 * such a code has no text.
 */
iconv_t
iconv_open(const char *to, const char *from)
{
	(void)to;
	(void)from;
	errno = EINVAL;
	return (iconv_t)-1;
}

static int
by_value(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

/* libc's qsort asks once how much memory there is, for arrays over 1 KiB. */
static void
warm_up(void)
{
	static char array[1280];

	qsort(array, sizeof(array), 1, by_value);
}

static int
bound_memory(void)
{
	const struct rlimit most = { MEMORY_MAX, MEMORY_MAX };

	return setrlimit(RLIMIT_AS, &most);
}

static bool
source_of(const char *word, struct helper *h)
{
	h->source = strcmp(word, "video") == 0 ? VIDEO :
	    strcmp(word, "camera") == 0 ? CAMERA : PICTURE;
	return h->source != PICTURE || strcmp(word, "picture") == 0;
}

int
main(int argc, char **argv)
{
	static struct helper h = { .y4m = { .read = read_source },
	    .camera = { .ops = &camera_system, .fd = CHILD_FD } };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc != 2 || !source_of(argv[1], &h) || isatty(STDIN_FILENO)) {
		fputs("quorate-scan: started by quorate, not by hand; see "
		    "quorate qr scan --help\n", stderr);
		return 2;
	}
	(void)close_range(h.source == PICTURE ? CHILD_FD : CHILD_FD + 1, ~0U,
	    0);
	warm_up();
	if (bound_memory() != 0 || (h.reader = reader_new()) == NULL ||
	    scan_sandbox(h.source == CAMERA) != 0)
		return 5;
	while (serve(&h))
		;
	_exit(0);
}
