/*
 * POST .../message by libcurl: no redirects, no proxy, http and https only;
 * an answer's memory grows with what comes, up to the frame limit.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "enclave/host/relay.h"

#define CONNECT_TIMEOUT_S 10
#define TIMEOUT_MAX_S 86400
#define FIRST_BUFFER 4096

struct incoming {
	struct buf *to;
	size_t cap;
	bool too_large;
};

/* A short count makes the transfer fail. */
static size_t
take(char *p, size_t one, size_t n, void *ctx)
{
	struct incoming *in = ctx;
	size_t need = in->to->n + one * n, cap = in->cap;
	uint8_t *more;

	if (need > MESSAGE_MAX) {
		in->too_large = true;
		return 0;
	}
	while (cap < need)
		cap = cap == 0 ? FIRST_BUFFER : cap * 2;
	if (cap > in->cap) {
		if ((more = realloc(in->to->p, cap)) == NULL)
			return 0;
		in->to->p = more;
		in->cap = cap;
	}
	memcpy(in->to->p + in->to->n, p, one * n);
	in->to->n = need;
	return one * n;
}

/* The host's own failure, as a wire message in the body where it is one. */
static int
bad_status(long status, struct bytes body, struct err *e)
{
	struct arena arena = { 0 };
	struct message m;
	enum wire wire;
	int r;

	if (message_read(body, &m, &wire, &arena, NULL) == 0 &&
	    m.tag == PM_ERROR)
		r = err_set(e, ERR_PEER, "the host answers %ld, %s: %s",
		    status, protocol_error_name(m.u.error.tag),
		    m.u.error.tag == PE_ENCLAVE_CLIENT ?
		    "it does not reach its enclave" :
		    "it did not pass the message on");
	else
		r = err_set(e, ERR_PEER, "the host answers HTTP status %ld; "
		    "is --host right?", status);
	arena_free(&arena);
	return r;
}

static int
perform(struct relay *r, struct buf *reply, struct incoming *in,
    struct err *e)
{
	CURLcode code = curl_easy_perform(r->curl);
	long status = 0;

	if (in->too_large)
		return err_set(e, ERR_PEER, "%s: the answer is over %u bytes",
		    r->host, MESSAGE_MAX);
	if (code == CURLE_OUT_OF_MEMORY)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return err_set(e, ERR_USAGE, "--host %s: not an http or https "
		    "address", r->host);
	if (code != CURLE_OK)
		return err_set(e, ERR_PEER, "%s: %s", r->host,
		    curl_easy_strerror(code));
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : bad_status(status, buf_bytes(reply), e);
}

static int
post(void *ctx, struct bytes request, struct buf *reply, struct err *e)
{
	struct relay *r = ctx;
	struct incoming in = { .to = reply };
	int rc;

	*reply = (struct buf){ 0 };
	curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)request.n);
	curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, request.p);
	curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &in);
	if ((rc = perform(r, reply, &in, e)) != 0)
		buf_free(reply);
	return rc;
}

static void
done(void *ctx, struct buf *reply)
{
	(void)ctx;
	buf_free(reply);
}

static bool
set_up(struct relay *r)
{
	CURL *c = r->curl;

	return curl_easy_setopt(c, CURLOPT_URL, r->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "quorate-relay") ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
	    (long)CONNECT_TIMEOUT_S) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)r->timeout_s) ==
	    CURLE_OK;
}

int
relay_open(struct relay *r, struct err *e)
{
	size_t n = strlen(r->host);

	if (r->timeout_s == 0 || r->timeout_s > TIMEOUT_MAX_S)
		return err_set(e, ERR_USAGE, "--timeout is 1 to %d seconds",
		    TIMEOUT_MAX_S);
	while (n > 0 && r->host[n - 1] == '/')
		n--;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    asprintf(&r->url, "%.*s/message", (int)n, r->host) < 0 ||
	    (r->curl = curl_easy_init()) == NULL || !set_up(r))
		return err_set(e, ERR_SYSTEM, "libcurl does not start");
	r->by = (struct carrier){ post, done, r };
	return 0;
}

void
relay_close(struct relay *r)
{
	if (r->curl != NULL)
		curl_easy_cleanup(r->curl);
	free(r->url);
	r->curl = NULL;
	r->url = NULL;
}
