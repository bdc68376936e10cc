/*
 * Uniform Resources (BCR-2020-005, BCR-2024-001): a message as one line of
 * text, or as an endless stream of parts of which any few more than N bring
 * it back.  Text in, text out: what shows or scans it is elsewhere.
 *
 *   ur:TYPE/WORDS   or   ur:TYPE/SEQ-N/WORDS     lower case; read in any
 *
 * Parts arrive damaged, twice, out of order, of other streams, and from
 * enemies.  A part costs memory only after it has passed the limits below.
 * The check sums find accidents; who made a message, only words or
 * signatures say (airgap/ur/words.h).
 */
#ifndef AIRGAP_UR_UR_H
#define AIRGAP_UR_UR_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define UR_TYPE_MAX 32			/* letters */
#define UR_MESSAGE_MAX 262144		/* bytes */
#define UR_FRAGMENT_MAX 2400		/* bytes of a part, or of a single */
#define UR_PARTS_MAX 1024
#define UR_STREAMS 4			/* that a decoder follows at once */
#define UR_HEAD_MAX 24			/* bytes of CBOR before a fragment */
/* "ur:" TYPE "/" SEQ "-" N "/" and two letters a byte, CRC included */
#define UR_TEXT_MAX (3 + UR_TYPE_MAX + 1 + 10 + 1 + 10 + 1 + \
	2 * (UR_HEAD_MAX + UR_FRAGMENT_MAX + 4))

/* One or more of a-z, 0-9 and "-", at most UR_TYPE_MAX. */
bool ur_type_valid(const char *type);

/* --- sending */

struct ur_encoder;

/*
 * Copies the message, of 1 to UR_MESSAGE_MAX bytes.  Its fragments have at
 * most max_fragment bytes; what fits one is sent whole.  Free with
 * ur_encoder_free.  Returns 0, ERR_USAGE (type, fragment), ERR_INPUT (size,
 * too many parts) or ERR_SYSTEM.
 */
int ur_encoder_new(const char *type, struct bytes message,
    size_t max_fragment, struct ur_encoder **out, struct err *e) MUST_CHECK;
void ur_encoder_free(struct ur_encoder *u);

/* N: how many parts hold the message; 1: a single, every part is the same. */
size_t ur_encoder_parts(const struct ur_encoder *u);

/*
 * The text of part seq, from 1; those above N are mixed.  Lower case and
 * terminated; a QR code wants it through ur_upper.
 */
void ur_encoder_part(struct ur_encoder *u, uint32_t seq,
    char out[static UR_TEXT_MAX + 1]);

/*
 * What follows seq in a stream that never ends: back to 1 after 10 N.  Parts
 * above N that would only repeat one fragment are left out where N > 3: most
 * receivers have it already, and to all it looks like a frame that was missed.
 * Of two or three fragments there are too few mixtures to do without them.
 */
uint32_t ur_encoder_after(const struct ur_encoder *u, uint32_t seq);

/* In place, to the capitals that QR's alphanumeric mode has. */
void ur_upper(char *text);

/* --- receiving */

struct ur_decoder;

enum ur_event {
	UR_NEW,			/* the part brought its stream forward */
	UR_KNOWN,		/* nothing new, and it agrees with the rest */
	UR_COMPLETE,		/* NEW, and now the message is whole */
};

/* A stream that is being received; all borrowed until the next feed. */
struct ur_stream {
	const char *type;
	size_t message_len;
	size_t parts;		/* N */
	size_t rank;		/* of N; what is known, and never less */
	uint64_t received;	/* parts that arrived */
	bool complete;
	unsigned slot;		/* below UR_STREAMS, the same while it lives */
	struct bytes message;	/* if complete */
};

/* Without a stream; free with ur_decoder_free.  0 or ERR_SYSTEM. */
int ur_decoder_new(struct ur_decoder **out, struct err *e) MUST_CHECK;
void ur_decoder_free(struct ur_decoder *d);

/*
 * Takes the text of one code.  Parts of up to UR_STREAMS streams may come
 * mixed; another one takes the place of the stream fed least recently.
 * Returns 0 and what it was; ERR_INPUT: no part, or a damaged one, nothing
 * has changed; ERR_REFUSED: it contradicts what came before, its stream is
 * given up and begins anew with its next part; ERR_SYSTEM.
 */
int ur_decoder_feed(struct ur_decoder *d, struct bytes text,
    enum ur_event *event, struct err *e) MUST_CHECK;

/* The streams, last fed first; returns how many. */
size_t ur_decoder_streams(const struct ur_decoder *d,
    struct ur_stream out[static UR_STREAMS]);

/* Forgets everything: "start again". */
void ur_decoder_reset(struct ur_decoder *d);

#endif
