/*
 * The lists of a manifest that have a text form on the command line: bridges
 * ("server:PORT:HOST", or QOS's JSON array in a file) and the environment
 * (NAME=VALUE).
 */
#include <stdlib.h>

#include "ceremony/manifest_make.h"

#define LIST_FILE_MAX (64u << 20)	/* bytes; the values' own limits rule */

static const struct type type_bridges = { .kind = K_LIST,
	.what = "an array of bridges", .size = sizeof(struct list),
	.item = &type_bridge };

static int
parse_bridge(const char *word, struct bridge *out, struct err *e)
{
	struct bytes rest = bytes_str(strchr(word, ':') + 1);
	uint64_t port = 0;

	if (!bytes_take_number(&rest, UINT16_MAX, &port) || port == 0 ||
	    rest.n < 2 || rest.p[0] != ':')
		goto refuse;
	rest = bytes_of(rest.p + 1, rest.n - 1);
	if (!utf8_valid(rest))
		goto refuse;
	*out = (struct bridge){ .kind = BRIDGE_SERVER, .has_host = true,
		.port = (uint16_t)port, .host = rest };
	return 0;
refuse:
	return err_set(e, ERR_USAGE, "--bridge %s: not server:PORT:HOST",
	    word);
}

/* Bridges as they are collected. */
struct bridges {
	struct bridge *v;
	size_t n;
};

static int
add_bridge(struct bridges *all, const struct bridge *b, struct err *e)
{
	struct bridge *v = reallocarray(all->v, all->n + 1, sizeof(*v));

	if (v == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	all->v = v;
	all->v[all->n++] = *b;
	return 0;
}

static int
add_file(struct bridges *all, const char *path, struct arena *arena,
    struct err *e)
{
	struct list list;
	struct bridge b;
	struct buf file;
	struct rd rd;
	int r;

	if (arena->p != NULL)
		return err_set(e, ERR_USAGE, "--bridge: one file only");
	if ((r = file_read(path, LIST_FILE_MAX, &file, e)) != 0)
		return r;
	r = schema_from_json(&type_bridges, buf_bytes(&file), arena, &list,
	    e);
	buf_free(&file);
	if (r != 0) {
		(void)err_prefix(e, "%s", path);
		return r;
	}
	/* ports are 16 bits and distinct, so there are no more of them */
	if (list.count > UINT16_MAX)
		return err_set(e, ERR_INPUT, "%s: more than %d bridges", path,
		    UINT16_MAX);
	for (rd = list_walk(&list); list_next(&rd, &type_bridge, &b);)
		if ((r = add_bridge(all, &b, e)) != 0)
			return r;
	return 0;
}

/* Egress is not ours for now; it is refused here, not in the enclave. */
static int
check_supported(const struct bridges *all, struct err *e)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].kind == BRIDGE_CLIENT)
			return err_set(e, ERR_REFUSED, "bridge port %u: "
			    "client bridges (egress) are not supported; only "
			    "server", all->v[i].port);
	return 0;
}

int
manifest_make_bridges(const struct many *words, struct list *out,
    struct buf *own, struct arena *arena, struct err *e)
{
	struct bridges all = { 0 };
	struct bridge b;
	int r = 0;

	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->v[i];

		if (strncmp(w, "client:", 7) == 0)
			r = err_set(e, ERR_REFUSED, "--bridge %s: client "
			    "bridges (egress) are not supported", w);
		else if (strncmp(w, "server:", 7) != 0)
			r = add_file(&all, w, arena, e);
		else if ((r = parse_bridge(w, &b, e)) == 0)
			r = add_bridge(&all, &b, e);
		if (r != 0)
			goto out;
	}
	if ((r = check_supported(&all, e)) == 0)
		r = list_pack(&type_bridge, all.v, all.n, out, own, e);
out:
	free(all.v);
	return r;
}

/* --- environment */

struct vars {
	struct env_var v[ENV_MAX];
	size_t n;
};

static int
add_var(struct vars *all, struct bytes word, struct err *e)
{
	const uint8_t *eq = word.n == 0 ? NULL : memchr(word.p, '=', word.n);
	size_t at;

	if (eq == NULL)
		return err_set(e, ERR_INPUT, "environment: \"%.*s\" is not "
		    "NAME=VALUE", (int)(word.n < 60 ? word.n : 60),
		    word.n == 0 ? "" : (const char *)word.p);
	if (!utf8_valid(word))
		return err_set(e, ERR_INPUT, "environment: \"%.*s\" is not "
		    "UTF-8", (int)(word.n < 60 ? word.n : 60),
		    (const char *)word.p);
	if (all->n == ENV_MAX)
		return err_set(e, ERR_INPUT, "environment: more than %d "
		    "variables", ENV_MAX);
	at = (size_t)(eq - word.p);
	all->v[all->n++] = (struct env_var){ bytes_of(word.p, at),
		bytes_of(eq + 1, word.n - at - 1) };
	return 0;
}

/* Empty lines and lines that begin with "#" are left out. */
static int
add_lines(struct vars *all, struct bytes text, struct err *e)
{
	int r = 0;

	while (r == 0 && text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);
		size_t used = end == NULL ? n : n + 1;
		struct bytes line = bytes_of(text.p, n);

		if (n > 0 && line.p[n - 1] == '\r')
			line.n--;
		if (line.n > 0 && line.p[0] != '#')
			r = add_var(all, line, e);
		text = bytes_of(text.p + used, text.n - used);
	}
	return r;
}

int
manifest_make_env(const struct manifest_inputs *in, struct bytes hashes,
    struct list *out, struct buf *own, struct buf *file, struct err *e)
{
	struct vars *all = calloc(1, sizeof(*all));
	int r = 0;

	if (all == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; r == 0 && i < in->env.n; i++)
		r = add_var(all, bytes_str(in->env.v[i]), e);
	if (r == 0 && in->env_file != NULL &&
	    (r = file_read(in->env_file, LIST_FILE_MAX, file, e)) == 0 &&
	    (r = add_lines(all, buf_bytes(file), e)) != 0)
		(void)err_prefix(e, "%s", in->env_file);
	if (r == 0 && hashes.n > 0)
		r = add_var(all, hashes, e);
	if (r == 0)
		r = env_pack(all->v, all->n, out, own, e);
	free(all);
	return r;
}
