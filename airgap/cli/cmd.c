/*
 * The command line: walking the tree, parsing options, help, exit status.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airgap/cli/cmd.h"
#include "airgap/cli/ui.h"
#include "airgap/fd.h"
#include "airgap/version.h"

static int
usage(struct cmd *c, const char *what, const char *word)
{
	const char *blank = strchr(c->path, ' ');

	return err_set(&c->e, ERR_USAGE, "%s%s%s%s%s; see %s --help",
	    blank == NULL ? "" : blank + 1, blank == NULL ? "" : ": ", what,
	    word[0] == '\0' ? "" : " ", word, c->path);
}

int
cmd_usage(struct cmd *c, const char *what)
{
	return usage(c, what, "");
}

static void
print_options(const struct opt *opts)
{
	for (const struct opt *o = opts; o->kind != OPT_END; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s%s", o->name,
		    o->value == NULL ? "" : " ",
		    o->value == NULL ? "" : o->value,
		    o->kind == OPT_MANY ? " ..." : "");
		printf("  %-26s %s\n", left, o->help);
	}
	printf("  %-26s %s\n", "--help", "this text");
}

static void
print_help(const struct cmd *c, const struct opt *opts)
{
	printf("%s: %s\n\nusage: %s [options]%s%s\n\n", c->path,
	    c->self->summary, c->path, c->self->args[0] == '\0' ? "" : " ",
	    c->self->args);
	print_options(opts);
	if (c->self->notes != NULL)
		printf("\n%s\n", c->self->notes);
}

static void
print_commands(const struct cmd *c, FILE *to)
{
	fprintf(to, "%s: %s\n\nusage: %s COMMAND ...\n\n", c->path,
	    c->self->summary, c->path);
	for (const struct command *s = c->self->sub; s->name != NULL; s++)
		fprintf(to, "  %-12s %s\n", s->name, s->summary);
	if (c->self->notes != NULL)
		fprintf(to, "\n%s\n", c->self->notes);
	fprintf(to, "\n%s COMMAND --help says more\n", c->path);
	if (strchr(c->path, ' ') == NULL)
		fprintf(to, "%s --version says which it is\n", c->path);
}

static int
not_a_number(struct cmd *c, const struct opt *o, const char *value,
    const char *why)
{
	char what[128];

	snprintf(what, sizeof(what), "%s '%.40s' is %s", o->name, value, why);
	return usage(c, what, "");
}

static int
take_number(struct cmd *c, const struct opt *o, const char *value)
{
	if (value[0] == '\0' ||
	    value[strspn(value, "0123456789")] != '\0')
		return not_a_number(c, o, value, "not a number");
	if (!bytes_number(bytes_str(value), UINT64_MAX, o->out))
		return not_a_number(c, o, value, "too large");
	return 0;
}

static int
take_value(struct cmd *c, const struct opt *o, const char *value)
{
	struct many *m;

	switch (o->kind) {
	case OPT_TEXT:
		*(const char **)o->out = value;
		return 0;
	case OPT_NUMBER:
		return take_number(c, o, value);
	case OPT_MANY:
		m = o->out;
		m->v[m->n++] = value;
		return 0;
	default:
		*(bool *)o->out = true;
		return 0;
	}
}

/* Does word name the option, alone or as "--name=value"? */
static bool
names(const struct opt *o, const char *word, const char **value)
{
	size_t n = strlen(o->name);

	if (strncmp(word, o->name, n) != 0)
		return false;
	*value = NULL;
	if (word[n] == '\0')
		return true;
	*value = word + n + 1;
	return word[n] == '=' && n > 2;
}

