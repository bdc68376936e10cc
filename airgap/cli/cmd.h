/*
 * The command line of our programs: a tree of commands, one option parser, help
 * made from the same tables, errors printed in one place.
 *
 * A command's run function parses with cmd_parse, does its work, and returns
 * 0 or an ERR_* code with the sentence in c->e; main prints the sentence and
 * turns the code into the exit status (airgap/err.h).
 */
#ifndef AIRGAP_CLI_CMD_H
#define AIRGAP_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "airgap/err.h"
#include "airgap/file.h"

struct cmd;

struct command {
	const char *name;
	const char *args;	/* "[IN]", shown after the options */
	const char *summary;	/* one line, lower case */
	const char *notes;	/* further text of --help, or NULL */
	int (*run)(struct cmd *c);		/* or */
	const struct command *sub;		/* ends with name NULL */
};

/* One running command. */
struct cmd {
	const struct command *self;
	char path[128];		/* "quorate key generate" */
	int argc;		/* words after the command's name */
	char **argv;
	int nargs;		/* set by cmd_parse: words that are no option */
	char **args;
	const char **heap;	/* behind every struct many; freed at the end */
	struct err e;
};

/* --help was printed; main exits 0. */
#define CMD_HELP 1

enum opt_kind { OPT_END, OPT_FLAG, OPT_TEXT, OPT_MANY, OPT_NUMBER };

/* Values of an option that may be given several times; v is cmd's. */
struct many {
	const char **v;
	size_t n;
};

struct opt {
	enum opt_kind kind;
	const char *name;	/* "-o" or "--pub" */
	const char *value;	/* "FILE" for help; NULL for a flag */
	void *out;		/* bool, const char *, struct many, uint64_t */
	const char *help;
};

#define FLAG(n, o, h) { OPT_FLAG, n, NULL, o, h }
#define TEXT(n, v, o, h) { OPT_TEXT, n, v, o, h }
#define MANY(n, v, o, h) { OPT_MANY, n, v, o, h }
#define NUMBER(n, v, o, h) { OPT_NUMBER, n, v, o, h }
#define END { OPT_END, NULL, NULL, NULL, NULL }

/*
 * Parses c->argv by opts (any order; "--" ends options; "--name=value" and
 * "--name value"); between min and max other words go to c->args.
 * An option given twice is refused unless OPT_MANY.
 * Returns 0, CMD_HELP (print nothing more) or ERR_USAGE.
 */
int cmd_parse(struct cmd *c, const struct opt *opts, int min, int max)
    MUST_CHECK;

/* "verb: WHAT; see PROGRAM ... --help": ERR_USAGE. */
int cmd_usage(struct cmd *c, const char *what) MUST_CHECK;

/* Refuses when a required option is missing: ERR_USAGE naming it. */
int cmd_need(struct cmd *c, const void *value, const char *name) MUST_CHECK;

/* Argument i, or NULL (then "-", standard input, is meant). */
const char *cmd_arg(const struct cmd *c, int i);

/*
 * Finds and runs the command, or tells help or version; returns the process
 * exit status.
 */
int cmd_main(const struct command *top, int argc, char **argv);

#endif
