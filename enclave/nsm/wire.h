/*
 * What is said to /dev/nsm: requests and replies in CBOR (private to
 * enclave/nsm).  Pure: bytes in, bytes out, nothing is allocated.
 */
#ifndef ENCLAVE_NSM_WIRE_H
#define ENCLAVE_NSM_WIRE_H

#include "enclave/nsm/nsm.h"

#define NSM_REQUEST_MAX 0x1000	/* the driver refuses more: EMSGSIZE */
#define NSM_REPLY_MAX 0x3000	/* the driver cuts off more, in silence */

/* A request and its reply have one name; by enum nsm_tag. */
extern const char *const nsm_names[];

struct nsm_request {
	enum nsm_tag tag;
	uint16_t number;	/* index or range */
	struct bytes data;	/* extend */
	struct bytes user_data, nonce, public_key;	/* p NULL: absent */
};

/* Only what the tag has is set; bytes lie in the reply as it was read. */
struct nsm_reply {
	bool lock;
	struct bytes data;	/* PCR value, document or random bytes */
	struct nsm_info info;
};

/* Returns the bytes written, 0 where they are more than cap. */
size_t nsm_request_write(const struct nsm_request *q, uint8_t *out,
    size_t cap);

/*
 * Reads the reply to a request of kind want.  in is scratch: pieces of an
 * indefinite string are moved together in it.  Returns 0, the device's own
 * error, or NSM_INTERNAL_ERROR for everything that is no such reply.
 */
int nsm_reply_read(enum nsm_tag want, uint8_t *in, size_t n,
    struct nsm_reply *out) MUST_CHECK;

#endif
