/*
 * The command line: every form of an option, every refusal, help, and the
 * exit status of each kind of end.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/cli/cmd.h"
#include "airgap/fd.h"
#include "airgap/version.h"
#include "tests/unit/sentence.h"

#define WORDS_MAX 16
#define OUTPUT_MAX 1024

/* What one parse gave. */
static struct {
	const char *text;
	bool flag;
	uint64_t number;
	struct many many;
	const char *out;
	struct cmd c;
	int r;
} got;

static const struct command leaf = { "verb", "[IN]", "does it",
    "Further words.", NULL, NULL };

/* Parses words (up to NULL), one to two arguments allowed if max is 2. */
static void
parse(int min, int max, const char *first, ...)
{
	static char *words[WORDS_MAX];
	const struct opt opts[] = {
		TEXT("--text", "T", &got.text, "a text"),
		TEXT("--text2", "T", &got.out, "another"),
		FLAG("--flag", &got.flag, "a flag"),
		NUMBER("--number", "N", &got.number, "a number"),
		MANY("-m", "M", &got.many, "many"), END };
	va_list ap;
	int n = 0;

	free(got.c.heap);
	memset(&got, 0, sizeof(got));
	va_start(ap, first);
	for (const char *w = first; w != NULL; w = va_arg(ap, const char *)) {
		assert_true(n < WORDS_MAX);
		words[n++] = (char *)(uintptr_t)w;
	}
	va_end(ap);
	got.c.self = &leaf;
	got.c.argc = n;
	got.c.argv = words;
	snprintf(got.c.path, sizeof(got.c.path), "top verb");
	got.r = cmd_parse(&got.c, opts, min, max);
}

static void
assert_usage(const char *sentence)
{
	assert_int_equal(got.r, ERR_USAGE);
	assert_sentence(&got.c.e, sentence);
	assert_non_null(strstr(got.c.e.text, "; see top verb --help"));
}

static void
a_value_stands_behind_the_name_or_an_equals_sign(void **state)
{
	(void)state;
	parse(0, 0, "--text", "a", "--flag", "--number=7", NULL);
	assert_int_equal(got.r, 0);
	assert_string_equal(got.text, "a");
	assert_true(got.flag);
	assert_int_equal(got.number, 7);
	parse(0, 0, "--text=a=b", "--text2=", NULL);
	assert_int_equal(got.r, 0);
	assert_string_equal(got.text, "a=b");
	assert_string_equal(got.out, "");
	parse(0, 0, "--text", "--flag", NULL);
	assert_int_equal(got.r, 0);
	assert_string_equal(got.text, "--flag");
	assert_false(got.flag);
}

static void
an_option_of_many_values_keeps_their_order(void **state)
{
	(void)state;
	parse(1, 1, "-m", "a", "x", "-m", "b", "-m", "a", NULL);
	assert_int_equal(got.r, 0);
	assert_int_equal(got.many.n, 3);
	assert_string_equal(got.many.v[0], "a");
	assert_string_equal(got.many.v[1], "b");
	assert_string_equal(got.many.v[2], "a");
	assert_string_equal(cmd_arg(&got.c, 0), "x");
	assert_null(cmd_arg(&got.c, 1));
}

