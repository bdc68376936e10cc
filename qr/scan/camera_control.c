/*
 * Exposure, gain and focus: what decides whether a screen is read.
 */
#include <linux/videodev2.h>
#include <errno.h>

#include "qr/scan/camera.h"

static const uint32_t ids[CONTROLS] = { V4L2_CID_EXPOSURE_AUTO,
    V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CID_GAIN, V4L2_CID_FOCUS_AUTO,
    V4L2_CID_FOCUS_ABSOLUTE };

static enum scan_problem
failed(struct camera *c)
{
	c->error = errno;
	switch (errno) {
	case EINVAL:
	case ENOTTY:
	case ERANGE:
	case EACCES:
		return SCAN_NO_CONTROL;
	case ENODEV:
	case ENXIO:
		return SCAN_GONE;
	default:
		return SCAN_DEVICE;
	}
}

enum scan_problem
camera_control(struct camera *c, enum scan_control which,
    struct camera_control *out)
{
	struct v4l2_queryctrl q = { .id = ids[which] };
	struct v4l2_control v = { .id = ids[which] };

	if (c->ops->ioctl(c->fd, VIDIOC_QUERYCTRL, &q) != 0)
		return failed(c);
	if ((q.flags & V4L2_CTRL_FLAG_DISABLED) != 0 || q.minimum < 0 ||
	    q.maximum < q.minimum || q.default_value < 0 || q.step < 0)
		return SCAN_NO_CONTROL;
	if (c->ops->ioctl(c->fd, VIDIOC_G_CTRL, &v) != 0)
		return failed(c);
	if (v.value < 0)
		return SCAN_NO_CONTROL;
	*out = (struct camera_control){ (uint32_t)q.minimum,
	    (uint32_t)q.maximum, (uint32_t)q.step,
	    (uint32_t)q.default_value, (uint32_t)v.value };
	return SCAN_OK;
}

enum scan_problem
camera_set(struct camera *c, enum scan_control which, uint32_t value)
{
	struct v4l2_control v = { .id = ids[which], .value = (int32_t)value };

	return c->ops->ioctl(c->fd, VIDIOC_S_CTRL, &v) == 0 ? SCAN_OK :
	    failed(c);
}
