/*
 * The stage: honest requests and what comes back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "tests/unit/stage.h"

#define NEED(x) need((x), #x)

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "stage: %s does not hold\n", what);
	abort();
}

const struct keyset *
stage_key(size_t i)
{
	static struct keyset sets[STAGE_KEYS];
	uint8_t seed[SEED_LEN];

	NEED(i < STAGE_KEYS);
	if (sets[i].scalars.b == NULL) {
		memset(seed, (int)i + 0x41, sizeof(seed));
		NEED(keyset_from_seed(&sets[i], seed, NULL) == 0);
	}
	return &sets[i];
}

static struct member
person(const struct stage *s, size_t i)
{
	return (struct member){ bytes_str(s->alias[i]),
	    bytes_of(stage_key(i)->pub.b, PUBLIC_KEY_LEN) };
}

static void
make_set(const struct stage *s, size_t first, size_t n, uint32_t threshold,
    struct set *out, struct buf *own)
{
	struct member list[STAGE_KEYS];

	for (size_t i = 0; i < n; i++)
		list[i] = person(s, first + i);
	out->threshold = threshold;
	buf_free(own);
	NEED(list_pack(&type_member, list, n, &out->members, own, NULL) == 0);
}

static void
make_deal(struct stage *s)
{
	static struct public_key keys[STAGE_KEYS];

	for (size_t i = 0; i < s->n; i++)
		keys[i] = stage_key(i)->pub;
	NEED(secret_new(&s->seed, SEED_LEN, NULL) == 0);
	memset(s->seed.b, 0x77, SEED_LEN);
	NEED(keyset_from_seed(&s->quorum, s->seed.b, NULL) == 0);
	NEED(deal_make(&s->deal, s->seed.b, s->k, s->n, keys, NULL) == 0);
}

static void
make_manifest(struct stage *s, unsigned version)
{
	static const uint8_t pcrs[4][PCR_LEN] = { { 0 }, { 1 }, { 2 }, { 3 } };
	struct manifest *mf = &s->manifest;
	struct digest256 pivot = sha256(bytes_str(STAGE_PIVOT));

	mf->version = (uint8_t)version;
	mf->ns.name = bytes_str(s->simulated ? "REHEARSAL/stage" : "stage");
	mf->ns.nonce = 7;
	mf->ns.quorum_key = bytes_of(s->quorum.pub.b, PUBLIC_KEY_LEN);
	memcpy(mf->pivot.hash, pivot.b, SHA256_LEN);
	make_set(s, 1, 3, 2, &mf->manifest_set, &s->own[0]);
	make_set(s, 0, s->n, (uint32_t)s->k, &mf->share_set, &s->own[1]);
	for (size_t i = 0; i < 4; i++)
		mf->enclave.pcr[i] = bytes_of(pcrs[i], PCR_LEN);
	mf->enclave.aws_root = aws_root_der();
	mf->enclave.qos_commit = bytes_str("c0ffee");
}

void
stage_approve_by(struct stage *s, const size_t *who, size_t n)
{
	struct approval list[STAGE_KEYS];

	NEED(n <= STAGE_KEYS);
	s->envelope = (struct envelope){ .manifest = s->manifest };
	NEED(manifest_hash(&s->manifest, &s->hash, NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		NEED(keyset_sign(stage_key(who[i]), bytes_of(s->hash.b,
		    SHA256_LEN), &s->approved[i], NULL) == 0);
		list[i] = (struct approval){ bytes_of(s->approved[i].b,
		    SIGNATURE_LEN), person(s, who[i]) };
	}
	buf_free(&s->own[2]);
	NEED(list_pack(&type_approval, list, n,
	    &s->envelope.manifest_approvals, &s->own[2], NULL) == 0);
}

void
stage_approve(struct stage *s)
{
	stage_approve_by(s, (const size_t[]){ 1, 2 }, 2);
}

void
stage_env(struct stage *s, const char *name, const char *value)
{
	const struct env_var v = { bytes_str(name), bytes_str(value) };

	buf_free(&s->own[3]);
	NEED(env_pack(&v, 1, &s->manifest.pivot.env, &s->own[3], NULL) == 0);
	stage_approve(s);
}

void
stage_restart(struct stage *s)
{
	const struct machine_config c = { .effects = &s->fake.effects,
	    .version = "1.2.3", .commit = "abc", .simulated = s->simulated,
	    .app = s->app };
	bool fresh = s->m == NULL;

	machine_free(s->m);
	if (!fresh)
		fake_restart(&s->fake);
	NEED(machine_new(&c, &s->m, NULL) == 0);
}

void
stage_init(struct stage *s, unsigned version, size_t k, size_t n,
    bool simulated)
{
	*s = (struct stage){ .k = k, .n = n, .simulated = simulated };
	fake_init(&s->fake);
	for (size_t i = 0; i < STAGE_KEYS; i++)
		snprintf(s->alias[i], sizeof(s->alias[i]), "%sp%zu",
		    simulated ? "rehearsal-" : "", i);
	make_deal(s);
	make_manifest(s, version);
	stage_approve(s);
	stage_restart(s);
}

static void
reply_free(struct stage *s)
{
	arena_free(&s->arena);
	buf_free(&s->raw);
}

void
stage_free(struct stage *s)
{
	reply_free(s);
	machine_free(s->m);
	deal_free(&s->deal);
	keyset_free(&s->quorum);
	secret_free(&s->seed);
	for (size_t i = 0; i < COUNT(s->own); i++)
		buf_free(&s->own[i]);
	fake_free(&s->fake);
}

const struct message *
stage_send_bytes(struct stage *s, struct bytes in)
{
	struct buf request = fake_copy(in);	/* nothing may borrow longer */

	reply_free(s);
	NEED(machine_handle(s->m, buf_bytes(&request), &s->raw) == 0);
	buf_free(&request);
	NEED(message_read(buf_bytes(&s->raw), &s->reply, &s->wire, &s->arena,
	    NULL) == 0);
	return &s->reply;
}

