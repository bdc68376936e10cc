/*
 * Reader of attestation documents: first the map as a whole, each value as
 * its bytes; then the rules in their own order, whatever the map's is.
 *
 * Integers of any width are taken in the payload, as the signature is over
 * the bytes received.  No heap.
 */
#include <stddef.h>

#include "airgap/record/reader.h"
#include "enclave/attestation/cbor_doc.h"
#include "enclave/attestation/document.h"

enum key {
	KEY_MODULE_ID, KEY_DIGEST, KEY_TIMESTAMP, KEY_PCRS, KEY_CERTIFICATE,
	KEY_CABUNDLE, KEY_PUBLIC_KEY, KEY_USER_DATA, KEY_NONCE, KEYS
};

static const char *const keys[KEYS] = { "module_id", "digest", "timestamp",
	"pcrs", "certificate", "cabundle", "public_key", "user_data",
	"nonce" };

struct reading {
	struct bytes in;
	struct attestation *doc;
	struct bytes value[KEYS];	/* p NULL: not there */
	struct bytes unknown, twice;	/* the first such key */
};

#define NAME_SHOWN 32

/* --- the envelope */

static int
check_size(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	if (x->in.n >= 1 && x->in.n <= ATTESTATION_MAX)
		return 0;
	return err_set(e, ERR_INPUT, "the document has %zu bytes; it may "
	    "have 1 to %d", x->in.n, ATTESTATION_MAX);
}

static int
check_tag(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cose_sign1 *c = &x->doc->cose;
	struct bytes in = x->in;

	cose_read_tag(&in, c);
	if (c->tagged && c->tag != COSE_TAG_SIGN1)
		return err_set(e, ERR_INPUT, "the document is tagged %llu; "
		    "COSE_Sign1 is 18", (unsigned long long)c->tag);
	if (c->tagged_twice)
		return err_set(e, ERR_INPUT, "the document is tagged twice");
	return 0;
}

static int
check_cose(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cose_sign1 *c = &x->doc->cose;
	struct bytes in = x->in;
	const char *why;
	size_t at;

	cose_read_tag(&in, c);
	if (cose_read(in, c, &why, &at) != 0)
		return err_set(e, ERR_INPUT, "not a COSE_Sign1: %s, at byte "
		    "%zu", why, x->in.n - in.n + at);
	return 0;
}

static int
check_algorithm(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	if (bytes_equal(x->doc->cose.protected, cose_es384()))
		return 0;
	return err_set(e, ERR_INPUT, "the protected header is not a1013822 "
	    "(ES384 alone)");
}

static int
check_unprotected(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cbor_doc r = cbor_doc_of(x->doc->cose.unprotected);
	struct cbor_doc_items m;
	bool more = true;

	if (cbor_doc_map(&r, &m) == 0 && cbor_doc_more(&r, &m, &more) == 0 &&
	    !more)
		return 0;
	return err_set(e, ERR_INPUT, "the unprotected header has entries, "
	    "which nobody signed");
}

static int
check_signature_form(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct bytes sig = x->doc->cose.signature;

	if (sig.n != P384_SIGNATURE_LEN)
		return err_set(e, ERR_INPUT, "the signature has %zu bytes, "
		    "not %d", sig.n, P384_SIGNATURE_LEN);
	if (!p384_signature_valid(sig.p))
		return err_set(e, ERR_INPUT, "a half of the signature is 0, "
		    "or not below the order of P-384");
	return 0;
}

/* --- the payload as a map */

static void
note_key(struct reading *x, struct bytes name, struct bytes value)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (!bytes_equal(name, bytes_str(keys[i])))
			continue;
		if (x->value[i].p == NULL)
			x->value[i] = value;
		else if (x->twice.p == NULL)
			x->twice = name;
		return;
	}
	if (x->unknown.p == NULL)
		x->unknown = name;
}

static int
read_map(struct cbor_doc *r, struct reading *x)
{
	struct bytes name, value;
	struct cbor_doc_items m;
	bool more;

	if (cbor_doc_map(r, &m) != 0)
		return ERR_INPUT;
	for (;;) {
		if (cbor_doc_more(r, &m, &more) != 0)
			return ERR_INPUT;
		if (!more)
			return cbor_doc_end(r);
		if (cbor_doc_text(r, &name) != 0 ||
		    cbor_doc_item(r, &value) != 0)
			return ERR_INPUT;
		note_key(x, name, value);
	}
}

static int
check_payload(void *ctx, struct err *e)
{
	struct reading *x = ctx;
	struct cbor_doc r = cbor_doc_of(x->doc->cose.payload);

	if (read_map(&r, x) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "the payload is not one CBOR map with "
	    "text keys: %s, at its byte %zu", r.why, (size_t)(r.p - r.start));
}

