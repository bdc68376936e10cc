/*
 * The operator's trust file on disk.
 */
#include <stdlib.h>

#include "airgap/file.h"
#include "airgap/seal/hash.h"
#include "ceremony/share_release.h"

/* SHA-256 of the sorted set in Borsh: the same for any order of members. */
static int
set_digest(const struct set *set, struct digest256 *out, struct err *e)
{
	struct set sorted = { .threshold = set->threshold };
	struct member *m = NULL;
	struct buf own = { 0 };
	int r;

	if ((r = set_sorted(set, &m, e)) == 0 &&
	    (r = list_pack(&type_member, m, set->members.count,
	    &sorted.members, &own, e)) == 0)
		r = schema_sha256(&type_set, &sorted, FORM_BORSH, out, e);
	free(m);
	buf_free(&own);
	return r;
}

int
trust_of_manifest(const struct manifest *m, enum mode mode,
    struct trust *out, struct err *e)
{
	int r;

	*out = (struct trust){ .mode = mode, .name = m->ns.name,
	    .nonce = m->ns.nonce, .has_manifest = true };
	if (m->ns.quorum_key.n != PUBLIC_KEY_LEN ||
	    m->enclave.pcr[3].n != SHA384_LEN)
		return err_set(e, ERR_REFUSED, "quorum key or PCR3 of the "
		    "manifest has another length");
	memcpy(out->quorum.b, m->ns.quorum_key.p, PUBLIC_KEY_LEN);
	memcpy(out->pcr3.b, m->enclave.pcr[3].p, SHA384_LEN);
	if ((r = manifest_hash(m, &out->manifest, e)) != 0)
		return r;
	return set_digest(&m->manifest_set, &out->manifest_set, e);
}

int
trust_load(const char *path, bool *known, struct buf *in, struct trust *out,
    struct err *e)
{
	int r;

	*in = (struct buf){ 0 };
	*known = file_exists(path);
	if (!*known)
		return 0;
	if ((r = file_read(path, TRUST_FILE_MAX, in, e)) != 0)
		return r;
	if ((r = trust_decode(buf_bytes(in), out, e)) != 0) {
		(void)err_prefix(e, "%s", path);
		buf_free(in);
	}
	return r;
}

int
trust_store(const char *path, const struct trust *t, struct err *e)
{
	struct buf out;
	int r;

	if ((r = trust_encode(t, &out, e)) != 0)
		return r;
	r = file_write_checked(path, buf_bytes(&out), FILE_MODE_SECRET, true,
	    e);
	buf_free(&out);
	return r;
}
