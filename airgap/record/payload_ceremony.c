/*
 * Payloads of a ceremony: keys, plan, genesis, receipts.
 */
#include <stdlib.h>

#include "airgap/record/attest_bundle.h"
#include "airgap/record/form.h"
#include "airgap/record/genesis_commit.h"
#include "airgap/record/label.h"
#include "airgap/record/payload_parts.h"
#include "airgap/record/receipt.h"
#include "airgap/seal/hex.h"

static struct bytes
message_of(const struct payload *p)
{
	return buf_bytes(&p->message);
}

/* --- plan, receipt, genesis: records of ours, as they are */

int
plan_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct plan x;
	int r = plan_decode(message_of(p), &x, e);

	(void)w;
	if (r == 0) {
		p->mode = x.mode;
		payload_summary(p, "plan \"%.*s\", %u of %zu people",
		    (int)x.name.n, (const char *)x.name.p, (unsigned)x.k,
		    x.n);
		r = payload_add(p, bytes_str("plan"), "cbor", message_of(p),
		    e);
	}
	plan_free(&x);
	return r;
}

int
receipt_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct receipt x;
	int r;

	(void)w;
	if ((r = receipt_decode(message_of(p), &x, e)) != 0 ||
	    (r = receipt_verify(&x, e)) != 0)
		return r;
	p->mode = x.mode;
	payload_summary(p, "receipt of \"%.*s\" for a share", (int)x.alias.n,
	    (const char *)x.alias.p);
	return payload_add(p, x.alias, "receipt", message_of(p), e);
}

int
genesis_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	struct bytes commit = source_of(s, ROLE_COMMIT)->data;
	struct genesis_commit c = {
	    .mode = s->facts[0].mode,	/* genesis_parts_read compares */
	    .plan = source_of(s, ROLE_PLAN)->data,
	    .output = source_of(s, ROLE_OUTPUT)->data,
	    .spares = source_of(s, ROLE_SPARES)->data,
	    .statement = source_of(s, ROLE_STATEMENT)->data };
	int r;

	(void)w;
	if (commit.n > 0 && (r = genesis_commit_decode(commit, &c, e)) != 0)
		return r;
	return genesis_commit_encode(&c, message, e);
}

static int
genesis_files(struct payload *p, const struct genesis_commit *c,
    struct err *e)
{
	int r;

	if ((r = payload_add(p, bytes_str("plan"), "cbor", c->plan,
	    e)) != 0 ||
	    (r = payload_add(p, bytes_str("genesis_output"), "", c->output,
	    e)) != 0 ||
	    (r = payload_add(p, bytes_str("spares"), "cbor", c->spares,
	    e)) != 0)
		return r;
	return payload_add(p, bytes_str("genesis_statement"), "cbor",
	    c->statement, e);
}

int
genesis_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	struct genesis_commit c;
	struct genesis_parts parts;
	char hex[17];
	int r;

	(void)w;
	if ((r = genesis_commit_decode(message_of(p), &c, e)) != 0 ||
	    (r = genesis_parts_read(&c, &parts, e)) != 0)
		return r;
	p->mode = c.mode;
	hex_text(parts.output_hash.b, 8, hex);
	payload_summary(p, "genesis \"%.*s\", %u of %zu people, output "
	    "%.8s %.8s ...", (int)parts.plan.name.n,
	    (const char *)parts.plan.name.p, (unsigned)parts.plan.k,
	    parts.plan.n, hex, hex + 8);
	r = genesis_files(p, &c, e);
	genesis_parts_free(&parts);
	return r;
}

/* --- keys of operators, each with what shows where it was made */

static int
by_alias(const void *a, const void *b)
{
	const struct operator_entry *x = a, *y = b;

	return bytes_compare(x->alias, y->alias);
}

/* Gives each proof to the key that it is about. */
static int
match_proofs(const struct sources *s, struct wrapped *w, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct attest_bundle b;
		size_t at = 0;
		int r;

		if (s->facts[i].role != ROLE_PROOF)
			continue;
		if ((r = attest_bundle_decode(s->in[i].data, &b, e)) != 0)
			return r;
		while (at < w->operator_count && memcmp(b.key.b,
		    w->operators[at].key.b, PUBLIC_KEY_LEN) != 0)
			at++;
		if (at == w->operator_count)
			return err_set(e, ERR_REFUSED, "%s: attests a key "
			    "that is not among these .pub files",
			    s->in[i].name);
		if (w->operators[at].has_proof)
			return err_set(e, ERR_REFUSED, "%s: a second "
			    "attestation of the same key", s->in[i].name);
		w->operators[at].has_proof = true;
		w->operators[at].proof = s->in[i].data;
	}
	return 0;
}

