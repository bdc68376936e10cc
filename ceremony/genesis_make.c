/*
 * Making the quorum key.  Order: seed, deal with its proof, spares, disaster
 * recovery, test message, every present key opens and compares, statement,
 * wipe, commit bytes, and the same public check that anyone can repeat.
 */
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "ceremony/entropy.h"
#include "ceremony/genesis_make.h"
#include "token/operator_key.h"

#define DR_WRAPPED_LEN (SEED_LEN + ENVELOPE_OVERHEAD)		/* 129 */
#define TEST_MESSAGE_MAX 64

/* Everything that is being made; the secret part is freed by clear_secrets. */
struct making {
	const struct plan *plan;
	struct bytes encoded;
	struct digest256 fingerprint;
	struct secret seed;
	struct keyset ks;
	struct deal deal;
	struct public_key *keys;	/* n, persons' primary keys */
	struct spare *spares;
	size_t nspares;
	uint8_t dr_wrapped[DR_WRAPPED_LEN];
	uint8_t test_ciphertext[TEST_MESSAGE_MAX + ENVELOPE_OVERHEAD];
	struct signature test_signature;
	uint8_t seed_hash[SHA512_LEN];
	struct buf output, spares_record, statement;
	bool opened[SHAMIR_MAX][PLAN_SPARES_MAX + 1];
};

static void
clear_secrets(struct making *m)
{
	deal_wipe(&m->deal);
	keyset_free(&m->ks);
	secret_free(&m->seed);
	wipe_stack();
}

static void
making_free(struct making *m)
{
	clear_secrets(m);
	deal_free(&m->deal);
	free(m->keys);
	free(m->spares);
	buf_free(&m->output);
	buf_free(&m->spares_record);
	buf_free(&m->statement);
}

/* quorum_key_hash is over the hex text of the seed (TRAP 10). */
static int
hash_seed(struct making *m, struct err *e)
{
	struct secret text = { 0 };
	struct digest512 d;
	int r;

	if ((r = secret_new(&text, SEED_HEX_LEN, e)) != 0)
		return r;
	hex_encode(m->seed.b, SEED_LEN, (char *)text.b);
	d = sha512(bytes_of(text.b, text.len));
	memcpy(m->seed_hash, d.b, sizeof(d.b));
	secret_free(&text);
	return 0;
}

static int
seal_spares(struct making *m, struct err *e)
{
	size_t total = 0, at = 0;
	int r;

	for (size_t i = 0; i < m->plan->n; i++)
		total += m->plan->persons[i].spare_count;
	m->spares = calloc(total == 0 ? 1 : total, sizeof(*m->spares));
	if (m->spares == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < m->plan->n; i++) {
		const struct plan_person *p = &m->plan->persons[i];

		for (size_t j = 0; j < p->spare_count; j++, at++) {
			m->spares[at].alias = p->alias;
			m->spares[at].key = p->spares[j];
			if ((r = deal_seal_again(&m->deal, i + 1,
			    &p->spares[j], &m->spares[at].share, e)) != 0)
				return r;
		}
	}
	m->nspares = at;
	spares_sort(m->spares, m->nspares);
	return 0;
}

/* Signs the test message, seals it to the quorum key, and opens it again. */
static int
make_test_message(struct making *m, struct err *e)
{
	struct bytes text = mode_test_message(m->plan->mode);
	struct bytes pub = bytes_of(m->ks.pub.b, PUBLIC_KEY_LEN);
	struct secret opened = { 0 };
	int r;

	if (text.n > TEST_MESSAGE_MAX)
		return err_set(e, ERR_INTERNAL, "test message too long");
	if ((r = keyset_sign(&m->ks, text, &m->test_signature, e)) != 0 ||
	    (r = envelope_seal(pub, text, m->test_ciphertext, e)) != 0 ||
	    (r = envelope_open(&m->ks, bytes_of(m->test_ciphertext,
	    text.n + ENVELOPE_OVERHEAD), &opened, e)) != 0)
		goto out;
	r = signature_verify(pub, text, bytes_of(m->test_signature.b,
	    SIGNATURE_LEN));
	if (r != 0 || opened.len != text.n ||
	    memcmp(opened.b, text.p, text.n) != 0)
		r = err_set(e, ERR_INTERNAL, "the new key fails its own test "
		    "message; nothing was made");
out:
	secret_free(&opened);
	return r;
}

