/*
 * Lines of text as codes: no line is more than a part or a refusal with a
 * sentence; progress never falls but by a refusal; what is whole encodes to
 * text that decodes to it.
 */
#include "airgap/ur/ur.h"
#include "tests/fuzz/again.h"

static void
again(const struct ur_stream *s)
{
	static char text[UR_TEXT_MAX + 1];
	struct ur_encoder *u;
	struct ur_decoder *d;
	struct ur_stream back[UR_STREAMS];
	enum ur_event event = UR_NEW;

	must(ur_encoder_new(s->type, s->message, UR_FRAGMENT_MAX, &u,
	    NULL) == 0);
	must(ur_decoder_new(&d, NULL) == 0);
	for (uint32_t i = 1; i <= ur_encoder_parts(u); i++) {
		must(event != UR_COMPLETE);
		ur_encoder_part(u, i, text);
		ur_upper(text);
		must(ur_decoder_feed(d, bytes_str(text), &event, NULL) == 0);
	}
	must(event == UR_COMPLETE && ur_decoder_streams(d, back) == 1);
	must(bytes_equal(back->message, s->message));
	ur_decoder_free(d);
	ur_encoder_free(u);
}

static void
one(struct ur_decoder *d, struct bytes line)
{
	struct ur_stream s[UR_STREAMS];
	struct err e = { 0 };
	enum ur_event event;
	int r = ur_decoder_feed(d, line, &event, &e);

	must((r == 0) == (e.text[0] == '\0'));
	must(r == 0 || r == ERR_INPUT || r == ERR_REFUSED);
	if (r != 0)
		return;
	must(ur_decoder_streams(d, s) >= 1 && s->rank <= s->parts);
	must(s->complete == (s->rank == s->parts));
	if (event == UR_COMPLETE)
		again(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ur_decoder *d;
	const uint8_t *end;

	must(ur_decoder_new(&d, NULL) == 0);
	while (n > 0) {
		end = memchr(p, '\n', n);
		one(d, bytes_of(p, end == NULL ? n : (size_t)(end - p)));
		if (end == NULL)
			break;
		n -= (size_t)(end - p) + 1;
		p = end + 1;
	}
	ur_decoder_free(d);
	return 0;
}
