/*
 * Genesis as a service of the enclave (QOS wire 15.1, 15.2): a fresh seed,
 * dealt to the members in the order of the request, attested by the digest
 * of the output.  Nothing is stored.  Unlike in QOS the deal is proven and
 * the test message opened before anything is answered.
 */
#include <stdlib.h>

#include "airgap/record/mode.h"
#include "airgap/seal/hex.h"
#include "enclave/protocol/parts.h"

#define DR_WRAPPED_LEN (SEED_LEN + ENVELOPE_OVERHEAD)		/* 129 */
#define TEST_MESSAGE_MAX 64

struct making {
	const struct set *set;
	struct secret seed;
	struct keyset ks;
	struct deal deal;
	struct public_key *keys;	/* of the members, in their order */
	struct member_output *outputs;
	uint8_t dr_wrapped[DR_WRAPPED_LEN];
	uint8_t ciphertext[TEST_MESSAGE_MAX + ENVELOPE_OVERHEAD];
	struct signature signature;
};

static void
making_free(struct making *g)
{
	secret_free(&g->seed);
	keyset_free(&g->ks);
	deal_free(&g->deal);
	free(g->keys);
	free(g->outputs);
}

static enum mode
mode_of(const struct machine *m)
{
	return m->c.simulated ? MODE_REHEARSAL : MODE_PRODUCTION;
}

static int
check_request(const struct machine *m, struct job *j, const struct set *set)
{
	struct rd rd = list_walk(&set->members);
	enum refusal why;
	struct err e = { 0 };
	struct member x;
	int r;

	if ((r = set_check_unique(set, "genesis set", &why, &e)) != 0)
		return why == REFUSAL_DUPLICATE_MEMBER ?
		    refuse(j, PE_DUPLICATE_MEMBER) : why == REFUSAL_BAD_KEY ?
		    refuse_p256(j, PE_P256, r) : refuse_err(j, r, &e);
	while (list_next(&rd, &type_member, &x))
		if ((r = mode_check_alias(mode_of(m), x.alias, &e)) != 0)
			return refuse_err(j, r, &e);
	return 0;
}

static int
deal(struct making *g, struct job *j)
{
	struct rd rd = list_walk(&g->set->members);
	size_t n = g->set->members.count;
	struct err e = { 0 };
	struct member x;
	int r;

	if ((g->keys = calloc(n + 1, sizeof(*g->keys))) == NULL ||
	    seed_new(&g->seed, &g->ks) != 0)
		return ERR_SYSTEM;
	for (size_t i = 0; list_next(&rd, &type_member, &x); i++)
		if (public_key_read(x.pub_key, &g->keys[i], NULL) != 0)
			return ERR_SYSTEM;
	r = deal_make(&g->deal, g->seed.b, g->set->threshold, n, g->keys, &e);
	if (r == 0 || r == ERR_SYSTEM)
		return r;
	return refuse_text(j, PE_QOS_CRYPTO, "%s", e.text);
}

static int
wrap_dr(struct making *g, struct job *j, const struct opt_bytes *key)
{
	int r;

	if (!key->present)
		return 0;
	r = envelope_seal(key->v, bytes_of(g->seed.b, SEED_LEN),
	    g->dr_wrapped, NULL);
	return r == 0 || r == ERR_SYSTEM ? r :
	    refuse_p256(j, PE_INVALID_DR, r);
}

/* The key works: what it signs verifies, what is sealed to it opens. */
static int
test_key(struct making *g, struct bytes text)
{
	struct bytes pub = bytes_of(g->ks.pub.b, PUBLIC_KEY_LEN);
	struct secret opened = { 0 };
	bool good;

	if (text.n > TEST_MESSAGE_MAX ||
	    keyset_sign(&g->ks, text, &g->signature, NULL) != 0 ||
	    envelope_seal(pub, text, g->ciphertext, NULL) != 0 ||
	    envelope_open(&g->ks, bytes_of(g->ciphertext,
	    text.n + ENVELOPE_OVERHEAD), &opened, NULL) != 0)
		return ERR_SYSTEM;
	good = opened.len == text.n &&
	    memcmp(opened.b, text.p, text.n) == 0 &&
	    signature_verify(pub, text, bytes_of(g->signature.b,
	    SIGNATURE_LEN)) == 0 &&
	    memcmp(g->deal.quorum.b, pub.p, pub.n) == 0;
	secret_free(&opened);
	return good ? 0 : ERR_SYSTEM;
}