static int
deal_all(struct making *m, const struct secret *dice, struct err *e)
{
	const struct plan *p = m->plan;
	int r;

	m->keys = calloc(p->n, sizeof(*m->keys));
	if (m->keys == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < p->n; i++)
		m->keys[i] = p->persons[i].key;
	if ((r = entropy_seed(dice, &m->fingerprint, &m->seed, &m->ks,
	    e)) != 0 ||
	    (r = deal_make(&m->deal, m->seed.b, p->k, p->n, m->keys,
	    e)) != 0 ||
	    (r = hash_seed(m, e)) != 0 || (r = seal_spares(m, e)) != 0 ||
	    (r = make_test_message(m, e)) != 0)
		return r;
	if (memcmp(m->deal.quorum.b, m->ks.pub.b, PUBLIC_KEY_LEN) != 0)
		return err_set(e, ERR_INTERNAL, "two derivations of the public "
		    "key differ; nothing was made");
	if (!p->has_dr)
		return 0;
	return envelope_seal(bytes_of(p->dr.b, PUBLIC_KEY_LEN),
	    bytes_of(m->seed.b, SEED_LEN), m->dr_wrapped, e);
}

/* What was sealed to that person's first key (spare 0), or to a spare. */
static struct bytes
sealed_to(const struct making *m, size_t person, size_t spare)
{
	const struct public_key *key = plan_person_key(
	    &m->plan->persons[person], spare);
	struct bytes none = { 0 };

	if (spare == 0)
		return bytes_of(m->deal.out[person].sealed, SEALED_SHARE_LEN);
	for (size_t i = 0; i < m->nspares; i++)
		if (memcmp(m->spares[i].key.b, key->b, PUBLIC_KEY_LEN) == 0)
			return bytes_of(m->spares[i].share.sealed,
			    SEALED_SHARE_LEN);
	return none;
}

/* What came out must be the share that was dealt to that person. */
static int
compare_share(struct making *m, size_t person, size_t spare,
    const struct secret *opened, struct err *e)
{
	int r = deal_compare(&m->deal, person + 1, opened, e);

	if (r == 0)
		m->opened[person][spare] = true;
	return r;
}

static int
open_by_file(struct making *m, const char *path, struct err *e)
{
	const struct plan_person *who;
	struct operator_key *key = NULL;
	struct secret opened = { 0 };
	size_t spare, person;
	int r;

	if ((r = operator_key_open_file(path, &key, e)) != 0)
		return r;
	who = present_holder(m->plan, operator_key_public(key), &spare);
	if (who == NULL) {
		r = err_set(e, ERR_REFUSED, "--key %s: nobody in the plan has "
		    "this key", path);
		goto out;
	}
	person = (size_t)(who - m->plan->persons);
	if ((r = operator_key_open(key, sealed_to(m, person, spare), &opened,
	    e)) == 0)
		r = compare_share(m, person, spare, &opened, e);
	if (r != 0)
		(void)err_prefix(e, "%s: opening its share again", path);
out:
	secret_free(&opened);
	operator_key_free(key);
	return r;
}

