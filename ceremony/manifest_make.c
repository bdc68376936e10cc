/*
 * A manifest of the fields of QOS's generate-manifest (wire 6, 19.2):
 * awsRootCertificate is the pinned root and qosCommit is empty, always.
 */
#include <stdlib.h>
#include <strings.h>

#include "airgap/record/aws_root.h"
#include "ceremony/manifest_make.h"

/* What V1 or V2 does not have must not be dropped in silence. */
static int
check_version(const struct manifest_inputs *in, struct err *e)
{
	if (in->version != 1 && in->version != 2)
		return err_set(e, ERR_USAGE, "--manifest-version is 1 or 2");
	if (in->version == 2 && in->sources.patch_set != NULL)
		return err_set(e, ERR_USAGE, "--patch-set: a V2 manifest has "
		    "no patch set");
	if (in->version == 1 && (in->env.n > 0 || in->env_file != NULL))
		return err_set(e, ERR_USAGE, "--env and --env-file need "
		    "--manifest-version 2");
	if (in->version == 1 && (in->dns.n > 0 || in->dns_none))
		return err_set(e, ERR_USAGE, "--dns and --dns-none need "
		    "--manifest-version 2");
	if (in->dns.n > 0 && in->dns_none)
		return err_set(e, ERR_USAGE, "--dns and --dns-none exclude "
		    "each other");
	if (in->share_hashes && (in->version != 2 ||
	    in->genesis_output == NULL))
		return err_set(e, ERR_USAGE, "--share-hashes needs "
		    "--manifest-version 2 and --genesis-output");
	if (in->spares != NULL && in->genesis_output == NULL)
		return err_set(e, ERR_USAGE, "--spares needs "
		    "--genesis-output");
	return 0;
}

static int
make_namespace(const struct manifest_inputs *in, struct made_manifest *out,
    struct err *e)
{
	if (in->nonce > UINT32_MAX)
		return err_set(e, ERR_USAGE, "--nonce is at most %u",
		    UINT32_MAX);
	out->m.ns = (struct name_space){
		.name = bytes_str(in->name),
		.nonce = (uint32_t)in->nonce,
		.quorum_key = bytes_of(out->sources.quorum_key.b,
		    PUBLIC_KEY_LEN),
	};
	if (!utf8_valid(out->m.ns.name))
		return err_set(e, ERR_USAGE, "--namespace is not UTF-8");
	return 0;
}

static int
make_args(const struct many *args, struct made_manifest *out, struct err *e)
{
	for (size_t i = 0; i < args->n; i++)
		if (!utf8_valid(bytes_str(args->v[i])))
			return err_set(e, ERR_USAGE, "--arg %zu is not UTF-8",
			    i + 1);
	return strings_pack(args->v, args->n, &out->m.pivot.args, &out->args,
	    e);
}

static int
make_pivot(const struct manifest_inputs *in, struct made_manifest *out,
    struct err *e)
{
	struct pivot *p = &out->m.pivot;

	memcpy(p->hash, out->sources.pivot.b, sizeof(p->hash));
	p->debug_mode = in->debug_mode;
	if (strcasecmp(in->restart, "always") == 0)
		p->restart = RESTART_ALWAYS;
	else if (strcasecmp(in->restart, "never") == 0)
		p->restart = RESTART_NEVER;
	else
		return err_set(e, ERR_USAGE, "--restart is never or always");
	return make_args(&in->args, out, e);
}

static int
make_dns(const struct manifest_inputs *in, struct made_manifest *out,
    struct err *e)
{
	struct dns *d = &out->m.dns;
	char (*text)[64];
	const char **v;
	int r = ERR_SYSTEM;

	d->present = in->dns.n > 0 || in->dns_none;
	if (in->dns.n == 0)
		return 0;
	text = calloc(in->dns.n, sizeof(*text));
	v = calloc(in->dns.n, sizeof(*v));
	if (text == NULL || v == NULL) {
		(void)err_set(e, r, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < in->dns.n; i++) {
		r = resolver_text(bytes_str(in->dns.v[i]), text[i], e);
		if (r != 0) {
			(void)err_prefix(e, "--dns");
			goto out;
		}
		v[i] = text[i];
	}
	r = strings_pack(v, in->dns.n, &d->resolvers, &out->dns, e);
out:
	free(text);
	free(v);
	return r;
}

static void
make_enclave(struct made_manifest *out)
{
	struct enclave_config *x = &out->m.enclave;

	for (size_t i = 0; i < 4; i++)
		x->pcr[i] = bytes_of(out->sources.pcr[i].b, PCR_LEN);
	x->aws_root = aws_root_der();
	x->qos_commit = bytes_str("");
}

int
manifest_make(const struct manifest_inputs *in, struct made_manifest *out,
    struct err *e)
{
	struct manifest *m = &out->m;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = check_version(in, e)) != 0 ||
	    (r = sources_read(&in->sources, &out->sources, e)) != 0)
		return r;
	m->version = (uint8_t)in->version;
	m->manifest_set = out->sources.manifest_set.set;
	m->share_set = out->sources.share_set.set;
	m->patch_set = out->sources.patch_set.set;
	make_enclave(out);
	if ((r = make_namespace(in, out, e)) != 0 ||
	    (r = make_pivot(in, out, e)) != 0 ||
	    (r = manifest_make_bridges(&in->bridges, &m->pivot.bridges,
	    &out->bridges, &out->bridge_arena, e)) != 0 ||
	    (in->genesis_output != NULL && (r = manifest_fits_genesis(m,
	    in->genesis_output, in->spares, in->share_hashes ? &out->hashes :
	    NULL, e)) != 0) ||
	    (r = manifest_make_env(in, buf_bytes(&out->hashes), &m->pivot.env,
	    &out->env, &out->env_file, e)) != 0 ||
	    (r = make_dns(in, out, e)) != 0)
		made_manifest_free(out);
	return r;
}

void
made_manifest_free(struct made_manifest *m)
{
	if (m == NULL)
		return;
	sources_free(&m->sources);
	buf_free(&m->args);
	buf_free(&m->bridges);
	buf_free(&m->env);
	buf_free(&m->dns);
	buf_free(&m->env_file);
	buf_free(&m->hashes);
	arena_free(&m->bridge_arena);
	memset(m, 0, sizeof(*m));
}
