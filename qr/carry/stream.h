/*
 * The frames of one message: the fountain's parts as texts, every one in a
 * symbol of the same version, each read back before anybody sees it.
 */
#ifndef QR_CARRY_STREAM_H
#define QR_CARRY_STREAM_H

#include "airgap/ur/ur.h"
#include "qr/draw/preset.h"
#include "qr/draw/readback.h"

/* What is sent: a message with its UR type, or lines as they are. */
struct content {
	const char *type;		/* NULL: lines */
	struct bytes message;
	const char *const *lines;
	size_t count;
};

/* Bytes of a message in a frame: at the least, as an option. */
#define STREAM_FRAGMENT_MIN 10

struct stream {
	const struct content *content;	/* borrowed */
	struct ur_encoder *ur;		/* of a message */
	size_t parts;			/* frames that hold it all */
	size_t fragment;		/* bytes in each at most; 0: lines */
	unsigned version;		/* of every symbol */
	enum symbol_level level;
	char text[UR_TEXT_MAX + 1];	/* the frame made last */
};

/*
 * At the preset's density; fragment 0 is the preset's own, another one
 * takes the smallest version that holds it.  Free with stream_free.
 * Returns 0, ERR_USAGE (fragment), ERR_INPUT (size, a line) or ERR_SYSTEM.
 */
int stream_new(const struct content *content, const struct preset *preset,
    size_t fragment, struct stream **out, struct err *e) MUST_CHECK;
void stream_free(struct stream *s);

/* The number after seq; a message has frames for ever, lines begin anew. */
uint32_t stream_after(const struct stream *s, uint32_t seq);

/*
 * Frame seq, from 1, read back by reader; where that fails it is drawn at
 * another level, in the same version.  Returns 0, ERR_INTERNAL (read at no
 * level, or as another text), ERR_SYSTEM or the reader's code.
 */
int stream_symbol(struct stream *s, uint32_t seq, const struct readback *reader,
    struct symbol *out, struct err *e) MUST_CHECK;

/* The longest fragment of a type whose symbols fit a version; 0: none. */
size_t stream_fragment_for(const char *type, unsigned version,
    enum symbol_level level);

#endif
