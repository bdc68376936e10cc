/*
 * From what a camera sees to a record: which streams fill and how far, what
 * does not belong here, and what would help.  No screen, no clock of its own.
 */
#ifndef QR_CARRY_COLLECT_H
#define QR_CARRY_COLLECT_H

#include "airgap/ur/ur.h"
#include "qr/scanner.h"

/* What was in view and is not fed to the decoder. */
enum stray {
	STRAY_NONE,
	STRAY_LEGACY,		/* the first version of UR, "1OF4" */
	STRAY_TYPE,		/* a UR of another kind than ours */
	STRAY_TEXT,		/* a code of something else */
	STRAY_DAMAGED,		/* a part that does not add up */
};

struct collect {
	struct ur_decoder *ur;
	struct ur_stream streams[UR_STREAMS];	/* last fed first */
	size_t n;
	size_t taken, wanted;	/* whole records: taken, and in all */
	const struct sight *sight;	/* the last frame, borrowed; */
	size_t next;			/* its first code not fed yet */
	uint64_t frames, read;	/* looked at, and with a code of ours */
	unsigned share;			/* of the last ones read, in percent */
	unsigned version;	/* of the last code, about; 0: unknown */
	uint32_t pixels;	/* tenths of one, a module; 0: unknown */
	uint32_t mean, contrast;	/* of the last frame */
	enum stray stray;		/* the last one, */
	int64_t stray_ms;		/* and when */
	int64_t read_ms, new_ms;	/* the last code of ours, and news */
	int64_t begun_ms, first_ms;	/* and the first code of ours */
	int64_t frame_ms;		/* the last frame */
};

/* Free with collect_free.  0 or ERR_SYSTEM. */
int collect_new(struct collect *c, int64_t now, struct err *e) MUST_CHECK;
void collect_free(struct collect *c);

/*
 * Takes what one frame shows.  1: the message of c->streams[0] is complete
 * (take it, then go on with collect_rest while s is there); 0: the next
 * frame; or ERR_SYSTEM.
 */
int collect_sight(struct collect *c, const struct sight *s, int64_t now,
    struct err *e) MUST_CHECK;

/* The other codes of the last frame; what collect_sight returns. */
int collect_rest(struct collect *c, int64_t now, struct err *e) MUST_CHECK;

/* The record was taken; while it was, nobody looked. */
void collect_took(struct collect *c, int64_t now);

/* Forgets all streams, to begin again; not what was taken. */
void collect_reset(struct collect *c, int64_t now);

/* One line that would help now, or NULL. */
const char *collect_hint(const struct collect *c, int64_t now);

/* What a type is: "the plan of a ceremony"; NULL: none of ours. */
const char *collect_kind(const char *type);

#endif
