/*
 * Video4Linux2 by hand.  Everything that a driver says is checked: formats
 * asked for and not given, sizes, strides, indexes, lengths.
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "airgap/fd.h"
#include "qr/scan/camera.h"
#include "qr/scan/pixels.h"

#define FPS_ENOUGH 15
#define FPS_WANTED 30
#define ASK_MAX 64		/* entries of any list of a driver */
#define BUFFER_MAX ((size_t)128 << 20)

static const uint32_t fourcc[FORMATS] = { V4L2_PIX_FMT_GREY,
    V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG };

static int
system_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static void *
system_mmap(size_t length, int fd, off_t offset)
{
	return mmap(NULL, length, PROT_READ, MAP_SHARED, fd, offset);
}

static int
system_poll(struct pollfd *p, int ms)
{
	return poll(p, 1, ms);
}

const struct camera_ops camera_system = { system_ioctl, system_mmap, munmap,
    system_poll };

static int
ask(struct camera *c, unsigned long request, void *arg)
{
	int rc;

	do {
		rc = c->ops->ioctl(c->fd, request, arg);
	} while (rc != 0 && errno == EINTR);
	c->error = rc == 0 ? 0 : errno;
	return rc;
}

/* The problem of a call that failed. */
static enum scan_problem
failed(const struct camera *c)
{
	switch (c->error) {
	case EBUSY:
		return SCAN_BUSY;
	case ENODEV:
	case ENXIO:
		return SCAN_GONE;
	case ENOMEM:
		return SCAN_MEMORY;
	default:
		return SCAN_DEVICE;
	}
}

static enum scan_problem
capable(struct camera *c, struct v4l2_capability *cap)
{
	uint32_t caps;

	memset(cap, 0, sizeof(*cap));
	if (ask(c, VIDIOC_QUERYCAP, cap) != 0)
		return c->error == ENOTTY || c->error == EINVAL ?
		    SCAN_NO_CAMERA : failed(c);
	caps = (cap->capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ?
	    cap->device_caps : cap->capabilities;
	return (caps & V4L2_CAP_VIDEO_CAPTURE) != 0 &&
	    (caps & V4L2_CAP_STREAMING) != 0 ? SCAN_OK : SCAN_NO_CAMERA;
}

enum scan_problem
camera_name(struct camera *c, char out[static SCAN_NAME_MAX + 1])
{
	struct v4l2_capability cap;
	enum scan_problem r = capable(c, &cap);
	size_t n = 0;

	for (; n < sizeof(cap.card) && n < SCAN_NAME_MAX &&
	    cap.card[n] != 0; n++) {
		uint8_t b = cap.card[n];

		if (b >= 'a' && b <= 'z')
			b = (uint8_t)(b - 'a' + 'A');
		out[n] = scan_place(b) < 0 ? '.' : (char)b;
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
	return r;
}

/* The most frames a second at a size; 0 where the driver does not tell. */
static uint32_t
fps_of(struct camera *c, uint32_t format, uint32_t w, uint32_t h)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < ASK_MAX; i++) {
		struct v4l2_frmivalenum f = { .index = i,
		    .pixel_format = format, .width = w, .height = h };
		struct v4l2_fract t;
		uint32_t fps;

		if (ask(c, VIDIOC_ENUM_FRAMEINTERVALS, &f) != 0)
			break;
		t = f.type == V4L2_FRMIVAL_TYPE_DISCRETE ? f.discrete :
		    f.stepwise.min;
		if (t.numerator == 0 || t.denominator / t.numerator >
		    SCAN_FPS_MAX)
			continue;
		fps = t.denominator / t.numerator;
		best = fps > best ? fps : best;
		if (f.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			break;
	}
	return best;
}

static bool
offers(struct camera *c, uint32_t format)
{
	for (uint32_t i = 0; i < ASK_MAX; i++) {
		struct v4l2_fmtdesc f = { .index = i,
		    .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

		if (ask(c, VIDIOC_ENUM_FMT, &f) != 0)
			break;
		if (f.pixelformat == format)
			return true;
	}
	return false;
}

/* Sets what is offered; *w and *h become what the driver gives. */
static enum scan_problem
set_format(struct camera *c, uint32_t format, uint32_t w, uint32_t h)
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	size_t row;

	f.fmt.pix.width = w;
	f.fmt.pix.height = h;
	f.fmt.pix.pixelformat = fourcc[format];
	f.fmt.pix.field = V4L2_FIELD_NONE;
	if (ask(c, VIDIOC_S_FMT, &f) != 0)
		return c->error == EINVAL ? SCAN_FORMAT : failed(c);
	if (f.fmt.pix.pixelformat != fourcc[format])
		return SCAN_FORMAT;
	c->w = f.fmt.pix.width;
	c->h = f.fmt.pix.height;
	if (c->w == 0 || c->h == 0 || c->w > SCAN_SIDE_MAX ||
	    c->h > SCAN_SIDE_MAX || (size_t)c->w * c->h > SCAN_AREA_MAX)
		return SCAN_SIZE;
	row = format == FORMAT_YUYV ? 2 * (size_t)c->w : c->w;
	c->stride = f.fmt.pix.bytesperline;
	if (c->stride < row || c->stride > 8 * (size_t)SCAN_SIDE_MAX)
		c->stride = row;
	c->need = format == FORMAT_MJPEG ? 1 : c->stride * (c->h - 1) + row;
	c->format = format;
	return SCAN_OK;
}

/*
 * In order of preference, those that are fast enough first: uncompressed
 * 720p comes at 5 to 10 frames a second through USB 2.
 */
static enum scan_problem
choose_format(struct camera *c, uint32_t w, uint32_t h)
{
	enum scan_problem r = SCAN_FORMAT;

	for (int slow = 0; slow < 2; slow++)
		for (uint32_t i = 0; i < FORMATS; i++) {
			uint32_t fps;

			if (!offers(c, fourcc[i])) {
				if (c->error == ENODEV)
					return SCAN_GONE;
				continue;
			}
			fps = fps_of(c, fourcc[i], w, h);
			if (slow == (fps == 0 || fps >= FPS_ENOUGH))
				continue;
			if ((r = set_format(c, i, w, h)) != SCAN_FORMAT)
				return r;
		}
	return r;
}

static void
set_fps(struct camera *c)
{
	struct v4l2_streamparm p = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_fract *t = &p.parm.capture.timeperframe;

	t->numerator = 1;
	t->denominator = FPS_WANTED;
	c->fps = 0;
	if (ask(c, VIDIOC_S_PARM, &p) == 0 && t->numerator != 0 &&
	    t->denominator / t->numerator <= SCAN_FPS_MAX)
		c->fps = t->denominator / t->numerator;
}

static int
queue(struct camera *c, uint32_t index)
{
	struct v4l2_buffer b = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	    .memory = V4L2_MEMORY_MMAP, .index = index };

	return ask(c, VIDIOC_QBUF, &b);
}

