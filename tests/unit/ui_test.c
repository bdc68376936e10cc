/*
 * Lines for a person: whole, and harmless on a terminal.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/cli/ui.h"

#define TEXT_MAX 4096

/* A pipe of packets (pipe(2), O_DIRECT): one read gives what one write put. */
static int packets[2], was;

static char text[TEXT_MAX];	/* what was caught */

static void
catch_stderr(void)
{
	assert_int_equal(pipe2(packets, O_DIRECT | O_CLOEXEC | O_NONBLOCK), 0);
	was = dup(STDERR_FILENO);
	assert_int_equal(dup2(packets[1], STDERR_FILENO), STDERR_FILENO);
}

/* What was written, and in how many pieces. */
static int
pieces(void)
{
	size_t at = 0;
	int count = 0;
	ssize_t n;

	assert_int_equal(dup2(was, STDERR_FILENO), STDERR_FILENO);
	for (; (n = read(packets[0], text + at, TEXT_MAX - 1 - at)) > 0;
	    count++)
		at += (size_t)n;
	text[at] = '\0';
	close(packets[0]);
	close(packets[1]);
	close(was);
	return count;
}

static void
caught(void)
{
	assert_int_equal(pieces(), 1);
}

static bool no_memory;

FILE *__real_open_memstream(char **p, size_t *n);
FILE *__wrap_open_memstream(char **p, size_t *n);

FILE *
__wrap_open_memstream(char **p, size_t *n)
{
	return no_memory ? NULL : __real_open_memstream(p, n);
}

static void
what_is_said_is_one_write(void **state)
{
	(void)state;
	catch_stderr();
	ui_say("ready on %s:%d\nand more", "127.0.0.1", 3001);
	caught();
	assert_string_equal(text, "ready on 127.0.0.1:3001\nand more\n");
	catch_stderr();
	ui_error("a file is not there");
	caught();
	assert_string_equal(text, "ui_test: a file is not there\n");
}

static void
a_name_cannot_act_on_the_terminal_nor_forge_a_line(void **state)
{
	(void)state;
	catch_stderr();
	ui_say("reader %s", "a\033[2J\r\xe2\x80\xae");
	caught();
	assert_string_equal(text,
	    "reader a\\x1b[2J\\x0d\\xe2\\x80\\xae\n");
	catch_stderr();
	ui_error("no file a\nquorate: all is well");
	caught();
	assert_string_equal(text,
	    "ui_test: no file a\\x0aquorate: all is well\n");
	catch_stderr();
	ui_error("not UTF-8: \xff\xc3");
	caught();
	assert_string_equal(text, "ui_test: not UTF-8: \\xff\\xc3\n");
}

static void
a_long_line_is_whole(void **state)
{
	static char line[3000];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	catch_stderr();
	ui_say("%s", line);
	caught();
	assert_int_equal(strlen(text), sizeof(line));
}

static void
without_memory_a_line_is_said_all_the_same(void **state)
{
	(void)state;
	no_memory = true;
	catch_stderr();
	ui_error("out of memory\n");
	assert_true(pieces() > 1);
	no_memory = false;
	assert_string_equal(text, "ui_test: out of memory\\x0a\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_one_write),
		cmocka_unit_test(
		    a_name_cannot_act_on_the_terminal_nor_forge_a_line),
		cmocka_unit_test(a_long_line_is_whole),
		cmocka_unit_test(without_memory_a_line_is_said_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
