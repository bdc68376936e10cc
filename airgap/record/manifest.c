/*
 * Manifests and envelopes: which version a text is (QOS wire 6.5), its hash
 * (6.2, 6.3), its storage form (6.6).
 */
#include <stdlib.h>

#include "airgap/record/manifest_parts.h"

const char *
manifest_version_text(unsigned version)
{
	static const char *const text[] = { "v0", "v1", "v2" };

	return version < 3 ? text[version] : "unknown";
}

/* A family of three types and where the version byte lies. */
struct family {
	const char *what;
	const struct type *(*type)(unsigned version);
	size_t size;
	struct manifest *(*manifest_of)(void *value);
};

static struct manifest *
itself(void *value)
{
	return value;
}

static struct manifest *
inner(void *value)
{
	return &((struct envelope *)value)->manifest;
}

static const struct family manifests = { "manifest", manifest_type,
	sizeof(struct manifest), itself };
static const struct family envelopes = { "manifest envelope", envelope_type,
	sizeof(struct envelope), inner };

/* The object that may carry "version": the manifest, or "manifest" in it. */
static struct bytes
version_holder(const struct family *f, struct bytes value)
{
	struct bytes key, member;
	struct json_walk w;

	if (f == &manifests || json_kind(value) != JK_OBJECT)
		return value;
	for (w = json_walk(value); json_next_member(&w, &key, &member);)
		if (json_string_is(key, "manifest"))
			return member;
	return value;
}

/*
 * TRAP 6.4: a V1 manifest in a snake_case envelope reads as V0 and silently
 * loses bridgeConfig and debugMode.  No honest V0 text has those fields, so
 * here it is refused.
 */
static bool
has_v1_pivot(struct bytes manifest)
{
	struct bytes key, member;
	struct json_walk w;

	if (json_kind(manifest) != JK_OBJECT)
		return false;
	for (w = json_walk(manifest); json_next_member(&w, &key, &member);)
		if (json_string_is(key, "pivot"))
			return json_has_member(member, "bridgeConfig") ||
			    json_has_member(member, "debugMode");
	return false;
}

static int
read_as(const struct family *f, unsigned version, struct bytes value,
    void *out, struct arena *arena, struct err *e)
{
	int r;

	memset(out, 0, f->size);
	r = schema_from_json_value(f->type(version), value, arena, out, e);
	if (r == 0)
		f->manifest_of(out)->version = (uint8_t)version;
	return r;
}

static int
read_json(const struct family *f, struct bytes value, void *out,
    struct arena *arena, struct err *e)
{
	struct bytes holder = version_holder(f, value);
	struct err first;

	if (json_has_member(holder, "version"))
		return read_as(f, 2, value, out, arena, e);
	if (read_as(f, 1, value, out, arena, &first) == 0)
		return 0;
	if (has_v1_pivot(holder) || read_as(f, 0, value, out, arena, NULL) != 0)
		return err_set(e, ERR_INPUT, "not a %s: %s", f->what,
		    first.text);
	return 0;
}

/* Both V1 and V0 are tried; exactly one must take every byte. */
static int
read_borsh(const struct family *f, struct bytes in, void *out, struct err *e)
{
	struct err first;
	bool v1, v0;

	memset(out, 0, f->size);
	v0 = schema_from_borsh(f->type(0), in, out, NULL) == 0;
	memset(out, 0, f->size);
	v1 = schema_from_borsh(f->type(1), in, out, &first) == 0;
	if (v0 && v1)
		return err_set(e, ERR_INPUT, "ambiguous borsh encoding: reads "
		    "as a V0 and as a V1 %s", f->what);
	if (!v0 && !v1)
		return err_set(e, ERR_INPUT, "not a %s in JSON or Borsh (V1: "
		    "%s)", f->what, first.text);
	if (v0) {
		memset(out, 0, f->size);
		if (schema_from_borsh(f->type(0), in, out, e) != 0)
			return ERR_INTERNAL;
	}
	f->manifest_of(out)->version = v1 ? 1 : 0;
	return 0;
}

static int
read_any(const struct family *f, struct bytes in, void *out,
    struct arena *arena, struct err *e)
{
	struct bytes value;

	*arena = (struct arena){ 0 };
	if (json_check(in, &value, NULL) == 0)
		return read_json(f, value, out, arena, e);
	return read_borsh(f, in, out, e);
}

int
manifest_read(struct bytes in, struct manifest *m, struct arena *arena,
    struct err *e)
{
	return read_any(&manifests, in, m, arena, e);
}

int
envelope_read(struct bytes in, struct envelope *env, struct arena *arena,
    struct err *e)
{
	return read_any(&envelopes, in, env, arena, e);
}

int
manifest_read_either(struct bytes in, struct manifest *m, struct arena *arena,
    struct err *e)
{
	struct envelope env;

