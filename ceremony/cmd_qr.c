/*
 * quorate qr: plumbing of the gap, codes to texts and texts to codes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/commands.h"
#include "ceremony/plumbing.h"
#include "qr/carry/output.h"
#include "qr/scanner.h"

#define WAIT_MS 1000

static void
print_new(const struct sight *s, char last[static SCAN_TEXT_MAX + 1])
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->n == 1 && strcmp(s->codes[i].text, last) == 0)
			continue;
		puts(s->codes[i].text);
		memcpy(last, s->codes[i].text, s->codes[i].len + 1);
	}
	fflush(stdout);
}

static int
scan(struct cmd *c)
{
	static char last[SCAN_TEXT_MAX + 1];
	const struct opt opts[] = { END };
	const struct sight *s = NULL;
	struct scanner *scanner;
	size_t texts = 0;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	if ((r = scanner_open(c->args[0], &scanner, &c->e)) != 0)
		return r;
	while ((r = scanner_next(scanner, WAIT_MS, false, &s, &c->e)) == 0 &&
	    s->state != SIGHT_END) {
		print_new(s, last);
		texts += s->n;
	}
	if (r == 0 && texts == 0)
		r = err_set(&c->e, ERR_REFUSED, "%s: no code was read",
		    c->args[0]);
	scanner_close(scanner);
	return r;
}

/* --- texts to codes */

#define DRAW_MAX ((size_t)1 << 24)	/* bytes of texts */
#define DRAW_LINES_MAX 9999

/* The line at *at, terminated in place; *at moves behind it. */
static char *
take_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	*at = end == NULL ? line + strlen(line) : end + 1;
	if (end == NULL)
		end = *at;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	/* a UR may be in either case; a code carries capitals */
	if (strncasecmp(line, "ur:", 3) == 0)
		ur_upper(line);
	return line;
}

static int
take_lines(char *text, const char *lines[static DRAW_LINES_MAX], size_t *n,
    struct err *e)
{
	*n = 0;
	while (*text != '\0') {
		char *line = take_line(&text);

		if (line[0] == '\0')
			continue;
		if (*n == DRAW_LINES_MAX)
			return err_set(e, ERR_INPUT, "more than %d lines",
			    DRAW_LINES_MAX);
		lines[(*n)++] = line;
	}
	return *n > 0 ? 0 : err_set(e, ERR_INPUT, "no line of text");
}

/* The whole input as one terminated text; free it. */
static int
read_text(const char *path, char **out, struct err *e)
{
	struct buf in = { 0 };
	int r = file_read(path, DRAW_MAX, &in, e);

	*out = NULL;
	if (r == 0 && in.n > 0 && memchr(in.p, 0, in.n) != NULL)
		r = err_set(e, ERR_INPUT, "%s: a byte is zero; lines of text "
		    "are wanted", path);
	if (r == 0 && (*out = calloc(1, in.n + 1)) == NULL)
		r = err_set(e, ERR_SYSTEM, "out of memory");
	if (r == 0 && in.n > 0)
		memcpy(*out, in.p, in.n);
	buf_free(&in);
	return r;
}

static int
draw(struct cmd *c)
{
	static const char *lines[DRAW_LINES_MAX];
	struct output_options o = { 0 };
	const struct opt opts[] = { OUTPUT_FRAME_OPTIONS(&o), END };
	struct item item = { .content = { .lines = lines } };
	char *text = NULL;
	const char *path;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	path = input_path(c, 0);
	item.title = path;
	if ((r = read_text(path, &text, &c->e)) != 0)
		goto out;
	if ((r = take_lines(text, lines, &item.content.count, &c->e)) != 0) {
		r = input_error(c, path, r);
		goto out;
	}
	r = output_items(&o, &item, 1, &c->e);
out:
	free(text);
	return r;
}

const struct command commands_qr[] = {
	{ "draw", "[FILE]", "codes of lines of text: on the terminal, or "
	    "files",
	    "A line a code, all of one size; in a loop on the terminal.  "
	    "Lines hold digits,\ncapital letters, space and $%*+-./: only; "
	    "those that begin with ur: may be in\nsmall letters.  Each code "
	    "is read back before it is shown or written.\nOn the terminal "
	    "the key w explains the keys.", draw, NULL },
	{ "scan", "SOURCE", "the texts of the codes that a source shows",
	    "SOURCE: png:FILE, dir:FOLDER, y4m:FILE (- is standard input).\n"
	    "A line a code; one that the next frame repeats is printed once.\n"
	    "Texts of other characters than QR's alphanumeric ones are not "
	    "read.", scan, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
