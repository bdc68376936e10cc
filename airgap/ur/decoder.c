/*
 * Streams back to messages, by Gaussian elimination over GF(2): a part is an
 * equation "these fragments, added, are these bytes".  The row of a stream
 * that begins with fragment i is its pivot; a part is reduced by the pivots
 * until it begins where there is none, or until nothing is left.  What is
 * left of a part that tells nothing new must be zero bytes: else some part
 * was not of this message.
 *
 * Memory of a stream: at most parts * (parts / 8 + fragment) and the message,
 * a row at a time as parts arrive.
 */
#include <stdlib.h>

#include "airgap/ur/bytewords.h"
#include "airgap/ur/fountain.h"
#include "airgap/ur/part.h"

#define WORD 64

/* A word of the set of fragments; behind the words lie the bytes. */
struct row {
	uint64_t bits;
};

struct stream {
	bool used, complete;
	uint64_t fed;			/* when, in feeds of the decoder */
	uint64_t received;
	struct ur_part of;		/* of its first part; no data */
	size_t len, words, rank;
	struct row **rows;		/* of.parts, NULL where unknown */
	struct row *spare;		/* for the next part */
	struct sampler degrees;		/* made for the first mixed part */
	uint16_t *list;
	uint8_t *message;		/* if complete */
};

struct ur_decoder {
	struct stream streams[UR_STREAMS];
	uint64_t feeds;
	struct ur_room room;
};

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "out of memory");
}

/* --- a stream */

static void
stream_free(struct stream *s)
{
	for (size_t i = 0; s->rows != NULL && i < s->of.parts; i++)
		free(s->rows[i]);
	free(s->rows);
	free(s->spare);
	free(s->list);
	free(s->message);
	sampler_free(&s->degrees);
	*s = (struct stream){ .used = false };
}

static int
stream_new(const struct ur_part *p, struct stream *s, struct err *e)
{
	*s = (struct stream){ .used = true, .of = *p, .len = p->data.n,
	    .words = (p->parts + WORD - 1) / WORD };
	s->of.data = bytes_of(NULL, 0);
	s->rows = calloc(p->parts, sizeof(struct row *));
	s->list = calloc(p->parts, sizeof(*s->list));
	if (s->rows != NULL && s->list != NULL)
		return 0;
	stream_free(s);
	return no_memory(e);
}

static bool
stream_is_of(const struct stream *s, const struct ur_part *p)
{
	return s->used && s->of.multi == p->multi &&
	    s->of.parts == p->parts && s->of.checksum == p->checksum &&
	    s->of.message_len == p->message_len && s->len == p->data.n &&
	    strcmp(s->of.type, p->type) == 0;
}

static uint8_t *
row_data(const struct stream *s, struct row *r)
{
	return (uint8_t *)(r + s->words);
}

static bool
row_has(const struct row *r, size_t i)
{
	return (r[i / WORD].bits >> (i % WORD) & 1) != 0;
}

static void
row_add(const struct stream *s, struct row *to, struct row *from)
{
	uint8_t *a = row_data(s, to);
	const uint8_t *b = row_data(s, from);

	for (size_t i = 0; i < s->words; i++)
		to[i].bits ^= from[i].bits;
	for (size_t i = 0; i < s->len; i++)
		a[i] ^= b[i];
}

/* The part as the equation s->spare. */
static int
equation(struct stream *s, const struct ur_part *p, struct err *e)
{
	size_t n = 1;
	int r;

	if (p->seq > p->parts && s->degrees.n == 0 &&
	    (r = sampler_degrees(p->parts, &s->degrees, e)) != 0)
		return r;
	if (s->spare == NULL && (s->spare = malloc(s->words *
	    sizeof(struct row) + s->len)) == NULL)
		return no_memory(e);
	if (p->seq <= p->parts)
		s->list[0] = (uint16_t)(p->seq - 1);
	else
		n = fountain_choose(&s->degrees, p->seq, p->checksum,
		    s->list);
	memset(s->spare, 0, s->words * sizeof(struct row));
	for (size_t i = 0; i < n; i++)
		s->spare[s->list[i] / WORD].bits |= (uint64_t)1 <<
		    (s->list[i] % WORD);
	memcpy(row_data(s, s->spare), p->data.p, s->len);
	return 0;
}

static bool
all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

/* Reduces s->spare; true where it became a pivot. */
static bool
eliminate(struct stream *s)
{
	for (size_t i = 0; i < s->of.parts; i++) {
		if (!row_has(s->spare, i))
			continue;
		if (s->rows[i] == NULL) {
			s->rows[i] = s->spare;
			s->spare = NULL;
			s->rank++;
			return true;
		}
		row_add(s, s->spare, s->rows[i]);
	}
	return false;
}

