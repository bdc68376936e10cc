/*
 * The camera against a SIMULATED device that fails in every way a real one
 * does, and what a person is told.
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <turbojpeg.h>

#include <cmocka.h>

#include "tests/unit/fake_camera.h"
#include "qr/sight.h"

static const uint32_t grey_only[] = { V4L2_PIX_FMT_GREY, 0 };
static const uint32_t all[] = { V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV,
    V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_GREY, 0 };
static struct camera camera;

static int
begin(void **state)
{
	(void)state;
	fake = (struct fake_camera){ .formats = grey_only };
	camera = (struct camera){ .ops = &fake_ops, .fd = 3 };
	return 0;
}

/* Whatever happened: nothing stays mapped, and the stream is off. */
static int
end(void **state)
{
	(void)state;
	camera_stop(&camera);
	return fake.mapped != 0 || fake.streams != 0 || camera.pixels != NULL;
}

static void
again(void **state)
{
	assert_int_equal(end(state), 0);
	(void)begin(state);
}

static void
starts(void)
{
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_OK);
}

/* The sentence of a problem says all these words. */
static void
says(enum scan_problem problem, const char *what, const char *way_on)
{
	struct err e = { 0 };

	assert_true(sight_problem(problem, (uint32_t)camera.error,
	    "/dev/video0", &e) < 0);
	assert_non_null(strstr(e.text, "/dev/video0"));
	assert_non_null(strstr(e.text, what));
	assert_non_null(strstr(e.text, way_on));
}

static void
frame_is_right(void)
{
	struct grey g;

	assert_int_equal(camera_next(&camera, 1000, &g), SCAN_OK);
	assert_int_equal(g.w, FAKE_W);
	assert_int_equal(g.h, FAKE_H);
	for (uint32_t y = 0; y < g.h; y++)
		for (uint32_t x = 0; x < g.w; x++)
			assert_int_equal(g.p[y * g.stride + x],
			    fake_grey(fake.served - 1, x, y));
}

static void
each_format_becomes_grey_whatever_its_stride(void **state)
{
	static const uint32_t formats[3][2] = { { V4L2_PIX_FMT_GREY },
	    { V4L2_PIX_FMT_NV12 }, { V4L2_PIX_FMT_YUYV } };

	for (size_t i = 0; i < 3; i++) {
		(void)begin(state);
		fake.formats = formats[i];
		starts();
		frame_is_right();
		frame_is_right();
		assert_int_equal(end(state), 0);
	}
}

static void
jpeg(uint8_t value, int w, unsigned char **out, unsigned long *n)
{
	static uint8_t pixels[FAKE_W * FAKE_H * 4];
	tjhandle t = tjInitCompress();

	memset(pixels, value, sizeof(pixels));
	assert_int_equal(tjCompress2(t, pixels, w, w, FAKE_H, TJPF_GRAY, out,
	    n, TJSAMP_GRAY, 90, 0), 0);
	(void)tjDestroy(t);
}

static void
a_jpeg_becomes_grey_and_a_broken_one_is_passed_over(void **state)
{
	static const uint32_t mjpeg[] = { V4L2_PIX_FMT_MJPEG, 0 };
	unsigned char *p = NULL, *wide = NULL;
	unsigned long n = 0, wide_n = 0;
	struct grey g;

	(void)state;
	jpeg(200, FAKE_W, &p, &n);
	jpeg(200, FAKE_W * 2, &wide, &wide_n);
	fake.formats = mjpeg;
	fake.jpeg = p;
	fake.jpeg_len = n;
	starts();
	assert_int_equal(camera_next(&camera, 1000, &g), SCAN_OK);
	for (size_t i = 0; i < FAKE_W * FAKE_H; i++)
		assert_in_range(g.p[i], 197, 203);
	fake.cut = 2;
	assert_int_equal(camera_next(&camera, 1000, &g), SCAN_OK);
	fake.jpeg = wide;	/* of another size than was set */
	fake.jpeg_len = wide_n;
	assert_int_equal(camera_next(&camera, 1000, &g), SCAN_DEVICE);
	fake.jpeg = (const uint8_t *)"no jpeg";
	fake.jpeg_len = 7;
	assert_int_equal(camera_next(&camera, 1000, &g), SCAN_DEVICE);
	says(SCAN_DEVICE, "fails", "plug it in again");
	tjFree(p);
	tjFree(wide);
}

