/*
 * The parts of a manifest whose form no general rule covers (QOS wire 6.1,
 * 6.3): bridges, environment, resolvers.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/manifest_parts.h"

/* --- bridges: {"type":"server","port":..,"host":".."} */

static int
bridge_borsh_read(struct decoder *d, struct rd *r, void *out)
{
	struct bridge *b = out;
	struct opt_bytes host = { 0 };
	int err;

	*b = (struct bridge){ 0 };
	if (rd_u8(r, &b->kind) != 0 || rd_u16(r, &b->port) != 0)
		return decoder_fail(d, ERR_INPUT, "ends too early");
	if (b->kind > BRIDGE_CLIENT)
		return decoder_fail(d, ERR_INPUT, "unknown bridge tag %u",
		    b->kind);
	b->has_host = true;
	if (b->kind == BRIDGE_SERVER)
		return borsh_read(d, &type_str, r, &b->host);
	if ((err = borsh_read(d, &type_opt_bytes, r, &host)) != 0)
		return err;
	b->has_host = host.present;
	b->host = host.v;
	if (host.present && !d->again && !utf8_valid(host.v))
		return decoder_fail(d, ERR_INPUT, "text is not UTF-8");
	return 0;
}

static int
bridge_borsh_write(struct sink *s, const void *in)
{
	const struct bridge *b = in;
	int r;

	if ((r = sink_u8(s, b->kind)) != 0 || (r = sink_u16(s, b->port)) != 0)
		return r;
	if (b->kind == BRIDGE_CLIENT &&
	    ((r = sink_u8(s, b->has_host)) != 0 || !b->has_host))
		return r;
	return borsh_write(s, &type_str, &b->host);
}

static int
bridge_members(struct decoder *d, struct bytes v, struct bytes *kind,
    struct bytes *port, struct bytes *host)
{
	struct json_walk w;
	struct bytes name, value, *slot;

	if (json_kind(v) != JK_OBJECT)
		return decoder_fail(d, ERR_INPUT, "a bridge was expected");
	for (w = json_walk(v); json_next_member(&w, &name, &value);) {
		slot = json_string_is(name, "type") ? kind :
		    json_string_is(name, "port") ? port :
		    json_string_is(name, "host") ? host : NULL;
		if (slot == NULL)
			continue;
		if (slot->n != 0)
			return decoder_fail(d, ERR_INPUT, "field %.*s is "
			    "there twice", (int)name.n, (const char *)name.p);
		*slot = value;
	}
	if (kind->n == 0 || json_kind(*kind) != JK_STRING || port->n == 0)
		return decoder_fail(d, ERR_INPUT, "a bridge needs \"type\" "
		    "and \"port\"");
	return 0;
}

static int
bridge_json_read(struct decoder *d, struct bytes v)
{
	struct bytes kind = { 0 }, port = { 0 }, host = { 0 };
	bool server;
	uint8_t tag;
	int r;

	if ((r = bridge_members(d, v, &kind, &port, &host)) != 0)
		return r;
	server = json_string_is(kind, "server");
	if (!server && !json_string_is(kind, "client"))
		return decoder_fail(d, ERR_INPUT, "bridge type is neither "
		    "server nor client");
	tag = server ? BRIDGE_SERVER : BRIDGE_CLIENT;
	if ((r = arena_put(d, &tag, 1)) != 0 ||
	    (r = json_read(d, &type_u16, port)) != 0)
		return r;
	if (host.n != 0 && json_kind(host) == JK_NULL)
		host.n = 0;
	if (server && host.n == 0)
		return decoder_fail(d, ERR_INPUT, "a server bridge needs "
		    "\"host\"");
	tag = host.n != 0;
	if (!server && ((r = arena_put(d, &tag, 1)) != 0 || host.n == 0))
		return r;
	return json_read(d, &type_str, host);
}

static int
bridge_json_write(struct sink *s, const void *in, bool canonical)
{
	const struct bridge *b = in;
	const char *kind = b->kind == BRIDGE_SERVER ? "server" : "client";
	char port[32], front[64];
	int r;

	snprintf(port, sizeof(port), canonical ? "\"port\":\"%u\"" :
	    "\"port\":%u", b->port);
	if (!canonical) {
		snprintf(front, sizeof(front), "{\"type\":\"%s\",%s", kind,
		    port);
		if ((r = sink_str(s, front)) != 0)
			return r;
		if (b->has_host && ((r = sink_str(s, ",\"host\":")) != 0 ||
		    (r = json_put_string(s, b->host)) != 0))
			return r;
		return sink_str(s, "}");
	}
	if ((r = sink_str(s, "{")) != 0)
		return r;
	if (b->has_host && ((r = sink_str(s, "\"host\":")) != 0 ||
	    (r = json_put_string(s, b->host)) != 0 ||
	    (r = sink_str(s, ",")) != 0))
		return r;
	snprintf(front, sizeof(front), "%s,\"type\":\"%s\"}", port, kind);
	return sink_str(s, front);
}

