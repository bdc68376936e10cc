/*
 * What passes between quorate and its helper about a setup: what reads
 * encodes to the same bytes; deciding what is to be done never crashes.
 */
#include "again.h"
#include "token/setup.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct token_setup s = { .pin_tries = 5, .puk_tries = 5 };
	struct token_steps steps;
	struct token_exam x;
	struct buf out;

	if (setup_decode(bytes_of(p, n), &s, NULL) == 0) {
		must(setup_encode(&s, &out, NULL) == 0);
		must(bytes_equal(buf_bytes(&out), bytes_of(p, n)));
		buf_free(&out);
	}
	if (exam_decode(bytes_of(p, n), &x, NULL) != 0)
		return 0;
	must(exam_encode(&x, &out, NULL) == 0);
	must(bytes_equal(buf_bytes(&out), bytes_of(p, n)));
	buf_free(&out);
	for (int i = 0; i < 4; i++) {
		s.import = (i & 1) != 0;
		s.replace = (i & 2) != 0;
		if (token_steps_of(&x, &s, &steps, NULL) == 0)
			must(steps.slot[0] != STEP_FOREIGN &&
			    steps.slot[1] != STEP_FOREIGN);
	}
	return 0;
}
