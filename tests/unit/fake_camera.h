/*
 * A SIMULATED camera behind struct camera_ops: it offers what a test says,
 * and does wrong what a test says.
 */
#ifndef TESTS_UNIT_FAKE_CAMERA_H
#define TESTS_UNIT_FAKE_CAMERA_H

#include "qr/scan/camera.h"

#define FAKE_W 64
#define FAKE_H 48
#define FAKE_PAD 16		/* bytes behind each row */

struct fake_camera {
	const uint32_t *formats;	/* ends with 0 */
	uint32_t fps[4];		/* of each, 0: not told */
	uint32_t given;			/* S_FMT gives this instead, or 0 */
	uint32_t w, h;			/* S_FMT gives this size, or 0 */
	size_t length;			/* of a buffer, or 0: enough */
	unsigned long fail;		/* this request fails, */
	int error;			/* so */
	int dequeue[8];			/* errors of the next DQBUFs, 0 ends */
	unsigned flagged;		/* frames with V4L2_BUF_FLAG_ERROR */
	unsigned cut;			/* frames of too few bytes */
	bool silent;			/* poll never tells of a frame */
	unsigned waiting;		/* frames that wait at once, or 0: one */
	const uint8_t *jpeg;		/* what MJPEG frames hold */
	size_t jpeg_len;
	/* what happened */
	uint32_t format;
	unsigned queued, streams, mapped, served;
	uint32_t control;		/* V4L2_CID_EXPOSURE_ABSOLUTE */
};

extern struct fake_camera fake;
extern const struct camera_ops fake_ops;

/* The grey that pixel x, y of frame n has. */
uint8_t fake_grey(unsigned n, uint32_t x, uint32_t y);

#endif