static enum scan_problem
map_buffers(struct camera *c)
{
	struct v4l2_requestbuffers q = { .count = CAMERA_BUFFERS,
	    .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };

	if (ask(c, VIDIOC_REQBUFS, &q) != 0)
		return failed(c);
	if (q.count == 0)
		return SCAN_MEMORY;
	for (uint32_t i = 0; i < q.count && i < CAMERA_BUFFERS; i++) {
		struct v4l2_buffer b = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		    .memory = V4L2_MEMORY_MMAP, .index = i };
		void *p;

		if (ask(c, VIDIOC_QUERYBUF, &b) != 0)
			return failed(c);
		if (b.length < c->need || b.length > BUFFER_MAX)
			return SCAN_SHORT;
		p = c->ops->mmap(b.length, c->fd, (off_t)b.m.offset);
		if (p == MAP_FAILED) {
			c->error = errno;
			return failed(c);
		}
		c->buffers[i].p = p;
		c->buffers[i].n = b.length;
		c->count++;
		if (queue(c, i) != 0)
			return failed(c);
	}
	return SCAN_OK;
}

enum scan_problem
camera_start(struct camera *c, uint32_t w, uint32_t h)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_capability cap;
	enum scan_problem r;

	if ((r = capable(c, &cap)) != SCAN_OK ||
	    (r = choose_format(c, w, h)) != SCAN_OK)
		return r;
	set_fps(c);
	if ((c->pixels = malloc((size_t)c->w * c->h)) == NULL ||
	    (c->format == FORMAT_MJPEG &&
	    (c->jpeg = pixels_jpeg_new()) == NULL))
		return SCAN_MEMORY;
	if ((r = map_buffers(c)) != SCAN_OK)
		return r;
	if (ask(c, VIDIOC_STREAMON, &type) != 0)
		return failed(c);
	c->streaming = true;
	return SCAN_OK;
}