static void
two_dashes_end_the_options_and_one_is_an_argument(void **state)
{
	(void)state;
	parse(2, 2, "-", "--", "--text", NULL);
	assert_int_equal(got.r, 0);
	assert_string_equal(cmd_arg(&got.c, 0), "-");
	assert_string_equal(cmd_arg(&got.c, 1), "--text");
	assert_null(got.text);
	parse(1, 1, "--", "--help", NULL);
	assert_int_equal(got.r, 0);
	parse(1, 1, "--", "--", NULL);
	assert_int_equal(got.r, 0);
	assert_string_equal(cmd_arg(&got.c, 0), "--");
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	parse(0, 0, "--nothing", NULL);
	assert_usage("verb: unknown option --nothing");
	parse(0, 0, "--textual", "a", NULL);
	assert_usage("unknown option --textual");
	parse(0, 0, "--tex", "a", NULL);
	assert_usage("unknown option --tex");
	parse(0, 0, "-m=a", NULL);
	assert_usage("unknown option -m=a");
	parse(0, 0, "--text", "a", "--text=b", NULL);
	assert_usage("given twice: --text");
	parse(0, 0, "--flag", "--flag", NULL);
	assert_usage("given twice: --flag");
	parse(0, 0, "--flag=yes", NULL);
	assert_usage("takes no value: --flag");
	parse(0, 0, "--flag", "--text", NULL);
	assert_usage("a value is missing after --text");
	parse(0, 0, "x", NULL);
	assert_usage("one argument too many: x");
	parse(1, 1, "a", "b", NULL);
	assert_usage("one argument too many: b");
	parse(1, 1, "--flag", NULL);
	assert_usage("an argument is missing: [IN]");
	assert_int_equal(cmd_need(&got.c, NULL, "--text T"), ERR_USAGE);
	assert_non_null(strstr(got.c.e.text, "an option is missing: --text"));
	assert_int_equal(cmd_need(&got.c, "", "--text T"), 0);
}

static void
a_number_is_decimal_digits_that_fit(void **state)
{
	const char *bad[] = { "", "-1", "+1", "1x", " 1", "0x1",
	    "18446744073709551616", "99999999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(0, 0, "--number", bad[i], NULL);
		assert_usage(i < 6 ? "is not a number" : "is too large");
		assert_usage("--number '");
	}
	parse(0, 0, "--number", "1844674407370955160", NULL);
	assert_int_equal(got.r, 0);
	assert_true(got.number == UINT64_C(1844674407370955160));
}

/* --- the whole way, with what is printed */

static int code;

static int
run_leaf(struct cmd *c)
{
	const struct opt opts[] = { END };
	int r = cmd_parse(c, opts, 0, 0);

	if (r != 0 || code == 0)
		return r;
	return err_set(&c->e, code, "line \x1b[2J one\n\xff");
}

