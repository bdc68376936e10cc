/*
 * DER (X.690, section 10) as certificates need it: one-byte tags, definite
 * lengths in their shortest form.  Borrows, never allocates, cannot read
 * past its end.
 */
#ifndef ENCLAVE_ATTESTATION_DER_H
#define ENCLAVE_ATTESTATION_DER_H

#include "airgap/bytes.h"
#include "airgap/err.h"

enum {
	DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04, DER_OID = 0x06, DER_UTC_TIME = 0x17,
	DER_TIME = 0x18, DER_SEQUENCE = 0x30, DER_SET = 0x31,
	DER_VERSION = 0xa0, DER_EXTENSIONS = 0xa3	/* of a certificate */
};

struct der {
	const uint8_t *p, *end;
};

static inline struct der
der_of(struct bytes in)
{
	return (struct der){ in.p, in.n == 0 ? in.p : in.p + in.n };
}

static inline bool
der_end(const struct der *d)
{
	return d->p == d->end;
}

/* True if the next element has that tag. */
static inline bool
der_is(const struct der *d, uint8_t tag)
{
	return !der_end(d) && *d->p == tag;
}

/*
 * The content of the next element, which must have that tag.  whole, if not
 * NULL, gets the element with its head.  0 or ERR_INPUT.
 */
int der_next(struct der *d, uint8_t tag, struct bytes *content,
    struct bytes *whole) MUST_CHECK;

/* As der_next, and opens the content. */
int der_open(struct der *d, uint8_t tag, struct der *inner) MUST_CHECK;

/* An INTEGER of 0 to 127 (versions, path lengths), shortest form. */
int der_small(struct der *d, uint8_t *out) MUST_CHECK;

/* BOOLEAN: 00 or ff. */
int der_bool(struct der *d, bool *out) MUST_CHECK;

/* BIT STRING: its bytes and the number of unused bits at the end, zeros. */
int der_bits(struct der *d, struct bytes *out, uint8_t *unused) MUST_CHECK;

/* UTCTime or GeneralizedTime ending in Z, as seconds since 1970. */
int der_time(struct der *d, int64_t *out) MUST_CHECK;

#endif
