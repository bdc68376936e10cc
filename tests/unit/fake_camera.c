/*
 * The SIMULATED camera.
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/fake_camera.h"

#define LENGTH ((size_t)1 << 16)

struct fake_camera fake;
static uint8_t memory[CAMERA_BUFFERS][LENGTH];
static uint32_t ready[64];	/* indexes in the order they were queued */

uint8_t
fake_grey(unsigned n, uint32_t x, uint32_t y)
{
	return (uint8_t)(7 * n + 3 * x + 5 * y);
}

static size_t
stride(void)
{
	return (fake.format == V4L2_PIX_FMT_YUYV ? 2 : 1) * FAKE_W + FAKE_PAD;
}

static void
fill(uint32_t index)
{
	uint8_t *p = memory[index];

	memset(p, 0x80, LENGTH);
	if (fake.format == V4L2_PIX_FMT_MJPEG) {
		memcpy(p, fake.jpeg, fake.jpeg_len);
		return;
	}
	for (uint32_t y = 0; y < FAKE_H; y++)
		for (uint32_t x = 0; x < FAKE_W; x++)
			p[y * stride() + (fake.format == V4L2_PIX_FMT_YUYV ?
			    2 * x : x)] = fake_grey(fake.served - 1, x, y);
}

static int
dequeue(struct v4l2_buffer *b)
{
	if (fake.dequeue[0] != 0) {
		errno = fake.dequeue[0];
		memmove(fake.dequeue, fake.dequeue + 1,
		    sizeof(fake.dequeue) - sizeof(fake.dequeue[0]));
		return -1;
	}
	if (fake.waiting == 0 || fake.queued == 0) {
		errno = EAGAIN;
		return -1;
	}
	fake.waiting--;
	fake.served++;
	b->index = ready[0];
	memmove(ready, ready + 1, sizeof(ready) - sizeof(ready[0]));
	fake.queued--;
	fill(b->index);
	b->bytesused = (uint32_t)(fake.format == V4L2_PIX_FMT_MJPEG ?
	    fake.jpeg_len : stride() * FAKE_H);
	if (fake.flagged > 0) {
		fake.flagged--;
		b->flags |= V4L2_BUF_FLAG_ERROR;
	}
	if (fake.cut > 0) {
		fake.cut--;
		b->bytesused = 10;
		if (fake.format == V4L2_PIX_FMT_MJPEG)
			b->bytesused = 0;
	}
	return 0;
}

static int
enumerate(struct v4l2_fmtdesc *f)
{
	for (uint32_t i = 0; fake.formats[i] != 0; i++)
		if (i == f->index) {
			f->pixelformat = fake.formats[i];
			return 0;
		}
	errno = EINVAL;
	return -1;
}

static int
interval(struct v4l2_frmivalenum *f)
{
	for (uint32_t i = 0; fake.formats[i] != 0; i++)
		if (fake.formats[i] == f->pixel_format && fake.fps[i] != 0 &&
		    f->index == 0) {
			f->type = V4L2_FRMIVAL_TYPE_DISCRETE;
			f->discrete = (struct v4l2_fract){ 1, fake.fps[i] };
			return 0;
		}
	errno = EINVAL;
	return -1;
}

static int
set_format(struct v4l2_format *f)
{
	if (fake.given != 0)
		f->fmt.pix.pixelformat = fake.given;
	fake.format = f->fmt.pix.pixelformat;
	f->fmt.pix.width = fake.w != 0 ? fake.w : FAKE_W;
	f->fmt.pix.height = fake.h != 0 ? fake.h : FAKE_H;
	f->fmt.pix.bytesperline = (uint32_t)stride();
	return 0;
}

static int
control(unsigned long request, struct v4l2_control *c)
{
	if (c->id != V4L2_CID_EXPOSURE_ABSOLUTE) {
		errno = EINVAL;
		return -1;
	}
	if (request == VIDIOC_S_CTRL)
		fake.control = (uint32_t)c->value;
	c->value = (int32_t)fake.control;
	return 0;
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct v4l2_capability *cap = arg;
	struct v4l2_buffer *b = arg;

	(void)fd;
	if (request == fake.fail) {
		errno = fake.error;
		return -1;
	}
	switch (request) {
	case VIDIOC_QUERYCAP:
		memcpy(cap->card, "Test cam: 1\t", 13);
		cap->capabilities = V4L2_CAP_VIDEO_CAPTURE |
		    V4L2_CAP_STREAMING;
		return 0;
	case VIDIOC_ENUM_FMT:
		return enumerate(arg);
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return interval(arg);
	case VIDIOC_S_FMT:
		return set_format(arg);
	case VIDIOC_QUERYBUF:
		b->length = (uint32_t)(fake.length != 0 ? fake.length : LENGTH);
		b->m.offset = b->index;
		return 0;
	case VIDIOC_QBUF:
		ready[fake.queued++] = b->index;
		return 0;
	case VIDIOC_DQBUF:
		return dequeue(b);
	case VIDIOC_STREAMON:
		fake.streams++;
		return 0;
	case VIDIOC_STREAMOFF:
		fake.streams--;
		return 0;
	case VIDIOC_G_CTRL:
	case VIDIOC_S_CTRL:
		return control(request, arg);
	case VIDIOC_QUERYCTRL:
		((struct v4l2_queryctrl *)arg)->maximum = 5000;
		return ((struct v4l2_queryctrl *)arg)->id ==
		    V4L2_CID_EXPOSURE_ABSOLUTE ? 0 : (errno = EINVAL, -1);
	case VIDIOC_REQBUFS:
	case VIDIOC_S_PARM:
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

static void *
fake_mmap(size_t length, int fd, off_t offset)
{
	(void)length;
	(void)fd;
	if (fake.fail == 1) {
		errno = fake.error;
		return MAP_FAILED;
	}
	fake.mapped++;
	return memory[offset];
}

static int
fake_munmap(void *p, size_t length)
{
	(void)p;
	(void)length;
	fake.mapped--;
	return 0;
}

/* A frame waits whenever somebody asks, unless the test says more. */
static int
fake_poll(struct pollfd *p, int ms)
{
	(void)ms;
	if (fake.fail == 2) {
		errno = fake.error;
		return -1;
	}
	if (fake.silent)
		return 0;
	if (fake.waiting == 0)
		fake.waiting = 1;
	p->revents = POLLIN;
	return 1;
}

const struct camera_ops fake_ops = { fake_ioctl, fake_mmap, fake_munmap,
    fake_poll };
