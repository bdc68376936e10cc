/*
 * YUV4MPEG2: header "YUV4MPEG2 W640 H480 F30:1 C420jpeg ...\n", frames
 * "FRAME ...\n" Y U V.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "airgap/bytes.h"
#include "qr/scan/y4m.h"

#define MAGIC "YUV4MPEG2"
#define FRAME "FRAME"
#define HEADER_MAX 256

/* n bytes, or how many there were. */
static size_t
read_up_to(struct y4m *v, uint8_t *p, size_t n)
{
	size_t at = 0, got;

	while (at < n && (got = v->read(v->ctx, p + at, n - at)) > 0)
		at += got;
	return at;
}

/*
 * A line that begins with word and a space or its end; what follows is in
 * line.  SCAN_END where there is nothing at all.
 */
static enum scan_problem
read_line(struct y4m *v, const char *word, char line[static HEADER_MAX])
{
	size_t n = strlen(word), got, at = 0;
	uint8_t c;

	got = read_up_to(v, (uint8_t *)line, n);
	if (got == 0)
		return SCAN_END;
	if (got < n || memcmp(line, word, n) != 0)
		return SCAN_NO_VIDEO;
	while (read_up_to(v, &c, 1) == 1) {
		if (c == '\n') {
			line[at] = '\0';
			return at == 0 || line[0] == ' ' ? SCAN_OK :
			    SCAN_NO_VIDEO;
		}
		if (c == '\0' || at == HEADER_MAX - 1)
			return SCAN_NO_VIDEO;
		line[at++] = (char)c;
	}
	return SCAN_NO_VIDEO;
}

/* "640", and nothing behind it; 0 where it is no size. */
static uint32_t
side(const char *text)
{
	uint64_t v;

	return bytes_number(bytes_str(text), UINT32_MAX, &v) ?
	    (uint32_t)v : 0;
}

static bool
colour(const char *name, bool *mono)
{
	static const char *const known[] = { "420", "420jpeg", "420mpeg2",
	    "420paldv" };

	*mono = strcmp(name, "mono") == 0;
	if (*mono)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

static enum scan_problem
read_header(struct y4m *v)
{
	char line[HEADER_MAX], *rest = NULL;
	enum scan_problem r;
	uint32_t w = 0, h = 0;
	bool mono = false;

	if ((r = read_line(v, MAGIC, line)) != SCAN_OK)
		return SCAN_NO_VIDEO;
	for (char *t = strtok_r(line, " ", &rest); t != NULL;
	    t = strtok_r(NULL, " ", &rest)) {
		if (t[0] == 'W')
			w = side(t + 1);
		else if (t[0] == 'H')
			h = side(t + 1);
		else if (t[0] == 'C' && !colour(t + 1, &mono))
			return SCAN_COLOUR;
	}
	if (w == 0 || h == 0 || w > SCAN_SIDE_MAX || h > SCAN_SIDE_MAX ||
	    (size_t)w * h > SCAN_AREA_MAX)
		return SCAN_SIZE;
	v->n = (size_t)w * h;
	if (!mono)
		v->n += 2 * ((size_t)(w + 1) / 2) * ((h + 1) / 2);
	if ((v->pixels = malloc(v->n)) == NULL)
		return SCAN_MEMORY;
	v->w = w;
	v->h = h;
	return SCAN_OK;
}

enum scan_problem
y4m_next(struct y4m *v, struct grey *out)
{
	char line[HEADER_MAX];
	enum scan_problem r;

	if (v->pixels == NULL && (r = read_header(v)) != SCAN_OK)
		return r;
	if ((r = read_line(v, FRAME, line)) != SCAN_OK)
		return r == SCAN_END ? SCAN_END : SCAN_CUT;
	if (read_up_to(v, v->pixels, v->n) < v->n)
		return SCAN_CUT;
	*out = (struct grey){ v->pixels, v->w, v->h, v->w };
	return SCAN_OK;
}

void
y4m_free(struct y4m *v)
{
	free(v->pixels);
	v->pixels = NULL;
}