static int
take_option(struct cmd *c, const struct opt *opts, int *i, uint64_t *seen)
{
	const char *value = NULL, *word = c->argv[*i];
	size_t k = 0;

	while (opts[k].kind != OPT_END && !names(&opts[k], word, &value))
		k++;
	if (opts[k].kind == OPT_END)
		return usage(c, "unknown option", word);
	if ((*seen >> k & 1) != 0 && opts[k].kind != OPT_MANY)
		return usage(c, "given twice:", opts[k].name);
	*seen |= UINT64_C(1) << k;
	if (opts[k].kind == OPT_FLAG)
		return value == NULL ? take_value(c, &opts[k], NULL) :
		    usage(c, "takes no value:", opts[k].name);
	if (value == NULL) {
		if (++*i == c->argc)
			return usage(c, "a value is missing after",
			    opts[k].name);
		value = c->argv[*i];
	}
	return take_value(c, &opts[k], value);
}

/* Room for every value of every OPT_MANY: no more than there are words. */
static int
prepare_many(struct cmd *c, const struct opt *opts)
{
	size_t words = (size_t)c->argc + 1, n = 0;

	for (const struct opt *o = opts; o->kind != OPT_END; o++)
		n += o->kind == OPT_MANY;
	c->heap = calloc(n * words + 1, sizeof(*c->heap));
	if (c->heap == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	n = 0;
	for (const struct opt *o = opts; o->kind != OPT_END; o++)
		if (o->kind == OPT_MANY)
			((struct many *)o->out)->v = c->heap + n++ * words;
	return 0;
}

int
cmd_parse(struct cmd *c, const struct opt *opts, int min, int max)
{
	bool only_words = false;
	uint64_t seen = 0;
	int r;

	if ((r = prepare_many(c, opts)) != 0)
		return r;
	c->args = c->argv;
	c->nargs = 0;
	for (int i = 0; i < c->argc; i++) {
		char *word = c->argv[i];

		if (!only_words && strcmp(word, "--help") == 0) {
			print_help(c, opts);
			return CMD_HELP;
		}
		if (!only_words && strcmp(word, "--") == 0)
			only_words = true;
		else if (!only_words && word[0] == '-' && word[1] != '\0') {
			if ((r = take_option(c, opts, &i, &seen)) != 0)
				return r;
		} else {
			c->args[c->nargs++] = word;
		}
	}
	if (c->nargs < min)
		return usage(c, "an argument is missing:", c->self->args);
	if (c->nargs > max)
		return usage(c, "one argument too many:", c->args[max]);
	return 0;
}

int
cmd_need(struct cmd *c, const void *value, const char *name)
{
	return value != NULL ? 0 : usage(c, "an option is missing:", name);
}

const char *
cmd_arg(const struct cmd *c, int i)
{
	return i < c->nargs ? c->args[i] : NULL;
}

static const struct command *
find(const struct command *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

static int
finish(struct cmd *c, int r)
{
	free(c->heap);
	c->heap = NULL;
	if (r == CMD_HELP)
		r = 0;
	/* a full disk or a closed pipe must not look like success */
	if (r == 0)
		r = ui_flush(&c->e);
	if (r == 0)
		return 0;
	ui_error(c->e.text[0] != '\0' ? c->e.text : err_text(r));
	return err_exit_status(r);
}

int
cmd_main(const struct command *top, int argc, char **argv)
{
	struct cmd c = { .self = top, .argc = argc - 1, .argv = argv + 1 };
	const struct command *next;
	int r;

	if ((r = fd_standard(&c.e)) != 0)
		return finish(&c, r);
	snprintf(c.path, sizeof(c.path), "%s", top->name);
	while (c.self->sub != NULL) {
		const char *word = c.argc > 0 ? c.argv[0] : "";

		if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
			print_commands(&c, stdout);
			return finish(&c, 0);
		}
		if (c.self == top && strcmp(word, "--version") == 0) {
			printf("%s %s\n", top->name, QUORATE_VERSION);
			return finish(&c, 0);
		}
		if (word[0] == '\0') {
			print_commands(&c, stderr);
			return err_exit_status(ERR_USAGE);
		}
		if ((next = find(c.self->sub, word)) == NULL)
			return finish(&c, usage(&c, "unknown command", word));
		snprintf(c.path + strlen(c.path),
		    sizeof(c.path) - strlen(c.path), " %s", next->name);
		c.self = next;
		c.argc--;
		c.argv++;
	}
	return finish(&c, c.self->run(&c));
}
