/*
 * Bytes for a terminal: colours, half blocks, geometry.
 */
#include <stdarg.h>
#include <stdio.h>

#include "qr/draw/paint.h"

#define UPPER_HALF "\xe2\x96\x80"
#define LOWER_HALF "\xe2\x96\x84"

enum colours
colours_of(const char *term, const char *colorterm)
{
	if (term != NULL && strcmp(term, "linux") == 0)
		return COLOURS_CONSOLE;
	if (colorterm != NULL && (strcmp(colorterm, "truecolor") == 0 ||
	    strcmp(colorterm, "24bit") == 0))
		return COLOURS_TRUE;
	if (term != NULL && strstr(term, "256color") != NULL)
		return COLOURS_256;
	return COLOURS_16;
}

static void
paint_bytes(struct paint *p, const char *text, size_t n)
{
	if (n > PAINT_MAX - p->n) {
		p->full = true;
		return;
	}
	memcpy(p->p + p->n, text, n);
	p->n += n;
}

void
paint_text(struct paint *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		p->full = true;
	else
		paint_bytes(p, text, (size_t)n);
}

void
paint_at(struct paint *p, unsigned row, unsigned column)
{
	paint_text(p, "\033[%u;%uH", row, column);
}

/*
 * The row is erased before the text: a cursor that has written the last
 * column stays on it, and erasing from there would take that character.
 */
void
paint_line(struct paint *p, unsigned row, unsigned column, unsigned width,
    const char *text)
{
	char safe[PAINT_LINE_MAX + 1];

	snprintf(safe, sizeof(safe), "%.*s", (int)width, text);
	for (char *c = safe; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	paint_at(p, row, column);
	paint_text(p, "\033[K%s", safe);
}

/* --- colours: "ground" is 3 for the glyph, 4 for what is behind it */

static void
grey_16(struct paint *p, int ground, uint8_t light)
{
	/* dark, dark grey, light grey, white: what 16 colours have */
	unsigned code = light == 0 ? 0 : light < 0x80 ? 60 : light < 0xd0 ? 7 :
	    67;

	paint_text(p, "\033[%um", (unsigned)ground * 10 + code);
}

static void
grey_256(struct paint *p, int ground, uint8_t light)
{
	/* 16 and 231 are black and white of the cube; 232 + k is 8 + 10 k */
	unsigned code = light == 0 ? 16 : light >= 0xf3 ? 231 :
	    232 + (light - 8u + 5) / 10;

	paint_text(p, "\033[%d8;5;%um", ground, code);
}

static void
grey_of(struct paint *p, enum colours colours, int ground, uint8_t light)
{
	switch (colours) {
	case COLOURS_CONSOLE:
		/* screen.c gives entry 7 the light, entry 0 black */
		paint_text(p, "\033[%d%cm", ground, light == 0 ? '0' : '7');
		break;
	case COLOURS_16:
		grey_16(p, ground, light);
		break;
	case COLOURS_256:
		grey_256(p, ground, light);
		break;
	case COLOURS_TRUE:
		paint_text(p, "\033[%d8;2;%u;%u;%um", ground, light, light,
		    light);
		break;
	}
}

void
paint_plain(struct paint *p, const struct ink *ink)
{
	paint_text(p, "\033[0m");
	grey_of(p, ink->colours, 3, 0xc0);
	grey_of(p, ink->colours, 4, 0);
}

void
paint_mark(struct paint *p, const struct ink *ink)
{
	paint_text(p, "\033[0m");
	grey_of(p, ink->colours, 3, 0);
	grey_of(p, ink->colours, 4, 0xc0);
}

void
paint_half(struct paint *p, const struct ink *ink, uint8_t top, uint8_t low)
{
	if (ink->colours == COLOURS_CONSOLE) {
		top = top < 0x80 ? 0 : 0xff;
		low = low < 0x80 ? 0 : 0xff;
	}
	grey_of(p, ink->colours, 3, top);
	grey_of(p, ink->colours, 4, low);
	paint_bytes(p, UPPER_HALF, 3);
}

/* --- the symbol */

unsigned
paint_columns(unsigned version)
{
	return SYMBOL_WIDTH(version) + 2 * SYMBOL_QUIET;
}

unsigned
paint_rows(unsigned version)
{
	/* the width is odd: half a row below it is quiet zone too */
	return (paint_columns(version) + 1) / 2;
}

/* One row of cells; *on_dark is the ground that is set, -1 none. */
static void
paint_row(struct paint *p, const struct symbol *s, int y,
    const struct ink *ink, int *on_dark)
{
	int w = (int)s->width;

	for (int x = -SYMBOL_QUIET; x < w + SYMBOL_QUIET; x++) {
		int top = symbol_dark(s, x, y), low = symbol_dark(s, x, y + 1);
		int both = top && low;

		if (both != *on_dark) {
			grey_of(p, ink->colours, 4, both != ink->invert ? 0 :
			    ink->light);
			*on_dark = both;
		}
		if (top == low)
			paint_bytes(p, " ", 1);
		else
			paint_bytes(p, top ? UPPER_HALF : LOWER_HALF, 3);
	}
}

void
paint_symbol(struct paint *p, const struct symbol *s, unsigned row,
    unsigned column, const struct ink *ink)
{
	int on_dark = -1;

	paint_text(p, "\033[0m");
	grey_of(p, ink->colours, 3, ink->invert ? ink->light : 0);
	for (unsigned i = 0; i < paint_rows(s->version); i++) {
		paint_at(p, row + i, column);
		paint_row(p, s, 2 * (int)i - SYMBOL_QUIET, ink, &on_dark);
	}
}

/* --- geometry */

unsigned
paint_largest(unsigned rows, unsigned columns)
{
	unsigned v = SYMBOL_VERSION_MAX;

	while (v > 0 && (paint_rows(v) > rows || paint_columns(v) > columns))
		v--;
	return v;
}

static const struct preset *
largest_preset(unsigned version)
{
	const struct preset *found = NULL;

	for (size_t i = 0; i < PRESETS; i++)
		if (presets[i].fps != 0 && presets[i].version <= version)
			found = &presets[i];
	return found;
}

int
paint_fits(unsigned version, unsigned rows, unsigned columns, size_t fragment,
    bool console, struct err *e)
{
	const char *font = console ? "a smaller font (setfont "
	    "Lat2-Terminus14; on a HiDPI screen setfont Lat2-Terminus16)" :
	    "a larger window or a smaller font";
	unsigned most = paint_largest(rows, columns);
	const struct preset *p = largest_preset(most);
	char other[64] = "";

	if (version <= most)
		return 0;
	if (p != NULL)
		snprintf(other, sizeof(other), " --preset %s,", p->name);
	else if (fragment > 0)
		snprintf(other, sizeof(other), " --fragment %zu (small, slow "
		    "codes),", fragment);
	return err_set(e, ERR_REFUSED, "a code needs %u columns and %u rows, "
	    "and this terminal has %u and %u; take%s %s, or files with --png "
	    "or --pdf", paint_columns(version), paint_rows(version), columns,
	    rows, other, font);
}
