/*
 * libmicrohttpd wired to the routes.  A connection has a deadline whenever
 * the client is the one to act: from its opening or its last answer until
 * its request is complete, and while an answer is taken.  Each byte moved
 * buys time at HTTP_RATE, so large bodies pass and a trickle does not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "enclave/host/http.h"
#include "enclave/host/routes.h"

#define STACK_BYTES (1u << 20)
#define HEADERS_MAX (32u << 10)
#define FIRST_BODY 16384
#define DRAIN_MAX (2u * FRAME_MAX)	/* read over, to answer 400 */
#define LOGGED_PATH_MAX 64
#define TICK_MS 20

struct client {
	struct client *prev, *next;
	int fd;
	int64_t deadline;		/* 0: it is not the client's turn */
	char peer[32];
};

struct http {
	struct http_config c;
	struct frame_budget budget;
	struct MHD_Daemon *daemon;
	int cancel_fd;
	pthread_mutex_t lock;		/* clients and their deadlines */
	struct client *clients;
	atomic_int answering;
};

/* One request, from its headers to the end of its answer. */
struct exchange {
	struct http *h;
	struct client *client;
	enum route route;
	char what[LOGGED_PATH_MAX];	/* method and path, made safe */
	struct page early;		/* status 0: none */
	struct buf body;
	size_t cap, drained, answer;
	unsigned status;
	int64_t began;
	bool counted;			/* in h->answering */
};

/* --- connections and their deadlines */

static void
set_deadline(struct http *h, struct client *k, int64_t at)
{
	pthread_mutex_lock(&h->lock);
	k->deadline = at;
	pthread_mutex_unlock(&h->lock);
}

/* The client's turn began at `since` and moved n bytes so far. */
static int64_t
patience(const struct http *h, int64_t since, size_t n)
{
	return since + h->c.patience_ms + (int64_t)(n / HTTP_RATE);
}

