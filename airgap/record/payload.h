/*
 * What crosses the gap: a payload is one message (deterministic CBOR with
 * "v", "type" and "mode", docs/formats/payloads.md), its UR type, and the
 * files that it stands for.  Files in, message out, and back; in both
 * directions everything is decoded and held against its own rules.
 *
 * Sending:    payload_of_files, then an encoder of p.message as p.kind->ur
 *             (airgap/ur/ur.h), words from ur_fingerprint(p.kind->ur, ...)
 * Receiving:  payload_read(type, message), show p.summary, the same words,
 *             then write p.files through airgap/file.h
 *
 * Nothing here is a secret: shares are sealed, and a file that is none of
 * these is refused.
 */
#ifndef AIRGAP_RECORD_PAYLOAD_H
#define AIRGAP_RECORD_PAYLOAD_H

#include "airgap/file.h"
#include "airgap/record/mode.h"

#define PAYLOAD_MAX 262144		/* bytes of a message: UR_MESSAGE_MAX */
#define PAYLOAD_FILES_MAX 32
#define PAYLOAD_NAME_MAX 192		/* bytes of a file name, with its NUL */
#define PAYLOAD_SUMMARY_MAX 400

struct payload_kind {
	const char *ur;			/* "x-qk-plan" */
	const char *what;		/* "the plan of a ceremony" */
};

/* Kind i from 0, in the order of docs/formats/payloads.md; NULL: no more. */
const struct payload_kind *payload_kind_at(size_t i);

struct payload_file {
	char name[PAYLOAD_NAME_MAX];	/* no folder; safe as it is */
	struct buf data;
};

struct payload {
	const struct payload_kind *kind;
	enum mode mode;
	struct buf message;
	/* one line; holds text of others: show it with ui_print_text */
	char summary[PAYLOAD_SUMMARY_MAX];
	struct payload_file *files;	/* as they would be written */
	size_t count;
};

/* A file of the sender: its name without folder, and its bytes. */
struct payload_source {
	const char *name;
	struct bytes data;
};

/*
 * The payload that these n files make together (one plan; a document and its
 * envelope; the three files of a release ...).  Free with payload_free.
 * Returns 0, ERR_INPUT (a file that is none of ours, or broken),
 * ERR_REFUSED (they do not belong together) or ERR_SYSTEM.
 */
int payload_of_files(const struct payload_source *in, size_t n,
    struct payload *out, struct err *e) MUST_CHECK;

/* The payload that a complete message is.  The same errors. */
int payload_read(const char *ur, struct bytes message, struct payload *out,
    struct err *e) MUST_CHECK;

void payload_free(struct payload *p);

/* A fresh test card: random bytes, in the mode rehearsal. */
int payload_test_card(struct payload *out, struct err *e) MUST_CHECK;

#endif
