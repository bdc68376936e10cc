/*
 * What a camera, a film or pictures show: quorate-scan, run and spoken to.
 *
 * The helper decodes pictures in a sandbox (qr/scan/wire.h); this side opens
 * what it looks at, waits with a deadline, ends it when that has passed, and
 * checks each line it says before anything is believed.
 *
 * Sources, as text:
 *	png:FILE		one picture, PNG or PGM; several codes are fine
 *	dir:FOLDER		its .png and .pgm files, in order of their names
 *	y4m:FILE, y4m:-		raw video, as ffmpeg -f yuv4mpegpipe makes it
 *	v4l2:/dev/videoN	a camera; ",1920x1080" behind it asks for a size
 */
#ifndef QR_SCANNER_H
#define QR_SCANNER_H

#include "airgap/bytes.h"
#include "airgap/err.h"
#include "qr/scan/grey.h"
#include "qr/scan/wire.h"

struct scanner;

enum sight_state {
	SIGHT_FRAME,		/* a picture was looked at */
	SIGHT_WAIT,		/* none yet; ask again */
	SIGHT_END,		/* the source has no more */
};

/* A code: text of the alphabet, terminated; corners in pixels, x then y. */
struct sight_code {
	char text[SCAN_TEXT_MAX + 1];
	size_t len;
	uint32_t corners[8];
};

/* One picture.  light.mean and .contrast: 0 to 255. */
struct sight {
	enum sight_state state;
	uint32_t seq, w, h;
	struct { uint32_t mean, contrast; } light;
	uint32_t foreign;	/* codes whose text is not alphanumeric */
	size_t n;
	struct sight_code codes[SCAN_CODES_MAX];
	struct {
		uint32_t w, h;	/* 0 where none was asked for */
		uint8_t grey[SCAN_PREVIEW_W * SCAN_PREVIEW_H];
	} preview;
};

/* A camera: name, what it is set to, offers and lets be controlled. */
struct sight_size {
	enum scan_format format;
	uint32_t w, h, fps;	/* fps 0: not told */
};

struct sight_control {
	bool there;
	uint32_t min, max, step, standard, value;
};

struct sight_camera {
	char name[SCAN_NAME_MAX + 1];
	struct sight_size set;
	size_t n;
	struct sight_size sizes[SCAN_SIZES_MAX];
	struct sight_control controls[CONTROLS];
};

/*
 * Opens a source and starts the helper; free with scanner_close.  Returns 0,
 * ERR_USAGE (no such kind of source), ERR_INPUT, ERR_SYSTEM or ERR_HELPER.
 */
int scanner_open(const char *source, struct scanner **out,
    struct err *e) MUST_CHECK;

/* A helper for scanner_read alone. */
int scanner_start(struct scanner **out, struct err *e) MUST_CHECK;

void scanner_close(struct scanner *s);

/*
 * The next picture of the source, waiting at most timeout_ms for it
 * (SIGHT_WAIT then); *out lasts until the next call.  A picture of a folder
 * that cannot be read is ERR_INPUT and the next call goes on with the next
 * one.  Otherwise ERR_INPUT (the source is no video, is cut short),
 * ERR_SYSTEM (a camera fails, or the helper hung and was ended), or
 * ERR_HELPER (it ended, was killed, or broke the protocol: maybe by what it
 * was shown, so do not open the source again).  After the helper's end every
 * later call fails too.
 */
int scanner_next(struct scanner *s, int timeout_ms, bool preview,
    const struct sight **out, struct err *e) MUST_CHECK;

/*
 * The camera of a source v4l2: (*out lasts with s), asked anew; another
 * source gives NULL.  Errors as scanner_next.
 */
int scanner_camera(struct scanner *s, const struct sight_camera **out,
    struct err *e) MUST_CHECK;

/* Sets a control.  ERR_INPUT where the camera does not have it. */
int scanner_control(struct scanner *s, enum scan_control which,
    uint32_t value, struct err *e) MUST_CHECK;

/*
 * Opens /dev/videoN only to describe it, with scanner_camera; nothing is
 * filmed.  Errors as scanner_open.
 */
int scanner_device(unsigned n, struct scanner **out,
    struct err *e) MUST_CHECK;

/*
 * Looks at one picture in memory; as scanner_next, but it always waits.
 * Tens of milliseconds.  For reading back what was drawn.
 */
int scanner_read(struct scanner *s, const struct grey *g,
    const struct sight **out, struct err *e) MUST_CHECK;

#endif
