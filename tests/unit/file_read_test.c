/*
 * Reading files, folders and standard input, and what may go to standard
 * output.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/file.h"
#include "tests/unit/scratch.h"

static char path[64];

int __real_isatty(int fd);
int __wrap_isatty(int fd);

static bool stdout_is_terminal;

int
__wrap_isatty(int fd)
{
	return fd == STDOUT_FILENO ? stdout_is_terminal : __real_isatty(fd);
}

static int
setup(void **state)
{
	(void)state;
	if (scratch_make() != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/out", scratch);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	stdout_is_terminal = false;
	return scratch_remove();
}

static void
a_read_is_exact_up_to_its_limit_and_refused_over_it(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 100000 };
	static uint8_t data[100000];
	struct secret s;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 >> 3);
	for (size_t i = 0; i < 7; i++) {
		size_t n = sizes[i];

		assert_int_equal(file_write(path, bytes_of(data, n), 0600,
		    true, NULL), 0);
		assert_int_equal(file_read(path, n, &b, NULL), 0);
		assert_int_equal(b.n, n);
		assert_memory_equal(b.p, data, n);
		buf_free(&b);
		assert_int_equal(file_read_secret(path, n, &s, NULL), 0);
		assert_int_equal(s.len, n);
		if (n > 0)
			assert_memory_equal(s.b, data, n);
		secret_free(&s);
		if (n == 0)
			continue;
		assert_int_equal(file_read(path, n - 1, &b, NULL), ERR_INPUT);
		assert_null(b.p);
		assert_int_equal(file_read_secret(path, n - 1, &s, NULL),
		    ERR_INPUT);
		assert_null(s.b);
	}
	assert_int_equal(file_read(path, SIZE_MAX, &b, NULL), 0);
	assert_int_equal(b.n, sizeof(data));
	buf_free(&b);
}

static void
missing_files_and_folders_are_refused_with_their_name(void **state)
{
	struct secret s;
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(file_read(path, 10, &b, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, path));
	assert_int_equal(file_read(scratch, 10, &b, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "is a folder"));
	assert_int_equal(file_read_secret(scratch, 10, &s, &e), ERR_INPUT);
	assert_null(s.b);
}

static void
a_dash_reads_standard_input(void **state)
{
	int old = dup(STDIN_FILENO), p[2];
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "piped", 5), 5);
	close(p[1]);
	assert_int_equal(dup2(p[0], STDIN_FILENO), STDIN_FILENO);
	close(p[0]);
	assert_int_equal(file_read("-", 100, &b, &e), 0);
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.p, "piped", 5);
	buf_free(&b);
	/* still open for a later reader: only at its end */
	assert_int_equal(file_read("-", 100, &b, &e), 0);
	assert_int_equal(b.n, 0);
	buf_free(&b);
	if (old >= 0) {
		dup2(old, STDIN_FILENO);
		close(old);
	}
}

static int
collect(const char *name, void *ctx)
{
	char *s = ctx;

	strcat(strcat(s, name), " ");
	return strcmp(name, "stop") == 0 ? 7 : 0;
}

static void
a_folder_lists_its_regular_files_in_byte_order(void **state)
{
	char s[128] = "", p[128];
	struct err e;

	(void)state;
	snprintf(p, sizeof(p), "%s", scratch_at("folder"));
	scratch_touch("b");
	scratch_touch("a.pub");
	scratch_touch("B");
	scratch_touch("\xc3\xa9");
	scratch_touch(".hidden");
	assert_int_equal(mkdir(p, 0700), 0);
	assert_int_equal(file_list(scratch, collect, s, &e), 0);
	assert_string_equal(s, "B a.pub b \xc3\xa9 ");
	scratch_touch("stop");
	s[0] = '\0';
	assert_int_equal(file_list(scratch, collect, s, &e), 7);
	assert_string_equal(s, "B a.pub b stop ");
	assert_int_equal(file_list(p, collect, s, &e), 0);
	assert_int_equal(file_list("/nonexistent", collect, s, &e), ERR_INPUT);
}

static void
binary_goes_to_a_pipe_and_never_to_a_terminal(void **state)
{
	int old, p[2], r, t;
	char got[8] = "";
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(pipe(p), 0);
	fflush(stdout);
	old = dup(STDOUT_FILENO);
	assert_int_equal(dup2(p[1], STDOUT_FILENO), STDOUT_FILENO);
	stdout_is_terminal = true;
	t = file_output("-", bytes_str("no"), 0600, false, true, &e);
	r = file_output(NULL, bytes_str("a"), 0600, false, false, &e);
	stdout_is_terminal = false;
	r |= file_output(NULL, bytes_str("b"), 0600, false, true, &e);
	dup2(old, STDOUT_FILENO);
	close(old);
	close(p[1]);
	assert_int_equal(t, ERR_USAGE);
	assert_int_equal(r, 0);
	assert_int_equal(read(p[0], got, sizeof(got)), 2);
	assert_string_equal(got, "ab");
	close(p[0]);
	assert_int_equal(file_output(path, bytes_str("x"), 0600, 0, 1, &e), 0);
	assert_int_equal(file_read(path, 9, &b, &e), 0);
	assert_true(bytes_equal(buf_bytes(&b), bytes_str("x")));
	buf_free(&b);
	assert_int_equal(file_output_check(path, 0, 1, &e), ERR_EXISTS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_read_is_exact_up_to_its_limit_and_refused_over_it),
		T(missing_files_and_folders_are_refused_with_their_name),
		T(a_dash_reads_standard_input),
		T(a_folder_lists_its_regular_files_in_byte_order),
		T(binary_goes_to_a_pipe_and_never_to_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