static int
check_twice(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	if (x->twice.p == NULL)
		return 0;
	return err_set(e, ERR_INPUT, "the key %.*s is there twice",
	    (int)x->twice.n, (const char *)x->twice.p);
}

/* Sentences are ASCII: a foreign name stands in one only if it is. */
static bool
is_shown(struct bytes name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x20 || name.p[i] > 0x7e)
			return false;
	return name.n <= NAME_SHOWN;
}

static int
check_unknown(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	if (x->unknown.p == NULL)
		return 0;
	if (!is_shown(x->unknown))
		return err_set(e, ERR_INPUT, "the payload has a key that no "
		    "attestation document has");
	return err_set(e, ERR_INPUT, "an attestation document has no key "
	    "\"%.*s\"", (int)x->unknown.n, (const char *)x->unknown.p);
}

/* --- fields; each value is one well-formed item */

/* A reader at the value; an absent one reads as nothing. */
static struct cbor_doc
at(const struct reading *x, enum key key)
{
	return cbor_doc_of(x->value[key]);
}

static int
check_module_id(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cbor_doc r = at(x, KEY_MODULE_ID);
	struct bytes *id = &x->doc->module_id;

	if (cbor_doc_text(&r, id) == 0 && id->n >= 1 &&
	    id->n <= ATTESTATION_FIELD_MAX && utf8_valid(*id))
		return 0;
	return err_set(e, ERR_INPUT, "module_id is not text of 1 to %d bytes",
	    ATTESTATION_FIELD_MAX);
}

static int
check_digest(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cbor_doc r = at(x, KEY_DIGEST);
	struct bytes *digest = &x->doc->digest;

	if (cbor_doc_text(&r, digest) == 0 &&
	    bytes_equal(*digest, bytes_str("SHA384")))
		return 0;
	return err_set(e, ERR_INPUT, "digest is not the text SHA384");
}

static int
check_timestamp(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cbor_doc r = at(x, KEY_TIMESTAMP);
	uint64_t *t = &x->doc->timestamp;

	if (cbor_doc_uint(&r, t) == 0 && *t >= ATTESTATION_TIME_MIN &&
	    *t <= ATTESTATION_TIME_MAX)
		return 0;
	return err_set(e, ERR_INPUT, "timestamp is not a time in "
	    "milliseconds since 1970, from 2001 to 9999");
}

/* Calls each for every entry of pcrs; a non-zero return ends it. */
struct pcr_entry {
	uint64_t index;
	struct bytes value;
};

static int
each_pcr(const struct reading *x, int (*each)(const struct pcr_entry *p,
    void *state), void *state)
{
	struct cbor_doc r = at(x, KEY_PCRS);
	struct cbor_doc_items m;
	struct pcr_entry p;
	bool more;
	int e;

	if (cbor_doc_map(&r, &m) != 0)
		return ERR_INPUT;
	for (;;) {
		if (cbor_doc_more(&r, &m, &more) != 0)
			return ERR_INPUT;
		if (!more)
			return 0;
		if (cbor_doc_uint(&r, &p.index) != 0 ||
		    cbor_doc_bytes(&r, &p.value) != 0)
			return ERR_INPUT;
		if ((e = each(&p, state)) != 0)
			return e;
	}
}

static int
count_pcr(const struct pcr_entry *p, void *state)
{
	size_t *n = state;
	(void)p;

	(*n)++;
	return 0;
}

static int
check_pcrs(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	size_t n = 0;

	if (each_pcr(x, count_pcr, &n) != 0)
		return err_set(e, ERR_INPUT, "pcrs is not a map of numbers "
		    "to byte strings");
	if (n < 1 || n > ATTESTATION_PCRS)
		return err_set(e, ERR_INPUT, "pcrs has %zu entries, not 1 to "
		    "%d", n, ATTESTATION_PCRS);
	return 0;
}

/* *state: the index that is out of range, or of a wrong length */
static int
index_high(const struct pcr_entry *p, void *state)
{
	*(uint64_t *)state = p->index;
	return p->index < ATTESTATION_PCRS ? 0 : ERR_INPUT;
}

static int
check_index(void *ctx, struct err *e)
{
	uint64_t index = 0;

	if (each_pcr(ctx, index_high, &index) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "there is no PCR%llu",
	    (unsigned long long)index);
}

static int
index_twice(const struct pcr_entry *p, void *state)
{
	uint64_t *seen = state, bit = (uint64_t)1 << p->index;

	if ((*seen & bit) != 0) {
		*seen = p->index;
		return ERR_INPUT;
	}
	*seen |= bit;
	return 0;
}

static int
check_pcr_twice(void *ctx, struct err *e)
{
	uint64_t seen = 0;

	if (each_pcr(ctx, index_twice, &seen) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "PCR%llu is there twice",
	    (unsigned long long)seen);
}

