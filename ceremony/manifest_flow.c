/*
 * Loading manifests and envelopes, and the rules this tool adds to those of
 * QOS: thresholds that can work (airgap/record/approval.h) and the marks of
 * a rehearsal (airgap/record/mode.h).
 */
#include "ceremony/manifest_flow.h"

/* A JSON object with "manifest" was meant to be an envelope. */
static bool
looks_like_envelope(struct bytes text)
{
	struct bytes value;

	return json_check(text, &value, NULL) == 0 &&
	    json_kind(value) == JK_OBJECT &&
	    json_has_member(value, "manifest");
}

static int
read_either(struct loaded *l, struct err *e)
{
	struct bytes in = buf_bytes(&l->file);
	int r;

	r = envelope_read(in, &l->env, &l->arena, e);
	if (r == 0) {
		l->is_envelope = true;
		return 0;
	}
	if (r == ERR_SYSTEM || looks_like_envelope(in))
		return r;
	memset(&l->env, 0, sizeof(l->env));
	return manifest_read(in, &l->env.manifest, &l->arena, e);
}

int
manifest_load(const char *path, struct loaded *out, struct err *e)
{
	int r;

	path = path == NULL ? "-" : path;
	memset(out, 0, sizeof(*out));
	if ((r = file_read(path, MANIFEST_FILE_MAX, &out->file, e)) != 0)
		return r;
	if ((r = read_either(out, e)) != 0 ||
	    (r = manifest_hash(&out->env.manifest, &out->hash, e)) != 0) {
		(void)err_prefix(e, "%s", strcmp(path, "-") == 0 ?
		    "standard input" : path);
		loaded_free(out);
		return r;
	}
	out->mode = manifest_mode(&out->env.manifest);
	return 0;
}

int
manifest_load_kind(const char *path, bool envelope, struct loaded *out,
    struct err *e)
{
	int r;

	if ((r = manifest_load(path, out, e)) != 0)
		return r;
	if (out->is_envelope == envelope)
		return 0;
	loaded_free(out);
	return err_set(e, ERR_INPUT, "%s: is a manifest%s, but a manifest%s "
	    "is wanted", path == NULL ? "standard input" : path,
	    envelope ? "" : " envelope", envelope ? " envelope" : "");
}

void
loaded_free(struct loaded *l)
{
	if (l == NULL)
		return;
	arena_free(&l->arena);
	buf_free(&l->file);
	memset(l, 0, sizeof(*l));
}

enum mode
manifest_mode(const struct manifest *m)
{
	return mode_of_namespace(m->ns.name);
}

static int
check_aliases(enum mode mode, const struct set *s, const char *name,
    struct err *e)
{
	struct rd rd = list_walk(&s->members);
	struct member m;

	while (list_next(&rd, &type_member, &m))
		if (mode_check_alias(mode, m.alias, e) != 0) {
			(void)err_prefix(e, "%s", name);
			return ERR_REFUSED;
		}
	return 0;
}

int
manifest_check_mode(const struct manifest *m, struct err *e)
{
	enum mode mode = manifest_mode(m);
	int r;

	if ((r = mode_check_namespace(mode, m->ns.name, e)) != 0 ||
	    (r = check_aliases(mode, &m->manifest_set, "manifest set",
	    e)) != 0)
		return r;
	return check_aliases(mode, &m->share_set, "share set", e);
}

int
manifest_rules(const struct manifest *m, struct err *e)
{
	int r;

	if ((r = manifest_check(m, e)) != 0)
		return r;
	return manifest_check_mode(m, e);
}