/* quorum_key_hash is over the hex text of the seed (TRAP 10). */
static int
hash_seed(const struct making *g, uint8_t out[static SHA512_LEN])
{
	struct secret text = { 0 };
	struct digest512 d;
	int r = seed_text(g->seed.b, &text);

	if (r != 0)
		return r;
	d = sha512(bytes_of(text.b, text.len));
	memcpy(out, d.b, sizeof(d.b));
	secret_free(&text);
	return 0;
}

static int
list_outputs(struct making *g, struct list *out, struct buf *own)
{
	struct rd rd = list_walk(&g->set->members);
	struct member_output *o;
	struct member x;

	g->outputs = calloc(g->deal.n, sizeof(*g->outputs));
	if (g->outputs == NULL)
		return ERR_SYSTEM;
	for (size_t i = 0; list_next(&rd, &type_member, &x); i++) {
		o = &g->outputs[i];
		o->member = x;
		o->sealed_share = bytes_of(g->deal.out[i].sealed,
		    SEALED_SHARE_LEN);
		memcpy(o->share_hash, g->deal.out[i].hash.b, SHA512_LEN);
	}
	return list_pack(&type_member_output, g->outputs, g->deal.n, out, own,
	    NULL);
}

/* Borsh of the output, in memory of its own. */
static int
encode(struct making *g, const struct message *q, struct bytes text,
    struct buf *out)
{
	struct genesis_output o = { .set = q->u.genesis.set,
	    .dr_key = q->u.genesis.dr_key, .test_message = text };
	struct buf outputs = { 0 };
	int r;

	o.quorum_key = bytes_of(g->ks.pub.b, PUBLIC_KEY_LEN);
	o.dr_wrapped = (struct opt_bytes){ o.dr_key.present,
	    bytes_of(g->dr_wrapped, sizeof(g->dr_wrapped)) };
	o.test_ciphertext = bytes_of(g->ciphertext, text.n +
	    ENVELOPE_OVERHEAD);
	o.test_signature = bytes_of(g->signature.b, SIGNATURE_LEN);
	if ((r = hash_seed(g, o.quorum_key_hash)) == 0 &&
	    (r = list_outputs(g, &o.member_outputs, &outputs)) == 0)
		r = genesis_output_write(&o, out, NULL);
	buf_free(&outputs);
	return r == 0 ? 0 : ERR_SYSTEM;
}

static int
make(struct machine *m, struct making *g, struct job *j, struct buf *out)
{
	struct bytes text = mode_test_message(mode_of(m));
	int r;

	if ((r = check_request(m, j, g->set)) != 0 ||
	    (r = deal(g, j)) != 0 ||
	    (r = wrap_dr(g, j, &j->request->u.genesis.dr_key)) != 0 ||
	    (r = test_key(g, text)) != 0)
		return r;
	return encode(g, j->request, text, out);
}

int
genesis_handle(struct machine *m, struct job *j)
{
	struct making g = { .set = &j->request->u.genesis.set };
	struct genesis_output output;
	struct digest256 digest;
	int r;

	r = make(m, &g, j, &j->own[1]);
	making_free(&g);
	if (r != 0)
		return r;
	/* the reply borrows from the very bytes that are attested */
	if (genesis_output_read(buf_bytes(&j->own[1]), &output, NULL) != 0)
		return ERR_SYSTEM;
	digest = sha256(buf_bytes(&j->own[1]));
	j->reply = (struct message){ .tag = PM_BOOT_GENESIS };
	attest_ask(m, bytes_of(digest.b, sizeof(digest.b)), bytes_of(NULL, 0),
	    &j->own[0], &j->reply.u.genesis_done.nsm);
	j->reply.u.genesis_done.output = output;
	m->phase = PHASE_GENESIS_BOOTED;
	return 0;
}
