/*
 * Our own records from hostile bytes: what decodes encodes to the same
 * bytes, and an error always has a sentence.
 */
#include <stdlib.h>

#include "airgap/record/bundle_index.h"
#include "airgap/record/form.h"
#include "airgap/record/genesis_statement.h"
#include "airgap/record/plan.h"
#include "airgap/record/receipt.h"
#include "airgap/record/release.h"
#include "airgap/record/spares.h"
#include "airgap/record/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(int encoded, struct buf *out, struct bytes in)
{
	if (encoded != 0 || !bytes_equal(buf_bytes(out), in))
		abort();
	buf_free(out);
}

static void
refused(int r, const struct err *e)
{
	if (r == 0 || e->text[0] == '\0')
		abort();
}

static void
one_plan(struct bytes in)
{
	struct err e = { 0 };
	struct buf out;
	struct plan p;
	int r = plan_decode(in, &p, &e);

	if (r == 0)
		same(plan_encode(&p, &out, NULL), &out, in);
	else
		refused(r, &e);
	plan_free(&p);
}

static void
one_spares(struct bytes in)
{
	struct err e = { 0 };
	struct spares s;
	struct buf out;
	int r = spares_decode(in, &s, &e);

	if (r == 0)
		same(spares_encode(&s, &out, NULL), &out, in);
	else
		refused(r, &e);
	spares_free(&s);
}

/* Records without memory of their own. */
#define ONE(name) \
static void \
one_##name(struct bytes in) \
{ \
	struct err e = { 0 }; \
	struct name x; \
	struct buf out; \
	int r = name##_decode(in, &x, &e); \
\
	if (r == 0) \
		same(name##_encode(&x, &out, NULL), &out, in); \
	else \
		refused(r, &e); \
}
ONE(genesis_statement)
ONE(receipt)
ONE(release)
ONE(trust)
ONE(bundle_index)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	one_plan(in);
	one_spares(in);
	one_genesis_statement(in);
	one_receipt(in);
	one_release(in);
	one_trust(in);
	one_bundle_index(in);
	return 0;
}