const struct message *
stage_send(struct stage *s, const struct message *q, enum wire wire)
{
	const struct message *reply;
	struct buf out;

	NEED(message_write(q, wire, &out, NULL) == 0);
	reply = stage_send_bytes(s, buf_bytes(&out));
	buf_free(&out);
	return reply;
}

const struct message *
stage_ask(struct stage *s, uint8_t tag, enum wire wire)
{
	const struct message q = { .tag = tag };

	return stage_send(s, &q, wire);
}

struct message
stage_boot_request(const struct stage *s, uint8_t tag)
{
	struct message q = { .tag = tag };

	q.u.boot.envelope = s->envelope;
	q.u.boot.pivot = bytes_str(STAGE_PIVOT);
	return q;
}

/* Borsh of a V2 boot goes as plain JSON inside tag 23. */
const struct message *
stage_boot(struct stage *s, uint8_t tag, enum wire wire)
{
	struct message q = stage_boot_request(s, tag);
	const struct message *reply;
	struct buf json = { 0 };

	if (tag == PM_BOOT_STANDARD_JSON_REQ) {
		NEED(schema_encode(envelope_type(s->manifest.version),
		    &s->envelope, FORM_JSON_PLAIN, &json, NULL) == 0);
		q.u.boot_json.envelope_json = buf_bytes(&json);
		q.u.boot_json.pivot = bytes_str(STAGE_PIVOT);
	}
	reply = stage_send(s, &q, wire);
	buf_free(&json);
	return reply;
}

struct bytes
stage_share(const struct stage *s, size_t index)
{
	return bytes_of(s->deal.shares.b + (index - 1) * SHARE_LEN, SHARE_LEN);
}

const struct message *
stage_post(struct stage *s, size_t i, struct bytes share, enum wire wire)
{
	struct message q = { .tag = PM_PROVISION_REQ };
	uint8_t sealed[256 + ENVELOPE_OVERHEAD];
	struct signature sig;

	NEED(share.n <= 256);
	NEED(envelope_seal(bytes_of(s->fake.key.b, PUBLIC_KEY_LEN), share,
	    sealed, NULL) == 0);
	NEED(keyset_sign(stage_key(i), bytes_of(s->hash.b, SHA256_LEN), &sig,
	    NULL) == 0);
	q.u.provision.share = bytes_of(sealed, share.n + ENVELOPE_OVERHEAD);
	q.u.provision.approval = (struct approval){ bytes_of(sig.b,
	    SIGNATURE_LEN), person(s, i) };
	return stage_send(s, &q, wire);
}

void
stage_recorded(const struct stage *s, char out[static STAGE_KEYS * 4])
{
	struct arena arena;
	struct envelope env;
	struct approval a;
	struct rd rd;

	out[0] = '\0';
	NEED(envelope_read(buf_bytes(&s->fake.file[FILE_MANIFEST]), &env,
	    &arena, NULL) == 0);
	rd = list_walk(&env.share_approvals);
	while (list_next(&rd, &type_approval, &a))
		for (size_t i = 0; i < STAGE_KEYS; i++)
			if (bytes_equal(a.member.pub_key, bytes_of(
			    stage_key(i)->pub.b, PUBLIC_KEY_LEN)))
				sprintf(out + strlen(out), "%s%zu",
				    out[0] == '\0' ? "" : " ", i);
	arena_free(&arena);
}