static int
open_by_token(struct making *m, struct room *room, size_t person,
    size_t spare, struct err *e)
{
	const struct plan_person *who = &m->plan->persons[person];
	char whose[ROOM_WHOSE_MAX];
	struct secret opened = { 0 };
	int r;

	room_whose(m->plan, who, whose);
	ui_say("%zu of %zu  %.*s opens the share%s", person + 1, m->plan->n,
	    (int)who->alias.n, (const char *)who->alias.p, spare == 0 ? "" :
	    " with a spare");
	if ((r = room_open(room, m->plan, whose, plan_person_key(who, spare),
	    sealed_to(m, person, spare), &opened, e)) == 0)
		r = compare_share(m, person, spare, &opened, e);
	if (r == 0)
		ui_say("        it is the share that was dealt");
	secret_free(&opened);
	return r;
}

static bool
has_opened(const struct making *m, size_t person)
{
	for (size_t j = 0; j <= PLAN_SPARES_MAX; j++)
		if (m->opened[person][j])
			return true;
	return false;
}

static bool
is_of(const void *of, const struct public_key *key)
{
	const struct plan_person *who = of;

	for (size_t j = 0; j <= who->spare_count; j++)
		if (memcmp(plan_person_key(who, j)->b, key->b,
		    PUBLIC_KEY_LEN) == 0)
			return true;
	return false;
}

/* Each of the person's tokens that is here; at least one is waited for. */
static int
open_tokens(struct making *m, struct room *room, size_t person,
    struct err *e)
{
	const struct plan_person *who = &m->plan->persons[person];
	char whose[ROOM_WHOSE_MAX];
	const struct room_want want = { whose, is_of, who };
	struct public_key pub;
	int r;

	room_whose(m->plan, who, whose);
	if ((r = has_opened(m, person) ? room_look(room, m->plan, e) :
	    room_bring(room, m->plan, &want, &pub, e)) != 0)
		return r;
	for (size_t j = 0; j <= who->spare_count; j++)
		if (!m->opened[person][j] && room_find(room,
		    plan_person_key(who, j)) != NULL &&
		    (r = open_by_token(m, room, person, j, e)) != 0)
			return r;
	return 0;
}

/* Who must be here was checked before anything was made. */
static int
open_all(struct making *m, const struct present *here,
    struct genesis_report *report, struct err *e)
{
	size_t persons = 0;
	int r;

	for (size_t i = 0; i < here->nkeys; i++)
		if ((r = open_by_file(m, here->keys[i], e)) != 0)
			return r;
	for (size_t i = 0; i < m->plan->n; i++) {
		if (here->room != NULL && here->room->tokens &&
		    !present_excused(here, &m->plan->persons[i]) &&
		    (r = open_tokens(m, here->room, i, e)) != 0)
			return r;
		persons += has_opened(m, i);
		for (size_t j = 0; j <= PLAN_SPARES_MAX; j++)
			report->opened += m->opened[i][j];
	}
	report->sealed = m->plan->n + m->nspares;
	return persons + here->nabsent == m->plan->n ? 0 :
	    err_set(e, ERR_REFUSED, "a key file was changed while the key "
	    "was made; nothing was made");
}

