/*
 * Messages and lines as frames of one version.
 */
#include <stdlib.h>

#include "qr/carry/stream.h"

/*
 * Letters of a part besides its fragment, at most: "UR:", two "/", "-"; seq
 * of 5 digits (10 x 1024) and N of 4; and in bytewords the array's head, seq,
 * N, length, check sum, the fragment's head and the CRC (ur.h).
 */
#define PATH_LETTERS (3 + 2 + 1 + 5 + 4)
#define HEAD_BYTES (1 + 3 + 3 + 5 + 5 + 3 + 4)

size_t
stream_fragment_for(const char *type, unsigned version,
    enum symbol_level level)
{
	size_t fixed = PATH_LETTERS + strlen(type) + 2 * HEAD_BYTES;
	size_t room = symbol_capacity(version, level);

	return room > fixed ? (room - fixed) / 2 : 0;
}

/* Numbers only grow to the last of a round: so does the text. */
static size_t
longest_part(struct stream *s)
{
	uint32_t seq = 1;

	while (ur_encoder_after(s->ur, seq) > seq)
		seq = ur_encoder_after(s->ur, seq);
	ur_encoder_part(s->ur, seq, s->text);
	return strlen(s->text);
}

static size_t
longest_line(const struct content *c)
{
	size_t most = 0;

	for (size_t i = 0; i < c->count; i++)
		if (strlen(c->lines[i]) > most)
			most = strlen(c->lines[i]);
	return most;
}

/* Takes the fragment where some are shorter than what the type leaves. */
static int
open_message(struct stream *s, const struct preset *p, size_t fragment,
    struct err *e)
{
	const struct content *c = s->content;
	unsigned most = fragment == 0 ? p->version : SYMBOL_VERSION_MAX;
	size_t room = stream_fragment_for(c->type, most, p->level);
	int r = ERR_INTERNAL;

	if (fragment == 0)
		fragment = p->fragment < room ? p->fragment : room;
	if (fragment < STREAM_FRAGMENT_MIN || fragment > room)
		return err_set(e, ERR_USAGE, "a fragment has %d to %zu bytes",
		    STREAM_FRAGMENT_MIN, room);
	if ((r = ur_encoder_new(c->type, c->message, fragment, &s->ur, e)) !=
	    0)
		return r;
	s->fragment = fragment;
	s->parts = ur_encoder_parts(s->ur);
	s->version = symbol_version(longest_part(s), p->level);
	return 0;
}

static int
open_lines(struct stream *s, const struct preset *p, struct err *e)
{
	size_t most = longest_line(s->content);

	s->parts = s->content->count;
	s->version = symbol_version(most, p->level);
	if (s->version == 0)
		return err_set(e, ERR_INPUT, "a line of %zu characters fits "
		    "no code of version %d, which holds %zu", most,
		    SYMBOL_VERSION_MAX,
		    symbol_capacity(SYMBOL_VERSION_MAX, p->level));
	return 0;
}

int
stream_new(const struct content *content, const struct preset *preset,
    size_t fragment, struct stream **out, struct err *e)
{
	struct stream *s = calloc(1, sizeof(*s));
	int r = ERR_INTERNAL;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->content = content;
	s->level = preset->level;
	r = content->type != NULL ? open_message(s, preset, fragment, e) :
	    open_lines(s, preset, e);
	if (r != 0) {
		stream_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	ur_encoder_free(s->ur);
	free(s);
}

uint32_t
stream_after(const struct stream *s, uint32_t seq)
{
	if (s->ur != NULL)
		return ur_encoder_after(s->ur, seq);
	return seq >= s->parts ? 1 : seq + 1;
}

/*
 * The symbol at its level; one that is not read, at another: the same text
 * in the same size, with other modules.
 */
static int
draw(const struct stream *s, struct bytes text,
    const struct readback *reader, struct symbol *out, struct err *e)
{
	const enum symbol_level order[] = { s->level, LEVEL_M, LEVEL_L,
	    LEVEL_Q };
	int r = ERR_INTERNAL;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (i > 0 && (order[i] == s->level ||
		    symbol_capacity(s->version, order[i]) < text.n))
			continue;
		if ((r = symbol_make(text, s->version, order[i], out,
		    e)) != 0 || (r = readback_check(reader, out, text,
		    e)) != READBACK_UNREAD)
			return r;
	}
	return ERR_INTERNAL;	/* the sentence is there */
}

int
stream_symbol(struct stream *s, uint32_t seq, const struct readback *reader,
    struct symbol *out, struct err *e)
{
	struct bytes text;

	if (s->ur != NULL) {
		ur_encoder_part(s->ur, seq, s->text);
		ur_upper(s->text);
		text = bytes_str(s->text);
	} else {
		text = bytes_str(s->content->lines[seq - 1]);
	}
	return draw(s, text, reader, out, e);
}
