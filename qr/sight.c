/*
 * Reading the helper's lines.
 */
#include "qr/sight.h"

struct line {
	struct bytes rest;
	bool bad;
};

/* " 123": a number below 2^32 behind one space, no zero before it. */
static uint32_t
number(struct line *l)
{
	uint64_t v = 0;
	bool zero;

	if (l->rest.n < 2 || l->rest.p[0] != ' ')
		l->bad = true;
	if (l->bad)
		return 0;
	l->rest = bytes_of(l->rest.p + 1, l->rest.n - 1);
	zero = l->rest.p[0] == '0';
	l->bad = !bytes_take_number(&l->rest, UINT32_MAX, &v) ||
	    (zero && v > 0);
	return (uint32_t)v;
}

/* " TEXT", which is all that is left. */
static struct bytes
text(struct line *l)
{
	if (l->rest.n < 2 || l->rest.p[0] != ' ' ||
	    !scan_text_valid((const char *)l->rest.p + 1, l->rest.n - 1)) {
		l->bad = true;
		return bytes_of(NULL, 0);
	}
	return bytes_of(l->rest.p + 1, l->rest.n - 1);
}

static int
take_code(struct sight *s, struct line *l)
{
	struct sight_code *c;
	struct bytes t;

	if (s->n == SCAN_CODES_MAX)
		return ERR_PEER;
	c = &s->codes[s->n];
	for (size_t i = 0; i < 8; i++)
		if ((c->corners[i] = number(l)) > SCAN_SIDE_MAX)
			return ERR_PEER;
	t = text(l);
	if (l->bad)
		return ERR_PEER;
	memcpy(c->text, t.p, t.n);
	c->text[t.n] = '\0';
	c->len = t.n;
	s->n++;
	return 0;
}

static int
take_preview(struct sight *s, struct line *l)
{
	uint32_t w = number(l), h = number(l);
	struct bytes t = text(l);

	if (l->bad || s->preview.w != 0 || w == 0 || h == 0 ||
	    w > SCAN_PREVIEW_W || h > SCAN_PREVIEW_H || t.n != (size_t)w * h)
		return ERR_PEER;
	for (size_t i = 0; i < t.n; i++)
		s->preview.grey[i] = (uint8_t)((unsigned)scan_place(t.p[i]) *
		    255 / (SCAN_GREYS - 1));
	s->preview.w = w;
	s->preview.h = h;
	return 0;
}

static int
take_end(struct sight *s, struct line *l)
{
	s->seq = number(l);
	s->w = number(l);
	s->h = number(l);
	s->light.mean = number(l);
	s->light.contrast = number(l);
	s->foreign = number(l);
	if (l->bad || l->rest.n != 0 || s->w == 0 || s->w > SCAN_SIDE_MAX ||
	    s->h == 0 || s->h > SCAN_SIDE_MAX || s->light.mean > 255 ||
	    s->light.contrast > 255)
		return ERR_PEER;
	s->state = SIGHT_FRAME;
	return 1;
}

/* " format width height fps". */
static int
take_size(struct sight_size *out, struct line *l)
{
	uint32_t format = number(l);

	out->w = number(l);
	out->h = number(l);
	out->fps = number(l);
	if (l->bad || l->rest.n != 0 || format >= FORMATS || out->w == 0 ||
	    out->w > SCAN_SIDE_MAX || out->h == 0 || out->h > SCAN_SIDE_MAX ||
	    out->fps > SCAN_FPS_MAX)
		return ERR_PEER;
	out->format = (enum scan_format)format;
	return 0;
}

/* A name begins a description: what was known of sizes and controls goes. */
static int
take_name(struct sight_camera *c, struct line *l)
{
	struct bytes t = text(l);

	if (l->bad || t.n > SCAN_NAME_MAX)
		return ERR_PEER;
	memcpy(c->name, t.p, t.n);
	c->name[t.n] = '\0';
	c->n = 0;
	memset(c->controls, 0, sizeof(c->controls));
	return 0;
}

static int
take_control(struct sight_camera *c, struct line *l)
{
	uint32_t which = number(l);
	struct sight_control v = { .there = true };

	v.min = number(l);
	v.max = number(l);
	v.step = number(l);
	v.standard = number(l);
	v.value = number(l);
	if (l->bad || l->rest.n != 0 || which >= CONTROLS || v.max < v.min)
		return ERR_PEER;
	c->controls[which] = v;
	return 0;
}

static int
take_problem(struct line *l, enum scan_problem *problem, uint32_t *value)
{
	uint32_t code = number(l);

	*value = number(l);
	if (l->bad || l->rest.n != 0 || code == SCAN_OK ||
	    code >= SCAN_PROBLEMS)
		return ERR_PEER;
	*problem = (enum scan_problem)code;
	return 1;
}

void
sight_clear(struct sight *s)
{
	s->state = SIGHT_WAIT;
	s->n = 0;
	s->foreign = 0;
	s->preview.w = s->preview.h = 0;
}