static int
write_output(struct making *m, struct err *e)
{
	const struct plan *p = m->plan;
	struct bytes text = mode_test_message(p->mode);
	struct genesis_output g = { .dr_key.present = p->has_dr };
	struct member_output *o = calloc(p->n, sizeof(*o));
	struct member *members = calloc(p->n, sizeof(*members));
	struct buf set = { 0 }, outputs = { 0 };
	int r = ERR_SYSTEM;

	if (o == NULL || members == NULL) {
		(void)err_set(e, r, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < p->n; i++) {
		members[i] = (struct member){ p->persons[i].alias,
		    bytes_of(p->persons[i].key.b, PUBLIC_KEY_LEN) };
		o[i].member = members[i];
		o[i].sealed_share = bytes_of(m->deal.out[i].sealed,
		    SEALED_SHARE_LEN);
		memcpy(o[i].share_hash, m->deal.out[i].hash.b, SHA512_LEN);
	}
	g.set.threshold = (uint32_t)p->k;
	g.quorum_key = bytes_of(m->deal.quorum.b, PUBLIC_KEY_LEN);
	g.dr_key.v = bytes_of(p->dr.b, PUBLIC_KEY_LEN);
	g.dr_wrapped = (struct opt_bytes){ p->has_dr,
	    bytes_of(m->dr_wrapped, DR_WRAPPED_LEN) };
	memcpy(g.quorum_key_hash, m->seed_hash, SHA512_LEN);
	g.test_message = text;
	g.test_ciphertext = bytes_of(m->test_ciphertext,
	    text.n + ENVELOPE_OVERHEAD);
	g.test_signature = bytes_of(m->test_signature.b, SIGNATURE_LEN);
	if ((r = list_pack(&type_member, members, p->n, &g.set.members, &set,
	    e)) != 0 ||
	    (r = list_pack(&type_member_output, o, p->n, &g.member_outputs,
	    &outputs, e)) != 0)
		goto out;
	r = genesis_output_write(&g, &m->output, e);
out:
	buf_free(&set);
	buf_free(&outputs);
	free(members);
	free(o);
	return r;
}

/* The quorum key speaks once as itself, while it exists. */
static int
write_statement(struct making *m, struct err *e)
{
	struct genesis_statement s = { .mode = m->plan->mode,
	    .plan = m->fingerprint, .output = sha256(buf_bytes(&m->output)),
	    .spares = sha256(buf_bytes(&m->spares_record)),
	    .quorum = m->deal.quorum };
	struct buf message = { 0 };
	int r;

	if ((r = genesis_statement_message(&s, &message, e)) != 0 ||
	    (r = keyset_sign(&m->ks, buf_bytes(&message), &s.signature,
	    e)) != 0)
		goto out;
	r = genesis_statement_encode(&s, &m->statement, e);
out:
	buf_free(&message);
	return r;
}

static int
write_records(struct making *m, struct err *e)
{
	const struct spares s = { .mode = m->plan->mode,
	    .plan = m->fingerprint, .list = m->spares, .count = m->nspares };
	int r;

	if ((r = write_output(m, e)) != 0 ||
	    (r = spares_encode(&s, &m->spares_record, e)) != 0)
		return r;
	return write_statement(m, e);
}

/* The commit must pass the check that everybody else will make. */
static int
write_commit(const struct making *m, struct buf *commit, struct err *e)
{
	const struct genesis_commit c = { m->plan->mode, m->encoded,
	    buf_bytes(&m->output), buf_bytes(&m->spares_record),
	    buf_bytes(&m->statement) };
	struct genesis_commit again;
	struct genesis_parts parts;
	int r;

	if ((r = genesis_commit_encode(&c, commit, e)) != 0)
		return r;
	if ((r = genesis_commit_decode(buf_bytes(commit), &again, e)) == 0 &&
	    (r = genesis_parts_read(&again, &parts, e)) == 0)
		genesis_parts_free(&parts);
	if (r != 0) {
		(void)err_prefix(e, "the new genesis fails its own check");
		buf_free(commit);
	}
	return r;
}

int
genesis_make(const struct plan *plan, struct bytes encoded,
    const struct secret *dice, const struct present *here,
    struct buf *commit, struct genesis_report *report, struct err *e)
{
	struct making *m = calloc(1, sizeof(*m));
	int r;

	*commit = (struct buf){ 0 };
	*report = (struct genesis_report){ 0 };
	if (m == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	m->plan = plan;
	m->encoded = encoded;
	m->fingerprint = plan_fingerprint(encoded);
	if ((r = deal_all(m, dice, e)) != 0 ||
	    (r = open_all(m, here, report, e)) != 0 ||
	    (r = write_records(m, e)) != 0)
		goto out;
	clear_secrets(m);
	shamir_combinations(plan->k, plan->n, report->combinations);
	r = write_commit(m, commit, e);
out:
	making_free(m);
	free(m);
	return r;
}