static int
take_pcr(const struct pcr_entry *p, void *state)
{
	struct attestation *doc = state;

	if (p->value.n != SHA384_LEN)
		return ERR_INPUT;
	doc->pcr[p->index] = p->value.p;
	return 0;
}

static int
check_pcr_length(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	if (each_pcr(x, take_pcr, x->doc) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "a PCR has not %d bytes", SHA384_LEN);
}

static int
check_certificate(void *ctx, struct err *e)
{
	const struct reading *x = ctx;
	struct cbor_doc r = at(x, KEY_CERTIFICATE);
	struct bytes *c = &x->doc->certificate;

	if (cbor_doc_bytes(&r, c) == 0 && c->n >= 1 &&
	    c->n <= ATTESTATION_FIELD_MAX)
		return 0;
	return err_set(e, ERR_INPUT, "certificate is not a byte string of 1 "
	    "to %d bytes", ATTESTATION_FIELD_MAX);
}

static int
read_cabundle(const struct reading *x)
{
	struct cbor_doc r = at(x, KEY_CABUNDLE);
	struct attestation *doc = x->doc;
	struct cbor_doc_items a;
	struct bytes *c;
	bool more;

	if (cbor_doc_array(&r, &a) != 0)
		return ERR_INPUT;
	for (size_t n = 0;; n++) {
		if (cbor_doc_more(&r, &a, &more) != 0)
			return ERR_INPUT;
		if (!more) {
			doc->cabundle_count = n;
			return n == 0 ? ERR_INPUT : 0;
		}
		if (n == ATTESTATION_CABUNDLE_MAX)
			return ERR_INPUT;
		c = &doc->cabundle[n];
		if (cbor_doc_bytes(&r, c) != 0 || c->n < 1 ||
		    c->n > ATTESTATION_FIELD_MAX)
			return ERR_INPUT;
	}
}

static int
check_cabundle(void *ctx, struct err *e)
{
	if (read_cabundle(ctx) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "cabundle is not an array of 1 to %d "
	    "byte strings of 1 to %d bytes", ATTESTATION_CABUNDLE_MAX,
	    ATTESTATION_FIELD_MAX);
}

/* Absent, null, or min to ATTESTATION_FIELD_MAX bytes. */
static int
optional(const struct reading *x, enum key key, size_t min,
    struct bytes *out, struct err *e)
{
	struct cbor_doc r = at(x, key);

	if (x->value[key].p == NULL || cbor_doc_null(&r))
		return 0;
	if (cbor_doc_bytes(&r, out) == 0 && out->n >= min &&
	    out->n <= ATTESTATION_FIELD_MAX)
		return 0;
	return err_set(e, ERR_INPUT, "%s is neither null nor a byte string "
	    "of %zu to %d bytes", keys[key], min, ATTESTATION_FIELD_MAX);
}

static int
check_public_key(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	return optional(x, KEY_PUBLIC_KEY, 1, &x->doc->public_key, e);
}

static int
check_user_data(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	return optional(x, KEY_USER_DATA, 0, &x->doc->user_data, e);
}

static int
check_nonce(void *ctx, struct err *e)
{
	const struct reading *x = ctx;

	return optional(x, KEY_NONCE, 0, &x->doc->nonce, e);
}

static const struct rule_step steps[] = {
	{ RULE_SIZE, check_size },
	{ RULE_COSE_TAG, check_tag },
	{ RULE_COSE_FORM, check_cose },
	{ RULE_COSE_ALGORITHM, check_algorithm },
	{ RULE_COSE_UNPROTECTED, check_unprotected },
	{ RULE_COSE_SIGNATURE, check_signature_form },
	{ RULE_PAYLOAD_FORM, check_payload },
	{ RULE_PAYLOAD_TWICE, check_twice },
	{ RULE_PAYLOAD_UNKNOWN, check_unknown },
	{ RULE_MODULE_ID, check_module_id },
	{ RULE_DIGEST, check_digest },
	{ RULE_TIMESTAMP, check_timestamp },
	{ RULE_PCRS, check_pcrs },
	{ RULE_PCR_INDEX, check_index },
	{ RULE_PCR_TWICE, check_pcr_twice },
	{ RULE_PCR_LENGTH, check_pcr_length },
	{ RULE_CERTIFICATE, check_certificate },
	{ RULE_CABUNDLE, check_cabundle },
	{ RULE_PUBLIC_KEY, check_public_key },
	{ RULE_USER_DATA, check_user_data },
	{ RULE_NONCE, check_nonce },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int
attestation_read(struct bytes in, struct attestation *doc, struct err *e)
{
	struct reading x = { .in = in, .doc = doc };

	*doc = (struct attestation){ 0 };
	verdict_ask(&doc->verdict, RULE_SIZE, RULE_NONCE);
	return verdict_run(&doc->verdict, steps, COUNT(steps), &x, e);
}
