/*
 * A camera of Video4Linux2 (linux/videodev2.h): formats, a few controls, and
 * the newest frame as grey.  Kernel buffers by mmap, no library between.
 *
 * The device is open already, non-blocking, as descriptor fd; every system
 * call goes through ops, so that tests can be the device.
 */
#ifndef QR_SCAN_CAMERA_H
#define QR_SCAN_CAMERA_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "qr/scan/grey.h"
#include "qr/scan/wire.h"

#define CAMERA_BUFFERS 4
#define CAMERA_TRIES 30		/* bad frames in a row before it is told */

/* As the system calls: -1 and errno, MAP_FAILED. */
struct camera_ops {
	int (*ioctl)(int fd, unsigned long request, void *arg);
	void *(*mmap)(size_t length, int fd, off_t offset);
	int (*munmap)(void *p, size_t length);
	int (*poll)(struct pollfd *p, int ms);
};

extern const struct camera_ops camera_system;

struct camera {
	const struct camera_ops *ops;
	int fd;
	bool streaming;
	uint32_t format, w, h, fps;	/* fps 0: not told */
	size_t stride, need;		/* bytes of a row, of a whole frame */
	size_t count;
	struct { void *p; size_t n; } buffers[CAMERA_BUFFERS];
	uint8_t *pixels;		/* w * h */
	void *jpeg;			/* libjpeg-turbo's handle */
	int error;			/* errno of what failed, or 0 */
};

/*
 * Looks whether it is a camera, sets the format and size nearest to w by h
 * and starts it.  GREY, NV12, YUYV, MJPEG in this order, but one that gives
 * at least 15 frames a second before one that does not.  SCAN_OK, or
 * SCAN_NO_CAMERA, SCAN_FORMAT, SCAN_BUSY, SCAN_GONE, SCAN_SIZE,
 * SCAN_MEMORY, SCAN_DEVICE; camera_stop undoes in each case.
 */
enum scan_problem camera_start(struct camera *c, uint32_t w, uint32_t h);

/*
 * The newest frame, in memory that the next call overwrites, waiting at most
 * ms.  Frames that are damaged or short are passed over.  SCAN_OK, or
 * SCAN_SILENT, SCAN_SHORT, SCAN_GONE, SCAN_DEVICE.
 */
enum scan_problem camera_next(struct camera *c, int ms, struct grey *out);

/* Ends the stream and unmaps its buffers; safe after a failed start. */
void camera_stop(struct camera *c);

/* A size that the camera offers; fps 0 where it does not tell. */
struct camera_size {
	uint32_t format, w, h, fps;
};

/* Those of the four formats, at most max; the number is in *n. */
enum scan_problem camera_sizes(struct camera *c, struct camera_size *out,
    size_t max, size_t *n);

/* The driver's name of the device, in characters of the alphabet. */
enum scan_problem camera_name(struct camera *c,
    char out[static SCAN_NAME_MAX + 1]);

struct camera_control {
	uint32_t min, max, step, standard, value;
};

/* SCAN_NO_CONTROL where the camera does not have it. */
enum scan_problem camera_control(struct camera *c, enum scan_control which,
    struct camera_control *out);
enum scan_problem camera_set(struct camera *c, enum scan_control which,
    uint32_t value);

#endif
