/*
 * Spares: the same shares sealed again, to the spare keys of their persons.
 * The genesis output of QOS has no place for them; the genesis statement
 * binds this record by its hash.  It exists, empty, where nobody has one.
 */
#ifndef AIRGAP_RECORD_SPARES_H
#define AIRGAP_RECORD_SPARES_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/deal.h"

#define SPARES_TYPE "quorate/spares"

struct spare {
	struct bytes alias;		/* of the person */
	struct public_key key;		/* the spare key */
	struct sealed_share share;	/* hash: as in the genesis output */
};

struct spares {
	enum mode mode;
	struct digest256 plan;		/* fingerprint */
	const struct spare *list;	/* by alias, then key; no pair twice */
	size_t count;
	void *heap;			/* of a decoded record */
};

/* Aliases borrow from in.  Free with spares_free. */
int spares_decode(struct bytes in, struct spares *out,
    struct err *e) MUST_CHECK;
void spares_free(struct spares *s);

/* Return 0, ERR_INPUT, ERR_REFUSED (mode) or ERR_SYSTEM. */
int spares_encode(const struct spares *s, struct buf *out,
    struct err *e) MUST_CHECK;

/* Puts a list into the order of the record. */
void spares_sort(struct spare *list, size_t n);

#endif
