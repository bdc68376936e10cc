/*
 * quorate ur: messages as lines of text (Uniform Resources) and back, for
 * tests and for programs of others.
 */
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/ur/ur.h"
#include "ceremony/commands.h"
#include "ceremony/plumbing.h"

#define FRAGMENT_DEFAULT 350
#define FRAMES_MAX 65535
#define LINES_MAX ((size_t)128 << 20)	/* bytes of text, in or out */

/* --- encode */

/* Each part may be the longest: room is made once, and bounded. */
static int
lines_of(struct ur_encoder *u, uint64_t frames, struct buf *out,
    struct err *e)
{
	static char text[UR_TEXT_MAX + 1];
	size_t most, n;

	ur_encoder_part(u, UINT32_MAX, text);	/* the longest number */
	most = strlen(text) + 1;
	if (frames > LINES_MAX / most)
		return err_set(e, ERR_INPUT, "%llu frames of this size are "
		    "more than %zu bytes of text", (unsigned long long)frames,
		    LINES_MAX);
	if ((out->p = malloc((size_t)frames * most)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (uint64_t seq = 1; seq <= frames; seq++) {
		ur_encoder_part(u, (uint32_t)seq, text);
		n = strlen(text);
		memcpy(out->p + out->n, text, n);
		out->p[out->n + n] = '\n';
		out->n += n + 1;
	}
	return 0;
}

struct encode_request {
	const char *type;
	uint64_t max_fragment, frames;
};

static int
check_request(struct cmd *c, const struct encode_request *q)
{
	if (q->max_fragment < 1 || q->max_fragment > UR_FRAGMENT_MAX)
		return err_set(&c->e, ERR_USAGE, "--max-fragment is 1 to %d",
		    UR_FRAGMENT_MAX);
	if (q->frames > FRAMES_MAX)
		return err_set(&c->e, ERR_USAGE, "--frames is 1 to %d",
		    FRAMES_MAX);
	return cmd_need(c, q->type, "--type");
}

static int
encode(struct cmd *c)
{
	struct encode_request q = { .max_fragment = FRAGMENT_DEFAULT };
	struct output o = { 0 };
	const struct opt opts[] = {
		TEXT("--type", "T", &q.type, "the UR type: a-z, 0-9, \"-\""),
		NUMBER("--max-fragment", "N", &q.max_fragment,
		    "bytes of a part at most (350)"),
		NUMBER("--frames", "M", &q.frames,
		    "so many lines (as many as hold the message)"),
		OUTPUT_OPTIONS(&o), END };
	struct buf message = { 0 }, out = { 0 };
	struct ur_encoder *u = NULL;
	const char *in;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = check_request(c, &q)) != 0)
		return r;
	in = input_path(c, 0);
	if ((r = file_read(in, UR_MESSAGE_MAX, &message, &c->e)) != 0)
		goto out;
	if ((r = ur_encoder_new(q.type, buf_bytes(&message),
	    (size_t)q.max_fragment, &u, &c->e)) != 0) {
		r = r == ERR_INPUT ? input_error(c, in, r) : r;
		goto out;
	}
	if ((r = lines_of(u, q.frames > 0 ? q.frames : ur_encoder_parts(u),
	    &out, &c->e)) != 0)
		goto out;
	r = file_output(o.path, buf_bytes(&out), FILE_MODE_PUBLIC, o.force,
	    false, &c->e);
out:
	ur_encoder_free(u);
	buf_free(&out);
	buf_free(&message);
	return r;
}

/* --- decode */

static struct bytes
next_line(struct bytes *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	struct bytes line = *rest;

	if (end == NULL) {
		*rest = bytes_of(rest->p + rest->n, 0);
	} else {
		line.n = (size_t)(end - rest->p);
		*rest = bytes_of(end + 1, rest->n - line.n - 1);
	}
	while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
	    line.p[line.n - 1] == ' '))
		line.n--;
	return line;
}

static int
keep_message(struct ur_decoder *d, struct buf *out, struct err *e)
{
	struct ur_stream s[UR_STREAMS];

	(void)ur_decoder_streams(d, s);		/* the last fed is first */
	if (out->p != NULL && bytes_equal(buf_bytes(out), s->message))
		return 0;
	if (out->p != NULL)
		return err_set(e, ERR_REFUSED, "two different messages; "
		    "decode one at a time");
	if ((out->p = malloc(s->message.n)) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	memcpy(out->p, s->message.p, s->message.n);
	out->n = s->message.n;
	return 0;
}

/* Nothing was whole: how far it came, or what was wrong last. */
static int
incomplete(struct ur_decoder *d, struct err *e)
{
	struct ur_stream s[UR_STREAMS];

	if (ur_decoder_streams(d, s) == 0)
		return e->text[0] != '\0' ? ERR_INPUT :
		    err_set(e, ERR_INPUT, "there is no UR in it");
	return err_set(e, ERR_INPUT, "not enough parts: %zu of %zu are known "
	    "of a message of type %s", s->rank, s->parts, s->type);
}

/*
 * A damaged line is dropped and told, as a camera's would be; parts that
 * contradict each other end it.
 */
static int
decode_lines(struct ur_decoder *d, struct bytes text, struct buf *out,
    struct err *e)
{
	enum ur_event event;
	int r;

	e->text[0] = '\0';
	for (size_t number = 1; text.n > 0; number++) {
		struct bytes line = next_line(&text);

		if (line.n == 0)
			continue;
		r = ur_decoder_feed(d, line, &event, e);
		if (r == ERR_INPUT) {
			(void)err_prefix(e, "line %zu", number);
			if (text.n > 0 || out->p != NULL)
				ui_say("left out: %s", e->text);
			continue;
		}
		if (r == 0 && event == UR_COMPLETE)
			r = keep_message(d, out, e);
		if (r != 0) {
			(void)err_prefix(e, "line %zu", number);
			return r;
		}
	}
	return out->p != NULL ? 0 : incomplete(d, e);
}

static int
decode(struct cmd *c)
{
	struct output o = { 0 };
	const struct opt opts[] = { OUTPUT_OPTIONS(&o), END };
	struct buf text = { 0 }, out = { 0 };
	struct ur_decoder *d = NULL;
	const char *in;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	in = input_path(c, 0);
	if ((r = file_read(in, LINES_MAX, &text, &c->e)) != 0 ||
	    (r = ur_decoder_new(&d, &c->e)) != 0)
		goto out;
	if ((r = decode_lines(d, buf_bytes(&text), &out, &c->e)) != 0) {
		r = input_error(c, in, r);
		goto out;
	}
	r = file_output(o.path, buf_bytes(&out), FILE_MODE_PUBLIC, o.force,
	    true, &c->e);
out:
	ur_decoder_free(d);
	buf_free(&out);
	buf_free(&text);
	return r;
}

const struct command commands_ur[] = {
	{ "encode", "[FILE]", "a message as UR text, a part a line",
	    "FILE is the CBOR of the message.  What fits one part is one line "
	    "without\nnumbers; else the first N lines hold it, and further "
	    "ones are mixtures:\nany few more than N bring it back.", encode,
	    NULL },
	{ "decode", "[FILE]", "the message of UR text",
	    "a line each, in any order and case; up to four streams may be "
	    "mixed.\nDamaged lines are named and left out; parts that "
	    "contradict each other\nare refused.", decode, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