int
sight_line(struct sight *s, struct sight_camera *c, struct bytes in,
    enum scan_problem *problem, uint32_t *value)
{
	struct line l = { { 0 }, false };

	*problem = SCAN_OK;
	*value = 0;
	if (in.n == 0 || in.n > SCAN_LINE_MAX)
		return ERR_PEER;
	l.rest = bytes_of(in.p + 1, in.n - 1);
	switch (in.p[0]) {
	case 'T':
		return take_code(s, &l);
	case 'P':
		return take_preview(s, &l);
	case 'F':
		return take_end(s, &l);
	case 'M':
		return take_size(&c->set, &l);
	case 'V':
		return take_name(c, &l);
	case 'S':
		return c->n < SCAN_SIZES_MAX ?
		    take_size(&c->sizes[c->n++], &l) : ERR_PEER;
	case 'C':
		return take_control(c, &l);
	case 'K':
		return l.rest.n == 0 ? 1 : ERR_PEER;
	case 'E':
		return take_problem(&l, problem, value);
	default:
		return ERR_PEER;
	}
}

/* What a camera or its driver does not do. */
static int
camera_problem(enum scan_problem problem, uint32_t number, const char *name,
    struct err *e)
{
	switch (problem) {
	case SCAN_NO_CAMERA:
		return err_set(e, ERR_INPUT, "%s is no device that gives "
		    "pictures (cameras have a second one that does not); "
		    "'quorate doctor camera' lists those that do", name);
	case SCAN_FORMAT:
		return err_set(e, ERR_INPUT, "%s gives none of GREY, NV12, "
		    "YUYV and MJPEG; use another camera, or film with a "
		    "phone and read the film with y4m:FILE", name);
	case SCAN_BUSY:
		return err_set(e, ERR_SYSTEM, "%s is in use by another "
		    "program; end that and start again", name);
	case SCAN_GONE:
		return err_set(e, ERR_SYSTEM, "%s is gone: plug the camera "
		    "in again", name);
	case SCAN_SILENT:
		return err_set(e, ERR_SYSTEM, "%s gives no picture; open its "
		    "cover, plug it into another port, or try a smaller size "
		    "(v4l2:%s,640x480)", name, name);
	case SCAN_SHORT:
		return err_set(e, ERR_SYSTEM, "%s gives pictures that are cut "
		    "short; plug it into another port, or try a smaller size "
		    "(v4l2:%s,640x480)", name, name);
	case SCAN_NO_CONTROL:
		return err_set(e, ERR_INPUT, "%s does not let that be set",
		    name);
	default:
		return err_set(e, ERR_SYSTEM, "%s: the camera fails (%s); "
		    "plug it in again", name, strerror((int)number));
	}
}

int
sight_problem(enum scan_problem problem, uint32_t number, const char *name,
    struct err *e)
{
	switch (problem) {
	case SCAN_NO_IMAGE:
		return err_set(e, ERR_INPUT, "%s: neither a PNG nor a binary "
		    "PGM (P5) picture", name);
	case SCAN_BROKEN:
		return err_set(e, ERR_INPUT, "%s: the picture is damaged or "
		    "cut short; copy it again", name);
	case SCAN_SIZE:
		return err_set(e, ERR_INPUT, "%s: no pixels, or over %d a "
		    "side or %zu in all; make it smaller", name,
		    SCAN_SIDE_MAX, SCAN_AREA_MAX);
	case SCAN_DEPTH:
		return err_set(e, ERR_INPUT, "%s: a PGM of more than 8 bits; "
		    "save it with 8", name);
	case SCAN_NO_VIDEO:
		return err_set(e, ERR_INPUT, "%s: no YUV4MPEG2 video; make it "
		    "with: ffmpeg -i FILM -f yuv4mpegpipe -pix_fmt yuv420p "
		    "OUT.y4m", name);
	case SCAN_COLOUR:
		return err_set(e, ERR_INPUT, "%s: this form of colour is not "
		    "read; give ffmpeg -pix_fmt yuv420p", name);
	case SCAN_CUT:
		return err_set(e, ERR_INPUT, "%s: the video is cut short or "
		    "damaged", name);
	case SCAN_MEMORY:
		return err_set(e, ERR_SYSTEM, "%s: quorate-scan is out of "
		    "memory; use a smaller picture", name);
	case SCAN_NO_CAMERA:
	case SCAN_FORMAT:
	case SCAN_BUSY:
	case SCAN_GONE:
	case SCAN_SILENT:
	case SCAN_SHORT:
	case SCAN_DEVICE:
	case SCAN_NO_CONTROL:
		return camera_problem(problem, number, name, e);
	case SCAN_OK:
	case SCAN_END:
	case SCAN_REQUEST:
	case SCAN_PROBLEMS:
		break;
	}
	return err_set(e, ERR_INTERNAL, "%s: quorate-scan is not of this "
	    "version", name);
}
