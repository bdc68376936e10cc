/*
 * Files by their contents.  Our own records say their type; the rest is
 * QOS's, or has a fixed size, and is told by trying.
 */
#include <stdlib.h>

#include "airgap/record/approval.h"
#include "airgap/record/attest_bundle.h"
#include "airgap/record/file_role.h"
#include "airgap/record/form.h"
#include "airgap/record/genesis_commit.h"
#include "airgap/record/json.h"
#include "airgap/record/label.h"
#include "airgap/record/payload_forms.h"
#include "airgap/record/receipt.h"
#include "airgap/record/release.h"

#define COSE_TAG 0xd2		/* tag 18: COSE_Sign1 */
#define OTHER 1			/* not of the kind that was asked about */

static const char *const texts[ROLES] = {
	[ROLE_KEY] = "operator key", [ROLE_PROOF] = "token attestation",
	[ROLE_PLAN] = "plan", [ROLE_COMMIT] = "genesis commit",
	[ROLE_OUTPUT] = "genesis output", [ROLE_SPARES] = "spares",
	[ROLE_STATEMENT] = "genesis statement",
	[ROLE_SHARE] = "sealed share", [ROLE_RECEIPT] = "receipt",
	[ROLE_MANIFEST] = "manifest", [ROLE_APPROVAL] = "approval",
	[ROLE_ENVELOPE] = "manifest envelope",
	[ROLE_DOCUMENT] = "attestation document",
	[ROLE_CHALLENGE] = "challenge",
	[ROLE_SEALED] = "share sealed to an enclave",
	[ROLE_RELEASE] = "release record", [ROLE_TEST_CARD] = "test card",
};

const char *
file_role_text(enum file_role role)
{
	return texts[role];
}

/* --- records of ours */

static int
plan_mode(struct bytes in, enum mode *mode, struct err *e)
{
	struct plan p;
	int r = plan_decode(in, &p, e);

	*mode = p.mode;
	plan_free(&p);
	return r;
}

static int
spares_mode(struct bytes in, enum mode *mode, struct err *e)
{
	struct spares s;
	int r = spares_decode(in, &s, e);

	*mode = s.mode;
	spares_free(&s);
	return r;
}

/* Records without memory of their own. */
#define MODE_OF(name) \
static int \
name##_mode(struct bytes in, enum mode *mode, struct err *e) \
{ \
	struct name x; \
	int r = name##_decode(in, &x, e); \
\
	*mode = x.mode; \
	return r; \
}
MODE_OF(genesis_statement)
MODE_OF(genesis_commit)
MODE_OF(receipt)
MODE_OF(release)
MODE_OF(attest_bundle)

static int
wrapped_mode(enum wrapping which, struct bytes in, enum mode *mode,
    struct err *e)
{
	struct wrapped *w = malloc(sizeof(*w));
	int r = ERR_INTERNAL;

	if (w == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	r = wrapped_decode(which, in, w, e);
	*mode = w->mode;
	free(w);
	return r;
}

static int
challenge_mode(struct bytes in, enum mode *mode, struct err *e)
{
	return wrapped_mode(WRAP_CHALLENGE, in, mode, e);
}

static int
card_mode(struct bytes in, enum mode *mode, struct err *e)
{
	return wrapped_mode(WRAP_TEST_CARD, in, mode, e);
}

static const struct {
	const char *type;
	enum file_role role;
	int (*mode)(struct bytes in, enum mode *mode, struct err *e);
} records[] = {
	{ PLAN_TYPE, ROLE_PLAN, plan_mode },
	{ SPARES_TYPE, ROLE_SPARES, spares_mode },
	{ GENESIS_STATEMENT_TYPE, ROLE_STATEMENT, genesis_statement_mode },
	{ GENESIS_COMMIT_TYPE, ROLE_COMMIT, genesis_commit_mode },
	{ RECEIPT_TYPE, ROLE_RECEIPT, receipt_mode },
	{ RELEASE_TYPE, ROLE_RELEASE, release_mode },
	{ ATTEST_BUNDLE_TYPE, ROLE_PROOF, attest_bundle_mode },
	{ CHALLENGE_TYPE, ROLE_CHALLENGE, challenge_mode },
	{ TEST_CARD_TYPE, ROLE_TEST_CARD, card_mode },
};

/* OTHER: data is no record that crosses the gap */
static int
record_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct bytes type;

	if (record_type(data, &type, NULL) != 0)
		return OTHER;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		if (!bytes_equal(type, bytes_str(records[i].type)))
			continue;
		out->role = records[i].role;
		out->has_mode = true;
		return records[i].mode(data, &out->mode, e);
	}
	return OTHER;
}

/* --- files whose name says what they are */

static bool
ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static int
key_check(struct bytes data, struct err *e)
{
	struct public_key key;

	return public_key_from_text(data, &key, e);
}

