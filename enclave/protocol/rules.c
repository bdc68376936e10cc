/*
 * What an envelope must be before this enclave boots it: QOS's checks in
 * QOS's words, then ours, which no honest manifest fails.
 */
#include "airgap/record/mode.h"
#include "airgap/record/share_hashes.h"
#include "enclave/protocol/parts.h"

/* QOS wire 23 */
#define DEV_NAMESPACE "DANGEROUS_DEV_BOOT_MEMBER_NAMESPACE"
#define DEV_ALIAS "DANGEROUS_DEV_BOOT_MEMBER"
#define DEV_NONCE UINT32_MAX
#define DEV_SHARES 2

static int
refuse_set(struct job *j, int code, enum refusal why, const struct err *e)
{
	if (code == ERR_SYSTEM)
		return code;
	if (why == REFUSAL_DUPLICATE_MEMBER)
		return refuse(j, PE_DUPLICATE_MEMBER);
	if (why == REFUSAL_BAD_KEY)
		return refuse_p256(j, PE_P256, code);
	return refuse_err(j, code, e);
}

int
boot_check_approvals(struct job *j, const struct envelope *env)
{
	struct check_result res = { 0 };
	struct err e = { 0 };
	int r = envelope_check_approvals(env, &res, &e);

	if (r == 0)
		return 0;
	switch (res.why) {
	case REFUSAL_BAD_KEY:
		return refuse_p256(j, PE_P256, res.key_error);
	case REFUSAL_BAD_APPROVAL:
		(void)refuse(j, PE_INVALID_MANIFEST_APPROVAL);
		j->reply.u.error.u.approval = res.approval;
		return ERR_REFUSED;
	case REFUSAL_NOT_MEMBER:
		return refuse(j, PE_NOT_MANIFEST_MEMBER);
	case REFUSAL_DUPLICATE_APPROVAL:
		return refuse(j, PE_DUPLICATE_APPROVAL);
	case REFUSAL_NOT_ENOUGH:
		return refuse(j, PE_NOT_ENOUGH_APPROVALS);
	default:
		return refuse_set(j, r, res.why, &e);
	}
}

/* --- mode: marked as a rehearsal if and only if the NSM is simulated */

static int
check_aliases(const struct set *s, enum mode mode, struct err *e)
{
	struct rd rd = list_walk(&s->members);
	struct member x;
	int r = 0;

	while (r == 0 && list_next(&rd, &type_member, &x))
		r = mode_check_alias(mode, x.alias, e);
	return r;
}

static int
check_mode(const struct machine *m, const struct manifest *mf, struct err *e)
{
	enum mode mode = m->c.simulated ? MODE_REHEARSAL : MODE_PRODUCTION;
	int r;

	if ((r = mode_check_namespace(mode, mf->ns.name, e)) != 0 ||
	    (r = check_aliases(&mf->manifest_set, mode, e)) != 0)
		return r;
	return check_aliases(&mf->share_set, mode, e);
}

/*
 * dangerous-dev-boot is one member whose key is the quorum key and who posts
 * both shares of 2; nothing else is let through with it.
 */
static bool
is_dev_boot(const struct manifest *mf)
{
	struct rd rd = list_walk(&mf->share_set.members);
	struct member x;

	return bytes_equal(mf->ns.name, bytes_str(DEV_NAMESPACE)) &&
	    mf->ns.nonce == DEV_NONCE &&
	    mf->share_set.threshold == DEV_SHARES &&
	    mf->share_set.members.count == 1 &&
	    list_next(&rd, &type_member, &x) &&
	    bytes_equal(x.alias, bytes_str(DEV_ALIAS)) &&
	    bytes_equal(x.pub_key, mf->ns.quorum_key) &&
	    mf->manifest_set.threshold == 1 &&
	    mf->manifest_set.members.count == 1 &&
	    set_has(&mf->manifest_set, &x);
}

static int
check_bridges(const struct manifest *mf, struct err *e)
{
	struct rd rd = list_walk(&mf->pivot.bridges);
	struct bridge b;

	while (list_next(&rd, &type_bridge, &b))
		if (b.kind == BRIDGE_CLIENT)
			return err_set(e, ERR_REFUSED, "client bridge on port "
			    "%u: this enclave has no egress; take the bridge "
			    "out of the manifest", b.port);
	return 0;
}

int
pivot_user(const struct manifest *m, bool *named, uid_t *uid, struct err *e)
{
	struct rd rd = list_walk(&m->pivot.env);
	struct env_var x;
	uint64_t v;

	*named = false;
	while (list_next(&rd, &type_env_var, &x)) {
		if (!bytes_equal(x.name, bytes_str(PIVOT_UID_ENV)))
			continue;
		if (!bytes_number(x.value, UINT32_MAX - 1, &v))
			return err_set(e, ERR_INPUT, PIVOT_UID_ENV " is not "
			    "a user id");
		*named = true;
		*uid = (uid_t)v;
	}
	return 0;
}

/* What could not be started once the key is there is not booted. */
static int
check_start(struct job *j, const struct manifest *mf)
{
	struct rd rd = list_walk(&mf->pivot.args);
	struct err e = { 0 };
	struct bytes arg;
	bool named;
	uid_t uid;

	if (pivot_user(mf, &named, &uid, &e) != 0)
		return refuse_text(j, PE_INVALID_PIVOT_ENV, "%s", e.text);
	while (list_next(&rd, &type_str, &arg))
		if (arg.n > 0 && memchr(arg.p, 0, arg.n) != NULL)
			return refuse_text(j, PE_QOS_ATTEST, "an argument of "
			    "the pivot has a NUL byte");
	return 0;
}

int
boot_check_manifest(const struct machine *m, struct job *j,
    const struct manifest *mf, bool *dev_boot)
{
	enum refusal why = REFUSAL_NONE;
	struct err e = { 0 };
	int r;

	*dev_boot = m->c.simulated && is_dev_boot(mf);
	if ((r = check_bridges(mf, &e)) != 0)
		return refuse_err(j, r, &e);
	if ((r = check_start(j, mf)) != 0 || *dev_boot)
		return r;
	if ((r = check_mode(m, mf, &e)) != 0)
		return refuse_err(j, r, &e);
	if ((r = set_check(&mf->share_set, "share set", 2, &why, &e)) != 0)
		return refuse_set(j, r, why, &e);
	if ((r = manifest_check(mf, &e)) != 0)
		return refuse_err(j, r, &e);
	return 0;
}

int
boot_share_hashes(struct job *j, const struct manifest *mf,
    struct digest512 **out)
{
	struct err e = { 0 };
	int r = share_hashes_read(mf, out, &e);

	return r == ERR_INPUT ? refuse_text(j, PE_INVALID_PIVOT_ENV, "%s",
	    e.text) : r;
}
