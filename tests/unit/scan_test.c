/*
 * quorate-scan from the inside: its sandbox, pictures, films; and from the
 * outside: the lines it says, whoever says them.
 */
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "qr/scan/image.h"
#include "qr/scan/sandbox.h"
#include "qr/scan/y4m.h"
#include "qr/sight.h"

/* --- the sandbox */

static void try_nothing(void) { }
static void try_open(void) { (void)open("/dev/null", O_RDONLY); }
static void try_socket(void) { (void)socket(AF_UNIX, SOCK_STREAM, 0); }
static void try_fork(void) { (void)syscall(SYS_fork); }
static void try_exec(void) { (void)execl("/bin/true", "true", NULL); }
static void try_kill(void) { (void)kill(getppid(), 0); }
static void try_ioctl(void) { (void)syscall(SYS_ioctl, 3, 0x5413, 0); }
static void try_write_2(void) { (void)!write(2, "x", 1); }
static void try_read_5(void) { char c; (void)!read(5, &c, 1); }

static void
try_code(void)
{
	(void)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
try_file_map(void)
{
	(void)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
}

static void
try_memory(void)
{
	if (syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0)
		_exit(1);
}

/* What waitpid says of a child that does this behind the filter. */
static int
fate_of(void (*what)(void), bool camera)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (scan_sandbox(camera) != 0)
			_exit(99);
		what();
		syscall(SYS_exit_group, 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
behind_the_filter_nothing_can_be_opened_started_or_sent(void **state)
{
	static void (*const killed[])(void) = { try_open, try_socket,
	    try_fork, try_exec, try_kill, try_ioctl, try_write_2, try_read_5,
	    try_code, try_file_map };

	(void)state;
	for (int camera = 0; camera < 2; camera++) {
		for (size_t i = 0; i < sizeof(killed) / sizeof(killed[0]);
		    i++) {
			int status = fate_of(killed[i], camera != 0);

			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGSYS);
		}
		assert_int_equal(fate_of(try_nothing, camera != 0), 0);
		assert_int_equal(fate_of(try_memory, camera != 0), 0);
	}
}

/* --- lines */

static struct sight sight;
static struct sight_camera camera;

static int
line(const char *text)
{
	enum scan_problem problem;
	uint32_t number;

	return sight_line(&sight, &camera, bytes_str(text), &problem,
	    &number);
}

static void
a_frame_with_its_code_and_preview_is_taken(void **state)
{
	(void)state;
	sight_clear(&sight);
	assert_int_equal(line("T 1 2 3 4 5 6 7 8 UR:X-QK-HI/AB CD"), 0);
	assert_int_equal(line("P 2 1 0:"), 0);
	assert_int_equal(line("F 7 640 480 100 200 1"), 1);
	assert_int_equal(sight.n, 1);
	assert_string_equal(sight.codes[0].text, "UR:X-QK-HI/AB CD");
	assert_int_equal(sight.codes[0].corners[7], 8);
	assert_int_equal(sight.preview.grey[0], 0);
	assert_int_equal(sight.preview.grey[1], 255);
	assert_int_equal(sight.seq, 7);
	assert_int_equal(sight.foreign, 1);
}

/* Drivers announce a range up to INT32_MAX where they know none. */
static void
a_number_of_32_bits_is_taken(void **state)
{
	const struct sight_control *c = &camera.controls[CONTROL_EXPOSURE];

	(void)state;
	assert_int_equal(line("V X"), 0);
	assert_int_equal(line("C 1 0 2147483647 1 4294967295 2147483647"), 0);
	assert_true(c->there);
	assert_int_equal(c->max, INT32_MAX);
	assert_int_equal(c->standard, UINT32_MAX);
	assert_int_equal(c->value, INT32_MAX);
}

static void
a_line_that_may_not_be_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "X", "T", "T 1 2 3 4 5 6 7 8", "T 1 2 3 4 5 6 7 8 ",
		"T 1 2 3 4 5 6 7 8 lower", "T 1 2 3 4 5 6 7 8 A\tB",
		"T 1 2 3 4 5 6 7 8 A\x1b[31m", "T 1 2 3 4 5 6 7 \xc3\xa4",
		"T -1 2 3 4 5 6 7 8 A", "T 9999 2 3 4 5 6 7 8 A",
		"T 1234567890 2 3 4 5 6 7 8 A", "P 2 1 000", "P 0 0 ",
		"P 65 1 A", "P 1 37 A", "P 2 1 0a", "F 1 2 3 4 5",
		"F 1 0 480 1 1 0", "F 1 640 9000 1 1 0",
		"F 1 640 480 256 1 0", "F 1 640 480 1 1 0 1", "E 0 0",
		"E 99 0", "E 1", "K 1", "M 4 640 480 30", "M 0 640 480",
		"S 0 640 480 1001", "V ", "C 5 0 1 1 0 0", "C 1 5 1 1 0 0",
		"V ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456",
		"F 4294967296 640 480 1 1 0", "F 00000000001 640 480 1 1 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sight_clear(&sight);
		if (line(bad[i]) != ERR_PEER)
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void
more_codes_previews_or_characters_than_there_can_be_are_refused(
    void **state)
{
	static char text[SCAN_TEXT_MAX + 40] = "T 1 2 3 4 5 6 7 8 ";
	size_t head = strlen(text);

	(void)state;
	sight_clear(&sight);
	memset(text + head, 'A', SCAN_TEXT_MAX);
	assert_int_equal(line(text), 0);
	text[head + SCAN_TEXT_MAX] = 'A';
	assert_int_equal(line(text), ERR_PEER);
	for (size_t i = 1; i < SCAN_CODES_MAX; i++)
		assert_int_equal(line("T 1 2 3 4 5 6 7 8 A"), 0);
	assert_int_equal(line("T 1 2 3 4 5 6 7 8 A"), ERR_PEER);
	assert_int_equal(line("P 1 1 A"), 0);
	assert_int_equal(line("P 1 1 A"), ERR_PEER);
	for (size_t i = camera.n; i < SCAN_SIZES_MAX; i++)
		assert_int_equal(line("S 0 640 480 30"), 0);
	assert_int_equal(line("S 0 640 480 30"), ERR_PEER);
	assert_int_equal(line("V NEW"), 0);
	assert_int_equal(camera.n, 0);
}

static void
each_problem_is_a_sentence(void **state)
{
	(void)state;
	for (int p = SCAN_MEMORY; p < SCAN_PROBLEMS; p++) {
		struct err e = { 0 };
		int r = sight_problem((enum scan_problem)p, 5, "NAME", &e);

		assert_true(r == ERR_INPUT || r == ERR_SYSTEM);
		assert_non_null(strstr(e.text, "NAME"));
	}
}

/* --- pictures */

static void
picture_is(const char *file, size_t n, enum scan_problem want)
{
	struct grey g;
	uint8_t *p;

	assert_int_equal(image_decode(bytes_of(file, n), &p, &g), want);
	assert_int_equal(p != NULL, want == SCAN_OK);
	free(p);
}

static void
a_pgm_is_read_and_a_broken_one_refused(void **state)
{
	static const char good[] = "P5\n# a comment\n3 2\n255\nabcdef";
	struct grey g;
	uint8_t *p;

	(void)state;
	assert_int_equal(image_decode(bytes_str(good), &p, &g), SCAN_OK);
	assert_int_equal(g.w, 3);
	assert_int_equal(g.h, 2);
	assert_memory_equal(g.p, "abcdef", 6);
	free(p);
	assert_int_equal(image_decode(bytes_str("P5 1 1 100\n\x32"), &p, &g),
	    SCAN_OK);
	assert_int_equal(g.p[0], 127);	/* 50 of 100 */
	free(p);
	for (size_t n = 3; n < sizeof(good) - 1; n++)
		picture_is(good, n, SCAN_BROKEN);
	picture_is("", 0, SCAN_NO_IMAGE);
	picture_is("P6 1 1 255\nabc", 14, SCAN_NO_IMAGE);
	picture_is("P5 0 1 255\na", 12, SCAN_SIZE);
	picture_is("P5 8193 1 255\na", 15, SCAN_SIZE);
	picture_is("P5 8192 8192 255\na", 18, SCAN_SIZE);
	picture_is("P5 999999 1 255\na", 17, SCAN_SIZE);
	picture_is("P5 8000 5000 255\na", 18, SCAN_BROKEN);
	picture_is("P5 1 1 65535\nab", 15, SCAN_DEPTH);
	picture_is("P5 1 1 0\na", 10, SCAN_BROKEN);
}

static void
a_png_is_read_its_transparent_parts_white_and_a_broken_one_refused(
    void **state)
{
	/* grey and alpha: black, and nothing */
	static const uint8_t pixels[4] = { 0, 255, 0, 0 };
	png_image img = { .version = PNG_IMAGE_VERSION, .width = 2,
	    .height = 1, .format = PNG_FORMAT_GA };
	static char file[1000];
	png_alloc_size_t n = sizeof(file);
	struct grey g;
	uint8_t *p;

	(void)state;
	assert_true(png_image_write_to_memory(&img, file, &n, 0, pixels, 0,
	    NULL));
	assert_int_equal(image_decode(bytes_of(file, n), &p, &g), SCAN_OK);
	assert_int_equal(g.w, 2);
	assert_int_equal(g.p[0], 0);
	assert_int_equal(g.p[1], 255);
	free(p);
	for (size_t i = 9; i < n - 12; i++)
		picture_is(file, i, SCAN_BROKEN);
	file[16] = 1;	/* 16 million wide; its check sum is wrong too */
	picture_is(file, n, SCAN_BROKEN);
}

/* --- films */

struct source {
	const char *p;
	size_t n, chunk;
};

static size_t
read_source(void *ctx, void *to, size_t n)
{
	struct source *s = ctx;
	size_t k = n < s->n ? n : s->n;

	k = k < s->chunk ? k : s->chunk;
	memcpy(to, s->p, k);
	s->p += k;
	s->n -= k;
	return k;
}

static enum scan_problem
film(const char *text, size_t frames)
{
	struct source s = { text, strlen(text), 3 };
	struct y4m v = { .read = read_source, .ctx = &s };
	enum scan_problem r = SCAN_OK;
	struct grey g;

	for (size_t i = 0; r == SCAN_OK && i < frames; i++)
		r = y4m_next(&v, &g);
	if (r == SCAN_OK) {
		assert_int_equal(g.w, 2);
		assert_int_equal(g.h, 2);
		assert_memory_equal(g.p, "abcd", 4);
	}
	y4m_free(&v);
	return r;
}

static void
films_are_read_in_each_form_and_broken_ones_refused(void **state)
{
	(void)state;
	assert_int_equal(film("YUV4MPEG2 W2 H2 F30:1 Cmono\nFRAME\nabcd"
	    "FRAME\nabcd", 2), SCAN_OK);
	assert_int_equal(film("YUV4MPEG2 W2 H2\nFRAME\nabcdUV"
	    "FRAME Ip\nabcdUV", 2), SCAN_OK);
	assert_int_equal(film("YUV4MPEG2 H2 W2 C420jpeg XYSCSS=420JPEG\n"
	    "FRAME\nabcdUV", 2), SCAN_END);
	assert_int_equal(film("YUV4MPEG2 W2 H2\n", 1), SCAN_END);
	assert_int_equal(film("", 1), SCAN_NO_VIDEO);
	assert_int_equal(film("YUV4MPEG2", 1), SCAN_NO_VIDEO);
	assert_int_equal(film("YUV4MPEG3 W2 H2\nFRAME\nabcdUV", 1),
	    SCAN_NO_VIDEO);
	assert_int_equal(film("YUV4MPEG2W2 H2\nFRAME\nabcdUV", 1),
	    SCAN_NO_VIDEO);
	assert_int_equal(film("YUV4MPEG2 W2 H2 C444\nFRAME\nabcdUV", 1),
	    SCAN_COLOUR);
	assert_int_equal(film("YUV4MPEG2 W2 H2 Cmono16\nFRAME\nabcdUV", 1),
	    SCAN_COLOUR);
	assert_int_equal(film("YUV4MPEG2 W2\nFRAME\nabcd", 1), SCAN_SIZE);
	assert_int_equal(film("YUV4MPEG2 W0 H2\nFRAME\n", 1), SCAN_SIZE);
	assert_int_equal(film("YUV4MPEG2 W2x H2\nFRAME\n", 1), SCAN_SIZE);
	assert_int_equal(film("YUV4MPEG2 W99999 H99999\nFRAME\n", 1),
	    SCAN_SIZE);
	assert_int_equal(film("YUV4MPEG2 W2 H2\nFRAME\nabcdU", 1), SCAN_CUT);
	assert_int_equal(film("YUV4MPEG2 W2 H2\nFRAMES\nabcdUV", 1),
	    SCAN_CUT);
	assert_int_equal(film("YUV4MPEG2 W2 H2\nabcdUV", 1), SCAN_CUT);
}

static void
a_header_without_an_end_is_refused_in_bounds(void **state)
{
	static char text[2000] = "YUV4MPEG2 ";

	(void)state;
	memset(text + 10, 'X', sizeof(text) - 11);
	assert_int_equal(film(text, 1), SCAN_NO_VIDEO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    behind_the_filter_nothing_can_be_opened_started_or_sent),
		cmocka_unit_test(a_frame_with_its_code_and_preview_is_taken),
		cmocka_unit_test(a_number_of_32_bits_is_taken),
		cmocka_unit_test(a_line_that_may_not_be_is_refused),
		cmocka_unit_test(
		    more_codes_previews_or_characters_than_there_can_be_are_refused),
		cmocka_unit_test(each_problem_is_a_sentence),
		cmocka_unit_test(a_pgm_is_read_and_a_broken_one_refused),
		cmocka_unit_test(
		    a_png_is_read_its_transparent_parts_white_and_a_broken_one_refused),
		cmocka_unit_test(
		    films_are_read_in_each_form_and_broken_ones_refused),
		cmocka_unit_test(a_header_without_an_end_is_refused_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