/* Every pivot is there: each row becomes its one fragment. */
static void
substitute(struct stream *s)
{
	for (size_t i = s->of.parts; i-- > 0;)
		for (size_t j = 0; j < i; j++)
			if (row_has(s->rows[j], i))
				row_add(s, s->rows[j], s->rows[i]);
}

static int
finish(struct stream *s, struct err *e)
{
	size_t n = s->of.parts, size = n * s->len;
	uint8_t *joined = malloc(size);

	if (joined == NULL)
		return no_memory(e);
	substitute(s);
	for (size_t i = 0; i < n; i++)
		memcpy(joined + i * s->len, row_data(s, s->rows[i]), s->len);
	s->message = joined;
	if (!all_zero(joined + s->of.message_len,
	    size - s->of.message_len) ||
	    crc32_of(bytes_of(joined, s->of.message_len)) != s->of.checksum)
		return err_set(e, ERR_REFUSED, "all parts are here, but they "
		    "do not fit together: the check sum of the whole is wrong;"
		    " receive it again");
	s->complete = true;
	return 0;
}

static int
stream_feed(struct stream *s, const struct ur_part *p, enum ur_event *event,
    struct err *e)
{
	int r;

	if ((r = equation(s, p, e)) != 0)
		return r;
	s->received++;
	*event = UR_KNOWN;
	if (!eliminate(s)) {
		if (!all_zero(row_data(s, s->spare), s->len))
			return err_set(e, ERR_REFUSED, "this part contradicts "
			    "those before it: one of them is of another "
			    "message, or made up; receive it again");
		/* a full house without a message: memory was short before */
		if (s->complete || s->rank < s->of.parts)
			return 0;
	}
	*event = UR_NEW;
	if (s->rank < s->of.parts)
		return 0;
	*event = UR_COMPLETE;
	return finish(s, e);
}

/* --- all of them */

int
ur_decoder_new(struct ur_decoder **out, struct err *e)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? 0 : no_memory(e);
}

void
ur_decoder_reset(struct ur_decoder *d)
{
	for (size_t i = 0; i < UR_STREAMS; i++)
		stream_free(&d->streams[i]);
}

void
ur_decoder_free(struct ur_decoder *d)
{
	if (d == NULL)
		return;
	ur_decoder_reset(d);
	free(d);
}

/* The stream of p, or a new one in the place of the one fed longest ago. */
static int
stream_for(struct ur_decoder *d, const struct ur_part *p,
    struct stream **out, struct err *e)
{
	struct stream *oldest = &d->streams[0], made;
	int r;

	for (size_t i = 0; i < UR_STREAMS; i++) {
		*out = &d->streams[i];
		if (stream_is_of(*out, p))
			return 0;
		if ((*out)->fed < oldest->fed)	/* unused: 0 */
			oldest = *out;
	}
	if ((r = stream_new(p, &made, e)) != 0)
		return r;
	stream_free(oldest);
	*oldest = made;
	*out = oldest;
	return 0;
}

int
ur_decoder_feed(struct ur_decoder *d, struct bytes text,
    enum ur_event *event, struct err *e)
{
	struct ur_part p;
	struct stream *s;
	int r;

	if ((r = ur_part_read(text, &d->room, &p, e)) != 0 ||
	    (r = stream_for(d, &p, &s, e)) != 0)
		return r;
	s->fed = ++d->feeds;
	if ((r = stream_feed(s, &p, event, e)) == ERR_REFUSED)
		stream_free(s);
	return r;
}

size_t
ur_decoder_streams(const struct ur_decoder *d,
    struct ur_stream out[static UR_STREAMS])
{
	uint64_t fed[UR_STREAMS] = { 0 };
	size_t n = 0, at;

	for (size_t i = 0; i < UR_STREAMS; i++) {
		const struct stream *s = &d->streams[i];

		if (!s->used)
			continue;
		for (at = n++; at > 0 && fed[at - 1] < s->fed; at--) {
			out[at] = out[at - 1];
			fed[at] = fed[at - 1];
		}
		fed[at] = s->fed;
		out[at] = (struct ur_stream){ .type = s->of.type,
		    .message_len = s->of.message_len, .parts = s->of.parts,
		    .rank = s->rank, .received = s->received,
		    .complete = s->complete, .slot = (unsigned)i };
		if (s->complete)
			out[at].message = bytes_of(s->message,
			    s->of.message_len);
	}
	return n;
}
