/*
 * The host's pages (QOS wire 17): what each route answers, without HTTP.
 */
#ifndef ENCLAVE_HOST_ROUTES_H
#define ENCLAVE_HOST_ROUTES_H

#include "enclave/host/frame_client.h"

enum route {
	ROUTE_HOST_HEALTH, ROUTE_ENCLAVE_HEALTH, ROUTE_MESSAGE,
	ROUTE_ENCLAVE_INFO, ROUTE_NONE,
};

struct page {
	unsigned status;
	const char *type;		/* of its body */
	struct buf body;
	struct frame_client by;		/* whose budget the body is in */
	bool budgeted;
};

/* The route's path below the base and its method; ROUTE_NONE has none. */
const char *route_path(enum route r);
const char *route_method(enum route r);

/*
 * Answers a request; every failure becomes a page.  Body is the message.
 * Free with page_free.
 */
void route_answer(enum route r, const struct frame_client *c,
    struct bytes body, struct page *out);

/* Pages that no enclave is needed for; the last two as wire messages. */
void page_text(struct page *out, unsigned status, const char *text);
void page_oversize(struct page *out);
void page_no_enclave(struct page *out, unsigned status);

void page_free(struct page *p);

#endif