void
camera_stop(struct camera *c)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_requestbuffers none = { .type =
	    V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };
	int error = c->error;

	if (c->streaming)
		(void)ask(c, VIDIOC_STREAMOFF, &type);
	c->streaming = false;
	for (size_t i = 0; i < c->count; i++)
		(void)c->ops->munmap(c->buffers[i].p, c->buffers[i].n);
	if (c->count > 0)
		(void)ask(c, VIDIOC_REQBUFS, &none);
	c->count = 0;
	free(c->pixels);
	c->pixels = NULL;
	pixels_jpeg_free(c->jpeg);
	c->jpeg = NULL;
	c->error = error;	/* of what brought us here */
}

/* Takes a filled buffer: 0, EAGAIN (none), or what the driver says. */
static int
take(struct camera *c, struct v4l2_buffer *b)
{
	*b = (struct v4l2_buffer){ .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	    .memory = V4L2_MEMORY_MMAP };
	if (ask(c, VIDIOC_DQBUF, b) != 0)
		return c->error;
	if (b->index >= c->count)
		return c->error = EPROTO;
	return 0;
}

/* The frame in a buffer becomes grey; the buffer is the driver's again. */
static enum scan_problem
use(struct camera *c, const struct v4l2_buffer *b)
{
	struct bytes in = { c->buffers[b->index].p, b->bytesused };
	enum scan_problem r = SCAN_OK;
	int error = 0;

	if (in.n > c->buffers[b->index].n)
		in.n = c->buffers[b->index].n;
	if ((b->flags & V4L2_BUF_FLAG_ERROR) != 0) {
		error = EIO;
		r = SCAN_DEVICE;
	} else if (in.n < c->need) {
		r = SCAN_SHORT;
	} else if (!pixels_grey(c, in)) {
		error = EBADMSG;
		r = SCAN_DEVICE;
	}
	if (queue(c, b->index) != 0)
		return failed(c);
	c->error = error;
	return r;
}

/* Of the frames that wait, the newest; the others go back. */
static enum scan_problem
newest(struct camera *c)
{
	struct v4l2_buffer b, later;
	int rc;

	if ((rc = take(c, &b)) != 0)
		return rc == EAGAIN ? SCAN_SILENT : failed(c);
	while ((rc = take(c, &later)) == 0) {
		if (queue(c, b.index) != 0)
			return failed(c);
		b = later;
	}
	if (rc == ENODEV)
		return SCAN_GONE;
	return use(c, &b);
}

enum scan_problem
camera_next(struct camera *c, int ms, struct grey *out)
{
	int64_t deadline = clock_ms() + ms;
	enum scan_problem r = SCAN_SILENT;

	for (int bad = 0; bad < CAMERA_TRIES;) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		int64_t left = deadline - clock_ms();
		int rc = left > 0 ? c->ops->poll(&p, (int)left) : 0;

		if (rc == 0)
			return r;
		if (rc < 0 && errno != EINTR) {
			c->error = errno;
			return failed(c);
		}
		if (rc < 0)
			continue;
		r = newest(c);
		if (r == SCAN_OK) {
			*out = (struct grey){ c->pixels, c->w, c->h, c->w };
			return SCAN_OK;
		}
		if (r == SCAN_GONE)
			return r;
		if (r != SCAN_SILENT || (p.revents & POLLIN) == 0)
			bad++;
	}
	return r;
}

enum scan_problem
camera_sizes(struct camera *c, struct camera_size *out, size_t max, size_t *n)
{
	struct v4l2_capability cap;
	enum scan_problem r;

	*n = 0;
	if ((r = capable(c, &cap)) != SCAN_OK)
		return r;
	for (uint32_t f = 0; f < FORMATS; f++)
		for (uint32_t i = 0; i < ASK_MAX && offers(c, fourcc[f]) &&
		    *n < max; i++) {
			struct v4l2_frmsizeenum s = { .index = i,
			    .pixel_format = fourcc[f] };
			bool one = false;
			uint32_t w, h;

			if (ask(c, VIDIOC_ENUM_FRAMESIZES, &s) != 0)
				break;
			one = s.type == V4L2_FRMSIZE_TYPE_DISCRETE;
			w = one ? s.discrete.width : s.stepwise.max_width;
			h = one ? s.discrete.height : s.stepwise.max_height;
			if (w == 0 || h == 0 || w > SCAN_SIDE_MAX ||
			    h > SCAN_SIDE_MAX)
				continue;
			out[(*n)++] = (struct camera_size){ f, w, h,
			    fps_of(c, fourcc[f], w, h) };
			if (!one)
				break;
		}
	return SCAN_OK;
}
