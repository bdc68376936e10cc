/*
 * Pages: the same bytes each time, nothing of the machine in them, and every
 * code of them found again on the picture that pdftoppm makes of a page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "qr/draw/page.h"
#include "qr/draw/preset.h"
#include "tests/unit/zbar_read.h"

static const struct page_text text = {
	.title = "operator keys",
	.mode = "REHEARSAL",
	.words = "1 JUGS  2 DELI  3 ACID  4 ABLE  5 ZOOM  6 ZONE  7 ECHO  "
	    "8 LAVA  9 TAXI  10 JADE  11 NEED  12 ALSO",
	.line = "for the test \xc3\xa9 (",
};

static unsigned version = PAGE_VERSION_MAX;

static int
code(void *ctx, size_t i, struct symbol *out,
    char label[static PAGE_LABEL_MAX], struct err *e)
{
	char t[64];

	(void)ctx;
	snprintf(t, sizeof(t), "UR:X-QK-HI/%zu-20/AEADAOLAZMJENDEOTI", i + 1);
	snprintf(label, PAGE_LABEL_MAX, "%zu of 20", i + 1);
	return symbol_make(bytes_str(t), version, LEVEL_Q, out, e);
}

static void
the_same_codes_give_the_same_bytes_and_no_date(void **state)
{
	struct buf a, b;

	(void)state;
	assert_int_equal(page_pdf(&text, 20, code, NULL, &a, NULL), 0);
	sleep(1);	/* a date would have changed */
	assert_int_equal(page_pdf(&text, 20, code, NULL, &b, NULL), 0);
	assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	assert_memory_equal(a.p, "%PDF-", 5);
	assert_null(memmem(a.p, a.n, "CreationDate", 12));
	assert_null(memmem(a.p, a.n, "Author", 6));
	assert_non_null(memmem(a.p, a.n, "/Count 3", 8));
	buf_free(&a);
	buf_free(&b);
}

static void
a_version_that_does_not_fit_its_place_is_refused(void **state)
{
	struct err e;
	struct buf a;

	(void)state;
	version = PAGE_VERSION_MAX + 1;
	assert_int_equal(page_pdf(&text, 1, code, NULL, &a, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "--preset print"));
	assert_null(a.p);
	version = PAGE_VERSION_MAX;
}

/* A picture of one page in grey, as pdftoppm draws it. */
static uint8_t *
page_picture(const struct buf *pdf, int number, unsigned *w, unsigned *h)
{
	char path[] = "/tmp/quorate-page-test.XXXXXX", command[128];
	int fd = mkstemp(path);
	uint8_t *p;
	FILE *in;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, pdf->p, pdf->n), (ssize_t)pdf->n);
	close(fd);
	/* three pixels a point: no module is cut */
	snprintf(command, sizeof(command), "pdftoppm -gray -r 216 -f %d -l %d "
	    "%s", number, number, path);
	assert_non_null(in = popen(command, "r"));
	assert_int_equal(fscanf(in, "P5 %u %u 255%*c", w, h), 2);
	assert_non_null(p = malloc((size_t)*w * *h));
	assert_int_equal(fread(p, 1, (size_t)*w * *h, in), (size_t)*w * *h);
	assert_int_equal(pclose(in), 0);
	unlink(path);
	return p;
}

/* Marks a code that was found. */
static void
mark(struct bytes t, void *seen)
{
	int i;

	assert_int_equal(sscanf((const char *)t.p, "UR:X-QK-HI/%d-20/"
	    "AEADAOLAZMJENDEOTI", &i), 1);
	assert_in_range(i, 1, 20);
	((int *)seen)[i]++;
}

static void
every_code_of_every_page_is_read_from_its_picture(void **state)
{
	int seen[21] = { 0 };
	struct buf pdf;

	(void)state;
	assert_int_equal(page_pdf(&text, 20, code, NULL, &pdf, NULL), 0);
	for (int number = 1; number <= 3; number++) {
		unsigned w, h;
		uint8_t *p = page_picture(&pdf, number, &w, &h);

		zbar_read(p, w, h, mark, seen);
		free(p);
	}
	for (int i = 1; i <= 20; i++)
		assert_int_equal(seen[i], 1);
	buf_free(&pdf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_codes_give_the_same_bytes_and_no_date),
		cmocka_unit_test(
		    a_version_that_does_not_fit_its_place_is_refused),
		cmocka_unit_test(
		    every_code_of_every_page_is_read_from_its_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
