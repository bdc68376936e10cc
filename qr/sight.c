/*
 * Reading the helper's lines.
 */
#include "qr/sight.h"

struct line {
	struct bytes rest;
	bool bad;
};

/* " 123": a number of at most nine digits behind one space. */
static uint32_t
number(struct line *l)
{
	uint32_t v = 0;
	size_t i = 1;

	if (l->rest.n < 2 || l->rest.p[0] != ' ') {
		l->bad = true;
		return 0;
	}
	for (; i < l->rest.n && i < 10 && l->rest.p[i] >= '0' &&
	    l->rest.p[i] <= '9'; i++)
		v = v * 10 + (uint32_t)(l->rest.p[i] - '0');
	if (i == 1)
		l->bad = true;
	l->rest = bytes_of(l->rest.p + i, l->rest.n - i);
	return v;
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

void
sight_clear(struct sight *s)
{
	s->state = SIGHT_WAIT;
	s->n = 0;
	s->foreign = 0;
	s->preview.w = s->preview.h = 0;
}

int
sight_line(struct sight *s, struct bytes in, enum scan_problem *problem,
    uint32_t *value)
{
	struct line l = { bytes_of(in.p + 1, in.n - 1), false };
	uint32_t code;

	*problem = SCAN_OK;
	*value = 0;
	if (in.n == 0 || in.n > SCAN_LINE_MAX)
		return ERR_PEER;
	switch (in.p[0]) {
	case 'T':
		return take_code(s, &l);
	case 'P':
		return take_preview(s, &l);
	case 'F':
		return take_end(s, &l);
	case 'E':
		code = number(&l);
		*value = number(&l);
		if (l.bad || l.rest.n != 0 || code == SCAN_OK ||
		    code >= SCAN_PROBLEMS)
			return ERR_PEER;
		*problem = (enum scan_problem)code;
		return 1;
	default:
		return ERR_PEER;
	}
}

int
sight_problem(enum scan_problem problem, const char *name, struct err *e)
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
	case SCAN_OK:
	case SCAN_END:
	case SCAN_REQUEST:
	case SCAN_PROBLEMS:
		break;
	}
	return err_set(e, ERR_INTERNAL, "%s: quorate-scan is not of this "
	    "version", name);
}