static void
grey_comes_first_but_what_is_too_slow_comes_last(void **state)
{
	fake.formats = all;
	starts();
	assert_int_equal(camera.format, FORMAT_GREY);
	again(state);
	fake.formats = all;	/* MJPEG 30, YUYV 5, NV12 10, GREY 7 */
	memcpy(fake.fps, (const uint32_t[]){ 30, 5, 10, 7 },
	    sizeof(fake.fps));
	starts();
	assert_int_equal(camera.format, FORMAT_MJPEG);
	again(state);
	fake.formats = all;	/* all are slow: the order decides */
	memcpy(fake.fps, (const uint32_t[]){ 5, 5, 10, 7 }, sizeof(fake.fps));
	starts();
	assert_int_equal(camera.format, FORMAT_GREY);
}

static void
of_frames_that_wait_the_newest_is_taken(void **state)
{
	(void)state;
	starts();
	fake.waiting = 3;
	frame_is_right();
	assert_int_equal(fake.served, 3);
	assert_int_equal(fake.queued, CAMERA_BUFFERS);
}

static void
again_and_interrupted_calls_are_tried_again(void **state)
{
	(void)state;
	starts();
	memcpy(fake.dequeue, (const int[]){ EAGAIN, EINTR, EAGAIN },
	    3 * sizeof(int));
	frame_is_right();
}

static void
damaged_frames_are_passed_over_and_given_back(void **state)
{
	(void)state;
	starts();
	fake.flagged = 5;
	frame_is_right();
	assert_int_equal(fake.served, 6);
	assert_int_equal(fake.queued, CAMERA_BUFFERS);
	fake.flagged = CAMERA_TRIES;
	assert_int_equal(camera_next(&camera, 1000, &(struct grey){ 0 }),
	    SCAN_DEVICE);
	says(SCAN_DEVICE, strerror(EIO), "plug it in again");
	frame_is_right();	/* it goes on when the camera does */
}

static void
short_frames_are_passed_over_then_told(void **state)
{
	(void)state;
	starts();
	fake.cut = 3;
	frame_is_right();
	fake.cut = CAMERA_TRIES;
	assert_int_equal(camera_next(&camera, 1000, &(struct grey){ 0 }),
	    SCAN_SHORT);
	says(SCAN_SHORT, "cut short", "v4l2:/dev/video0,640x480");
	frame_is_right();
}

static void
an_input_error_is_tried_again_then_told(void **state)
{
	(void)state;
	starts();
	fake.dequeue[0] = EIO;
	frame_is_right();
	fake.fail = VIDIOC_DQBUF;
	fake.error = EIO;
	assert_int_equal(camera_next(&camera, 1000, &(struct grey){ 0 }),
	    SCAN_DEVICE);
	says(SCAN_DEVICE, strerror(EIO), "plug it in again");
	fake.fail = 0;
	frame_is_right();
}

static void
unplugged_at_any_call_is_told_at_once(void **state)
{
	static const unsigned long calls[] = { VIDIOC_QUERYCAP,
	    VIDIOC_ENUM_FMT, VIDIOC_S_FMT, VIDIOC_REQBUFS, VIDIOC_QUERYBUF,
	    VIDIOC_QBUF, VIDIOC_STREAMON, 1 };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		(void)begin(state);
		fake.fail = calls[i];
		fake.error = ENODEV;
		assert_int_equal(camera_start(&camera, 1280, 720), SCAN_GONE);
		assert_int_equal(end(state), 0);
	}
	for (size_t i = 0; i < 3; i++) {
		(void)begin(state);
		starts();
		fake.fail = i == 0 ? VIDIOC_DQBUF : i == 1 ? VIDIOC_QBUF : 2;
		fake.error = ENODEV;
		assert_int_equal(camera_next(&camera, 1000,
		    &(struct grey){ 0 }), SCAN_GONE);
		assert_int_equal(end(state), 0);
	}
	says(SCAN_GONE, "is gone", "plug the camera in again");
}

