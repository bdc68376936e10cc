/*
 * Valid records and their edits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/signed.h"
#include "airgap/record/cbor.h"
#include "tests/unit/samples.h"

#define NEED(x) need((x), #x)

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "sample: %s does not hold\n", what);
	abort();
}

const struct keyset *
sample_keyset(size_t i)
{
	static struct keyset sets[SAMPLE_KEYS];
	uint8_t seed[SEED_LEN];

	NEED(i < SAMPLE_KEYS);
	if (sets[i].scalars.b == NULL) {
		memset(seed, (int)i + 1, sizeof(seed));
		NEED(keyset_from_seed(&sets[i], seed, NULL) == 0);
	}
	return &sets[i];
}

const struct public_key *
sample_key(size_t i)
{
	return &sample_keyset(i)->pub;
}

static struct bytes
alias(enum mode mode, size_t i)
{
	static const char *const names[] = { "rehearsal-alice",
	    "rehearsal-bob", "rehearsal-carol" };

	return bytes_str(names[i] +
	    (mode == MODE_REHEARSAL ? 0 : strlen(REHEARSAL_ALIAS)));
}

void
sample_plan(struct sample_plan *s, enum mode mode)
{
	*s = (struct sample_plan){ 0 };
	s->spares[0] = *sample_key(3);
	s->spares[1] = *sample_key(4);
	for (size_t i = 0; i < 3; i++) {
		s->persons[i].alias = alias(mode, i);
		s->persons[i].key = *sample_key(i);
	}
	s->persons[1].spares = s->spares;
	s->persons[1].spare_count = 2;
	s->plan = (struct plan){
		.mode = mode, .has_dr = true, .has_unattested = true,
		.name = bytes_str(mode == MODE_REHEARSAL ?
		    "REHEARSAL/vault" : "vault"),
		.persons = s->persons, .n = 3, .k = 2, .dr = *sample_key(5),
		.unattested = bytes_str("tokens of 2019, no proof on them"),
	};
}

static void
fill(struct digest256 *d, uint8_t byte)
{
	memset(d->b, byte, sizeof(d->b));
}

static void
sign(int (*message)(const void *, struct buf *, struct err *), const void *x,
    size_t key, struct signature *out)
{
	struct buf msg;

	NEED(message(x, &msg, NULL) == 0);
	NEED(keyset_sign(sample_keyset(key), buf_bytes(&msg), out, NULL) == 0);
	buf_free(&msg);
}

static int
statement_message(const void *x, struct buf *out, struct err *e)
{
	return genesis_statement_message(x, out, e);
}

static int
a_receipt_message(const void *x, struct buf *out, struct err *e)
{
	const struct receipt *y = x;
	struct buf body;
	int r = receipt_body(y, &body, e);

	if (r == 0)
		r = signed_message(PURPOSE_RECEIPT, y->mode, buf_bytes(&body), out,
		    e);
	buf_free(&body);
	return r;
}

static int
a_release_message(const void *x, struct buf *out, struct err *e)
{
	const struct release *y = x;
	struct buf body;
	int r = release_body(y, &body, e);

	if (r == 0)
		r = signed_message(PURPOSE_RELEASE, y->mode, buf_bytes(&body), out,
		    e);
	buf_free(&body);
	return r;
}

void
sample_statement(struct genesis_statement *s, enum mode mode)
{
	*s = (struct genesis_statement){ .mode = mode,
	    .quorum = *sample_key(6) };
	fill(&s->plan, 0x11);
	fill(&s->output, 0x22);
	fill(&s->spares, 0x33);
	sign(statement_message, s, 6, &s->signature);
}

void
sample_receipt(struct receipt *x, enum mode mode)
{
	*x = (struct receipt){ .mode = mode, .alias = alias(mode, 0),
	    .key = *sample_key(0), .time = 1767225600 };
	fill(&x->plan, 0x11);
	fill(&x->output, 0x22);
	memset(x->share_hash.b, 0x44, sizeof(x->share_hash.b));
	sign(a_receipt_message, x, 0, &x->signature);
}

void
sample_release(struct release *x, enum mode mode)
{
	*x = (struct release){ .mode = mode, .alias = alias(mode, 1),
	    .key = *sample_key(1), .setup_key = *sample_key(7),
	    .time = 1767225600, .has_challenge = true,
	    .challenge = bytes_str("sixteen bytes ok") };
	fill(&x->manifest, 0x55);
	fill(&x->attestation, 0x66);
	fill(&x->share, 0x77);
	sign(a_release_message, x, 1, &x->signature);
}

void
sample_trust(struct trust *t, enum mode mode)
{
	*t = (struct trust){ .mode = mode, .quorum = *sample_key(6),
	    .nonce = 7, .name = bytes_str(mode == MODE_REHEARSAL ?
	    "REHEARSAL/vault" : "vault") };
	fill(&t->manifest_set, 0x99);
	memset(t->pcr3.b, 0xaa, sizeof(t->pcr3.b));
	memset(t->share_hash.b, 0x44, sizeof(t->share_hash.b));
	t->has_manifest = true;
	fill(&t->manifest, 0x77);
}

void
sample_spares(struct spares *s, struct spare *list, enum mode mode)
{
	*s = (struct spares){ .mode = mode, .list = list, .count = 2 };
	fill(&s->plan, 0x11);
	for (size_t i = 0; i < 2; i++) {
		list[i] = (struct spare){ .alias = alias(mode, 1),
		    .key = *sample_key(3 + i) };
		memset(list[i].share.sealed, 0x88, SEALED_SHARE_LEN);
		memset(list[i].share.hash.b, 0x44, SHA512_LEN);
	}
	spares_sort(list, 2);
}

/* --- as bytes */