static const struct hooks bridge_hooks = { bridge_borsh_read,
	bridge_borsh_write, bridge_json_read, bridge_json_write };
const struct type type_bridge = { .kind = K_CUSTOM,
	.size = sizeof(struct bridge), .hooks = &bridge_hooks };
const struct type type_bridges = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_bridge };

/* --- environment: {"NAME":{"plain":{"value":"text"}}}, kept by name */

static const struct field env_var_fields[] = {
	{ "name", offsetof(struct env_var, name), &type_str, 0 },
	{ "value", offsetof(struct env_var, value), &type_str, 0 },
};
const struct type type_env_var = { .kind = K_STRUCT,
	.size = sizeof(struct env_var), .fields = env_var_fields,
	.count = COUNT(env_var_fields) };

struct env_plain { struct bytes value; };
static const struct field env_value_fields[] = {
	{ "value", offsetof(struct env_plain, value), &type_str, 0 },
};
static const struct type type_env_value = { .kind = K_STRUCT,
	.what = "{\"value\": text}", .flags = TYPE_DENY_UNKNOWN,
	.size = sizeof(struct env_plain), .fields = env_value_fields,
	.count = COUNT(env_value_fields) };
static const struct variant env_variants[] = {
	{ "plain", &type_env_value, 0 },
};
/* the only tag is 0; its byte is taken out again after reading */
static const struct type type_env_tagged = { .kind = K_ENUM,
	.what = "{\"plain\": ..}", .variants = env_variants,
	.count = COUNT(env_variants) };