	if (envelope_read(in, &env, arena, NULL) == 0) {
		*m = env.manifest;
		return 0;
	}
	return manifest_read(in, m, arena, e);
}

int
manifest_hash(const struct manifest *m, struct digest256 *out, struct err *e)
{
	const struct type *t = manifest_type(m->version);

	if (t == NULL)
		return err_set(e, ERR_INTERNAL, "unknown manifest version");
	return schema_sha256(t, m, m->version == 2 ? FORM_JSON_CANONICAL :
	    FORM_BORSH, out, e);
}

int
manifest_write(const struct manifest *m, struct buf *out, struct err *e)
{
	return schema_encode(manifest_type(m->version), m, m->version == 2 ?
	    FORM_JSON_CANONICAL : FORM_JSON_PLAIN, out, e);
}

int
envelope_write(const struct envelope *env, struct buf *out, struct err *e)
{
	return schema_encode(envelope_type(env->manifest.version), env,
	    env->manifest.version == 2 ? FORM_JSON_CANONICAL :
	    FORM_JSON_PLAIN, out, e);
}

/* --- envelopes inside messages (6.5 last paragraph, 8.2) */

static int
any_borsh_read(struct decoder *d, struct rd *r, void *out)
{
	struct envelope *env = out;
	uint8_t version = (uint8_t)d->borsh_version;
	int err;

	memset(env, 0, sizeof(*env));
	if (d->from_json && rd_u8(r, &version) != 0)
		return decoder_fail(d, ERR_INTERNAL, "no version");
	if ((err = borsh_read(d, envelope_type(version), r, out)) != 0)
		return err;
	env->manifest.version = version;
	return 0;
}

static int
any_borsh_write(struct sink *s, const void *in)
{
	const struct envelope *env = in;

	return borsh_write(s, envelope_type(env->manifest.version), in);
}

/* An untagged union on the wire: V2, V1, V0 in that order. */
static int
any_json_read(struct decoder *d, struct bytes v)
{
	struct bytes holder = version_holder(&envelopes, v);
	size_t at = d->arena->n;
	struct err first;

	for (unsigned version = 3; version-- > 0;) {
		struct decoder try = *d;
		const uint8_t tag = (uint8_t)version;

		try.e = version == (json_has_member(holder, "version") ? 2 :
		    1) ? &first : NULL;
		d->arena->n = at;
		if (version == 0 && has_v1_pivot(holder))
			break;
		if (arena_put(&try, &tag, 1) == 0 &&
		    json_read(&try, envelope_type(version), v) == 0)
			return 0;
		if (try.code == ERR_SYSTEM)
			return decoder_fail(d, ERR_SYSTEM, "out of memory");
	}
	d->code = ERR_INPUT;
	return err_set(d->e, ERR_INPUT, "%s", first.text);
}

static int
any_json_write(struct sink *s, const void *in, bool canonical)
{
	const struct envelope *env = in;

	return json_write(s, envelope_type(env->manifest.version), in,
	    canonical);
}

static const struct hooks any_hooks = { any_borsh_read, any_borsh_write,
	any_json_read, any_json_write };
const struct type type_envelope_any = { .kind = K_CUSTOM,
	.what = "a manifest envelope", .size = sizeof(struct envelope),
	.hooks = &any_hooks };

/* --- making lists */

static int
env_order(const void *a, const void *b)
{
	const struct env_var *x = a, *y = b;

	return bytes_compare(x->name, y->name);
}

int
env_pack(const struct env_var *v, size_t n, struct list *out, struct buf *own,
    struct err *e)
{
	struct decoder d = { .e = e };
	struct env_var *sorted;
	int r = 0;

	*own = (struct buf){ 0 };
	if (n > ENV_MAX)
		return err_set(e, ERR_INPUT, "more than %d variables",
		    ENV_MAX);
	sorted = calloc(n == 0 ? 1 : n, sizeof(*sorted));
	if (sorted == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		sorted[i] = v[i];
	qsort(sorted, n, sizeof(*sorted), env_order);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = env_check(&d, &sorted[i]);
		if (r == 0 && i > 0 && env_order(&sorted[i - 1],
		    &sorted[i]) == 0)
			r = err_set(e, ERR_INPUT, "variable %.*s is given "
			    "twice", (int)(v[i].name.n < 60 ? v[i].name.n :
			    60), (const char *)sorted[i].name.p);
	}
	if (r == 0)
		r = list_pack(&type_env_var, sorted, n, out, own, e);
	free(sorted);
	return r;
}

int
strings_pack(const char *const *text, size_t n, struct list *out,
    struct buf *own, struct err *e)
{
	struct bytes *b;
	int r;

	*own = (struct buf){ 0 };
	b = calloc(n == 0 ? 1 : n, sizeof(*b));
	if (b == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		b[i] = bytes_str(text[i]);
	r = list_pack(&type_str, b, n, out, own, e);
	free(b);
	return r;
}
