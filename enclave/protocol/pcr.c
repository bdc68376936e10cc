/*
 * PCR16 and PCR17 commit to the manifest and to the setup and the live key,
 * and all PCRs are locked (QOS wire 11).  Everything is looked at before
 * anything is extended, and once more after the lock.
 */
#include "enclave/attestation/commitment.h"
#include "enclave/protocol/parts.h"

#define PCR_SETUP 16
#define PCR_LIVE 17

/* What one of the two will hold. */
struct commitment {
	uint16_t index;
	struct digest384 extend;	/* what is extended */
	struct digest384 value;		/* what the PCR holds then */
};

static int
nsm_refuse(struct job *j, const char *what, int code)
{
	static const char *const names[] = { "nonsense", "InvalidArgument",
	    "InvalidIndex", "InvalidResponse", "ReadOnlyIndex",
	    "InvalidOperation", "BufferTooSmall", "InputTooLarge",
	    "InternalError" };
	size_t at = (size_t)code;	/* a negative one is over all names */

	return refuse_text(j, PE_QOS_ATTEST, "the NSM answered %s with %s",
	    what, names[at < COUNT(names) ? at : 0]);
}

static struct commitment
commitment_of(enum attestation_kind kind, uint16_t index,
    const struct digest256 *manifest, const struct public_key *key)
{
	struct commitment c = { .index = index };

	c.extend = attestation_commitment(kind, manifest,
	    bytes_of(key->b, PUBLIC_KEY_LEN));
	c.value = attestation_pcr_value(&c.extend);
	return c;
}

static bool
digest384_equal(const struct digest384 *a, const struct digest384 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static int
describe(const struct machine *m, struct job *j, struct nsm_info *info)
{
	const struct effects *f = m->c.effects;
	int code;

	*info = (struct nsm_info){ 0 };
	if ((code = f->nsm_describe(f->ctx, info)) != NSM_SUCCESS)
		return nsm_refuse(j, "DescribeNSM", code);
	if (info->digest != 1)
		return refuse_text(j, PE_QOS_ATTEST, "the NSM's digest is not "
		    "SHA384");
	if (info->max_pcrs < PCR_COUNT || info->max_pcrs > COUNT(info->locked))
		return refuse_text(j, PE_QOS_ATTEST, "the NSM has %u PCRs, "
		    "not %d or more", info->max_pcrs, PCR_COUNT);
	return 0;
}

static int
read_pcr(const struct machine *m, struct job *j, uint16_t index,
    struct pcr_state *s)
{
	const struct effects *f = m->c.effects;
	int code;

	*s = (struct pcr_state){ 0 };
	if ((code = f->nsm_pcr(f->ctx, index, s)) != NSM_SUCCESS)
		return nsm_refuse(j, "DescribePCR", code);
	return 0;
}

/* Somebody committed before: only a new start gives fresh PCRs. */
static int
check_fresh(struct machine *m, struct job *j, const struct nsm_info *info,
    uint16_t index)
{
	static const struct digest384 zero;
	struct pcr_state s;
	int r;

	if ((r = read_pcr(m, j, index, &s)) != 0)
		return r;
	if (!info->locked[index] && !s.lock && digest384_equal(&s.value,
	    &zero))
		return 0;
	m->phase = PHASE_UNRECOVERABLE_ERROR;
	return refuse_text(j, PE_QOS_ATTEST, "PCR%u is %s already; start the "
	    "enclave again", index, info->locked[index] || s.lock ? "locked" :
	    "extended");
}

static int
extend(struct machine *m, struct job *j, const struct commitment *c)
{
	const struct effects *f = m->c.effects;
	struct digest384 got = { { 0 } };
	int code;

	m->phase = PHASE_UNRECOVERABLE_ERROR;
	code = f->nsm_extend(f->ctx, c->index, bytes_of(c->extend.b,
	    sizeof(c->extend.b)), &got);
	if (code != NSM_SUCCESS)
		return nsm_refuse(j, "ExtendPCR", code);
	if (!digest384_equal(&got, &c->value))
		return refuse_text(j, PE_QOS_ATTEST, "PCR%u is not what it "
		    "was extended to", c->index);
	return 0;
}

static int
lock_all(struct machine *m, struct job *j, uint16_t max)
{
	const struct effects *f = m->c.effects;
	struct nsm_info after;
	int code, r;

	if ((code = f->nsm_lock_range(f->ctx, max)) != NSM_SUCCESS)
		return nsm_refuse(j, "LockPCRs", code);
	if ((r = describe(m, j, &after)) != 0)
		return r;
	if (after.max_pcrs != max)
		return refuse_text(j, PE_QOS_ATTEST, "the NSM has %u PCRs "
		    "where it had %u", after.max_pcrs, max);
	for (uint16_t i = 0; i < max; i++)
		if (!after.locked[i])
			return refuse_text(j, PE_QOS_ATTEST, "PCR%u is not "
			    "locked after LockPCRs", i);
	return 0;
}

static int
check_locked(const struct machine *m, struct job *j,
    const struct commitment *c)
{
	struct pcr_state s;
	int r;

	if ((r = read_pcr(m, j, c->index, &s)) != 0)
		return r;
	if (!s.lock || !digest384_equal(&s.value, &c->value))
		return refuse_text(j, PE_QOS_ATTEST, "PCR%u is not locked "
		    "with its commitment", c->index);
	return 0;
}

int
pcr_commit(struct machine *m, struct job *j, const struct digest256 *manifest,
    const struct public_key *setup, const struct public_key *live)
{
	const struct commitment c[] = {
		commitment_of(ATTESTATION_SETUP, PCR_SETUP, manifest, setup),
		commitment_of(ATTESTATION_LIVE, PCR_LIVE, manifest, live),
	};
	struct nsm_info info;
	int r;

	if ((r = describe(m, j, &info)) != 0 ||
	    (r = check_fresh(m, j, &info, PCR_SETUP)) != 0 ||
	    (r = check_fresh(m, j, &info, PCR_LIVE)) != 0 ||
	    (r = extend(m, j, &c[0])) != 0 ||
	    (r = extend(m, j, &c[1])) != 0 ||
	    (r = lock_all(m, j, info.max_pcrs)) != 0 ||
	    (r = check_locked(m, j, &c[0])) != 0)
		return r;
	return check_locked(m, j, &c[1]);
}
