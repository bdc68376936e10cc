/*
 * What a caller and its helper quorate-scan say to each other.
 *
 * Requests, on the helper's standard input: an op (one byte), a length (u32,
 * big-endian) and that many bytes.  Each is answered by lines on its
 * standard output, made of the 45 characters of QR's alphanumeric mode
 * (ISO/IEC 18004, table 5) and nothing else, the last of them F, K or E:
 *
 *   T x0 y0 x1 y1 x2 y2 x3 y3 TEXT   a code, its corners in pixels
 *   P w h CELLS                      a small picture: a character a cell,
 *                                    its place in the alphabet the grey
 *   F seq width height mean contrast foreign
 *                                    the frame is done; foreign counts codes
 *                                    whose text is not ours
 *   M format width height fps        how a camera is set; format 0 to 3
 *   V NAME                           what a camera calls itself
 *   S format width height fps        a size it offers
 *   C control min max step standard value     a control it has
 *   K                                done, and there is no frame to tell of
 *   E problem number                 not done: enum scan_problem, and errno
 *
 * So nothing that comes out of the helper can be anything but numbers, greys
 * and text of that alphabet, each with a bound, whatever a camera showed it.
 */
#ifndef QR_SCAN_WIRE_H
#define QR_SCAN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_HEAD_LEN 5
#define SCAN_TEXT_MAX 4296	/* characters of the largest code */
#define SCAN_CODES_MAX 16	/* in one picture */
#define SCAN_LINE_MAX 4480
#define SCAN_SIDE_MAX 8192	/* pixels */
#define SCAN_AREA_MAX ((size_t)40 << 20)
#define SCAN_REQUEST_MAX (SCAN_AREA_MAX + 64)
#define SCAN_PREVIEW_W 64
#define SCAN_PREVIEW_H 36
#define SCAN_GREYS 45
#define SCAN_NAME_MAX 32	/* of a camera */
#define SCAN_SIZES_MAX 64	/* that a camera offers */
#define SCAN_FPS_MAX 1000

#define SCAN_ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

enum scan_op {
	SCAN_GREY = 'G',	/* u32 width, u32 height, pixels */
	SCAN_FILE = 'I',	/* a PNG or PGM file */
	SCAN_NEXT = 'N',	/* the next frame of the source */
	SCAN_SHOWN = 'S',	/* the same, with a preview */
	SCAN_START = 'O',	/* a camera: u32 width, u32 height wanted */
	SCAN_DESCRIBE = 'D',	/* a camera: V, S and C lines */
	SCAN_CONTROL = 'C',	/* a camera: u32 control, u32 value */
};

/* What a camera may give, best first. */
enum scan_format {
	FORMAT_GREY, FORMAT_NV12, FORMAT_YUYV, FORMAT_MJPEG, FORMATS
};

/* Controls that decide whether codes are read. */
enum scan_control {
	CONTROL_AUTO_EXPOSURE,	/* 1: by hand; else the camera does it */
	CONTROL_EXPOSURE,	/* in 0.1 ms */
	CONTROL_GAIN,
	CONTROL_AUTO_FOCUS,	/* 0: by hand */
	CONTROL_FOCUS,
	CONTROLS
};

enum scan_problem {
	SCAN_OK,
	SCAN_END,		/* the source has no more frames */
	SCAN_REQUEST,		/* no such request */
	SCAN_MEMORY,
	SCAN_NO_IMAGE,		/* neither PNG nor PGM */
	SCAN_BROKEN,		/* damaged, or cut short */
	SCAN_SIZE,		/* no pixels, or too many */
	SCAN_DEPTH,		/* a PGM of more than 8 bits */
	SCAN_NO_VIDEO,		/* no Y4M header */
	SCAN_COLOUR,		/* a Y4M form of colour that is not read */
	SCAN_CUT,		/* a Y4M frame is cut short */
	SCAN_NO_CAMERA,		/* not a device that streams pictures */
	SCAN_FORMAT,		/* none of the formats that are read */
	SCAN_BUSY,		/* another program has it */
	SCAN_GONE,		/* unplugged */
	SCAN_SILENT,		/* no frame in time */
	SCAN_SHORT,		/* frames of too few bytes */
	SCAN_DEVICE,		/* the driver says errno */
	SCAN_NO_CONTROL,	/* the camera does not have that control */
	SCAN_PROBLEMS
};

/* Is c one of the alphabet, and which?  -1 where it is not. */
int scan_place(unsigned char c);

/* True if all n characters are of the alphabet, and 1 <= n <= 4296. */
bool scan_text_valid(const char *text, size_t n);

#endif
