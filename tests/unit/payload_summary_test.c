/*
 * The one line that people are told of a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "airgap/record/payload.h"
#include "airgap/record/reader.h"
#include "airgap/seal/hex.h"
#include "tests/unit/samples.h"

/* Names that push others off the line: it says how many, and that it ends. */
static void
a_summary_that_is_cut_says_so_and_how_many_there_are(void **state)
{
	static char names[8][PAYLOAD_NAME_MAX];
	char hex[2 * PUBLIC_KEY_LEN];
	struct payload_source in[8];
	struct payload p;
	size_t n;

	(void)state;
	hex_encode(sample_key(1)->b, PUBLIC_KEY_LEN, hex);
	for (size_t pad = 0; pad < 2; pad++) {
		for (size_t i = 0; i < 8; i++) {
			/* 30 letters of two bytes each */
			n = (size_t)snprintf(names[i], PAYLOAD_NAME_MAX,
			    "%zu%.*s", i, (int)pad, "x");
			for (size_t k = 0; k < 30; k++, n += 2)
				memcpy(names[i] + n, "\xc3\xa9", 2);
			memcpy(names[i] + n, ".pub", 5);
			in[i] = (struct payload_source){ names[i],
			    bytes_of(hex, sizeof(hex)) };
		}
		assert_int_equal(payload_of_files(in, 8, &p, NULL), 0);
		n = strlen(p.summary);
		assert_int_equal(strncmp(p.summary,
		    "public keys of 8 persons: \"0", 28), 0);
		assert_true(n > PAYLOAD_SUMMARY_MAX - 8);
		assert_string_equal(p.summary + n - 3, "...");
		assert_true(utf8_valid(bytes_str(p.summary)));
		payload_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_summary_that_is_cut_says_so_and_how_many_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