static void
client_open(struct http *h, struct MHD_Connection *conn, void **context)
{
	const union MHD_ConnectionInfo *fd, *addr;
	const struct sockaddr_in *a;
	struct client *k = calloc(1, sizeof(*k));
	char ip[INET_ADDRSTRLEN] = "?";

	*context = k;
	if (k == NULL)
		return;			/* its requests are refused */
	fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	addr = MHD_get_connection_info(conn,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	k->fd = fd != NULL ? fd->connect_fd : -1;
	if (addr != NULL && addr->client_addr != NULL &&
	    addr->client_addr->sa_family == AF_INET) {
		a = (const struct sockaddr_in *)(const void *)
		    addr->client_addr;
		inet_ntop(AF_INET, &a->sin_addr, ip, sizeof(ip));
		snprintf(k->peer, sizeof(k->peer), "%s:%u", ip,
		    ntohs(a->sin_port));
	}
	pthread_mutex_lock(&h->lock);
	k->deadline = patience(h, clock_ms(), 0);
	k->next = h->clients;
	if (k->next != NULL)
		k->next->prev = k;
	h->clients = k;
	pthread_mutex_unlock(&h->lock);
}

static void
client_close(struct http *h, struct client *k)
{
	if (k == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	if (k->prev != NULL)
		k->prev->next = k->next;
	else
		h->clients = k->next;
	if (k->next != NULL)
		k->next->prev = k->prev;
	pthread_mutex_unlock(&h->lock);
	free(k);
}

static void
on_connection(void *cls, struct MHD_Connection *conn, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		client_open(cls, conn, context);
	else
		client_close(cls, *context);
}

void
http_reap(struct http *h)
{
	int64_t now = clock_ms();

	/* the library closes the descriptor after client_close: it is ours */
	pthread_mutex_lock(&h->lock);
	for (struct client *k = h->clients; k != NULL; k = k->next)
		if (k->deadline != 0 && k->deadline < now)
			shutdown(k->fd, SHUT_RDWR);
	pthread_mutex_unlock(&h->lock);
}

/* --- a request */

static enum route
find_route(const struct http *h, const char *url)
{
	size_t n = strlen(h->c.base);

	if (strncmp(url, h->c.base, n) != 0)
		return ROUTE_NONE;
	for (enum route r = 0; r < ROUTE_NONE; r++)
		if (strcmp(url + n, route_path(r)) == 0)
			return r;
	return ROUTE_NONE;
}

/* HEAD is GET whose body the library leaves out. */
static bool
method_fits(enum route r, const char *method)
{
	return strcmp(method, route_method(r)) == 0 ||
	    (strcmp(method, "HEAD") == 0 && strcmp(route_method(r),
	    "GET") == 0);
}

static bool
announces_too_much(struct MHD_Connection *conn)
{
	const char *text = MHD_lookup_connection_value(conn, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text != NULL && strtoull(text, NULL, 10) > FRAME_MAX;
}

/* What a client wrote stays on its line of the log. */
static void
log_safe(char out[static LOGGED_PATH_MAX], const char *method,
    const char *url)
{
	snprintf(out, LOGGED_PATH_MAX, "%s %s", method, url);
	for (char *p = out; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
}

static struct exchange *
exchange_new(struct http *h, struct MHD_Connection *conn, const char *url,
    const char *method)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(conn,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *x;

	if (i == NULL || i->socket_context == NULL ||
	    (x = calloc(1, sizeof(*x))) == NULL)
		return NULL;
	x->h = h;
	x->client = i->socket_context;
	x->began = clock_ms();
	log_safe(x->what, method, url);
	x->route = find_route(h, url);
	if (x->route == ROUTE_NONE)
		page_text(&x->early, 404, "there is nothing here\n");
	else if (!method_fits(x->route, method))
		page_text(&x->early, 405, "not with this method\n");
	else if (announces_too_much(conn))
		page_oversize(&x->early);
	return x;
}

static void
drop_body(struct exchange *x)
{
	frame_budget_give(&x->h->budget, x->cap);
	buf_free(&x->body);
	x->cap = 0;
}

static bool
grow(struct exchange *x, size_t need)
{
	size_t cap = x->cap == 0 ? FIRST_BODY : x->cap;
	uint8_t *p;

	while (cap < need)
		cap *= 2;
	if (cap > FRAME_MAX)
		cap = FRAME_MAX;
	if (!frame_budget_take(&x->h->budget, cap - x->cap))
		return false;
	if ((p = realloc(x->body.p, cap)) == NULL) {
		frame_budget_give(&x->h->budget, cap - x->cap);
		return false;
	}
	x->body.p = p;
	x->cap = cap;
	return true;
}

/* Takes n bytes of the body; false closes the connection. */
static bool
take_body(struct exchange *x, const char *p, size_t n)
{
	size_t have = x->body.n;

	set_deadline(x->h, x->client, patience(x->h, x->began,
	    have + x->drained));
	if (x->early.status != 0) {
		x->drained += n;
		return x->drained <= DRAIN_MAX;
	}
	if (x->route != ROUTE_MESSAGE)
		return true;
	if (n > FRAME_MAX - have) {
		page_oversize(&x->early);
	} else if (have + n > x->cap && !grow(x, have + n)) {
		page_no_enclave(&x->early, 503);
	} else {
		memcpy(x->body.p + have, p, n);
		x->body.n = have + n;
		return true;
	}
	drop_body(x);
	return true;
}

static void
release_page(void *cls)
{
	page_free(cls);
	free(cls);
}

static struct MHD_Response *
response_of(struct page *page)
{
	struct page *own = malloc(sizeof(*own));
	struct MHD_Response *r;

	if (own == NULL) {
		page_free(page);
		return NULL;
	}
	*own = *page;
	r = MHD_create_response_from_buffer_with_free_callback_cls(
	    own->body.n, own->body.p, release_page, own);
	if (r == NULL)
		release_page(own);
	return r;
}

static enum MHD_Result
send_page(struct exchange *x, struct MHD_Connection *conn, struct page *page)
{
	const char *type = page->type;
	unsigned status = page->status;
	size_t n = page->body.n;
	struct MHD_Response *r = response_of(page);
	enum MHD_Result done;

	*page = (struct page){ 0 };
	if (r == NULL)
		return MHD_NO;
	x->status = status;
	x->answer = n;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
	    "no-store");
	if (status == 405)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW,
		    route_method(x->route));
	set_deadline(x->h, x->client, patience(x->h, clock_ms(), n));
	done = MHD_queue_response(conn, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result
reply(struct exchange *x, struct MHD_Connection *conn)
{
	struct frame_client c = x->h->c.enclave;
	struct page page = { 0 };

	if (x->early.status != 0)
		return send_page(x, conn, &x->early);
	x->counted = true;
	atomic_fetch_add(&x->h->answering, 1);
	set_deadline(x->h, x->client, 0);
	route_answer(x->route, &c, buf_bytes(&x->body), &page);
	drop_body(x);
	return send_page(x, conn, &page);
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **con)
{
	struct exchange *x = *con;
	bool ok;

	(void)version;
	if (x == NULL) {
		if ((x = exchange_new(cls, conn, url, method)) == NULL)
			return MHD_NO;
		*con = x;
		/* before its body: the library then closes the connection */
		return x->early.status == 0 ? MHD_YES :
		    send_page(x, conn, &x->early);
	}
	if (*n == 0)
		return reply(x, conn);
	ok = take_body(x, data, *n);
	*n = 0;
	return ok ? MHD_YES : MHD_NO;
}

static void
on_completed(void *cls, struct MHD_Connection *conn, void **con,
    enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *con;
	struct http *h = cls;

	(void)conn;
	if (x == NULL)
		return;
	fprintf(stderr, "quorate-host: %s %s %u %zu bytes %lld ms%s\n",
	    x->client->peer, x->what, x->status, x->answer,
	    (long long)(clock_ms() - x->began),
	    how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : ", cut off");
	set_deadline(h, x->client, patience(h, clock_ms(), 0));
	if (x->counted)
		atomic_fetch_sub(&h->answering, 1);
	drop_body(x);
	page_free(&x->early);
	free(x);
	*con = NULL;
}

/* --- start and stop */

static int
start_daemon(struct http *h, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(h->c.port) };

	if (inet_pton(AF_INET, h->c.ip, &a.sin_addr) != 1)
		return err_set(e, ERR_USAGE, "%s is not an IPv4 address",
		    h->c.ip);
	errno = 0;
	h->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
	    0, NULL, NULL, on_request, h,
	    MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&a,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
	    MHD_OPTION_END);
	if (h->daemon == NULL)
		return err_set(e, ERR_SYSTEM, "cannot listen on %s port %u: "
		    "%s", h->c.ip, h->c.port, strerror(errno));
	return 0;
}

int
http_start(const struct http_config *c, struct http **out, struct err *e)
{
	struct http *h = calloc(1, sizeof(*h));
	int r = ERR_INTERNAL;

	*out = NULL;
	if (h == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	h->c = *c;
	h->budget.max = HTTP_HELD_MAX;
	pthread_mutex_init(&h->lock, NULL);
	h->cancel_fd = eventfd(0, EFD_CLOEXEC);
	if (h->cancel_fd < 0) {
		r = err_set(e, ERR_SYSTEM, "eventfd: %s", strerror(errno));
		goto out;
	}
	h->c.enclave.cancel_fd = h->cancel_fd;
	h->c.enclave.budget = &h->budget;
	if ((r = start_daemon(h, e)) != 0)
		goto out;
	*out = h;
	return 0;
out:
	http_stop(h);
	return r;
}

uint16_t
http_port(const struct http *h)
{
	const union MHD_DaemonInfo *i = MHD_get_daemon_info(h->daemon,
	    MHD_DAEMON_INFO_BIND_PORT);

	return i != NULL ? i->port : 0;
}

void
http_stop(struct http *h)
{
	const struct timespec tick = { 0, TICK_MS * 1000000 };
	int64_t until = clock_ms() + HTTP_STOP_MS;
	int fd;

	if (h == NULL)
		return;
	if (h->daemon != NULL) {
		if ((fd = MHD_quiesce_daemon(h->daemon)) >= 0)
			close(fd);
		while (atomic_load(&h->answering) > 0 && clock_ms() < until)
			nanosleep(&tick, NULL);
		if (eventfd_write(h->cancel_fd, 1) != 0)
			fprintf(stderr, "quorate-host: cannot end the "
			    "requests under way; waiting for them\n");
		MHD_stop_daemon(h->daemon);
	}
	if (h->cancel_fd >= 0)
		close(h->cancel_fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
