/*
 * Lines as a helper that was taken over might say them: what is taken keeps
 * every bound, and is made of the alphabet.
 */
#include "qr/sight.h"
#include "tests/fuzz/again.h"

static void
hold(const struct sight *s, const struct sight_camera *c)
{
	must(s->n <= SCAN_CODES_MAX && c->n <= SCAN_SIZES_MAX);
	for (size_t i = 0; i < s->n; i++) {
		must(scan_text_valid(s->codes[i].text, s->codes[i].len));
		must(s->codes[i].text[s->codes[i].len] == '\0');
		for (size_t k = 0; k < 8; k++)
			must(s->codes[i].corners[k] <= SCAN_SIDE_MAX);
	}
	must(s->preview.w <= SCAN_PREVIEW_W && s->preview.h <= SCAN_PREVIEW_H);
	must(strlen(c->name) <= SCAN_NAME_MAX);
	for (size_t i = 0; i < c->n; i++)
		must(c->sizes[i].format < FORMATS &&
		    c->sizes[i].w <= SCAN_SIDE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct sight s;
	static struct sight_camera c;
	struct bytes in = bytes_of(p, n);

	memset(&s, 0, sizeof(s));
	memset(&c, 0, sizeof(c));
	while (in.n > 0) {
		const uint8_t *end = memchr(in.p, '\n', in.n);
		size_t len = end == NULL ? in.n : (size_t)(end - in.p);
		enum scan_problem problem;
		uint32_t number;
		struct err e;
		int r = sight_line(&s, &c, bytes_of(in.p, len), &problem,
		    &number);

		must(r == 0 || r == 1 || r == ERR_PEER);
		if (r == ERR_PEER)
			break;
		hold(&s, &c);
		if (r == 1 && problem != SCAN_OK)
			must(sight_problem(problem, number, "x", &e) < 0);
		if (r == 1)
			sight_clear(&s);
		in = bytes_of(in.p + len, in.n - len);
		if (in.n > 0)
			in = bytes_of(in.p + 1, in.n - 1);
	}
	return 0;
}
