/*
 * An operator's trust file.
 */
#include "airgap/record/form.h"
#include "airgap/record/trust.h"

#define AT(m) .at = offsetof(struct trust, m)
#define NAME_MAX_LEN 256

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "mode", .kind = F_MODE, AT(mode) },
	{ .key = "name", .kind = F_TEXT, AT(name), .min = 1,
	    .max = NAME_MAX_LEN },
	{ .key = "pcr3", .kind = F_FIXED, AT(pcr3), .max = SHA384_LEN },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "nonce", .kind = F_UINT, AT(nonce), .max = UINT32_MAX },
	{ .key = "manifest", .kind = F_FIXED, AT(manifest), .max = SHA256_LEN,
	    .present = offsetof(struct trust, has_manifest) },
	{ .key = "quorumKey", .kind = F_FIXED, AT(quorum),
	    .max = PUBLIC_KEY_LEN },
	{ .key = "shareHash", .kind = F_FIXED, AT(share_hash),
	    .max = SHA512_LEN },
	{ .key = "manifestSet", .kind = F_FIXED, AT(manifest_set),
	    .max = SHA256_LEN },
};
static const struct form form = {
	.type = TRUST_TYPE, .what = "trust file", .fields = fields,
	.count = FORM_COUNT(fields),
};

static int
check(const struct trust *t, struct err *e)
{
	int r = mode_check_namespace(t->mode, t->name, e);

	return r != 0 ? r : form_check_key(&form, "quorumKey", &t->quorum, e);
}

int
trust_decode(struct bytes in, struct trust *out, struct err *e)
{
	int r;

	*out = (struct trust){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
trust_encode(const struct trust *t, struct buf *out, struct err *e)
{
	int r = check(t, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, t, out, e);
}

int
trust_compare(const struct trust *old, const struct trust *now, struct err *e)
{
	const char *what = NULL;

	if (old->mode != now->mode || !bytes_equal(old->name, now->name))
		return err_set(e, ERR_REFUSED, "the trust file is of namespace "
		    "\"%.*s\"; each namespace has its own", (int)old->name.n,
		    (const char *)old->name.p);
	if (memcmp(old->quorum.b, now->quorum.b, PUBLIC_KEY_LEN) != 0)
		what = "quorum key";
	else if (memcmp(old->manifest_set.b, now->manifest_set.b,
	    SHA256_LEN) != 0)
		what = "manifest set";
	else if (memcmp(old->pcr3.b, now->pcr3.b, SHA384_LEN) != 0)
		what = "role ARN (PCR3)";
	else if (memcmp(old->share_hash.b, now->share_hash.b,
	    SHA512_LEN) != 0)
		what = "hash of your share";
	if (what != NULL)
		return err_set(e, ERR_REFUSED, "the %s is not the one your "
		    "trust file remembers; ask why before you release "
		    "anything (a new trust file forgets the old one)", what);
	if (now->nonce < old->nonce)
		return err_set(e, ERR_REFUSED, "nonce %u is lower than %u, "
		    "which your trust file remembers: an old manifest",
		    (unsigned)now->nonce, (unsigned)old->nonce);
	if (now->nonce == old->nonce && old->has_manifest &&
	    memcmp(old->manifest.b, now->manifest.b, SHA256_LEN) != 0)
		return err_set(e, ERR_REFUSED, "your trust file remembers "
		    "another manifest with nonce %u; ask why there are two: a "
		    "new manifest has a higher nonce", (unsigned)old->nonce);
	return 0;
}
