/*
 * quorate qr: plumbing of the gap, codes to texts.
 */
#include <stdio.h>
#include <string.h>

#include "ceremony/commands.h"
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

const struct command commands_qr[] = {
	{ "scan", "SOURCE", "the texts of the codes that a source shows",
	    "SOURCE: png:FILE, dir:FOLDER, y4m:FILE (- is standard input).\n"
	    "A line a code; one that the next frame repeats is printed once.\n"
	    "Texts of other characters than QR's alphanumeric ones are not "
	    "read.", scan, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