int
keys_message(const struct sources *s, struct wrapped *w,
    struct buf *message, struct err *e)
{
	int r = ERR_INTERNAL;

	w->mode = s->facts[0].mode;
	for (size_t i = 0; i < s->n; i++) {
		struct operator_entry *o = &w->operators[w->operator_count];
		const char *name = s->in[i].name;

		if (s->facts[i].role != ROLE_KEY)
			continue;
		if (w->operator_count == OPERATORS_MAX)
			return err_set(e, ERR_INPUT, "more than %d keys; send "
			    "them in two parts", OPERATORS_MAX);
		if ((r = public_key_from_text(s->in[i].data, &o->key,
		    e)) != 0)
			return r;
		o->alias = bytes_of(name, strcspn(name, "."));
		w->operator_count++;
	}
	if ((r = match_proofs(s, w, e)) != 0)
		return r;
	qsort(w->operators, w->operator_count, sizeof(w->operators[0]),
	    by_alias);
	return wrapped_encode(WRAP_KEYS, w, message, e);
}

static int
check_operator(const struct wrapped *w, size_t i, struct err *e)
{
	const struct operator_entry *o = &w->operators[i];
	struct attest_bundle b;
	int r;

	if ((r = label_check_alias(o->alias, e)) != 0 ||
	    (r = mode_check_alias(w->mode, o->alias, e)) != 0)
		return r;
	if (i > 0 && by_alias(o - 1, o) >= 0)
		return err_set(e, ERR_INPUT, "operator keys: \"%.*s\" is there "
		    "twice, or out of order", (int)o->alias.n,
		    (const char *)o->alias.p);
	if ((r = public_key_check(bytes_of(o->key.b, PUBLIC_KEY_LEN))) != 0)
		return err_set(e, ERR_INPUT, "operator keys: key of \"%.*s\": "
		    "%s", (int)o->alias.n, (const char *)o->alias.p,
		    err_text(r));
	if (!o->has_proof)
		return 0;
	if ((r = attest_bundle_decode(o->proof, &b, e)) != 0 ||
	    (r = mode_check_same(w->mode, b.mode, "the token attestation",
	    e)) != 0)
		return r;
	return memcmp(b.key.b, o->key.b, PUBLIC_KEY_LEN) == 0 ? 0 :
	    err_set(e, ERR_REFUSED, "the token attestation of \"%.*s\" is of "
	    "another key", (int)o->alias.n, (const char *)o->alias.p);
}

static int
operator_files(struct payload *p, const struct operator_entry *o,
    struct err *e)
{
	char hex[2 * PUBLIC_KEY_LEN];
	int r;

	hex_encode(o->key.b, PUBLIC_KEY_LEN, hex);
	if ((r = payload_add(p, o->alias, "pub", bytes_of(hex, sizeof(hex)),
	    e)) != 0 || !o->has_proof)
		return r;
	return payload_add(p, o->alias, "attestation", o->proof, e);
}

int
keys_payload(struct payload *p, struct wrapped *w, struct err *e)
{
	int r;

	if ((r = wrapped_decode(WRAP_KEYS, message_of(p), w, e)) != 0)
		return r;
	p->mode = w->mode;
	if (w->operator_count == 1)
		payload_summary(p, "public key of");
	else
		payload_summary(p, "public keys of %zu persons:",
		    w->operator_count);
	for (size_t i = 0; i < w->operator_count; i++) {
		const struct operator_entry *o = &w->operators[i];

		if ((r = check_operator(w, i, e)) != 0 ||
		    (r = operator_files(p, o, e)) != 0)
			return r;
		payload_summary(p, "%s \"%.*s\"%s", i == 0 ? "" : ",",
		    (int)o->alias.n, (const char *)o->alias.p,
		    o->has_proof ? " with token attestation" : "");
	}
	return 0;
}