static void
a_camera_in_use_is_told(void **state)
{
	static const unsigned long calls[] = { VIDIOC_S_FMT, VIDIOC_REQBUFS,
	    VIDIOC_STREAMON };

	for (size_t i = 0; i < 3; i++) {
		(void)begin(state);
		fake.fail = calls[i];
		fake.error = EBUSY;
		assert_int_equal(camera_start(&camera, 1280, 720), SCAN_BUSY);
		assert_int_equal(end(state), 0);
	}
	says(SCAN_BUSY, "in use by another program", "end that");
}

static void
a_refused_format_gives_way_to_the_next_then_is_told(void **state)
{
	static const uint32_t odd[] = { V4L2_PIX_FMT_H264, 0 };

	fake.formats = odd;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_FORMAT);
	says(SCAN_FORMAT, "none of GREY", "y4m:FILE");
	again(state);
	fake.given = V4L2_PIX_FMT_H264;		/* offered, and not given */
	fake.formats = all;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_FORMAT);
	again(state);
	fake.given = V4L2_PIX_FMT_YUYV;		/* for what was asked first */
	fake.formats = all;
	starts();
	assert_int_equal(camera.format, FORMAT_YUYV);
}

static void
what_is_no_camera_is_told(void **state)
{
	(void)state;
	fake.fail = VIDIOC_QUERYCAP;
	fake.error = ENOTTY;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_NO_CAMERA);
	says(SCAN_NO_CAMERA, "no device that gives pictures",
	    "quorate doctor camera");
}

static void
a_size_or_buffer_that_cannot_be_is_refused(void **state)
{
	fake.w = SCAN_SIDE_MAX + 1;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_SIZE);
	again(state);
	fake.length = 100;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_SHORT);
	again(state);
	fake.length = (size_t)1 << 31;
	assert_int_equal(camera_start(&camera, 1280, 720), SCAN_SHORT);
}

static void
silence_is_told(void **state)
{
	(void)state;
	starts();
	fake.silent = true;
	assert_int_equal(camera_next(&camera, 10, &(struct grey){ 0 }),
	    SCAN_SILENT);
	says(SCAN_SILENT, "no picture", "cover");
	fake.silent = false;
	frame_is_right();
}

static void
a_name_and_controls_are_told_in_bounds(void **state)
{
	char name[SCAN_NAME_MAX + 1];
	struct camera_control c;

	(void)state;
	assert_int_equal(camera_name(&camera, name), SCAN_OK);
	assert_string_equal(name, "TEST CAM: 1.");
	assert_int_equal(camera_set(&camera, CONTROL_EXPOSURE, 100), SCAN_OK);
	assert_int_equal(camera_control(&camera, CONTROL_EXPOSURE, &c),
	    SCAN_OK);
	assert_int_equal(c.value, 100);
	assert_int_equal(c.max, 5000);
	assert_int_equal(camera_set(&camera, CONTROL_FOCUS, 1),
	    SCAN_NO_CONTROL);
	says(SCAN_NO_CONTROL, "does not let", "set");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_format_becomes_grey_whatever_its_stride),
		CASE(a_jpeg_becomes_grey_and_a_broken_one_is_passed_over),
		CASE(grey_comes_first_but_what_is_too_slow_comes_last),
		CASE(of_frames_that_wait_the_newest_is_taken),
		CASE(again_and_interrupted_calls_are_tried_again),
		CASE(damaged_frames_are_passed_over_and_given_back),
		CASE(short_frames_are_passed_over_then_told),
		CASE(an_input_error_is_tried_again_then_told),
		CASE(unplugged_at_any_call_is_told_at_once),
		CASE(a_camera_in_use_is_told),
		CASE(a_refused_format_gives_way_to_the_next_then_is_told),
		CASE(what_is_no_camera_is_told),
		CASE(a_size_or_buffer_that_cannot_be_is_refused),
		CASE(silence_is_told),
		CASE(a_name_and_controls_are_told_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