static const struct command verbs[] = {
	{ "verb", "", "does it", "Further words.", run_leaf, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
static const struct command nouns[] = {
	{ "noun", "", "things", NULL, NULL, verbs },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
static const struct command top = { "top", "", "all", "notes", NULL, nouns };

/* Runs with up to two words; what went to fd is in output. */
static int
run_main(int fd, const char *a, const char *b, char output[OUTPUT_MAX])
{
	char *argv[] = { (char *)(uintptr_t)"top", (char *)(uintptr_t)a,
	    (char *)(uintptr_t)b, (char *)(uintptr_t)"--help" };
	int argc = b != NULL ? 3 : a != NULL ? 2 : 1, status, kept, n;
	FILE *f = tmpfile();

	assert_non_null(f);
	fflush(stdout);
	kept = dup(fd);
	assert_true(kept >= 0 && dup2(fileno(f), fd) == fd);
	status = cmd_main(&top, argc, argv);
	fflush(stdout);
	assert_int_equal(dup2(kept, fd), fd);
	close(kept);
	rewind(f);
	n = (int)fread(output, 1, OUTPUT_MAX - 1, f);
	output[n] = '\0';
	fclose(f);
	return status;
}

/* Behind the name of the program, exactly this. */
static void
assert_said(const char *text, const char *sentence)
{
	const char *colon = strstr(text, ": ");

	assert_non_null(colon);
	assert_string_equal(colon + 2, sentence);
}

static void
help_is_standard_output_and_success(void **state)
{
	char text[OUTPUT_MAX];

	(void)state;
	assert_int_equal(run_main(1, "--help", NULL, text), 0);
	assert_non_null(strstr(text, "usage: top COMMAND"));
	assert_non_null(strstr(text, "noun"));
	assert_int_equal(run_main(1, "noun", "help", text), 0);
	assert_non_null(strstr(text, "usage: top noun COMMAND"));
	parse(0, 0, "--nothing", NULL);
	assert_int_equal(run_main(2, "noun", "verb", text), 0);
	assert_string_equal(text, "");
}

static void
the_version_is_told_by_the_program_alone(void **state)
{
	char text[OUTPUT_MAX];

	(void)state;
	assert_int_equal(run_main(1, "--version", NULL, text), 0);
	assert_string_equal(text, "top " QUORATE_VERSION "\n");
	assert_int_equal(run_main(2, "noun", "--version", text), 2);
	assert_said(text, "noun: unknown command --version; "
	    "see top noun --help\n");
}

static void
no_command_or_an_unknown_one_is_usage(void **state)
{
	char text[OUTPUT_MAX];

	(void)state;
	assert_int_equal(run_main(2, NULL, NULL, text), 2);
	assert_non_null(strstr(text, "usage: top COMMAND"));
	assert_int_equal(run_main(2, "noun", NULL, text), 2);
	assert_int_equal(run_main(2, "nouns", NULL, text), 2);
	assert_said(text, "unknown command nouns; see top --help\n");
	assert_int_equal(run_main(2, "noun", "x", text), 2);
	assert_said(text, "noun: unknown command x; see top noun --help\n");
}

static void
an_error_is_one_safe_line_and_its_exit_status(void **state)
{
	const struct { int code, status; } t[] = { { ERR_REFUSED, 1 },
	    { ERR_EXISTS, 1 }, { ERR_USAGE, 2 }, { ERR_INPUT, 3 },
	    { ERR_TOKEN, 4 }, { ERR_SYSTEM, 5 }, { ERR_INTERNAL, 5 },
	    { ERR_PEER, 6 }, { ERR_INTERRUPTED, 130 }, { -999, 5 } };
	char text[OUTPUT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		code = t[i].code;
		assert_int_equal(run_main(2, "noun", "verb", text),
		    t[i].status);
		assert_said(text, "line \\x1b[2J one\\x0a\\xff\n");
	}
	code = 0;
}

/* Runs in a child: is each closed descriptor taken, and of no use? */
static int
standard_taken(unsigned closed, int other)
{
	char name[32], at[32], c = 'x';

	for (int fd = 0; fd < 3; fd++)
		if ((closed >> fd & 1) != 0)
			close(fd);
	if (fd_standard(NULL) != 0)
		return 2;
	if (dup(other) <= STDERR_FILENO)
		return 5;
	for (int fd = 0; fd < 3; fd++) {
		ssize_t n;

		if ((closed >> fd & 1) == 0)
			continue;
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, at, sizeof(at) - 1);
		if (n < 0 || (at[n] = '\0', strcmp(at, "/dev/null") != 0))
			return 3;
		if ((fd == 0 ? read(fd, &c, 1) : write(fd, &c, 1)) != -1)
			return 4;
	}
	return 0;
}

static void
a_closed_standard_descriptor_is_taken_and_stays_of_no_use(void **state)
{
	int status, fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd > STDERR_FILENO);
	for (unsigned closed = 0; closed < 8; closed++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(standard_taken(closed, fd));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_closed_standard_descriptor_is_taken_and_stays_of_no_use),
		cmocka_unit_test(
		    a_value_stands_behind_the_name_or_an_equals_sign),
		cmocka_unit_test(an_option_of_many_values_keeps_their_order),
		cmocka_unit_test(
		    two_dashes_end_the_options_and_one_is_an_argument),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_number_is_decimal_digits_that_fit),
		cmocka_unit_test(help_is_standard_output_and_success),
		cmocka_unit_test(the_version_is_told_by_the_program_alone),
		cmocka_unit_test(no_command_or_an_unknown_one_is_usage),
		cmocka_unit_test(
		    an_error_is_one_safe_line_and_its_exit_status),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	free(got.c.heap);
	return r;
}