static bool
env_name_valid(struct bytes n)
{
	if (n.n == 0 || n.n > ENV_NAME_MAX)
		return false;
	for (size_t i = 0; i < n.n; i++) {
		uint8_t c = n.p[i], low = c | 0x20;

		if (!((low >= 'a' && low <= 'z') || c == '_' ||
		    (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

int
env_check(struct decoder *d, const struct env_var *v)
{
	if (!env_name_valid(v->name))
		return decoder_fail(d, ERR_INPUT, "env name \"%.*s\" is not "
		    "[A-Za-z_][A-Za-z0-9_]* of at most %d bytes",
		    (int)(v->name.n < 60 ? v->name.n : 60),
		    (const char *)v->name.p, ENV_NAME_MAX);
	if (v->value.n > ENV_VALUE_MAX ||
	    (v->value.n > 0 && memchr(v->value.p, 0, v->value.n) != NULL))
		return decoder_fail(d, ERR_INPUT, "env value of %.*s has a "
		    "NUL or is over %d bytes",
		    (int)(v->name.n < 60 ? v->name.n : 60),
		    (const char *)v->name.p, ENV_VALUE_MAX);
	return 0;
}

struct env_slice { struct bytes name, value; };

static int
env_slice_order(const void *a, const void *b)
{
	const struct env_slice *x = a, *y = b;

	return json_string_order(x->name, y->name);
}

static int
env_put(struct decoder *d, const struct env_slice *v)
{
	size_t at;
	int r;

	if ((r = json_read(d, &type_str, v->name)) != 0)
		return r;
	at = d->arena->n;
	if ((r = json_read(d, &type_env_tagged, v->value)) != 0)
		return r;
	memmove(d->arena->p + at, d->arena->p + at + 1,
	    d->arena->n - at - 1);
	d->arena->n--;
	return 0;
}

static int
env_json_read(struct decoder *d, struct bytes v)
{
	struct env_slice *all;
	struct bytes name, value;
	struct json_walk w;
	size_t n = 0;
	int r;

	if (json_kind(v) != JK_OBJECT)
		return decoder_fail(d, ERR_INPUT, "an object was expected");
	all = calloc(ENV_MAX, sizeof(*all));
	if (all == NULL)
		return decoder_fail(d, ERR_SYSTEM, "out of memory");
	for (w = json_walk(v); json_next_member(&w, &name, &value); n++) {
		if (n == ENV_MAX) {
			r = decoder_fail(d, ERR_INPUT, "more than %d "
			    "variables", ENV_MAX);
			goto out;
		}
		all[n] = (struct env_slice){ name, value };
	}
	qsort(all, n, sizeof(*all), env_slice_order);
	if ((r = arena_put_u32(d, (uint32_t)n)) != 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && env_slice_order(&all[i - 1], &all[i]) == 0) {
			r = decoder_fail(d, ERR_INPUT, "variable %.*s is "
			    "there twice", (int)(all[i].name.n < 60 ?
			    all[i].name.n : 60), (const char *)all[i].name.p);
			goto out;
		}
		if ((r = env_put(d, &all[i])) != 0)
			goto out;
	}
out:
	free(all);
	return r;
}

static const struct type type_env_list = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_env_var };

static int
env_borsh_read(struct decoder *d, struct rd *r, void *out)
{
	struct list *l = out;
	struct env_var v;
	struct rd rd;
	int err;

	if ((err = borsh_read(d, &type_env_list, r, l)) != 0)
		return err;
	for (rd = list_walk(l); list_next(&rd, &type_env_var, &v);)
		if ((err = env_check(d, &v)) != 0)
			return err;
	return 0;
}

static int
env_borsh_write(struct sink *s, const void *in)
{
	return borsh_write(s, &type_env_list, in);
}

static int
env_json_write(struct sink *s, const void *in, bool canonical)
{
	const struct list *l = in;
	const char *between = "{";
	struct rd rd = list_walk(l);
	struct env_var v;
	int r;

	(void)canonical;	/* kept sorted, no numbers: one form */
	while (list_next(&rd, &type_env_var, &v)) {
		if ((r = sink_str(s, between)) != 0 ||
		    (r = json_put_string(s, v.name)) != 0 ||
		    (r = sink_str(s, ":{\"plain\":{\"value\":")) != 0 ||
		    (r = json_put_string(s, v.value)) != 0 ||
		    (r = sink_str(s, "}}")) != 0)
			return r;
		between = ",";
	}
	return sink_str(s, between[0] == '{' ? "{}" : "}");
}

static const struct hooks env_hooks = { env_borsh_read, env_borsh_write,
	env_json_read, env_json_write };
const struct type type_env = { .kind = K_CUSTOM,
	.size = sizeof(struct list), .hooks = &env_hooks };

/* --- resolvers: strings in canonical form */

/* First and length of the longest run of zero groups, length 0 if < 2. */
static void
longest_zeros(const uint16_t g[static 8], size_t *first, size_t *len)
{
	size_t run = 0;

	*first = *len = 0;
	for (size_t i = 0; i < 8; i++) {
		run = g[i] == 0 ? run + 1 : 0;
		if (run > *len && run > 1) {
			*len = run;
			*first = i + 1 - run;
		}
	}
}

/*
 * As Rust's Ipv6Addr: RFC 5952, dotted only behind ::ffff:.  (inet_ntop
 * would also dot ::102:304.)
 */
static void
v6_text(const struct in6_addr *a, char out[static 64])
{
	uint16_t g[8];
	size_t first, len, n = 0;

	for (size_t i = 0; i < 8; i++)
		g[i] = (uint16_t)(a->s6_addr[2 * i] << 8 |
		    a->s6_addr[2 * i + 1]);
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		snprintf(out, 64, "::ffff:%u.%u.%u.%u", a->s6_addr[12],
		    a->s6_addr[13], a->s6_addr[14], a->s6_addr[15]);
		return;
	}
	longest_zeros(g, &first, &len);
	for (size_t i = 0; i < 8; i++) {
		if (len > 0 && i == first) {
			n += (size_t)snprintf(out + n, 64 - n, "::");
			i += len - 1;
			continue;
		}
		n += (size_t)snprintf(out + n, 64 - n, "%s%x", i == 0 ||
		    out[n - 1] == ':' ? "" : ":", g[i]);
	}
}

int
resolver_text(struct bytes in, char out[static 64], struct err *e)
{
	struct in6_addr v6;
	struct in_addr v4;
	char text[64];

	if (in.n > 0 && in.n < sizeof(text) && memchr(in.p, 0, in.n) == NULL) {
		memcpy(text, in.p, in.n);
		text[in.n] = '\0';
		/* glibc refuses octets with leading zeros, as Rust does */
		if (inet_pton(AF_INET, text, &v4) == 1 &&
		    inet_ntop(AF_INET, &v4, out, 64) != NULL)
			return 0;
		if (inet_pton(AF_INET6, text, &v6) == 1) {
			v6_text(&v6, out);
			return 0;
		}
	}
	return err_set(e, ERR_INPUT, "resolver \"%.*s\" is not an IPv4 or "
	    "IPv6 address", (int)(in.n < 60 ? in.n : 60),
	    (const char *)in.p);
}

static int
resolver_borsh_read(struct decoder *d, struct rd *r, void *out)
{
	return borsh_read(d, &type_str, r, out);
}

static int
resolver_borsh_write(struct sink *s, const void *in)
{
	return borsh_write(s, &type_str, in);
}

static int
resolver_json_read(struct decoder *d, struct bytes v)
{
	char text[64];
	struct err e;
	int r;

	if (json_kind(v) != JK_STRING)
		return decoder_fail(d, ERR_INPUT, "an address was expected");
	if (resolver_text(bytes_of(v.p + 1, v.n - 2), text, &e) != 0)
		return decoder_fail(d, ERR_INPUT, "%s", e.text);
	if ((r = arena_put_u32(d, (uint32_t)strlen(text))) != 0)
		return r;
	return arena_put(d, text, strlen(text));
}

static int
resolver_json_write(struct sink *s, const void *in, bool canonical)
{
	return json_write(s, &type_str, in, canonical);
}

static const struct hooks resolver_hooks = { resolver_borsh_read,
	resolver_borsh_write, resolver_json_read, resolver_json_write };
static const struct type type_resolver = { .kind = K_CUSTOM,
	.size = sizeof(struct bytes), .hooks = &resolver_hooks };
const struct type type_resolvers = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_resolver };
