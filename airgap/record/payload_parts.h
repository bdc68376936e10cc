/*
 * How each kind of payload is made and read; private to airgap/record.
 */
#ifndef AIRGAP_RECORD_PAYLOAD_PARTS_H
#define AIRGAP_RECORD_PAYLOAD_PARTS_H

#include "airgap/record/file_role.h"
#include "airgap/record/payload_forms.h"

/* Files of a sender by role; the roles that may be there more than once. */
struct sources {
	const struct payload_source *in;
	const struct file_facts *facts;
	size_t n;
};

/* The first file of that role; empty bytes where there is none. */
const struct payload_source *source_of(const struct sources *s,
    enum file_role role);

/* Adds a file of p by the name "STEM.ENDING", or STEM where ending is "". */
int payload_add(struct payload *p, struct bytes stem, const char *ending,
    struct bytes data, struct err *e) MUST_CHECK;

void payload_summary(struct payload *p, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

struct carried {
	struct payload_kind shown;
	uint32_t need, also;		/* roles, as bits */
	uint32_t instead;		/* one file that does for all */
	/* NULL: the one file is the message */
	int (*make)(const struct sources *s, struct wrapped *w,
	    struct buf *message, struct err *e);
	/* sets mode, summary and files; w is zeroed room */
	int (*read)(struct payload *p, struct wrapped *w, struct err *e);
};

extern const struct carried kinds[];
extern const size_t kind_count;

/* those of one file of ours, and those that are wrapped */
int plan_payload(struct payload *p, struct wrapped *w, struct err *e)
    MUST_CHECK;
int receipt_payload(struct payload *p, struct wrapped *w, struct err *e)
    MUST_CHECK;
int genesis_payload(struct payload *p, struct wrapped *w, struct err *e)
    MUST_CHECK;
int genesis_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
    MUST_CHECK;
int keys_payload(struct payload *p, struct wrapped *w, struct err *e)
    MUST_CHECK;
int keys_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
    MUST_CHECK;

#endif