static int
sealed_check(struct bytes data, struct err *e)
{
	struct bytes point;

	if (data.n != SEALED_SHARE_LEN)
		return err_set(e, ERR_INPUT, "%zu bytes; a sealed share has "
		    "%d", data.n, SEALED_SHARE_LEN);
	return envelope_point(data, &point, e);
}

static const struct {
	const char *end;
	enum file_role role;
	int (*check)(struct bytes data, struct err *e);
} endings[] = {
	{ ".pub", ROLE_KEY, key_check },
	{ ".share", ROLE_SHARE, sealed_check },
	{ ".sealed", ROLE_SEALED, sealed_check },
};

static int
named_facts(const char *name, struct bytes data, struct file_facts *out,
    struct err *e)
{
	struct bytes alias = bytes_of(name, strcspn(name, "."));
	int r;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (!ends(name, endings[i].end))
			continue;
		out->role = endings[i].role;
		out->has_mode = true;
		out->mode = mode_of_alias(alias);
		if ((r = label_check_alias(alias, e)) != 0)
			return r;
		return endings[i].check(data, e) == 0 ? 0 : ERR_INPUT;
	}
	return OTHER;
}

/* --- QOS's */

static bool
json_has(struct bytes object, const char *name)
{
	struct json_walk w = json_walk(object);
	struct bytes key, value;

	while (json_next_member(&w, &key, &value))
		if (json_string_is(key, name))
			return true;
	return false;
}

static int
envelope_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct arena arena = { 0 };
	struct envelope env;
	int r = envelope_read(data, &env, &arena, e);

	out->role = ROLE_ENVELOPE;
	if (r == 0)
		out->mode = mode_of_namespace(env.manifest.ns.name);
	arena_free(&arena);
	return r;
}

static int
manifest_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct arena arena = { 0 };
	struct manifest m;
	int r = manifest_read(data, &m, &arena, e);

	out->role = ROLE_MANIFEST;
	if (r == 0)
		out->mode = mode_of_namespace(m.ns.name);
	arena_free(&arena);
	return r;
}

static int
approval_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct arena arena = { 0 };
	struct approval a;
	int r = approval_read(data, &a, &arena, e);

	out->role = ROLE_APPROVAL;
	if (r == 0)
		out->mode = mode_of_alias(a.member.alias);
	arena_free(&arena);
	return r;
}

static int
output_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct genesis_output g;
	int r = genesis_output_read(data, &g, e);

	out->role = ROLE_OUTPUT;
	if (r == 0)
		out->mode = mode_check_test_message(MODE_REHEARSAL,
		    g.test_message, NULL) == 0 ? MODE_REHEARSAL :
		    MODE_PRODUCTION;
	return r;
}

/*
 * COSE_Sign1 by ES384, as the NSM signs: the array and its protected header.
 * One letter less, and a raw secret could pass for a document.
 */
static bool
is_document(struct bytes data)
{
	static const uint8_t front[] = { 0x84, 0x44, 0xa1, 0x01, 0x38, 0x22 };

	if (data.n > DOCUMENT_MAX)
		return false;
	if (data.n > 0 && data.p[0] == COSE_TAG)
		data = bytes_of(data.p + 1, data.n - 1);
	return data.n > sizeof(front) &&
	    memcmp(data.p, front, sizeof(front)) == 0;
}

static int
qos_facts(struct bytes data, struct file_facts *out, struct err *e)
{
	struct bytes object;

	out->has_mode = true;
	if (json_check(data, &object, NULL) == 0 &&
	    json_kind(object) == JK_OBJECT) {
		if (json_has(object, "manifest"))
			return envelope_facts(data, out, e);
		if (json_has(object, "namespace"))
			return manifest_facts(data, out, e);
		if (json_has(object, "signature"))
			return approval_facts(data, out, e);
		return OTHER;
	}
	if (envelope_facts(data, out, NULL) == 0 ||
	    manifest_facts(data, out, NULL) == 0 ||
	    output_facts(data, out, NULL) == 0)
		return 0;
	out->role = ROLE_DOCUMENT;
	out->has_mode = false;
	return is_document(data) ? 0 : OTHER;
}

int
file_facts(const char *name, struct bytes data, struct file_facts *out,
    struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct file_facts){ .has_mode = false };
	if ((r = record_facts(data, out, e)) == OTHER &&
	    (r = named_facts(name, data, out, e)) == OTHER)
		r = qos_facts(data, out, e);
	if (r == OTHER)
		return err_set(e, ERR_INPUT, "%s: none of the files that cross "
		    "the gap; see quorate-bundle(1) for which do", name);
	if (r != 0)
		(void)err_prefix(e, "%s", name);
	return r;
}