static struct buf
make_plan(enum mode mode)
{
	struct sample_plan s;
	struct buf out;

	sample_plan(&s, mode);
	NEED(plan_encode(&s.plan, &out, NULL) == 0);
	return out;
}

static int
again_plan(struct bytes in, struct buf *out, struct err *e)
{
	struct plan p;
	int r = plan_decode(in, &p, e);

	if (r == 0)
		r = plan_encode(&p, out, e);
	plan_free(&p);
	return r;
}

static struct buf
make_spares(enum mode mode)
{
	struct spare list[2];
	struct spares s;
	struct buf out;

	sample_spares(&s, list, mode);
	NEED(spares_encode(&s, &out, NULL) == 0);
	return out;
}

static int
again_spares(struct bytes in, struct buf *out, struct err *e)
{
	struct spares s;
	int r = spares_decode(in, &s, e);

	if (r == 0)
		r = spares_encode(&s, out, e);
	spares_free(&s);
	return r;
}

static struct buf
make_statement(enum mode mode)
{
	struct genesis_statement s;
	struct buf out;

	sample_statement(&s, mode);
	NEED(genesis_statement_encode(&s, &out, NULL) == 0);
	return out;
}

static int
again_statement(struct bytes in, struct buf *out, struct err *e)
{
	struct genesis_statement s;
	int r = genesis_statement_decode(in, &s, e);

	return r != 0 ? r : genesis_statement_encode(&s, out, e);
}

static struct buf
make_receipt(enum mode mode)
{
	struct receipt x;
	struct buf out;

	sample_receipt(&x, mode);
	NEED(receipt_encode(&x, &out, NULL) == 0);
	return out;
}

static int
again_receipt(struct bytes in, struct buf *out, struct err *e)
{
	struct receipt x;
	int r = receipt_decode(in, &x, e);

	return r != 0 ? r : receipt_encode(&x, out, e);
}

static struct buf
make_release(enum mode mode)
{
	struct release x;
	struct buf out;

	sample_release(&x, mode);
	NEED(release_encode(&x, &out, NULL) == 0);
	return out;
}

static int
again_release(struct bytes in, struct buf *out, struct err *e)
{
	struct release x;
	int r = release_decode(in, &x, e);

	return r != 0 ? r : release_encode(&x, out, e);
}

static struct buf
make_trust(enum mode mode)
{
	struct trust t;
	struct buf out;

	sample_trust(&t, mode);
	NEED(trust_encode(&t, &out, NULL) == 0);
	return out;
}

static int
again_trust(struct bytes in, struct buf *out, struct err *e)
{
	struct trust t;
	int r = trust_decode(in, &t, e);

	return r != 0 ? r : trust_encode(&t, out, e);
}

const struct sample samples[SAMPLE_COUNT] = {
	{ PLAN_TYPE, make_plan, again_plan },
	{ SPARES_TYPE, make_spares, again_spares },
	{ GENESIS_STATEMENT_TYPE, make_statement, again_statement },
	{ RECEIPT_TYPE, make_receipt, again_receipt },
	{ RELEASE_TYPE, make_release, again_release },
	{ TRUST_TYPE, make_trust, again_trust },
};

/* --- edits */

struct edit {
	struct bytes in;
	const char *key;
	struct bytes value;	/* NULL: drop */
};

/* Does key stand before the other in the order of encodings? */
static bool
before(const char *key, struct bytes other)
{
	struct bytes k = bytes_str(key);

	return k.n != other.n ? k.n < other.n : bytes_compare(k, other) < 0;
}

static int
put_entry(struct sink *s, struct bytes key, struct bytes value)
{
	int r = cbor_put_text(s, key);

	return r != 0 ? r : sink_put(s, value.p, value.n);
}

static int
put_edit(struct sink *s, const void *ctx)
{
	const struct edit *x = ctx;
	struct cbor_rd r = cbor_rd_of(x->in, NULL);
	struct bytes key, name = bytes_str(x->key);
	struct cbor_items m;
	bool there = false, done = x->value.p == NULL;
	struct cbor_rd look = r;

	NEED(cbor_map_begin(&look, &m) == 0);
	while (cbor_map_next(&look, &m, &key) == 0 && key.p != NULL) {
		there |= bytes_equal(key, name);
		NEED(cbor_skip(&look) == 0);
	}
	NEED(there || !done);
	NEED(cbor_map_begin(&r, &m) == 0);
	NEED(cbor_put_map(s, m.left + !there - done) == 0);
	while (cbor_map_next(&r, &m, &key) == 0 && key.p != NULL) {
		const uint8_t *from = r.p;

		NEED(cbor_skip(&r) == 0);
		if (!done && !there && before(x->key, key)) {
			NEED(put_entry(s, name, x->value) == 0);
			done = true;
		}
		if (!bytes_equal(key, name))
			NEED(put_entry(s, key, bytes_of(from,
			    (size_t)(r.p - from))) == 0);
		else if (x->value.p != NULL)
			NEED(put_entry(s, name, x->value) == 0);
	}
	if (!done && !there)
		NEED(put_entry(s, name, x->value) == 0);
	return 0;
}

struct buf
sample_without(struct bytes in, const char *key)
{
	return sample_with(in, key, bytes_of(NULL, 0));
}

struct buf
sample_with(struct bytes in, const char *key, struct bytes value)
{
	struct edit x = { in, key, value };
	struct buf out;

	NEED(sink_collect(put_edit, &x, &out, NULL) == 0);
	return out;
}
